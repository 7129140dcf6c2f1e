// What of a config's text numbers depend on. Pure.
#pragma once

#include <string>

namespace slod::config {

/// The text without the value of state.dir: where the state lies says nothing about what is in it. The text
/// as it is where that value cannot be told (several files that are no YAML together, a value of several
/// lines).
[[nodiscard]] std::string text_without_place(const std::string& text);

}  // namespace slod::config
