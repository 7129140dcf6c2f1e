#include "setup.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>

#include "slod/config/load.h"
#include "slod/fleet/registry.h"

namespace slod::cli {

std::shared_ptr<const Config> load_config(const std::string& file) {
  const config::Loaded loaded = config::load({file});
  const bool colour = ::isatty(STDERR_FILENO) == 1;
  for (const config::Fault& fault : loaded.faults) std::cerr << config::format_fault(fault, colour);
  return loaded.config;
}

Result<std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return Error{"cannot read " + path + ": " + std::strerror(errno)};
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

Result<std::vector<fleet::RegistryEntry>> load_registry(const Config& config) {
  if (!config.fleet || config.fleet->registry.empty()) return std::vector<fleet::RegistryEntry>{};
  const Result<std::string> text = read_file(config.fleet->registry);
  if (!text) return Error{"fleet.registry: " + text.error().message};
  auto entries = fleet::parse_registry(*text);
  if (!entries) return Error{"fleet.registry: " + config.fleet->registry + ": " + entries.error().message};
  return entries;
}

}  // namespace slod::cli
