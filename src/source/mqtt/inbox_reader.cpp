#include "source/mqtt/inbox_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace slod::source {
namespace {

Error failure(const char* what) {
  return Error{std::string("inbox: cannot ") + what + ": " + std::strerror(errno)};
}

/// Takes the whole messages at the start of `bytes` into `block`. Returns the state that ended it.
FrameState take_messages(std::string_view bytes, InboxBlock& block, std::size_t& needed) {
  InboxMessage message;
  FrameState state = FrameState::kGood;
  while (block.messages.size() < InboxReader::kMaxMessages &&
         (state = decode_frame(bytes, message, needed)) == FrameState::kGood) {
    block.messages.push_back(message);
    block.bytes += needed;
    bytes.remove_prefix(needed);
  }
  return state;
}

}  // namespace

InboxReader::~InboxReader() {
  if (fd_ >= 0) ::close(fd_);
}

Status InboxReader::open(std::uint64_t generation) {
  if (fd_ >= 0 && open_generation_ == generation) return ok();
  if (fd_ >= 0) ::close(fd_);
  const InboxOptions& options = inbox_.options();
  fd_ = ::open(inbox_path(options.dir, options.source, generation).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd_ < 0) return failure("open");
  open_generation_ = generation;
  return ok();
}

Result<std::uint64_t> InboxReader::limit(std::uint64_t generation, InboxPoint end) const {
  if (generation == end.generation) return end.offset;
  struct stat info {};
  if (::fstat(fd_, &info) != 0) return failure("stat");
  return static_cast<std::uint64_t>(info.st_size);
}

Result<std::size_t> InboxReader::fill(std::uint64_t offset, std::size_t bytes) {
  if (buffer_.size() < bytes) buffer_.resize(bytes);
  std::size_t have = 0;
  while (have < bytes) {
    const ssize_t got = ::pread(fd_, buffer_.data() + have, bytes - have, static_cast<off_t>(offset + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure("read");
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  return have;
}

void InboxReader::to_next_file(const InboxOptions& options, InboxPoint end, InboxBlock& block) {
  block.after = {block.after.generation + 1, kInboxMagic.size()};
  block.check = inbox_start_check();
  std::uint64_t& next = block.after.generation;
  while (next < end.generation &&
         ::access(inbox_path(options.dir, options.source, next).c_str(), F_OK) != 0) {
    if (inbox_file_is_gone(options.dir, options.source, next)) ++block.gone;
    ++next;
  }
}

Result<InboxBlock> InboxReader::read(InboxPoint from) {
  InboxBlock block;
  block.after = from;
  const InboxPoint end = inbox_.end();
  if (from == end) return block;
  if (Status status = open(from.generation); !status) return status.error();
  const auto stop = limit(from.generation, end);
  if (!stop) return stop.error();
  std::size_t want = std::min<std::uint64_t>(kMaxBytes, *stop - std::min(*stop, from.offset));
  FrameState state = FrameState::kIncomplete;
  while (want > 0 && block.messages.empty()) {
    const auto have = fill(from.offset, want);
    if (!have) return have.error();
    std::size_t needed = 0;
    state = take_messages({buffer_.data(), *have}, block, needed);
    if (state == FrameState::kBad || from.offset + needed > *stop || needed <= want) break;
    want = needed;
  }
  block.after.offset += block.bytes;
  if (block.messages.empty()) {
    const auto found = next_whole_message(fd_, from.offset, *stop);
    if (!found) return found.error();
    const std::optional<std::uint64_t> next = *found;
    block.skipped = next.value_or(std::max(*stop, from.offset)) - from.offset;
    block.bytes = block.skipped;
    if (!next && from.generation < end.generation) {
      to_next_file(inbox_.options(), end, block);
      return block;
    }
    block.after.offset = from.offset + block.skipped;
  }
  block.check = inbox_check(fd_, block.after.offset);
  return block;
}

}  // namespace slod::source
