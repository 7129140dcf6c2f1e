#include "source/http/pubsub.h"

#include <simdjson.h>

#include <array>
#include <cstdint>

namespace slod::source {

namespace {

int value_of(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  if (c == '/' || c == '_') return 63;
  return -1;
}

}  // namespace

bool decode_base64(std::string_view text, std::string& out) {
  while (text.ends_with('=')) text.remove_suffix(1);
  if (text.size() % 4 == 1) return false;
  out.clear();
  out.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    const int value = value_of(c);
    if (value < 0) return false;
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    out += static_cast<char>((bits >> held) & 0xff);
  }
  return true;
}

Result<std::string> unwrap_pubsub(std::string_view body) {
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  std::string_view data;
  std::string out;
  if (parser.parse(body.data(), body.size()).get(document) != simdjson::SUCCESS) {
    return Error{"the Pub/Sub envelope is not JSON"};
  }
  if (document.at_pointer("/message/data").get(data) != simdjson::SUCCESS) {
    return Error{"the Pub/Sub envelope has no message.data"};
  }
  if (!decode_base64(data, out)) return Error{"message.data is not base64"};
  return out;
}

}  // namespace slod::source
