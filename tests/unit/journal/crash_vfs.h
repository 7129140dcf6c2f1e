// CrashVfs: SQLite's file layer on a disk that forgets. What SQLite writes goes to the real file, which is
// what the process sees, and into a list of what the platter does not have yet; a sync empties the file's
// list onto the platter. When power comes back every file is what the platter has, plus whatever chance lets
// through of the list: whole writes in any order, single 512-byte sectors of a write, nothing. A new file
// whose directory was not synced may be gone. While a CrashVfs lives, it is SQLite's default layer.
#pragma once

#include <cstdint>
#include <random>

namespace slod::journal::test {

class CrashVfs {
 public:
  CrashVfs();
  ~CrashVfs();
  CrashVfs(const CrashVfs&) = delete;
  CrashVfs& operator=(const CrashVfs&) = delete;

  /// Power is cut at the `calls`-th write, truncation, sync or removal from now on (1: the next): that one
  /// and all later ones fail and do nothing.
  static void cut_power_at(int calls);
  static bool power_is_cut();
  /// Decides what the disk has, writes that into the files, and switches on again. Requires: no file is open.
  static void come_back(std::mt19937_64& random);
  /// What `PRAGMA synchronous=OFF` does: no sync reaches the disk.
  static void ignore_syncs(bool ignore);
  /// Unsynced writes that chance dropped or tore, over all crashes.
  static std::uint64_t lost_writes();
};

}  // namespace slod::journal::test
