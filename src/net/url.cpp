#include "net/url.h"

#include <algorithm>
#include <charconv>

namespace slod::net {

namespace {

bool printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c != 0x7f; });
}

std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

bool take_port(std::string_view text, std::uint16_t& port) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value == 0 || value > 65535) return false;
  port = static_cast<std::uint16_t>(value);
  return true;
}

/// "host", "host:port", "[v6]", "[v6]:port".
bool take_authority(std::string_view text, Url& url) {
  std::size_t host_end = text.find(':');
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return false;
    url.host = text.substr(1, close - 1);
    host_end = close + 1;
  } else {
    url.host = text.substr(0, host_end);
  }
  if (url.host.empty()) return false;
  if (host_end >= text.size()) return true;
  return text[host_end] == ':' && take_port(text.substr(host_end + 1), url.port);
}

}  // namespace

std::string Url::origin() const {
  return (tls ? "https://" : "http://") + bracketed(host) + ":" + std::to_string(port);
}

std::string Url::host_field() const {
  return port == (tls ? 443 : 80) ? bracketed(host) : bracketed(host) + ":" + std::to_string(port);
}

Result<Url> parse_url(std::string_view text) {
  Url url;
  url.tls = text.starts_with("https://");
  if (!url.tls && !text.starts_with("http://")) return Error{"a URL must start with https:// or http://"};
  url.port = url.tls ? 443 : 80;
  text.remove_prefix(url.tls ? 8 : 7);
  const std::size_t path = std::min(text.find_first_of("/?#"), text.size());
  const std::string_view authority = text.substr(0, path);
  if (authority.find('@') != std::string_view::npos) {
    return Error{"a URL must not hold a user name or password; use a header or a token in the path"};
  }
  if (!printable(text) || !take_authority(authority, url))
    return Error{"the URL's host or port is not valid"};
  std::string_view target = text.substr(path);
  target = target.substr(0, target.find('#'));
  if (!target.empty()) url.target = target.front() == '/' ? std::string(target) : "/" + std::string(target);
  return url;
}

}  // namespace slod::net
