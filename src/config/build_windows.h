// SLO windows: reading them, and whether what they cover is kept.
#pragma once

#include <optional>

#include "config/build.h"

namespace slod::config {

/// A rolling or calendar window; nothing if it is absent or faulty (and reported).
[[nodiscard]] std::optional<Window> read_window(Build& build, const View& value);
void check_retention(Build& build, const Window& window, bool fleet, const Place& place);
void check_slice(Build& build, const View& slice, const Window& window);

}  // namespace slod::config
