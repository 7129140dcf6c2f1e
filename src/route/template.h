// A route template, parsed: "/v1/vehicles/{device}/unlock". A segment is a literal, a capture (with literal
// text around it where wanted: "{device}:unlock"), or, at the end, a tail ("{rest...}" or "*") that takes
// what is left, nothing included. Plain values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace slod::route {

struct Segment {
  enum class Kind { kLiteral, kCapture, kTail };
  Kind kind = Kind::kLiteral;
  std::string text;           ///< literal; capture: its name
  std::string before, after;  ///< capture: the literal text around it
};

/// Requires: template_fault(route) is "".
[[nodiscard]] std::vector<Segment> parse_template(std::string_view route);

}  // namespace slod::route
