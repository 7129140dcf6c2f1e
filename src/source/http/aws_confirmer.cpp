#include "source/http/aws_confirmer.h"

#include "slod/net/http_client.h"

namespace slod::source {
namespace {

/// The text value of `key` in a flat object. AWS's addresses need no escapes but "\/".
std::string text_of(std::string_view json, std::string_view key) {
  std::string quoted = "\"";
  quoted.append(key).append("\"");
  std::size_t at = json.find(quoted);
  if (at == std::string_view::npos) return {};
  at = json.find_first_not_of(" \t\r\n:", at + quoted.size());
  if (at == std::string_view::npos || json[at] != '"') return {};
  std::string text;
  for (++at; at < json.size() && json[at] != '"'; ++at) {
    if (json[at] == '\\' && ++at == json.size()) return {};
    text.push_back(json[at]);
  }
  return at < json.size() ? text : std::string{};
}

bool is_aws(std::string_view url) {
  constexpr std::string_view kScheme = "https://";
  if (!url.starts_with(kScheme)) return false;
  const std::string_view host =
      url.substr(kScheme.size(), url.find_first_of("/?#", kScheme.size()) - kScheme.size());
  const bool plain = host.find_first_of("@:\\%") == std::string_view::npos;
  return plain && (host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn"));
}

}  // namespace

std::string enable_url(std::string_view body) {
  std::string url = text_of(body, "enableUrl");
  return is_aws(url) ? url : std::string{};
}

void AwsConfirmer::confirm(std::string_view body) {
  const std::string url = enable_url(body);
  if (url.empty())
    return say("warn", "a confirmation request without an https enableUrl of amazonaws.com: left unanswered");
  if (busy_.exchange(true)) return;
  thread_ = std::jthread([this, url] {
    fetch(url);
    busy_ = false;
  });
}

void AwsConfirmer::fetch(const std::string& url) const {
  net::ClientRequest request;
  request.url = url;
  const auto answer = net::http_request(request);
  if (answer && answer->status / 100 == 2) return say("info", "AWS IoT's destination is confirmed");
  say("error", "AWS IoT's destination could not be confirmed: " +
                   (answer ? "status " + std::to_string(answer->status) : answer.error().message) +
                   "; have it sent again in the AWS console");
}

void AwsConfirmer::say(const char* level, const std::string& message) const {
  if (log_) log_(level, "source " + source_ + ": " + message);
}

}  // namespace slod::source
