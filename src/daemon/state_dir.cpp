#include "state_dir.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "slod/journal/journal.h"

namespace slod::daemon {
namespace {

Error cannot(const std::string& what, const std::string& path, const std::string& why) {
  return Error{"cannot " + what + " " + path + ": " + why +
               ". Give the user that slod runs as write access, or choose another state.dir"};
}

}  // namespace

Status prepare_state_dir(const std::string& dir) {
  std::error_code error;
  const bool existed = std::filesystem::is_directory(dir, error);
  std::filesystem::create_directories(dir, error);
  if (error) return cannot("create the state directory", dir, error.message());
  if (!existed) ::chmod(dir.c_str(), 0700);
  if (::access(dir.c_str(), W_OK | X_OK) != 0)
    return cannot("write to the state directory", dir, std::strerror(errno));
  if (::access((dir + "/RESTORING").c_str(), F_OK) == 0) {
    return Error{"a restore into " + dir +
                 " did not finish: empty the directory and run `slod restore` again"};
  }
  // Before the ports: who starts a second daemon by mistake mostly gives it the same ones.
  return journal::nobody_holds(dir + "/journal");
}

Result<std::uint64_t> user_key(const std::string& dir) {
  const std::string path = dir + "/user.key";
  std::uint64_t key = 0;
  std::ifstream in(path, std::ios::binary);
  if (in && in.read(reinterpret_cast<char*>(&key), sizeof key)) return key;
  if (::getrandom(&key, sizeof key, 0) != sizeof key) return cannot("make", path, std::strerror(errno));
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return cannot("create", path, std::strerror(errno));
  const bool written = ::write(file, &key, sizeof key) == sizeof key && ::fsync(file) == 0;
  ::close(file);
  if (!written) return cannot("write", path, std::strerror(errno));
  return key;
}

}  // namespace slod::daemon
