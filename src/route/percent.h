// Percent-decoding of one path segment. Pure functions, any thread.
#pragma once

#include <string>
#include <string_view>

namespace slod::route {

/// `segment` decoded into `scratch`, or `segment` itself where there is nothing to decode, an escape is
/// broken, or the result would not be printable UTF-8.
[[nodiscard]] std::string_view percent_decoded(std::string_view segment, std::string& scratch);

}  // namespace slod::route
