// The state directory: created private to the user, and its small secret, the key of the user hash.
#pragma once

#include <cstdint>
#include <string>

#include "slod/core/result.h"

namespace slod::daemon {

/// Creates the directory (0700) where it is missing. Errors say what to do; another process that uses it is
/// one.
[[nodiscard]] Status prepare_state_dir(const std::string& dir);
/// Reads or creates <dir>/user.key (0600): 8 random bytes. The same key keeps the same users recognisable.
[[nodiscard]] Result<std::uint64_t> user_key(const std::string& dir);

}  // namespace slod::daemon
