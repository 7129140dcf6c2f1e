// UTF-8 and the two ways in which real logs break JSON. Pure functions, any thread.
#pragma once

#include <string>
#include <string_view>

namespace slod::decode {

/// `text` with each invalid byte replaced by U+FFFD.
[[nodiscard]] std::string replace_invalid_utf8(std::string_view text);

/// The longest prefix of at most `limit` bytes that does not cut a character.
[[nodiscard]] std::string_view cut_utf8(std::string_view text, std::size_t limit);

/// Quotes what nginx writes for numbers without quotes around the variable: `"urt":,` and `"urt":2.001,
/// 0.000`.
[[nodiscard]] std::string quote_bare_numbers(std::string_view json);

/// A few bytes of a record for an error message: valid UTF-8, one line.
[[nodiscard]] std::string excerpt_of(std::string_view text);

}  // namespace slod::decode
