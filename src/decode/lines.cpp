#include "decode/lines.h"

#include <algorithm>
#include <cstring>

namespace slod::decode {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

}  // namespace

bool Lines::next(std::string_view& line) {
  while (!rest_.empty()) {
    const void* newline = std::memchr(rest_.data(), '\n', rest_.size());
    const std::size_t length =
        newline == nullptr ? rest_.size()
                           : static_cast<std::size_t>(static_cast<const char*>(newline) - rest_.data());
    line = rest_.substr(0, length);
    rest_.remove_prefix(std::min(length + 1, rest_.size()));
    while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
    while (!line.empty() && is_blank(line.front())) line.remove_prefix(1);
    if (line.empty()) continue;
    if (rest_.size() < kPadding) line = copy_.of(line);
    return true;
  }
  return false;
}

}  // namespace slod::decode
