// Checkpoint: the fold of the journal up to a position, in a file, so that a start need not read everything
// again. Disposable: whatever is wrong with one costs time, never data. <state>/checkpoint/<position>.ckpt is
// written whole (temporary file, fsync, rename, fsync of the directory); the newest two are kept.
// docs/journal-format.md, "Checkpoints". Thread: any; one writer per directory.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "slod/core/result.h"
#include "slod/core/time.h"

namespace slod::store {

struct Checkpoint {
  std::uint64_t position = 0;  ///< of the last group in it
  Time stamp;                  ///< that group's: tells this journal from another one
  Time last_tick;              ///< the epoch: none yet
  /// What the state was made with ("build", "config", "registry", ...) and a digest of each. It fits only the
  /// same.
  std::map<std::string, std::string> made_with;
  std::string figures;  ///< JSON, for people and `slod verify`: does not depend on the build
  std::string state;    ///< an archive: readable by the build that wrote it
};

struct CheckpointFile {
  std::uint64_t position = 0;
  std::string path;
};

/// Newest first; empty where there is no such directory.
[[nodiscard]] std::vector<CheckpointFile> list_checkpoints(const std::string& dir);
/// Durable when it returns; then the one before is the only other that stays. Returns the bytes written.
[[nodiscard]] Result<std::uint64_t> write_checkpoint(const std::string& dir, const Checkpoint& checkpoint);
/// Errors: unreadable, not a checkpoint, another version of the format, damaged.
[[nodiscard]] Result<Checkpoint> read_checkpoint(const std::string& path);
/// "" if `found` is what `wanted` is, else the name of the first thing that differs.
[[nodiscard]] std::string first_difference(const std::map<std::string, std::string>& found,
                                           const std::map<std::string, std::string>& wanted);

}  // namespace slod::store
