#include "net/request_head.h"

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <charconv>
#include <limits>

namespace slod::net {

namespace {

namespace http = boost::beast::http;
using Fields = http::request<http::empty_body>;
using boost::beast::iequals;

constexpr std::size_t kMaxFields = 64;

std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

/// Copies the fields; "" or what is wrong with them.
std::string take_fields(const Fields& fields, RequestHead& head) {
  for (const auto& field : fields) {
    if (head.request.headers.size() == kMaxFields) return "more than 64 header fields";
    head.request.headers.emplace_back(lower(view(field.name_string())), std::string(view(field.value())));
  }
  return "";
}

/// Origin form stays; absolute form ("http://host/path") is reduced to its path; the rest is refused.
bool take_target(std::string_view target, Request& request) {
  if (target.starts_with("http://") || target.starts_with("https://")) {
    const std::size_t slash = target.find('/', target.find("//") + 2);
    target = slash == std::string_view::npos ? "/" : target.substr(slash);
  }
  if (!target.starts_with('/') && !(target == "*" && request.method == "OPTIONS")) return false;
  request.target = target;
  return true;
}

std::optional<Refusal> frame_by_transfer_encoding(const Fields& fields, RequestHead& head) {
  if (fields.version() < 11) return Refusal{400, "Transfer-Encoding is not allowed in HTTP/1.0"};
  if (fields.count(http::field::content_length) != 0) {
    return Refusal{400, "both Content-Length and Transfer-Encoding: send one of them"};
  }
  const bool one = fields.count(http::field::transfer_encoding) == 1;
  if (!one || !iequals(fields[http::field::transfer_encoding], "chunked")) {
    return Refusal{501, "the only Transfer-Encoding understood is exactly: chunked"};
  }
  head.chunked = true;
  return std::nullopt;
}

std::optional<Refusal> frame_body(const Fields& fields, RequestHead& head) {
  if (fields.count(http::field::transfer_encoding) != 0) return frame_by_transfer_encoding(fields, head);
  const std::size_t lengths = fields.count(http::field::content_length);
  if (lengths == 0) return std::nullopt;
  if (lengths > 1) return Refusal{400, "more than one Content-Length"};
  const std::string_view text = view(fields[http::field::content_length]);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    return Refusal{400, "Content-Length is not a number"};
  head.content_length = value;
  return std::nullopt;
}

std::optional<Refusal> judge(const Fields& fields, RequestHead& head) {
  if (fields.version() != 11 && fields.version() != 10)
    return Refusal{505, "only HTTP/1.1 and HTTP/1.0 are spoken"};
  const std::size_t hosts = fields.count(http::field::host);
  if (hosts > 1 || (hosts == 0 && fields.version() == 11))
    return Refusal{400, "exactly one Host field is required"};
  if (auto refusal = frame_body(fields, head)) return refusal;
  if (const auto expect = fields[http::field::expect]; !expect.empty() && fields.version() == 11) {
    if (!iequals(expect, "100-continue"))
      return Refusal{417, "the only expectation understood is 100-continue"};
    head.expects_continue = true;
  }
  head.keep_alive = fields.keep_alive();
  return std::nullopt;
}

Refusal parse_refusal(const boost::system::error_code& error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return {431, "the header is too large"};
  }
  if (error == http::error::bad_version) return {505, "only HTTP/1.1 and HTTP/1.0 are spoken"};
  // A request with both framings, or a length that is no number, fails in Beast already.
  return {400, "not a valid HTTP request: " + error.message()};
}

}  // namespace

std::variant<RequestHead, Refusal> parse_head(std::string_view bytes, std::size_t max_bytes) {
  http::request_parser<http::empty_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(std::min<std::size_t>(max_bytes, 1U << 20)));
  parser.body_limit(boost::none);
  boost::system::error_code error;
  parser.put(boost::asio::buffer(bytes.data(), bytes.size()), error);
  if (error && error != http::error::need_more) return parse_refusal(error);
  if (!parser.is_header_done()) return Refusal{400, "not a complete HTTP header"};

  const Fields& fields = parser.get();
  RequestHead head;
  head.request.method = view(fields.method_string());
  if (!take_target(view(fields.target()), head.request))
    return Refusal{400, "the request target must be a path"};
  if (std::string fault = take_fields(fields, head); !fault.empty()) return Refusal{431, fault};
  if (auto refusal = judge(fields, head)) return *refusal;
  return head;
}

}  // namespace slod::net
