// UTF-8, as far as messages with a caret need it. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace slod::config {

/// Position of the first byte that is not valid UTF-8 (overlong forms and surrogates included), or is a
/// control character that YAML does not allow.
[[nodiscard]] std::optional<std::size_t> first_bad_byte(std::string_view text);
/// Number of characters (code points) in valid UTF-8.
[[nodiscard]] std::size_t characters(std::string_view text);
/// Columns on a terminal: East Asian wide characters take two. Source: Unicode Standard Annex 11, main
/// blocks.
[[nodiscard]] std::size_t terminal_columns(std::string_view text);

}  // namespace slod::config
