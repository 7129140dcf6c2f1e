// The faulty file layer (faulty_vfs.h), and the counted-fault loop over it: for N = 1, 2, 3... the N-th write
// or sync fails, until a run ends without a fault.
#include "unit/journal/faulty_vfs.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <atomic>
#include <map>
#include <mutex>

#include "unit/journal/support.h"

namespace slod::journal::test {
namespace {

struct State {
  Fault fault = Fault::kSyncError;
  int countdown = 0;
  bool sticky = false;
  bool struck = false;
};
State state;
std::mutex one_at_a_time;  // the committer's file and the checkpointer's
sqlite3_vfs* real = nullptr;
sqlite3_vfs shim;
std::atomic<const sqlite3_io_methods*> real_methods{nullptr};  // two threads open files

bool fails(bool sync) {
  const std::lock_guard locked(one_at_a_time);
  if ((state.fault == Fault::kSyncError) != sync || state.countdown == 0) return false;
  if (state.countdown > 1) {
    --state.countdown;
    return false;
  }
  if (!state.sticky) state.countdown = 0;
  state.struck = true;
  return true;
}

int faulty_sync(sqlite3_file* file, int flags) {
  return fails(true) ? SQLITE_IOERR_FSYNC : real_methods.load()->xSync(file, flags);
}

int faulty_write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  if (!fails(false)) return real_methods.load()->xWrite(file, data, size, offset);
  // Half of it arrives: a torn write.
  if (size > 1) static_cast<void>(real_methods.load()->xWrite(file, data, size / 2, offset));
  return state.fault == Fault::kFull ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

/// The real layer's file with two methods of our own. It has a table of methods per kind of locking, with the
/// same write and sync in each.
int faulty_open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out) {
  static std::map<const sqlite3_io_methods*, sqlite3_io_methods> tables;
  const int code = real->xOpen(real, name, file, flags, out);
  if (code != SQLITE_OK || file->pMethods == nullptr) return code;
  const std::lock_guard locked(one_at_a_time);
  real_methods = file->pMethods;
  const auto [table, is_first] = tables.try_emplace(file->pMethods, *file->pMethods);
  sqlite3_io_methods& methods = table->second;
  if (is_first) {  // another thread may be using it
    methods.xSync = faulty_sync;
    methods.xWrite = faulty_write;
  }
  file->pMethods = &methods;
  return code;
}

class FaultyJournalTest : public ::testing::TestWithParam<std::pair<Fault, bool>> {
 protected:
  JournalOptions options() const {
    JournalOptions options;
    options.dir = dir_->path();
    options.segment_length = seconds(3);
    options.log_bytes = 1;  // the checkpointer works after each commit, and meets the fault as well
    return options;
  }
  /// Appends 5 groups; true when all were stored. A full disk is tried again once it has room.
  bool run(std::vector<std::string>& acknowledged) {
    Dictionary dictionary;
    auto journal = open_sqlite_journal(options(), dictionary);
    if (!journal) {
      error_ = journal.error().message;
      return false;
    }
    Random random(9);
    for (int i = 0; i < 5; ++i) {
      Group group = random_group(random, dictionary, at(i));
      Result<Position> position = (*journal)->append(group);
      if (!position && (*journal)->disk_full()) {
        FaultyVfs::disarm();
        position = (*journal)->append(group);
        EXPECT_TRUE(position) << "a full disk heals: " << position.error().message;
      }
      if (!position) {
        FaultyVfs::disarm();
        error_ = position.error().message;
        EXPECT_FALSE((*journal)->append(group)) << "after an I/O error nothing more may be appended";
        return false;
      }
      acknowledged.push_back(describe(group, dictionary));
    }
    return true;
  }
  std::string error_;
  std::unique_ptr<TempDir> dir_;
  FaultyVfs vfs_;
};

TEST_P(FaultyJournalTest, WhateverFailsWhatWasAcknowledgedIsThereAfterAReopen) {
  const auto [fault, sticky] = GetParam();
  int strikes = 0;
  for (int countdown = 1; countdown < 2000; ++countdown) {
    dir_ = std::make_unique<TempDir>();
    std::vector<std::string> acknowledged;
    FaultyVfs::arm(fault, countdown, sticky);
    const bool all = run(acknowledged);
    const bool struck = FaultyVfs::struck();
    FaultyVfs::disarm();
    Dictionary dictionary;
    auto journal = open_sqlite_journal(options(), dictionary);
    ASSERT_TRUE(journal) << "fault " << countdown << ": " << journal.error().message;
    auto found = read_all(**journal, 0);
    ASSERT_GE(found.size(), acknowledged.size()) << "fault " << countdown << ": " << found.back();
    ASSERT_LE(found.size(), acknowledged.size() + 1) << "fault " << countdown;
    found.resize(acknowledged.size());
    ASSERT_EQ(found, acknowledged) << "fault " << countdown;
    if (!struck) {
      EXPECT_TRUE(all) << error_;
      EXPECT_GT(strikes, 10) << "the fault never struck: this test proves nothing";
      return;
    }
    ++strikes;
  }
  FAIL() << "no run ended without a fault";
}

INSTANTIATE_TEST_SUITE_P(Faults, FaultyJournalTest,
                         ::testing::Values(std::pair(Fault::kSyncError, false),
                                           std::pair(Fault::kSyncError, true),
                                           std::pair(Fault::kWriteError, false),
                                           std::pair(Fault::kFull, true)));

}  // namespace

FaultyVfs::FaultyVfs() {
  disarm();
  real = sqlite3_vfs_find("unix");
  shim = *real;
  shim.zName = "faulty";
  shim.pNext = nullptr;
  shim.xOpen = faulty_open;
  sqlite3_vfs_register(&shim, 1);
}

FaultyVfs::~FaultyVfs() {
  sqlite3_vfs_unregister(&shim);
  sqlite3_vfs_register(real, 1);
}

void FaultyVfs::arm(Fault fault, int countdown, bool sticky) {
  const std::lock_guard locked(one_at_a_time);
  state = {fault, countdown, sticky, false};
}
void FaultyVfs::disarm() {
  const std::lock_guard locked(one_at_a_time);
  state.countdown = 0;
}
bool FaultyVfs::struck() {
  const std::lock_guard locked(one_at_a_time);
  return state.struck;
}

}  // namespace slod::journal::test
