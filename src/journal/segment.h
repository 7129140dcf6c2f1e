// Segment: one SQLite file of the journal, opened for writing. docs/journal-format.md, "Tables".
// Thread: the committer.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "slod/journal/journal.h"
#include "slod/sqlite/sqlite.h"

#include "journal/group_codec.h"
#include "journal/positions.h"

namespace slod::journal {

inline constexpr std::int64_t kApplicationId = 0x534c4f4a;  // "SLOJ"
inline constexpr std::int64_t kFormatVersion = 2;
inline constexpr int kPageBytes = 16384;  ///< of new segments

/// True: ours and of a version that we read. False: its creation was cut short (no schema). Errors: somebody
/// else's, newer than this program, damaged.
[[nodiscard]] Result<bool> check_format(sqlite::Database& database);

class Segment {
 public:
  /// Makes the file with its schema; durable but for the directory entry. After an error `disk_full` says
  /// whether trying again makes sense.
  [[nodiscard]] static Result<Segment> create(const std::string& path, bool& disk_full);
  /// Requires: check_format() was true.
  [[nodiscard]] static Result<Segment> open(const std::string& path);

  /// One transaction. `carried`: positions to copy in, for the first group of a segment. After an error the
  /// caller asks database().disk_full() and then rolls back.
  Status append(const Group& group, const GroupBlobs& blobs, const std::vector<KnownPosition>& carried);
  /// Controls and counts alone, if the position is not there yet (kept.db). Requires a transaction of the
  /// caller.
  Status keep(Position position, Time stamp, const GroupBlobs& blobs);
  /// Forgets the group, wherever it left traces but in `positions` (see replace_positions).
  Status cut(Position position);
  Status replace_positions(const std::vector<KnownPosition>& positions);
  [[nodiscard]] Result<std::vector<KnownPosition>> positions();

  /// Folds the WAL into the file, which then stands alone and can be read from read-only media.
  Status finish();
  [[nodiscard]] sqlite::Database& database() { return database_; }
  /// Of an older format it is read and trimmed, but not appended to.
  [[nodiscard]] bool can_grow() const { return can_grow_; }

 private:
  explicit Segment(sqlite::Database database) : database_(std::move(database)) {}
  Status prepare();
  Status put_blob(sqlite::Statement& statement, const Group& group, std::string_view blob);
  Status put_words(Part part, Position position, std::string_view blob);
  Status put_position(const KnownPosition& known);
  sqlite::Database database_;
  bool can_grow_ = true;
  sqlite::Statement begin_, commit_, group_, fleet_, keys_, words_, position_;
};

}  // namespace slod::journal
