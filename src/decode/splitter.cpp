#include "decode/splitter.h"

#include <algorithm>

namespace slod::decode {
namespace {

constexpr std::string_view kBlank = " \t\r\n";

void skip_blank(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
}

/// Behind the string that opens at `at`, or npos.
std::size_t string_end(std::string_view text, std::size_t at) {
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    i = text.find('"', i);
    if (i == std::string_view::npos) return i;
    std::size_t escapes = 0;
    while (i - escapes > at + 1 && text[i - escapes - 1] == '\\') ++escapes;
    if (escapes % 2 == 0) return i + 1;
  }
  return std::string_view::npos;
}

/// Behind the object or array that opens at the front, or npos: it does not end, or its brackets do not match
/// (told for the outer 64 levels; no record may be that deep).
std::size_t bracket_end(std::string_view text) {
  std::size_t depth = 0;
  std::uint64_t arrays = 0;  // bit d: level d is an array
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      i = string_end(text, i);
      if (i == std::string_view::npos) return i;
      --i;
      continue;
    }
    const bool array = c == '[' || c == ']';
    if (c == '{' || c == '[') {
      if (depth < 64) arrays = (arrays & ~(std::uint64_t{1} << depth)) | (std::uint64_t{array} << depth);
      ++depth;
    } else if (c == '}' || c == ']') {
      --depth;
      if (depth < 64 && ((arrays >> depth & 1U) != 0) != array) return std::string_view::npos;
      if (depth == 0) return i + 1;
    }
  }
  return std::string_view::npos;
}

std::size_t value_end(std::string_view text) {
  if (text.front() == '{' || text.front() == '[') return bracket_end(text);
  if (text.front() == '"') return string_end(text, 0);
  return std::min(text.find_first_of(" \t\r\n,]}"), text.size());
}

/// The start of the next line that begins with '{', or the end.
std::size_t next_start(std::string_view text) {
  const std::size_t at = text.find("\n{");
  return at == std::string_view::npos ? text.size() : at + 1;
}

}  // namespace

std::string_view without_bom(std::string_view text) {
  return text.starts_with("\xEF\xBB\xBF") ? text.substr(3) : text;
}

Shape shape_of(std::string_view body) {
  skip_blank(body);
  if (body.starts_with('[')) return Shape::kArray;
  if (!body.starts_with('{')) return Shape::kLines;
  const std::size_t end = bracket_end(body);
  if (end == std::string_view::npos) return Shape::kLines;
  std::string_view behind = body.substr(end);
  behind.remove_prefix(std::min(behind.find_first_not_of(" \t\r"), behind.size()));
  if (behind.starts_with('{')) return Shape::kDocuments;
  // A first document over several lines is written for people, unless the next line opens one of its own:
  // then the first line is broken.
  const std::size_t newline = body.find('\n');
  if (newline >= end) return Shape::kLines;
  std::string_view second = body.substr(newline);
  skip_blank(second);
  return second.starts_with('{') ? Shape::kLines : Shape::kDocuments;
}

std::optional<std::string_view> next_value(std::string_view& rest) {
  skip_blank(rest);
  if (rest.empty()) return std::nullopt;
  const std::size_t end = value_end(rest);
  if (end == std::string_view::npos || end == 0) return std::nullopt;
  const std::string_view value = rest.substr(0, end);
  rest.remove_prefix(end);
  return value;
}

std::optional<std::vector<std::string_view>> array_elements(std::string_view array) {
  skip_blank(array);
  if (!array.starts_with('[')) return std::nullopt;
  array.remove_prefix(1);
  std::vector<std::string_view> elements;
  skip_blank(array);
  if (array.starts_with(']')) {
    array.remove_prefix(1);
    skip_blank(array);
    return array.empty() ? std::optional(elements) : std::nullopt;
  }
  for (;;) {
    const auto element = next_value(array);
    if (!element) return std::nullopt;
    elements.push_back(*element);
    skip_blank(array);
    if (array.empty()) return std::nullopt;
    const char separator = array.front();
    array.remove_prefix(1);
    if (separator == ']') break;
    if (separator != ',') return std::nullopt;
  }
  skip_blank(array);
  return array.empty() ? std::optional(std::move(elements)) : std::nullopt;
}

std::vector<std::string_view> documents(std::string_view text) {
  std::vector<std::string_view> found;
  // Looking in vain for an end costs the rest of the text; a sender may not make that happen for every
  // document.
  constexpr int kMostBroken = 16;
  int broken = 0;
  for (skip_blank(text); !text.empty(); skip_blank(text)) {
    const bool opens = text.front() == '{' && broken < kMostBroken;
    const std::size_t end = opens ? bracket_end(text) : std::string_view::npos;
    if (end == std::string_view::npos) ++broken;
    const std::size_t length = end == std::string_view::npos ? next_start(text) : end;
    found.push_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  return found;
}

}  // namespace slod::decode
