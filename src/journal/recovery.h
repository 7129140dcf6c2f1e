// Recovery: from what a crash may have left in the directory to a journal that can be appended to.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "journal/directory.h"
#include "journal/positions.h"
#include "journal/segment.h"

namespace slod::journal {

struct Recovered {
  std::optional<Segment> segment;  ///< the newest with a group in it; nothing in an empty journal
  Time segment_start;
  std::uint64_t segment_bytes = 0;
  Position last_position = 0;
  Time last_stamp;
  std::vector<KnownPosition> positions;
  std::string cut;  ///< what was cut from the end, in words; "" if nothing was
};

/// Makes every segment but the newest stand alone, where that has not been done: out of WAL mode, nothing
/// beside it.
Status finish_closed(const std::vector<SegmentFile>& files);

/// Requires: the directory's lock. Removes a newest segment that never got a group, folds in the WAL of
/// closed ones, cuts a last group that does not match its checksum. Errors: what open_sqlite_journal()
/// promises.
[[nodiscard]] Result<Recovered> recover(const std::string& dir);

}  // namespace slod::journal
