#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "source/mqtt/inbox_files.h"
#include "source/mqtt/inbox_frame.h"

namespace slod::source {
namespace {

/// A file's descriptor for the time of a scan.
class OpenFile {
 public:
  explicit OpenFile(const std::string& path) : fd_(::open(path.c_str(), O_RDWR | O_CLOEXEC)) {}
  ~OpenFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] std::uint64_t size() const {
    struct stat info {};
    return ::fstat(fd_, &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
  }

 private:
  const int fd_;
};

/// Where the frames that begin at `from` and follow each other end.
Result<std::uint64_t> end_of_run(int fd, std::uint64_t from, std::uint64_t size) {
  std::string buffer(1U << 20U, '\0');
  std::uint64_t at = from;
  while (at < size) {
    const ssize_t got = ::pread(fd, buffer.data(), buffer.size(), static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error{std::string("inbox: cannot read: ") + std::strerror(errno)};
    if (got == 0) return at;
    std::string_view left(buffer.data(), static_cast<std::size_t>(got));
    InboxMessage message;
    std::size_t frame = 0;
    FrameState state = FrameState::kGood;
    const std::uint64_t before = at;
    while ((state = decode_frame(left, message, frame)) == FrameState::kGood) {
      at += frame;
      left.remove_prefix(frame);
    }
    if (state == FrameState::kBad || at + frame > size) return at;
    if (at == before) buffer.resize(std::max(buffer.size() * 2, frame));
  }
  return at;
}

/// End of the last good frame at or after `from`; `from` if there is none.
Result<std::uint64_t> end_of_good_frames(int fd, std::uint64_t from, std::uint64_t size) {
  Result<std::uint64_t> end = end_of_run(fd, from, size);
  while (end && *end < size) {
    const auto next = next_whole_message(fd, *end, size);
    if (!next) return next.error();
    if (!*next) return end;
    end = end_of_run(fd, **next, size);
  }
  return end;
}

/// What begins at `from` is a message whose end is missing: nobody acknowledged it.
bool is_torn(int fd, std::uint64_t from, std::uint64_t size) {
  std::string head(std::min<std::uint64_t>(size - from, kFrameHead), '\0');
  if (::pread(fd, head.data(), head.size(), static_cast<off_t>(from)) != static_cast<ssize_t>(head.size()))
    return false;
  InboxMessage message;
  std::size_t frame = 0;
  return decode_frame(head, message, frame) == FrameState::kIncomplete && from + frame > size;
}

bool has_magic(int fd) {
  std::string head(kInboxMagic.size(), '\0');
  return ::pread(fd, head.data(), head.size(), 0) == static_cast<ssize_t>(head.size()) && head == kInboxMagic;
}

struct Committed {
  std::uint64_t generation = 0;
  const SourcePosition* position = nullptr;
};

Committed newest_position(const std::string& source, const std::vector<SourcePosition>& positions) {
  Committed newest;
  for (const SourcePosition& position : positions) {
    const auto generation = inbox_generation(position.stream);
    if (position.source != source || !generation) continue;
    if (newest.position == nullptr || *generation > newest.generation) newest = {*generation, &position};
  }
  return newest;
}

/// One start's work. `recovered` grows as the files are looked at in order.
class Recovery {
 public:
  Recovery(const std::string& dir, const std::string& source, const Log& log)
      : dir_(dir), source_(source), log_(log) {}

  Result<RecoveredInbox> run(const Committed& committed) {
    newest_ = committed.generation;
    const std::vector<std::uint64_t> generations = inbox_generations(dir_, source_);
    if (committed.position != nullptr) look_for(committed, generations);
    for (const std::uint64_t generation : generations) {
      if (committed.position != nullptr && generation < committed.generation) {
        remove(generation);
        continue;
      }
      const bool named = committed.position != nullptr && generation == committed.generation;
      if (!named && generation == generations.back() && was_being_made(generation)) {
        remove(generation);  // its number may be used again: nothing was ever in it
        continue;
      }
      newest_ = std::max(newest_, generation);
      if (Status status = take(generation, named ? committed.position : nullptr); !status)
        return status.error();
    }
    Result<RecoveredInbox> found = finish();
    if (found)
      found->moved = committed.position == nullptr || found->start.generation != committed.generation;
    return found;
  }

 private:
  /// Is the file there in which reading goes on? A later one is there only if messages followed.
  void look_for(const Committed& committed, const std::vector<std::uint64_t>& generations) {
    const auto found = std::lower_bound(generations.begin(), generations.end(), committed.generation);
    if (found != generations.end() && *found == committed.generation) return;
    if (!inbox_file_is_gone(dir_, source_, committed.generation)) return;
    recovered_.lost = found != generations.end();
    say_lost(*committed.position, committed.generation, "is gone");
  }

  void say_lost(const SourcePosition& position, std::uint64_t generation, const std::string& what) {
    say("error",
        inbox_path(dir_, source_, generation) + " " + what + ". What was read of it, its first " +
            std::to_string(position.offset) + " bytes, is counted; messages that came after that " +
            (recovered_.lost ? "were acknowledged and are lost (counted as 1 shed)"
                             : "were acknowledged and are lost, if there were any: nobody can know, so none "
                               "are counted as shed") +
            ". Right after `slod restore` that is as it should be. Else look what removes files there, or "
            "whether another disk is mounted on " +
            dir_ + ", and let the devices send again what they still have");
  }

  [[nodiscard]] bool was_being_made(std::uint64_t generation) const {
    const OpenFile file(inbox_path(dir_, source_, generation));
    return file.fd() >= 0 && file.size() <= kInboxMagic.size() && !has_magic(file.fd());
  }

  Status take(std::uint64_t generation, const SourcePosition* position) {
    const std::string path = inbox_path(dir_, source_, generation);
    const OpenFile file(path);
    if (file.fd() < 0) return Error{"inbox: cannot open " + path + ": " + std::strerror(errno)};
    if (!has_magic(file.fd())) {
      if (position != nullptr && file.size() <= kInboxMagic.size())
        say_lost(*position, generation, "is empty");
      return set_aside(generation, file.size());
    }
    std::uint64_t from = kInboxMagic.size();
    if (position != nullptr && file.size() < position->offset) {
      say("warn",
          path + " is shorter than what was read of it (" + std::to_string(file.size()) + " of " +
              std::to_string(position->offset) +
              " bytes): a power loss took its end, or somebody cut it. All that was read is counted; what "
              "had arrived after that and was not yet read is lost. Going on with a new generation");
      remove(generation);
      return ok();
    }
    if (position != nullptr && inbox_check(file.fd(), position->offset) == position->check)
      from = position->offset;
    if (position != nullptr && from != position->offset)
      say("warn", path + " is not the file that was read before; reading it from its start");
    return cut(generation, path, file, from);
  }

  Status cut(std::uint64_t generation, const std::string& path, const OpenFile& file, std::uint64_t from) {
    const std::uint64_t size = file.size();
    const Result<std::uint64_t> end = end_of_good_frames(file.fd(), from, size);
    if (!end) return Error{end.error().message + " (" + path + ")"};
    const std::uint64_t good = *end;
    if (good < size) {
      const bool torn = is_torn(file.fd(), good, size);
      say(torn ? "warn" : "error",
          path + ": cut " + std::to_string(size - good) +
              " bytes after the last whole message, which ends at " + std::to_string(good) +
              (torn ? "; a message cut short was never acknowledged and comes again"
                    : ": they are no message. If they were one that was acknowledged (a power loss with "
                      "`durability: process`, a damaged disk), it is lost"));
      if (::ftruncate(file.fd(), static_cast<off_t>(good)) != 0)
        return Error{"inbox: cannot cut " + path + ": " + std::strerror(errno)};
    }
    if (!started_) recovered_.start = {generation, from};
    started_ = true;
    recovered_.end = {generation, good};
    recovered_.backlog += good - from;
    return ok();
  }

  /// Without a header there is no message: the file was emptied, or is not ours.
  Status set_aside(std::uint64_t generation, std::uint64_t size) {
    if (size <= kInboxMagic.size()) {
      remove(generation);
      return ok();
    }
    const std::string path = inbox_path(dir_, source_, generation);
    say("error", path + " is not an inbox of this version; kept as " + path + ".unreadable");
    std::error_code error;
    std::filesystem::rename(path, path + ".unreadable", error);
    return error ? Status(Error{"inbox: cannot rename " + path + ": " + error.message()}) : ok();
  }

  Result<RecoveredInbox> finish() {
    // Appending goes on only in the newest generation ever used; anything else gets a number of its own.
    if (started_ && recovered_.end.generation == newest_) return recovered_;
    const std::uint64_t next = newest_ + 1;
    const Result<int> created = create_inbox_file(dir_, source_, next);
    if (!created) return created.error();
    ::close(*created);
    recovered_.end = {next, kInboxMagic.size()};
    if (!started_) recovered_.start = recovered_.end;
    return recovered_;
  }

  void remove(std::uint64_t generation) { ::unlink(inbox_path(dir_, source_, generation).c_str()); }
  void say(const std::string& level, const std::string& text) const {
    if (log_) log_(level, "source " + source_ + ": inbox " + text);
  }

  const std::string& dir_;
  const std::string& source_;
  const Log& log_;
  std::uint64_t newest_ = 0;
  bool started_ = false;
  RecoveredInbox recovered_;
};

}  // namespace

Result<RecoveredInbox> recover_inbox(const std::string& dir, const std::string& source,
                                     const std::vector<SourcePosition>& positions, const Log& log) {
  if (source.empty() || source.find('/') != std::string::npos)
    return Error{"inbox: the source name '" + source + "' cannot be part of a file name"};
  std::error_code error;
  std::filesystem::create_directories(dir, error);
  if (error) return Error{"inbox: cannot create " + dir + ": " + error.message()};
  return Recovery(dir, source, log).run(newest_position(source, positions));
}

}  // namespace slod::source
