#include "route/percent.h"

#include <algorithm>

#include "slod/decode/utf8.h"

namespace slod::route {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string_view percent_decoded(std::string_view segment, std::string& scratch) {
  if (segment.find('%') == std::string_view::npos) return segment;
  scratch.clear();
  for (std::size_t i = 0; i < segment.size(); ++i) {
    if (segment[i] != '%') {
      scratch.push_back(segment[i]);
      continue;
    }
    if (i + 2 >= segment.size()) return segment;
    const int high = hex_digit(segment[i + 1]);
    const int low = hex_digit(segment[i + 2]);
    if (high < 0 || low < 0) return segment;
    scratch.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  const bool printable = std::none_of(scratch.begin(), scratch.end(), control);
  return printable && decode::is_utf8(scratch) ? std::string_view(scratch) : segment;
}

}  // namespace slod::route
