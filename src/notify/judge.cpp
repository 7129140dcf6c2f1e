#include <algorithm>
#include <charconv>

#include "lane.h"

namespace slod::notify {
namespace {

constexpr Duration kFirstPause = seconds(1);
constexpr Duration kLongestPause = seconds(60);
constexpr Duration kLongestAsked = minutes(10);
constexpr Duration kMisconfiguredPause = minutes(5);

Duration growing_pause(int attempts) {
  Duration pause = kFirstPause;
  for (int i = 0; i < attempts && pause < kLongestPause; ++i) pause *= 2;
  return std::min(pause, kLongestPause);
}

/// Retry-After in seconds; the date form is not worth a parser: senders of webhooks are told seconds.
std::optional<Duration> asked_pause(const net::ClientResponse& answer) {
  const auto header = answer.headers.find("retry-after");
  if (header == answer.headers.end()) return std::nullopt;
  long asked = 0;
  const char* end = header->second.data() + header->second.size();
  if (std::from_chars(header->second.data(), end, asked).ec != std::errc{} || asked < 0) return std::nullopt;
  return std::clamp<Duration>(seconds(asked), kFirstPause, kLongestAsked);
}

}  // namespace

Verdict judge(const Result<net::ClientResponse>& answer, int attempts, bool body_ok) {
  using Action = Verdict::Action;
  if (!answer) return {Action::kRetry, growing_pause(attempts), answer.error().message};
  const int status = answer->status;
  const std::string detail = "answered " + std::to_string(status) + ": " + answer->body.substr(0, 200);
  if (status >= 200 && status < 300) {
    if (body_ok) return {Action::kDelivered, {}, detail};
    return {Action::kDead, {}, detail};
  }
  if (status == 401 || status == 403 || status == 404 || status == 410 || (status >= 300 && status < 400)) {
    return {Action::kRetry, kMisconfiguredPause, detail + " (check the destination's address and secret)"};
  }
  if (status == 408 || status == 425 || status == 429 || status >= 500) {
    return {Action::kRetry, asked_pause(*answer).value_or(growing_pause(attempts)), detail};
  }
  return {Action::kDead, {}, detail};
}

}  // namespace slod::notify
