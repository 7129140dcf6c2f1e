#include "slod/store/ballast.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

namespace slod::store {
namespace {

constexpr std::uint64_t kShareOfRoom = 8;
constexpr std::uint64_t kLeast = 64 * 1024;

std::uint64_t room_beside(const std::string& path) {
  struct statvfs disk {};
  const std::string dir = std::filesystem::path(path).parent_path().string();
  if (::statvfs(dir.empty() ? "." : dir.c_str(), &disk) != 0) return 0;
  return static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
}

}  // namespace

bool Ballast::fill() {
  const std::lock_guard lock(mutex_);
  if (there_.load()) return true;
  struct stat found {};
  if (::stat(path_.c_str(), &found) == 0 && found.st_size > 0) {  // of the run before
    there_.store(true, std::memory_order_release);
    return true;
  }
  const std::uint64_t room = room_beside(path_);
  const std::uint64_t bytes = dropped_ > 0 ? dropped_ : std::min(most_, room / kShareOfRoom);
  if (bytes < kLeast || room < 2 * bytes) return false;
  const int file = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return false;
  const bool made = ::posix_fallocate(file, 0, static_cast<off_t>(bytes)) == 0;
  ::close(file);
  if (!made) ::unlink(path_.c_str());
  there_.store(made, std::memory_order_release);
  return made;
}

bool Ballast::drop() {
  const std::lock_guard lock(mutex_);
  struct stat found {};
  if (::stat(path_.c_str(), &found) != 0) return false;
  dropped_ = static_cast<std::uint64_t>(found.st_size);
  there_.store(false, std::memory_order_release);
  return ::unlink(path_.c_str()) == 0;
}

}  // namespace slod::store
