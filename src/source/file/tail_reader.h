// The lines of a path through its rotations, in order and each once. Every file that the path ever names is
// held open until it has been read to its end and been quiet for a while (its writer may go on for a moment
// after the rename), then the next one is read from its beginning. Positions of rotated files are found again
// at start among the path's siblings (access.log.1, access.log-20261122). Where a file was copied and then
// truncated (copytruncate), what was not read before is read from the copy, which its bytes tell. Two renames
// between two looks at the path would lose the file between them. No clock, no thread: `now` is an argument,
// the owner calls.
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "slod/core/submission.h"
#include "source/file/followed_file.h"
#include "source/file/rotated_files.h"

namespace slod::source {

struct TailOptions {
  std::chrono::milliseconds poll{200};
  std::chrono::milliseconds rotation_quiet{1000};
  TailLimits limits;
};

struct TailBlock {
  std::string_view lines;        ///< until the next call
  std::uint64_t long_lines = 0;  ///< lines over the limit, skipped
  SourcePosition position;       ///< to be stored with what the lines became
};

class TailReader {
 public:
  using Clock = std::chrono::steady_clock;

  /// `positions`: of any source; the one stored last comes last and says where reading stopped.
  TailReader(std::string source, std::string path, const TailOptions& options,
             const std::vector<SourcePosition>& positions);

  /// The next block, or nothing for now. The same again until commit().
  std::optional<TailBlock> next(Clock::time_point now);
  /// The last block is stored.
  void commit();
  [[nodiscard]] bool has_file() const { return !files_.empty(); }
  /// Where reading stopped before this start, if that file is gone: what it had beyond it is not known.
  [[nodiscard]] const std::optional<SourcePosition>& lost() const { return lost_; }

 private:
  void look_at_path();
  using Files = std::deque<std::unique_ptr<FollowedFile>>;
  using Resume = bool (FollowedFile::*)(const SourcePosition&);
  [[nodiscard]] Files siblings_from(const std::vector<Sibling>& siblings, const SourcePosition& position,
                                    Resume resume) const;
  void read_copy_first(const SourcePosition& position);
  std::optional<TailBlock> block(const Piece& piece);
  [[nodiscard]] bool quiet_long_enough(const FollowedFile& file, Clock::time_point now);

  std::string source_;
  std::string path_;
  TailOptions options_;
  Files files_;  ///< oldest first; the last is what the path named when looked at
  std::optional<SourcePosition> lost_;
  std::uint64_t quiet_size_ = 0;
  std::optional<Clock::time_point> quiet_since_;
};

}  // namespace slod::source
