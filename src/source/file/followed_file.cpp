#include "source/file/followed_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

namespace slod::source {

namespace {

constexpr std::size_t kCheckBytes = 256;

}  // namespace

std::string check_of(std::string_view before) {
  if (before.empty()) return "";
  const Digest digest = digest_of(before);
  char text[33];
  std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(digest.hi),
                static_cast<unsigned long long>(digest.lo));
  return text;
}

std::unique_ptr<FollowedFile> FollowedFile::open(const std::string& path, const TailLimits& limits) {
  // A fifo without a writer would block the open.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return nullptr;
  struct stat info {};
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(fd);
    return nullptr;
  }
  std::string stream = std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino);
  return std::unique_ptr<FollowedFile>(new FollowedFile(fd, std::move(stream), limits));
}

FollowedFile::FollowedFile(int fd, std::string stream, const TailLimits& limits)
    : fd_(fd), stream_(std::move(stream)), limits_(limits) {}

FollowedFile::~FollowedFile() {
  ::close(fd_);
}

std::uint64_t FollowedFile::size() const {
  struct stat info {};
  return ::fstat(fd_, &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
}

std::size_t FollowedFile::read_at(std::uint64_t at, std::size_t size, std::string& to) const {
  to.resize(size);
  std::size_t got = 0;
  while (got < size) {
    const ssize_t n = ::pread(fd_, to.data() + got, size - got, static_cast<off_t>(at + got));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    got += static_cast<std::size_t>(n);
  }
  to.resize(got);
  return got;
}

std::string FollowedFile::bytes_before(std::uint64_t end) const {
  const std::size_t want = static_cast<std::size_t>(std::min<std::uint64_t>(end, kCheckBytes));
  std::string out;
  read_at(end - want, want, out);
  return out;
}

bool FollowedFile::resume(const SourcePosition& position) {
  return position.stream == stream_ && fits(position);
}

bool FollowedFile::resume_copy(const SourcePosition& position) {
  return !position.check.empty() && fits(position);
}

bool FollowedFile::begin_anew(const SourcePosition& position) {
  return position.stream == stream_;
}

bool FollowedFile::fits(const SourcePosition& position) {
  if (position.offset > size()) return false;
  std::string before = bytes_before(position.offset);
  if (check_of(before) != position.check) return false;
  offset_ = position.offset;
  before_ = std::move(before);
  return true;
}

void FollowedFile::start_over() {
  if (offset_ > 0) rewritten_ = SourcePosition{"", stream_, offset_, check_of(before_)};
  offset_ = 0;
  skipped_ = 0;
  before_.clear();
}

Piece FollowedFile::read() {
  if (size() < std::max(offset_, skipped_)) start_over();
  // The bytes before the offset and those behind it in one read: what is compared and what is used is one
  // state.
  read_at(offset_ - before_.size(), before_.size() + limits_.block, buffer_);
  if (!buffer_.starts_with(before_)) {
    start_over();
    read_at(0, limits_.block, buffer_);
  }
  const std::string_view bytes = std::string_view(buffer_).substr(before_.size());
  if (bytes.empty()) return {};
  const std::size_t last = bytes.rfind('\n');
  if (last != std::string_view::npos) return piece(Piece::Kind::kLines, last + 1);
  if (bytes.size() < limits_.block) return piece(Piece::Kind::kPartialLine, bytes.size());
  return skip_long_line();
}

Piece FollowedFile::piece(Piece::Kind kind, std::size_t size) {
  const std::size_t end = before_.size() + size;
  const std::size_t from = end - std::min(end, kCheckBytes);
  end_ = offset_ + size;
  // From what was read, not from the file: that may have been rewritten meanwhile.
  before_end_.assign(buffer_, from, end - from);
  return {kind, std::string_view(buffer_).substr(before_.size(), size)};
}

Piece FollowedFile::skip_long_line() {
  skipped_ = std::max(skipped_, offset_ + limits_.block);
  while (true) {
    const std::size_t got = read_at(skipped_, limits_.block, buffer_);
    const std::size_t line_end = buffer_.find('\n');
    const bool ended = line_end != std::string::npos;
    if (!ended) skipped_ += got;
    if (!ended && got == limits_.block) continue;
    end_ = ended ? skipped_ + line_end + 1 : skipped_;
    before_end_ = bytes_before(end_);
    return {ended ? Piece::Kind::kLongLine : Piece::Kind::kPartialLine, {}};
  }
}

void FollowedFile::commit() {
  before_ = before_end_;
  offset_ = end_;
  skipped_ = 0;
}

SourcePosition FollowedFile::position(const std::string& source) const {
  return {source, stream_, end_, check_of(before_end_)};
}

}  // namespace slod::source
