#include "source/mqtt/inbox_frame.h"

#include <cstring>

#include "slod/core/hash.h"
#include "slod/core/result.h"

namespace slod::source {
namespace {

constexpr std::size_t kBodyHead = 8 + 1 + 2;
// MQTT's own limit for a packet is 256 MiB.
constexpr std::size_t kMaxBody = 257U << 20U;

template <typename T>
void put(char* to, T value) {
  std::memcpy(to, &value, sizeof value);
}
template <typename T>
T get(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

std::uint32_t check_of(std::uint32_t length, std::string_view body) {
  const std::uint64_t hash = hash_bytes(body, length);
  return static_cast<std::uint32_t>(hash ^ (hash >> 32U));
}

bool is_frame(std::string_view bytes) {
  if (bytes.size() < kFrameHead + kBodyHead) return false;
  // Before the check, which reads all of it, what can be told at a glance.
  const auto length = get<std::uint32_t>(bytes.data());
  const auto flags = get<std::uint8_t>(bytes.data() + kFrameHead + 8);
  const std::size_t topic = get<std::uint16_t>(bytes.data() + kFrameHead + 9);
  if (length > bytes.size() - kFrameHead || flags > 0x0f || topic == 0 || kBodyHead + topic > length)
    return false;
  InboxMessage message;
  std::size_t size = 0;
  return decode_frame(bytes, message, size) == FrameState::kGood;
}

}  // namespace

void encode_frame(const InboxMessage& message, std::string& out) {
  SLOD_ASSERT(message.topic.size() <= 0xffff);
  const std::size_t body = kBodyHead + message.topic.size() + message.payload.size();
  SLOD_ASSERT(body <= kMaxBody);
  out.resize(kFrameHead + kBodyHead);
  char* p = out.data() + kFrameHead;
  put(p, static_cast<std::int64_t>(nanos(message.received)));
  put(p + 8, static_cast<std::uint8_t>((message.retained ? 1 : 0) | (message.duplicate ? 2 : 0) |
                                       ((message.qos & 3) << 2)));
  put(p + 9, static_cast<std::uint16_t>(message.topic.size()));
  out.append(message.topic).append(message.payload);
  const auto length = static_cast<std::uint32_t>(body);
  put(out.data(), length);
  put(out.data() + 4, check_of(length, std::string_view(out).substr(kFrameHead)));
}

FrameState decode_frame(std::string_view bytes, InboxMessage& message, std::size_t& size) {
  size = kFrameHead;
  if (bytes.size() < kFrameHead) return FrameState::kIncomplete;
  const auto length = get<std::uint32_t>(bytes.data());
  if (length < kBodyHead || length > kMaxBody) return FrameState::kBad;
  size = kFrameHead + length;
  if (bytes.size() < size) return FrameState::kIncomplete;
  const std::string_view body = bytes.substr(kFrameHead, length);
  if (check_of(length, body) != get<std::uint32_t>(bytes.data() + 4)) return FrameState::kBad;
  const auto flags = get<std::uint8_t>(body.data() + 8);
  const std::size_t topic = get<std::uint16_t>(body.data() + 9);
  if (kBodyHead + topic > length) return FrameState::kBad;
  message.received = from_nanos(get<std::int64_t>(body.data()));
  message.retained = (flags & 1) != 0;
  message.duplicate = (flags & 2) != 0;
  message.qos = (flags >> 2) & 3;
  message.topic = body.substr(kBodyHead, topic);
  message.payload = body.substr(kBodyHead + topic);
  return FrameState::kGood;
}

std::optional<std::size_t> find_frame(std::string_view bytes) {
  if (bytes.size() < kFrameHead) return std::nullopt;
  const std::size_t claimed = kFrameHead + get<std::uint32_t>(bytes.data());
  if (claimed < bytes.size() && is_frame(bytes.substr(claimed))) return claimed;
  for (std::size_t at = 1; at + kFrameHead + kBodyHead <= bytes.size(); ++at) {
    if (is_frame(bytes.substr(at))) return at;
  }
  return std::nullopt;
}

}  // namespace slod::source
