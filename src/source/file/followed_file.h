// One open file that grows, read in blocks of complete lines from an offset on. It notices when the bytes
// before the offset are not what was read there: the file was truncated and written anew (copytruncate), or
// is another file with a reused inode. Thread: its owner's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "slod/core/submission.h"

namespace slod::source {

struct TailLimits {
  std::size_t block = 1024 * 1024;  ///< read at once; a line that is longer is rejected
};

/// What stands at the offset. `bytes` live until the next call.
struct Piece {
  enum class Kind { kNothing, kPartialLine, kLines, kLongLine };
  Kind kind = Kind::kNothing;
  std::string_view bytes;  ///< complete lines; for kPartialLine what there is of it
};

class FollowedFile {
 public:
  /// Null: not there, not readable, or not a regular file.
  static std::unique_ptr<FollowedFile> open(const std::string& path, const TailLimits& limits);
  ~FollowedFile();
  FollowedFile(const FollowedFile&) = delete;
  FollowedFile& operator=(const FollowedFile&) = delete;

  /// "dev:inode"
  [[nodiscard]] const std::string& stream() const { return stream_; }
  [[nodiscard]] std::uint64_t offset() const { return offset_; }
  /// False: `position` is of another file, or of what stood here before; reading stays at the beginning.
  bool resume(const SourcePosition& position);

  /// The same for a copy of the file that `position` is of: whatever its stream, its bytes must fit.
  bool resume_copy(const SourcePosition& position);
  /// True: the file that `position` is of, with whatever stands in it now; reading stays at the beginning.
  bool begin_anew(const SourcePosition& position);
  /// Where reading stood when the file was found rewritten; told once.
  std::optional<SourcePosition> take_rewritten() { return std::exchange(rewritten_, std::nullopt); }

  /// Reads, without moving the offset: until commit() the same is read again. Starts over by itself when the
  /// file was rewritten.
  Piece read();
  /// The last piece is stored.
  void commit();
  /// Where a source stands once the last piece is stored.
  [[nodiscard]] SourcePosition position(const std::string& source) const;
  [[nodiscard]] std::uint64_t size() const;

 private:
  FollowedFile(int fd, std::string stream, const TailLimits& limits);
  bool fits(const SourcePosition& position);
  void start_over();
  Piece skip_long_line();
  Piece piece(Piece::Kind kind, std::size_t size);
  [[nodiscard]] std::string bytes_before(std::uint64_t end) const;
  std::size_t read_at(std::uint64_t at, std::size_t size, std::string& to) const;

  int fd_;
  std::string stream_;
  TailLimits limits_;
  std::uint64_t offset_ = 0;
  std::string before_;     ///< the last bytes before the offset, as they were read
  std::uint64_t end_ = 0;  ///< of the last piece
  std::string before_end_;
  std::optional<SourcePosition> rewritten_;
  std::uint64_t skipped_ = 0;  ///< in a long line: searched up to here for its end; 0: not in one
  std::string buffer_;
};

/// Digest of the bytes before an offset, for SourcePosition::check. "" for none.
std::string check_of(std::string_view before);

}  // namespace slod::source
