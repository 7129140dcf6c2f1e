#include "source/mqtt/inbox_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "slod/core/hash.h"
#include "source/mqtt/inbox_frame.h"

namespace slod::source {
namespace {

constexpr std::string_view kStreamPrefix = "gen:";
constexpr std::size_t kChecked = 64;

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Error failure(const std::string& what, const std::string& path) {
  return Error{what + " " + path + ": " + std::strerror(errno)};
}

std::string check_of(std::string_view before, std::uint64_t offset) {
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016llx",
                static_cast<unsigned long long>(hash_bytes(before, offset)));
  return text.data();
}

}  // namespace

std::string inbox_path(const std::string& dir, const std::string& source, std::uint64_t generation) {
  return dir + "/" + source + "." + std::to_string(generation) + ".log";
}

std::vector<std::uint64_t> inbox_generations(const std::string& dir, const std::string& source) {
  std::vector<std::uint64_t> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(dir, error)) {
    const std::string name = entry.path().filename().string();
    const std::string prefix = source + ".";
    if (!name.starts_with(prefix) || !name.ends_with(".log") || name.size() < prefix.size() + 5) continue;
    const auto middle = std::string_view(name).substr(prefix.size(), name.size() - prefix.size() - 4);
    if (const auto generation = number(middle)) found.push_back(*generation);
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string inbox_stream(std::uint64_t generation) {
  return std::string(kStreamPrefix) + std::to_string(generation);
}

std::optional<std::uint64_t> inbox_generation(const std::string& stream) {
  if (!stream.starts_with(kStreamPrefix)) return std::nullopt;
  return number(std::string_view(stream).substr(kStreamPrefix.size()));
}

std::string inbox_check(int fd, std::uint64_t offset) {
  std::array<char, kChecked> bytes{};
  const std::size_t want = std::min<std::uint64_t>(kChecked, offset);
  if (::pread(fd, bytes.data(), want, static_cast<off_t>(offset - want)) != static_cast<ssize_t>(want))
    return "";
  return check_of({bytes.data(), want}, offset);
}

std::string inbox_start_check() {
  return check_of(kInboxMagic, kInboxMagic.size());
}

bool inbox_file_is_gone(const std::string& dir, const std::string& source, std::uint64_t generation) {
  const std::string path = inbox_path(dir, source, generation);
  return ::access(path.c_str(), F_OK) != 0 && ::access((path + ".unreadable").c_str(), F_OK) != 0;
}

Result<std::optional<std::uint64_t>> next_whole_message(int fd, std::uint64_t from, std::uint64_t end) {
  std::string bytes(end - std::min(from, end), '\0');
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t got =
        ::pread(fd, bytes.data() + have, bytes.size() - have, static_cast<off_t>(from + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error{std::string("inbox: cannot read: ") + std::strerror(errno)};
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  const auto found = find_frame(std::string_view(bytes).substr(0, have));
  return found ? std::optional(from + *found) : std::nullopt;
}

Result<int> create_inbox_file(const std::string& dir, const std::string& source, std::uint64_t generation) {
  const std::string path = inbox_path(dir, source, generation);
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return failure("inbox: cannot create", path);
  const auto written = ::pwrite(fd, kInboxMagic.data(), kInboxMagic.size(), 0);
  const int folder = ::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool durable = ::fdatasync(fd) == 0 && folder >= 0 && ::fsync(folder) == 0;
  Error error = failure("inbox: cannot write", path);
  if (folder >= 0) ::close(folder);
  if (written == static_cast<ssize_t>(kInboxMagic.size()) && durable) return fd;
  ::close(fd);
  ::unlink(path.c_str());
  return error;
}

}  // namespace slod::source
