#include "journal/directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>

#include "slod/journal/journal.h"

namespace slod::journal {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "seg-";
constexpr std::string_view kSuffix = ".db";
constexpr std::size_t kDigits = 12;

Error failed(const std::string& what, const std::string& path) {
  return Error{what + " " + path + ": " + std::strerror(errno)};
}

std::optional<Position> parse_name(const std::string& name) {
  if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) return std::nullopt;
  const char* from = name.data() + kPrefix.size();
  const char* to = name.data() + name.size() - kSuffix.size();
  Position first = 0;
  const auto [end, error] = std::from_chars(from, to, first);
  if (error != std::errc() || end != to || first == 0 || to - from < static_cast<std::ptrdiff_t>(kDigits)) {
    return std::nullopt;
  }
  return first;
}

std::string pid_in(int file) {
  std::array<char, 32> text{};
  const ssize_t n = ::pread(file, text.data(), text.size(), 0);
  std::string pid(text.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
  pid.erase(std::find(pid.begin(), pid.end(), '\n'), pid.end());
  return pid.empty() ? "unknown" : pid;
}

/// "slod" of the process that runs under that pid; "" if that cannot be told.
std::string name_of(const std::string& pid) {
  std::ifstream in("/proc/" + pid + "/comm");
  std::string name;
  std::getline(in, name);
  return name.empty() ? "" : ", " + name;
}

Error in_use(const std::string& dir, int file) {
  const std::string pid = pid_in(file);
  return Error{"journal " + dir + " is in use by another process (pid " + pid + name_of(pid) +
               "): one directory, one daemon; stop it or choose another state directory"};
}

}  // namespace

Status nobody_holds(const std::string& dir) {
  const int file = ::open((dir + "/LOCK").c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return ok();  // opening says what is wrong
  const bool held = ::flock(file, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  const Status status = held ? Status(in_use(dir, file)) : ok();
  ::close(file);
  return status;
}

std::string segment_path(const std::string& dir, Position first) {
  std::string number = std::to_string(first);
  if (number.size() < kDigits) number.insert(0, kDigits - number.size(), '0');
  return dir + "/" + std::string(kPrefix) + number + std::string(kSuffix);
}

std::string kept_path(const std::string& dir) {
  return dir + "/kept.db";
}

Result<std::vector<SegmentFile>> list_segments(const std::string& dir) {
  std::error_code error;
  std::vector<SegmentFile> out;
  for (fs::directory_iterator at(dir, error), end; !error && at != end; at.increment(error)) {
    if (const auto first = parse_name(at->path().filename().string()))
      out.push_back({*first, at->path().string()});
  }
  if (error) return Error{"list journal directory " + dir + ": " + error.message()};
  std::sort(out.begin(), out.end(),
            [](const SegmentFile& a, const SegmentFile& b) { return a.first < b.first; });
  return out;
}

Status remove_database(const std::string& dir, const std::string& path) {
  // The database goes last: as long as it is there, a crash leaves something that open() will look at.
  for (const char* suffix : {"-shm", "-wal", "-journal", ""}) {
    const std::string file = path + suffix;
    if (::unlink(file.c_str()) != 0 && errno != ENOENT) return failed("remove", file);
  }
  return sync_directory(dir);
}

Status sync_directory(const std::string& dir) {
  const int file = ::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return failed("open directory", dir);
  const bool synced = ::fsync(file) == 0;
  const Error error = failed("sync directory", dir);
  ::close(file);
  if (!synced) return error;
  return ok();
}

Status create_directory(const std::string& dir) {
  std::error_code error;
  fs::create_directories(dir, error);
  if (error) return Error{"create journal directory " + dir + ": " + error.message()};
  return ok();
}

std::uint64_t bytes_in(const std::string& dir) {
  std::error_code error;
  std::uint64_t sum = 0;
  for (fs::directory_iterator at(dir, error), end; !error && at != end; at.increment(error)) {
    std::error_code gone;  // a file may vanish meanwhile
    const std::uintmax_t size = at->file_size(gone);
    if (!gone) sum += size;
  }
  return sum;
}

Result<DirectoryLock> DirectoryLock::take(const std::string& dir) {
  const std::string path = dir + "/LOCK";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) return failed("open", path);
  DirectoryLock lock(file);
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return failed("lock", path);
    return in_use(dir, file);
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  // A disk that is full must not keep us from starting: the lock holds without the number in it.
  if (::ftruncate(file, 0) == 0) static_cast<void>(::pwrite(file, pid.data(), pid.size(), 0) < 0);
  return lock;
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

DirectoryLock::~DirectoryLock() {
  if (file_ >= 0) ::close(file_);
}

}  // namespace slod::journal
