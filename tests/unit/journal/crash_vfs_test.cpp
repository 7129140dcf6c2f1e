// The disk that forgets (crash_vfs.h), and the power cuts over it: whatever was answered is there afterwards,
// in order, and nothing is half there.
#include "unit/journal/crash_vfs.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <mutex>

#include "unit/journal/support.h"

namespace slod::journal::test {
namespace {

constexpr std::size_t kSector = 512;

struct Change {
  std::size_t offset = 0;
  std::string bytes;
  bool truncates = false;  ///< to `offset`
};
struct Platter {
  std::string bytes;             ///< what would be there after a power cut
  std::vector<Change> unsynced;  ///< in the order of writing
  bool entry_synced = true;      ///< the directory knows the file
  bool is_log = false;           ///< SQLite syncs the directory along with a new log
};

struct Disk {
  std::map<std::string, Platter> files;
  std::vector<std::string> there_at_the_cut;
  int countdown = 0;
  bool cut = false;
  bool ignores_syncs = false;
  std::uint64_t lost = 0;
};
Disk disk;
std::recursive_mutex one_at_a_time;  // the committer and the checkpointer's thread share the disk
using Locked = std::lock_guard<std::recursive_mutex>;
sqlite3_vfs* real = nullptr;
sqlite3_vfs shim;

std::map<sqlite3_file*, std::pair<const sqlite3_io_methods*, std::string>> open_files;

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void cut() {
  const Locked locked(one_at_a_time);
  disk.cut = true;
  for (const auto& [path, platter] : disk.files) {
    if (::access(path.c_str(), F_OK) == 0) disk.there_at_the_cut.push_back(path);
  }
}

/// True: this call does not happen any more.
bool too_late() {
  if (!disk.cut && disk.countdown > 0 && --disk.countdown == 0) cut();
  return disk.cut;
}

void apply(const Change& change, std::string& bytes) {
  if (change.truncates) {
    if (bytes.size() > change.offset) bytes.resize(change.offset);
    return;
  }
  if (bytes.size() < change.offset + change.bytes.size()) bytes.resize(change.offset + change.bytes.size());
  bytes.replace(change.offset, change.bytes.size(), change.bytes);
}

Platter* platter_of(sqlite3_file* file) {
  const auto found = open_files.find(file);
  const auto platter = found == open_files.end() ? disk.files.end() : disk.files.find(found->second.second);
  return platter == disk.files.end() ? nullptr : &platter->second;
}

const sqlite3_io_methods& real_of(sqlite3_file* file) {
  return *open_files.at(file).first;
}

int crash_write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  const Locked locked(one_at_a_time);
  if (too_late()) return SQLITE_IOERR_WRITE;
  if (Platter* platter = platter_of(file)) {
    platter->unsynced.push_back({static_cast<std::size_t>(offset),
                                 std::string(static_cast<const char*>(data), static_cast<std::size_t>(size)),
                                 false});
  }
  return real_of(file).xWrite(file, data, size, offset);
}

int crash_truncate(sqlite3_file* file, sqlite3_int64 size) {
  const Locked locked(one_at_a_time);
  if (too_late()) return SQLITE_IOERR_TRUNCATE;
  if (Platter* platter = platter_of(file))
    platter->unsynced.push_back({static_cast<std::size_t>(size), {}, true});
  return real_of(file).xTruncate(file, size);
}

int crash_sync(sqlite3_file* file, int) {
  const Locked locked(one_at_a_time);
  if (too_late()) return SQLITE_IOERR_FSYNC;
  Platter* platter = platter_of(file);
  if (platter == nullptr || disk.ignores_syncs) return SQLITE_OK;
  for (const Change& change : platter->unsynced) apply(change, platter->bytes);
  platter->unsynced.clear();
  if (platter->is_log) {
    for (auto& [path, other] : disk.files) other.entry_synced = true;
  }
  return SQLITE_OK;
}

int crash_close(sqlite3_file* file) {
  const Locked locked(one_at_a_time);
  const sqlite3_io_methods* methods = open_files.at(file).first;
  open_files.erase(file);
  return methods->xClose(file);
}

int crash_open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out) {
  const Locked locked(one_at_a_time);
  static std::map<const sqlite3_io_methods*, sqlite3_io_methods> tables;
  const bool is_new = name != nullptr && ::access(name, F_OK) != 0;
  if (is_new && disk.cut) return SQLITE_CANTOPEN;
  const int code = real->xOpen(real, name, file, flags, out);
  if (code != SQLITE_OK || file->pMethods == nullptr) return code;
  const std::string path = name != nullptr ? name : "";
  open_files[file] = {file->pMethods, path};
  const auto [table, is_first] = tables.try_emplace(file->pMethods, *file->pMethods);
  sqlite3_io_methods& methods = table->second;
  if (is_first) {  // another thread may be using it
    methods.xWrite = crash_write;
    methods.xTruncate = crash_truncate;
    methods.xSync = crash_sync;
    methods.xClose = crash_close;
  }
  file->pMethods = &methods;
  if (path.empty()) return code;
  auto [platter, first_seen] = disk.files.try_emplace(path);
  if (is_new) {
    platter->second = {};
    platter->second.entry_synced = false;
  } else if (first_seen) {
    platter->second.bytes = read_file(path);
  }
  platter->second.is_log = (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0;
  return code;
}

int crash_delete(sqlite3_vfs*, const char* name, int sync_directory) {
  const Locked locked(one_at_a_time);
  if (too_late()) return SQLITE_IOERR_DELETE;
  disk.files.erase(name);
  return real->xDelete(real, name, sync_directory);
}

/// A change as the disk took it: its sectors each for themselves, whole, or not at all.
void apply_by_chance(const Change& change, std::string& bytes, std::mt19937_64& random) {
  const std::uint64_t fate = random() % 4;
  if (fate == 0) {
    ++disk.lost;
    return;
  }
  if (fate == 1 && !change.truncates && change.bytes.size() > kSector) {
    ++disk.lost;
    for (std::size_t at = 0; at < change.bytes.size(); at += kSector) {
      if (random() % 2 == 0) apply({change.offset + at, change.bytes.substr(at, kSector), false}, bytes);
    }
    return;
  }
  apply(change, bytes);
}

class PowerCutTest : public ::testing::Test {
 protected:
  static JournalOptions options(const std::string& dir) {
    JournalOptions options;
    options.dir = dir;
    options.segment_length = seconds(6);
    options.log_bytes = 1;  // each commit is copied, and each third one begins the log anew
    return options;
  }

  /// One life of a journal: appends until power is cut, which may be while it opens. Returns what is wrong,
  /// or nothing.
  std::string live_and_crash(const std::string& dir) {
    std::string pending;
    CrashVfs::cut_power_at(1 + static_cast<int>(random_.below(random_.one_in(2) ? 30 : 250)));
    {
      Dictionary dictionary;
      auto journal = open_sqlite_journal(options(dir), dictionary);
      while (journal && !CrashVfs::power_is_cut()) {
        Group group = random_group(random_, dictionary, at(++clock_));
        const Result<Position> position = (*journal)->append(group);
        if (!position) {
          pending = describe(group, dictionary);
          break;
        }
        answered_.push_back(describe(group, dictionary));
        if (random_.one_in(4)) static_cast<void>((*journal)->trim(at(clock_)).has_value());
      }
      if (!journal && !CrashVfs::power_is_cut()) return "it does not open: " + journal.error().message;
      // Closing is what a power cut does not do: every write of it fails.
      if (!CrashVfs::power_is_cut()) cut();
    }
    std::mt19937_64 chance(random_.bits());
    CrashVfs::come_back(chance);
    return compare(dir, pending);
  }

  std::string compare(const std::string& dir, const std::string& pending) {
    Dictionary dictionary;
    auto journal = open_sqlite_journal(options(dir), dictionary);
    if (!journal) return "it does not open: " + journal.error().message;
    std::vector<std::string> found = read_all(**journal, 0);
    // The group that was being written may be there, as a whole.
    if (found.size() == answered_.size() + 1 && found.back() == pending) answered_.push_back(pending);
    if (found.size() != answered_.size())
      return std::to_string(answered_.size()) + " answered, " + std::to_string(found.size()) + " found";
    return found == answered_ ? "" : "what is found is not what was answered";
  }

  CrashVfs vfs_;
  Random random_{test_seed()};
  std::vector<std::string> answered_;
  std::int64_t clock_ = 0;
};

TEST_F(PowerCutTest, AfterFiveHundredPowerCutsWhatWasAnsweredIsThereAndNothingIsHalf) {
  std::size_t groups = 0;
  for (int crash = 0; crash < 500;) {
    const TempDir dir;
    answered_.clear();
    for (int life = 0; life < 10; ++life, ++crash) {
      const std::string wrong = live_and_crash(dir.path());
      ASSERT_EQ(wrong, "") << "crash " << crash;
    }
    groups += answered_.size();
  }
  EXPECT_GT(groups, 500U);
  EXPECT_GT(CrashVfs::lost_writes(), 500U) << "the disk hardly forgot anything: this proves little";
  std::printf("%zu groups, %llu writes dropped or torn\n", groups,
              static_cast<unsigned long long>(CrashVfs::lost_writes()));
}

TEST_F(PowerCutTest, WithoutSyncsThisTestFindsWhatIsLost) {
  CrashVfs::ignore_syncs(true);
  int wrong = 0;
  for (int run = 0; run < 100; ++run) {
    const TempDir dir;
    answered_.clear();
    wrong += live_and_crash(dir.path()).empty() ? 0 : 1;
  }
  EXPECT_GT(wrong, 20);
  std::printf("%d of 100 power cuts lost what was answered\n", wrong);
}

}  // namespace

