#include "source/mqtt/inbox.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace slod::source {
namespace {

// Generation and offset in one word, so that a reader never pairs an old generation with a new offset.
constexpr unsigned kOffsetBits = 40;
constexpr std::uint64_t kOffsetMask = (1ULL << kOffsetBits) - 1;

std::uint64_t pack(InboxPoint point) {
  SLOD_ASSERT(point.offset <= kOffsetMask && point.generation < (1ULL << (64 - kOffsetBits)));
  return (point.generation << kOffsetBits) | point.offset;
}

InboxPoint unpack(std::uint64_t packed) {
  return {packed >> kOffsetBits, packed & kOffsetMask};
}

}  // namespace

Result<std::unique_ptr<Inbox>> Inbox::open(const InboxOptions& options,
                                           const std::vector<SourcePosition>& positions, const Log& log) {
  const auto recovered = recover_inbox(options.dir, options.source, positions, log);
  if (!recovered) return recovered.error();
  const std::string path = inbox_path(options.dir, options.source, recovered->end.generation);
  const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return Error{"inbox: cannot open " + path + ": " + std::strerror(errno)};
  return std::unique_ptr<Inbox>(new Inbox(options, *recovered, fd));
}

Inbox::Inbox(InboxOptions options, const RecoveredInbox& recovered, int fd)
    : options_(std::move(options)),
      recovered_(recovered),
      tail_(recovered.end),
      fd_(fd),
      end_(pack(recovered.end)),
      backlog_(recovered.backlog) {}

Inbox::~Inbox() {
  ::close(fd_);
}

InboxPoint Inbox::end() const {
  return unpack(end_.load(std::memory_order_acquire));
}

Inbox::Append Inbox::append(const InboxMessage& message) {
  encode_frame(message, frame_);
  const std::uint64_t waiting = backlog();
  if (waiting > 0 && waiting + frame_.size() > options_.max_backlog) return Append::kFull;
  if (tail_.offset >= options_.max_file && !next_generation()) return Append::kFailed;
  if (!write_frame()) return failed();
  tail_.offset += frame_.size();
  last_error_.store(0, std::memory_order_relaxed);
  backlog_.fetch_add(frame_.size(), std::memory_order_acq_rel);
  end_.store(pack(tail_));
  if (waiting_.load() && waiting_.exchange(false)) bell_.signal();
  return Append::kStored;
}

bool Inbox::write_frame() {
  std::size_t done = 0;
  while (done < frame_.size()) {
    const ssize_t wrote =
        ::pwrite(fd_, frame_.data() + done, frame_.size() - done, static_cast<off_t>(tail_.offset + done));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    done += static_cast<std::size_t>(wrote);
  }
  return !options_.sync || ::fdatasync(fd_) == 0;
}

void Inbox::note_failure() {
  const int error = errno == 0 ? EIO : errno;
  last_error_.store(error, std::memory_order_relaxed);
  last_failure_.store(error, std::memory_order_relaxed);
  failures_.fetch_add(1, std::memory_order_release);
}

Inbox::Append Inbox::failed() {
  note_failure();
  // Cut what was written of it. Should that fail too, the next frame is written over it: the place is still
  // tail_.
  [[maybe_unused]] const int cut = ::ftruncate(fd_, static_cast<off_t>(tail_.offset));
  return Append::kFailed;
}

bool Inbox::next_generation() {
  const auto created = create_inbox_file(options_.dir, options_.source, tail_.generation + 1);
  if (!created) {
    note_failure();
    return false;
  }
  ::close(fd_);
  fd_ = *created;
  tail_ = {tail_.generation + 1, kInboxMagic.size()};
  return true;
}

void Inbox::wait_past(InboxPoint point, Duration at_most) {
  // Set before the last look at the end, and read after the end moved (both seq_cst): no append goes unheard.
  waiting_.store(true);
  if (unpack(end_.load()) <= point) bell_.wait(at_most);
  waiting_.store(false);
}

void Inbox::leave(std::uint64_t generation) {
  if (generation < end().generation) ::unlink(inbox_path(options_.dir, options_.source, generation).c_str());
}

}  // namespace slod::source
