// Inbox frames and syslog headers: any bytes are a frame, a part of one, or none; a good frame is what it was
// made from.
#include "fuzz/require.h"
#include "source/mqtt/inbox_frame.h"
#include "source/syslog/header.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slod::source;
  std::string_view rest = slod::fuzz::text_of(data, size);
  const std::string_view all = rest;
  InboxMessage message;
  std::size_t length = 0;
  while (decode_frame(rest, message, length) == FrameState::kGood) {
    slod::fuzz::require(length >= kFrameHead && length <= rest.size(), "a good frame is all there");
    std::string again;
    encode_frame(message, again);
    slod::fuzz::require(again == rest.substr(0, length), "a frame is what it was made from");
    rest.remove_prefix(length);
  }
  const std::string_view record = without_syslog_header(all);
  slod::fuzz::require(record.size() <= all.size() && all.ends_with(record),
                      "a header stands before the record");
  InboxMessage made;
  made.topic = all.substr(0, std::min<std::size_t>(all.size(), 65535));
  made.payload = all;
  std::string frame;
  encode_frame(made, frame);
  slod::fuzz::require(decode_frame(frame, message, length) == FrameState::kGood, "a frame can be read");
  slod::fuzz::require(message.topic == made.topic && message.payload == made.payload, "and is the same");
  return 0;
}
