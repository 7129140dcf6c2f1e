// What several commands begin with: a config that loads, a registry that can be read.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "slod/config/config.h"
#include "slod/core/result.h"
#include "slod/fleet/fleet.h"

namespace slod::cli {

/// Prints every fault to stderr; null if one is an error.
[[nodiscard]] std::shared_ptr<const Config> load_config(const std::string& file);
/// The whole of a small file.
[[nodiscard]] Result<std::string> read_file(const std::string& path);
/// The fleet's registry; empty without one.
[[nodiscard]] Result<std::vector<fleet::RegistryEntry>> load_registry(const Config& config);

}  // namespace slod::cli
