// Envelopes: whatever comes, what is unwrapped is lines, and a message's id is text.
#include "decode/envelope.h"
#include "fuzz/require.h"
#include "slod/decode/decoder.h"
#include "slod/decode/otlp.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using Envelope = slod::SourceConfig::Envelope;
  const std::string_view body = slod::fuzz::text_of(data, size);
  for (const Envelope kind : {Envelope::kPubsub, Envelope::kLoki, Envelope::kCloudevents, Envelope::kOtlp}) {
    const auto lines = slod::decode::unwrap(kind, body);
    slod::fuzz::require(!lines || lines->empty() || lines->back() == '\n', "each record ends its line");
    slod::fuzz::require(slod::decode::message_id(kind, body).size() <= size, "an id is a part of the body");
  }
  const auto records = slod::decode::otlp_lines(body);
  slod::fuzz::require(!records || records->empty() || records->back() == '\n', "each record ends its line");
  return 0;
}
