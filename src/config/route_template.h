// Route templates of journeys, as far as the config must judge them: form, equality and overlap. Pure.
#pragma once

#include <string>
#include <vector>

namespace slod::config {

/// What is wrong with "/v1/vehicles/{device}/unlock", or "".
[[nodiscard]] std::string route_fault(const std::string& route);
/// Segments, without a trailing slash; a capture is "{}".
[[nodiscard]] std::vector<std::string> route_segments(const std::string& route);
/// True if some path matches both.
[[nodiscard]] bool routes_overlap(const std::vector<std::string>& a, const std::vector<std::string>& b);

}  // namespace slod::config
