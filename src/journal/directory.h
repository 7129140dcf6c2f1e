// The journal's directory: which files it holds, and who may write to it.
#pragma once

#include <string>
#include <vector>

#include "slod/journal/journal.h"

namespace slod::journal {

struct SegmentFile {
  Position first = 0;  ///< the first group that it holds, or will
  std::string path;
};

[[nodiscard]] std::string segment_path(const std::string& dir, Position first);
/// What outlives the segments: docs/journal-format.md, "kept.db".
[[nodiscard]] std::string kept_path(const std::string& dir);
/// By position.
[[nodiscard]] Result<std::vector<SegmentFile>> list_segments(const std::string& dir);
/// With SQLite's files beside it. Durable when it returns.
Status remove_database(const std::string& dir, const std::string& path);
Status sync_directory(const std::string& dir);
Status create_directory(const std::string& dir);
[[nodiscard]] std::uint64_t bytes_in(const std::string& dir);

/// Held until destruction: one writer per directory. Errors name the directory and the holder's pid.
class DirectoryLock {
 public:
  [[nodiscard]] static Result<DirectoryLock> take(const std::string& dir);
  DirectoryLock(DirectoryLock&& other) noexcept;
  DirectoryLock& operator=(DirectoryLock&&) = delete;
  ~DirectoryLock();

 private:
  explicit DirectoryLock(int file) : file_(file) {}
  int file_;
};

}  // namespace slod::journal
