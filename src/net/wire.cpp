#include "net/wire.h"

#include <array>
#include <ctime>
#include <utility>

namespace slod::net {

namespace {

std::string_view reason_phrase(int status) {
  static constexpr std::array<std::pair<int, std::string_view>, 25> kReasons = {{
      {200, "OK"},
      {201, "Created"},
      {202, "Accepted"},
      {204, "No Content"},
      {304, "Not Modified"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {406, "Not Acceptable"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {411, "Length Required"},
      {413, "Content Too Large"},
      {415, "Unsupported Media Type"},
      {417, "Expectation Failed"},
      {422, "Unprocessable Content"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {505, "HTTP Version Not Supported"},
  }};
  for (const auto& [code, text] : kReasons) {
    if (code == status) return text;
  }
  return "Status";
}

/// A value from elsewhere must not start a field of its own.
void append_value(std::string& out, std::string_view value) {
  for (const char c : value) out += (c == '\r' || c == '\n' || c == '\0') ? ' ' : c;
}

void append_date(std::string& out) {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 64> text{};
  // %a and %b are English in the "C" locale, which slod never leaves.
  const std::size_t n =
      std::strftime(text.data(), text.size(), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
  out.append(text.data(), n);
}

std::string escaped(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += byte < 0x80 ? c : '?';
    }
  }
  return out;
}

}  // namespace

bool may_have_body(int status) {
  return status >= 200 && status != 204 && status != 304;
}

std::string wire_head(const Response& response, const WireOptions& options) {
  std::string out;
  out.reserve(256);
  out += "HTTP/1.1 " + std::to_string(response.status) + ' ';
  out += reason_phrase(response.status);
  out += "\r\n";
  append_date(out);
  if (may_have_body(response.status)) {
    if (!response.content_type.empty()) {
      out += "Content-Type: ";
      append_value(out, response.content_type);
      out += "\r\n";
    }
    out += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
  }
  for (const auto& [name, value] : response.headers) {
    append_value(out, name);
    out += ": ";
    append_value(out, value);
    out += "\r\n";
  }
  out += options.keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  return out;
}

Response error_response(int status, std::string_view text) {
  Response response;
  response.status = status;
  response.body = "{\"error\":\"" + escaped(text) + "\"}";
  if (status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace slod::net
