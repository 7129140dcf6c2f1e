#include "net/head_scan.h"

namespace slod::net {

namespace {

HeadScan bad(const char* fault) {
  return {HeadScan::State::kBad, 0, fault};
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

}  // namespace

HeadScan scan_head(std::string_view bytes, std::size_t scanned) {
  // A line end may straddle two reads: look again at the last three bytes.
  for (std::size_t i = scanned > 3 ? scanned - 3 : 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (c == '\0') return bad("the header holds a NUL byte");
    if (c == '\r' && i + 1 < bytes.size() && bytes[i + 1] != '\n')
      return bad("a carriage return stands alone");
    if (c != '\n') continue;
    if (i == 0 || bytes[i - 1] != '\r') return bad("a line of the header ends without a carriage return");
    if (i >= 3 && bytes[i - 2] == '\n') return {HeadScan::State::kComplete, i + 1, ""};
    if (i + 1 < bytes.size() && is_blank(bytes[i + 1]))
      return bad("a header field is folded over several lines");
  }
  return {};
}

std::size_t empty_lines(std::string_view bytes) {
  std::size_t n = 0;
  while (n + 1 < bytes.size() && bytes[n] == '\r' && bytes[n + 1] == '\n') n += 2;
  return n;
}

}  // namespace slod::net
