// FaultyVfs: SQLite's file layer with a counted fault. While one lives, it is SQLite's default; the N-th
// write or sync from arm(N) on fails, once or for good. For tests of what the journal does about a broken
// disk.
#pragma once

#include <cstdint>

namespace slod::journal::test {

enum class Fault : std::uint8_t { kSyncError, kWriteError, kFull };

class FaultyVfs {
 public:
  FaultyVfs();
  ~FaultyVfs();
  FaultyVfs(const FaultyVfs&) = delete;
  FaultyVfs& operator=(const FaultyVfs&) = delete;
  /// The `countdown`-th call that the fault concerns fails (1: the next). `sticky`: and all after it.
  static void arm(Fault fault, int countdown, bool sticky);
  static void disarm();
  /// Has an armed fault struck?
  static bool struck();
};

}  // namespace slod::journal::test
