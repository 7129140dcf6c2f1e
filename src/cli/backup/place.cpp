#include "place.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <fstream>
#include <iostream>

#include "cli/setup.h"

namespace slod::cli {

std::optional<std::string> state_of(const std::string& command, const BackupArguments& arguments) {
  if (!arguments.state.empty()) return arguments.state;
  if (arguments.config_file.empty()) {
    std::cerr << "slod " << command << ": give --config.file=FILE, or the state directory with --state DIR\n";
    return std::nullopt;
  }
  const auto config = load_config(arguments.config_file);
  if (!config) return std::nullopt;
  return config->state.dir;
}

std::optional<std::string> holder_of(const std::string& state) {
  const std::string path = state + "/journal/LOCK";
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return std::nullopt;
  const bool free = ::flock(file, LOCK_SH | LOCK_NB) == 0;
  ::close(file);
  if (free) return std::nullopt;
  std::string pid;
  std::ifstream(path) >> pid;
  return pid.empty() ? "unknown" : pid;
}

}  // namespace slod::cli
