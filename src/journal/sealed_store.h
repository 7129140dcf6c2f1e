// sealed.db: what outlives the fleet's rows, a row per block. docs/journal-format.md, "Sealed". Opened for
// each use: once a day, and by readers. Thread: the writer's is the committer's; a reader belongs to its own.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "slod/journal/journal.h"

namespace slod::journal {

[[nodiscard]] std::string sealed_path(const std::string& dir);

/// What is sealed already. Position 0: nothing.
struct SealedUntil {
  Position position = 0;
  Time until;
};
/// Undoes what a crash left half done first. The writer's.
[[nodiscard]] Result<SealedUntil> sealed_until(const std::string& dir);

/// Durable when it returns. Replaces what overlaps; of older blocks the minutes alone stay, and those that
/// end before `oldest` go. After an error nothing is changed: try again later.
Status add_sealed(const std::string& dir, const SealedBlock& block, Time oldest);

/// The blocks in order of time, up to the one that is the newest when it is opened. Holds no lock between two
/// calls.
class SealedReader {
 public:
  /// Null: nothing is sealed.
  [[nodiscard]] static Result<std::unique_ptr<SealedReader>> open(const std::string& dir);
  virtual ~SealedReader() = default;
  /// The newest block with its fleet, without its minutes.
  virtual Result<SealedBlock> newest() = 0;
  /// The next block that begins before `before`, with its minutes; nothing: not yet, or no more.
  virtual Result<std::optional<SealedBlock>> next(Time before) = 0;
};

}  // namespace slod::journal
