// Where the documents of a body begin and end: a scan that knows strings and brackets and nothing else, so
// that one bad document costs one rejection. Views into the input. Pure functions, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace slod::decode {

enum class Shape : std::uint8_t {
  kLines,     ///< NDJSON or text: a record per line
  kArray,     ///< one JSON array of records
  kDocuments  ///< objects one after the other, over several lines each
};
[[nodiscard]] Shape shape_of(std::string_view body);

/// `text` without a byte order mark.
[[nodiscard]] std::string_view without_bom(std::string_view text);

/// The value at the front of `rest` (blanks skipped), which it is cut off from. Nothing: unterminated, or no
/// more.
[[nodiscard]] std::optional<std::string_view> next_value(std::string_view& rest);

/// The elements of an array, each unparsed. Nothing: the array itself is broken.
[[nodiscard]] std::optional<std::vector<std::string_view>> array_elements(std::string_view array);

/// The objects that follow each other in `text`. A broken one ends where a line next begins with '{'.
[[nodiscard]] std::vector<std::string_view> documents(std::string_view text);

}  // namespace slod::decode
