#include "decode/flat_record.h"

namespace slod::decode {

void add_line(std::string& lines, std::string_view record) {
  for (const char c : record) lines.push_back(c == '\n' || c == '\r' ? ' ' : c);
  lines.push_back('\n');
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    constexpr std::string_view kHex = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.append({'\\', c});
    } else if (byte < 0x20) {
      out.append("\\u00").append({kHex[byte >> 4U], kHex[byte & 15U]});
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
  return out;
}

}  // namespace slod::decode
