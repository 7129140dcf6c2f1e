// One message as the inbox keeps it: length, check, received time, flags, topic, payload. Pure; any thread.
//
//   u32 length of the body | u32 check of length and body | body:
//   i64 received, ns since the epoch | u8 flags: 1 retained, 2 duplicate, 4 and 8 QoS | u16 topic length |
//   topic | payload
//
// Numbers are in the machine's byte order: an inbox is read by the machine that wrote it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "slod/core/time.h"

namespace slod::source {

struct InboxMessage {
  Time received;
  bool retained = false;
  bool duplicate = false;
  int qos = 0;
  std::string_view topic;  ///< at most 65535 bytes, as MQTT has it
  std::string_view payload;
};

/// First bytes of every inbox file; the last one is the format's version.
inline constexpr std::string_view kInboxMagic = "slodinb1";
inline constexpr std::size_t kFrameHead = 8;

/// Replaces `out` by the frame. Keeps its memory.
void encode_frame(const InboxMessage& message, std::string& out);

enum class FrameState { kGood, kIncomplete, kBad };
/// Reads the frame at the start of `bytes`. kGood: `message` points into `bytes`, `size` is the frame's
/// length. kIncomplete: `size` bytes are needed (as far as is known yet). kBad: this is not a frame.
[[nodiscard]] FrameState decode_frame(std::string_view bytes, InboxMessage& message, std::size_t& size);
/// Where the first whole frame behind a damaged one begins, which is at the start of `bytes`; nothing if none
/// does. It is looked for where the damaged one says that it ends, and then at every byte.
[[nodiscard]] std::optional<std::size_t> find_frame(std::string_view bytes);

}  // namespace slod::source
