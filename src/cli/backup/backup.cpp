#include "backup.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <algorithm>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <set>
#include <thread>

#include "cli/setup.h"
#include "files.h"
#include "place.h"
#include "slod/cli/commands.h"
#include "slod/core/time.h"
#include "slod/journal/journal.h"
#include "slod/sqlite/copy.h"
#include "slod/sqlite/sqlite.h"

namespace slod::cli {
namespace {

constexpr auto kLedgerPatience = std::chrono::seconds(10);

/// Every group of the journal, decoded. What the last one says.
struct Extent {
  journal::Position last = 0;
  journal::Position sealed = 0;  ///< the group up to which reports are sealed
  Time last_tick;
};

Result<Extent> read_journal(const std::string& state) {
  Extent extent;
  if (!std::filesystem::is_directory(state + "/journal")) return extent;
  Dictionary dictionary;
  auto reader = journal::read_sqlite_journal(state + "/journal", 0, dictionary);
  if (!reader) return reader.error();
  for (;;) {
    const auto group = (*reader)->next();
    if (!group) return group.error();
    if (!group->has_value()) return extent;
    for (const journal::SealedBlock& block : (*group)->sealed)
      extent.sealed = std::max(extent.sealed, block.position);
    if ((*group)->position == 0) continue;
    extent.last = (*group)->position;
    for (const journal::Control& control : (*group)->controls) {
      if (control.kind == journal::ControlKind::kTick) extent.last_tick = control.at;
    }
  }
}

/// Copies one file of the state; a file that is gone meanwhile is none.
Result<bool> copy_one(const std::string& from, const std::string& to, const std::string& file) {
  if (Status s = make_parents(to + "/" + file); !s) return s.error();
  if (!is_database(file)) return copy_plain(from + "/" + file, to + "/" + file);
  if (::access((from + "/" + file).c_str(), F_OK) != 0) return false;
  const Status copied = sqlite::copy_database(from + "/" + file, to + "/" + file);
  if (copied) return true;
  if (::access((from + "/" + file).c_str(), F_OK) != 0) return false;  // trimmed away under our hands
  return copied.error();
}

/// One round over the segments, oldest first. Returns the newest one that there was, "" if there was none.
Result<std::string> copy_round(const std::string& from, const std::string& to,
                               std::vector<std::string>& copied, std::set<std::string>& closed) {
  Result<std::vector<std::string>> files = state_files(from);
  if (!files) return files.error();
  std::erase_if(*files, [](const std::string& file) { return !is_segment(file); });
  for (const std::string& file : *files) {
    if (closed.contains(file)) continue;
    std::error_code none;
    if (std::filesystem::remove(to + "/" + file, none)) std::erase(copied, file);
    const Result<bool> there = copy_one(from, to, file);
    if (!there) return there.error();
    if (*there) copied.push_back(file);
    if (file != files->back()) closed.insert(file);
  }
  return files->empty() ? std::string() : files->back();
}

/// Segments by age until the newest one that was copied is still the newest one that there is: a segment that
/// was followed by another while it was copied is copied again, now that it does not grow any more.
Status copy_segments(const std::string& from, const std::string& to, std::vector<std::string>& copied) {
  std::set<std::string> closed;
  for (;;) {
    const Result<std::string> newest = copy_round(from, to, copied, closed);
    if (!newest) return newest.error();
    const Result<std::vector<std::string>> after = state_files(from);
    if (!after) return after.error();
    std::string last;
    for (const std::string& file : *after) last = is_segment(file) ? file : last;
    if (last == *newest) return ok();
  }
}

/// What the journal's copy makes must not be missing in the ledger's copy, or it would be sent again.
void wait_for_ledger(const std::string& state, Time tick) {
  const auto end = std::chrono::steady_clock::now() + kLedgerPatience;
  while (holder_of(state) && std::chrono::steady_clock::now() < end) {
    Result<sqlite::Database> ledger =
        sqlite::Database::open(state + "/ledger.db", sqlite::Database::Mode::kReadOnly);
    if (!ledger) return;
    const Result<std::int64_t> acted_on = ledger->integer("SELECT last_tick FROM state WHERE id=1");
    if (!acted_on || *acted_on >= nanos(tick)) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

Result<Manifest> copy_state(const std::string& state, const std::string& dir) {
  std::vector<std::string> copied;
  const auto copy_rest = [&](bool databases) -> Status {
    const Result<std::vector<std::string>> files = state_files(state);
    if (!files) return files.error();
    for (const std::string& file : *files) {
      if (is_segment(file) || is_database(file) != databases) continue;
      const Result<bool> there = copy_one(state, dir, file);
      if (!there) return there.error();
      if (*there) copied.push_back(file);
    }
    return ok();
  };
  if (Status s = copy_rest(false); !s) return s.error();
  if (Status s = copy_segments(state, dir, copied); !s) return s.error();
  const Result<Extent> extent = read_journal(dir);
  // Segments that were trimmed meanwhile are missed only until what was kept of them is copied, too.
  if (extent) wait_for_ledger(state, extent->last_tick);
  if (Status s = copy_rest(true); !s) return s.error();
  const Result<Extent> verified = read_journal(dir);
  if (!verified) return verified.error();
  if (verified->sealed > verified->last) return Error{"more was sealed while it was copied: do it again"};
  Manifest manifest;
  manifest.made_at = format_rfc3339(std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()));
  manifest.position = verified->last;
  manifest.state_dir = std::filesystem::absolute(state).string();
  for (const std::string& file : copied) {
    const Result<ListedFile> listed = describe(dir, file);
    if (!listed) return listed.error();
    manifest.files.push_back(*listed);
  }
  return manifest;
}

Status back_up(const std::string& state, const std::string& dir, Manifest& made) {
  std::error_code error;
  if (!std::filesystem::is_directory(state + "/journal", error))
    return Error{state + " holds no journal: is that the state directory (state.dir of the config)?"};
  if (!is_empty_or_missing(dir))
    return Error{dir + " is not empty: a backup never overwrites; give another directory"};
  if (Status s = make_parents(dir + "/x"); !s) return s;
  Result<Manifest> manifest = copy_state(state, dir);
  if (!manifest) return Error{manifest.error().message + ". " + dir + " is not a backup: delete it"};
  for (const char* part : {"/journal", "/inbox"}) {
    if (std::filesystem::is_directory(dir + part, error)) {
      if (Status s = sqlite::sync_path(dir + part); !s) return s;
    }
  }
  made = std::move(*manifest);
  return write_manifest(dir, made);
}

}  // namespace

int backup_command(const BackupArguments& arguments) {
  const auto state = state_of("backup", arguments);
  if (!state) return kUsage;
  Manifest made;
  if (const Status done = back_up(*state, arguments.dir, made); !done) {
    std::cerr << "slod backup: " << done.error().message << "\n";
    return kFailed;
  }
  std::uint64_t bytes = 0;
  for (const ListedFile& file : made.files) bytes += file.bytes;
  std::cerr << "slod backup: " << made.files.size() << " files, " << bytes
            << " bytes, journal up to position " << made.position << ", read back and good\n";
  return kOk;
}

}  // namespace slod::cli
