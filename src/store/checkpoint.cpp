#include "slod/store/checkpoint.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>

#include "checkpoint_file.h"

namespace slod::store {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".ckpt";
constexpr std::string_view kUnfinished = ".ckpt.tmp";
constexpr std::size_t kDigits = 12;

Error failed(const std::string& what, const std::string& path) {
  return Error{what + " " + path + ": " + std::strerror(errno)};
}

std::string path_of(const std::string& dir, std::uint64_t position) {
  std::string number = std::to_string(position);
  if (number.size() < kDigits) number.insert(0, kDigits - number.size(), '0');
  return dir + "/" + number + std::string(kSuffix);
}

/// A file descriptor that is closed.
class File {
 public:
  File(const std::string& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(file, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

Status write_durably(const std::string& path, std::string_view bytes) {
  const File file(path, O_WRONLY | O_CREAT | O_TRUNC);
  if (file.get() < 0) return failed("create", path);
  if (!write_all(file.get(), bytes) || ::fsync(file.get()) != 0) return failed("write", path);
  return ok();
}

Status sync_directory(const std::string& dir) {
  const File file(dir, O_RDONLY | O_DIRECTORY);
  if (file.get() < 0 || ::fsync(file.get()) != 0) return failed("sync directory", dir);
  return ok();
}

/// Those beyond the newest two, counted from `newest`; a checkpoint of a later position is not of this
/// journal.
void remove_others(const std::string& dir, std::uint64_t newest) {
  std::size_t kept = 0;
  std::error_code ignored;  // what stays is passed over at the next start
  for (const CheckpointFile& file : list_checkpoints(dir)) {
    if (file.position > newest || ++kept > 2) fs::remove(file.path, ignored);
  }
}

}  // namespace

std::vector<CheckpointFile> list_checkpoints(const std::string& dir) {
  std::vector<CheckpointFile> files;
  std::error_code error;
  for (fs::directory_iterator at(dir, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (!name.ends_with(kSuffix)) continue;
    CheckpointFile file{0, at->path().string()};
    const char* last = name.data() + name.size() - kSuffix.size();
    const auto [stop, fault] = std::from_chars(name.data(), last, file.position);
    if (fault == std::errc() && stop == last) files.push_back(std::move(file));
  }
  std::sort(files.begin(), files.end(),
            [](const CheckpointFile& a, const CheckpointFile& b) { return a.position > b.position; });
  return files;
}

Result<std::uint64_t> write_checkpoint(const std::string& dir, const Checkpoint& checkpoint) {
  std::error_code error;
  fs::create_directories(dir, error);
  if (error) return Error{"create directory " + dir + ": " + error.message()};
  const Result<std::string> bytes = encode_checkpoint(checkpoint);
  if (!bytes) return bytes.error();
  const std::string unfinished = dir + "/new" + std::string(kUnfinished);
  const std::string path = path_of(dir, checkpoint.position);
  Status written = write_durably(unfinished, *bytes);
  if (written && ::rename(unfinished.c_str(), path.c_str()) != 0) written = failed("rename to", path);
  if (written) written = sync_directory(dir);
  if (!written) {
    ::unlink(unfinished.c_str());  // on a full disk it would be in the way
    return written.error();
  }
  remove_others(dir, checkpoint.position);
  return bytes->size();
}

Result<Checkpoint> read_checkpoint(const std::string& path) {
  const File file(path, O_RDONLY);
  if (file.get() < 0) return failed("open", path);
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  if (error) return Error{"read " + path + ": " + error.message()};
  std::string bytes(size, '\0');
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t n = ::read(file.get(), bytes.data() + at, bytes.size() - at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return failed("read", path);
    at += static_cast<std::size_t>(n);
  }
  return decode_checkpoint(bytes);
}

std::string first_difference(const std::map<std::string, std::string>& found,
                             const std::map<std::string, std::string>& wanted) {
  for (const auto& [name, digest] : wanted) {
    const auto same = found.find(name);
    if (same == found.end() || same->second != digest) return name;
  }
  for (const auto& [name, digest] : found) {
    if (!wanted.contains(name)) return name;
  }
  return "";
}

}  // namespace slod::store
