#include <algorithm>

#include "decode/value.h"
#include "slod/core/bytes.h"

namespace slod::decode {
namespace {

constexpr std::size_t kMinuteOfClf = 18;    // "22/Nov/2026:12:33:"
constexpr std::size_t kMinuteOfRfc = 17;    // "2026-11-22T12:33:"
constexpr std::size_t kShortestStamp = 20;  // "2026-11-22T12:33:05Z"

/// How much of a stamp its minute is; 0: it is no stamp of which that could be said.
std::size_t minute_size(std::string_view text) {
  if (text.size() < kShortestStamp) return 0;
  if (text[2] == '/') return kMinuteOfClf;
  return text[4] == '-' ? kMinuteOfRfc : 0;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Where the zone begins, behind the seconds and their fraction.
std::size_t zone_of(std::string_view text, std::size_t at) {
  while (at < text.size() && (is_digit(text[at]) || text[at] == '.')) ++at;
  return at;
}

}  // namespace

Read TimeReader::read(const Value& value, Duration unit, Time& out) {
  if (value.kind != Value::Kind::kText) return read_time(value, unit, out);
  if (minute_size(value.text) == 0) {
    const auto since = plain_decimal(value.text, unit);
    if (!since || *since <= Duration(0)) return read_time(value, unit, out);
    out = Time(*since);
    return Read::kOk;
  }
  if (const auto time = same_minute(value.text)) {
    out = *time;
    return Read::kOk;
  }
  const Read read = read_time(value, unit, out);
  if (read == Read::kOk) remember(value.text, out);
  return read;
}

std::optional<Time> TimeReader::same_minute(std::string_view text) const {
  const std::size_t size = minute_size_;
  if (size == 0 || text.size() < size + 2 || !same_bytes(text.data(), minute_.data(), size))
    return std::nullopt;
  const std::size_t zone = zone_of(text, size + 2);
  if (!same_text(text.substr(zone), {zone_.data(), zone_size_})) return std::nullopt;
  // A leap second and whatever else is odd are left to the careful way.
  const std::string_view second = text.substr(size, zone - size);
  if (second.size() > 2 &&
      (size != kMinuteOfRfc || second[2] != '.' || second.size() == 3 || second.size() > 12))
    return std::nullopt;
  if (!is_digit(second[0]) || second[0] > '5' || !is_digit(second[1])) return std::nullopt;
  const auto since = plain_decimal(second, seconds(1));
  if (!since || nanos(begin_ + *since) <= 0) return std::nullopt;
  return begin_ + *since;
}

void TimeReader::remember(std::string_view text, Time time) {
  minute_size_ = 0;
  const std::size_t size = minute_size(text);
  const std::size_t zone = zone_of(text, size + 2);
  const auto since = plain_decimal(text.substr(size, zone - size), seconds(1));
  if (!since || *since >= seconds(60) || text.size() - zone > kMostZone) return;
  minute_size_ = size;
  zone_size_ = text.size() - zone;
  text.copy(minute_.data(), size);
  text.copy(zone_.data(), zone_size_, zone);
  begin_ = time - *since;
}

}  // namespace slod::decode