CrashVfs::CrashVfs() {
  disk = {};
  real = sqlite3_vfs_find("unix");
  shim = *real;
  shim.zName = "crash";
  shim.pNext = nullptr;
  shim.xOpen = crash_open;
  shim.xDelete = crash_delete;
  sqlite3_vfs_register(&shim, 1);
}

CrashVfs::~CrashVfs() {
  sqlite3_vfs_unregister(&shim);
  sqlite3_vfs_register(real, 1);
}

void CrashVfs::cut_power_at(int calls) {
  disk.countdown = calls;
}
bool CrashVfs::power_is_cut() {
  const Locked locked(one_at_a_time);
  return disk.cut;
}
void CrashVfs::ignore_syncs(bool ignore) {
  disk.ignores_syncs = ignore;
}
std::uint64_t CrashVfs::lost_writes() {
  return disk.lost;
}

void CrashVfs::come_back(std::mt19937_64& random) {
  for (const std::string& path : disk.there_at_the_cut) {
    Platter& platter = disk.files.at(path);
    ::unlink((path + "-shm").c_str());
    if (!platter.entry_synced && random() % 2 == 0) {
      ++disk.lost;
      ::unlink(path.c_str());
      continue;
    }
    if (random() % 2 == 0) std::shuffle(platter.unsynced.begin(), platter.unsynced.end(), random);
    for (const Change& change : platter.unsynced) apply_by_chance(change, platter.bytes, random);
    std::ofstream(path, std::ios::binary | std::ios::trunc) << platter.bytes;
  }
  const std::uint64_t lost = disk.lost;
  const bool ignores = disk.ignores_syncs;
  disk = {};
  disk.lost = lost;
  disk.ignores_syncs = ignores;
}

}  // namespace slod::journal::test
