#include "decode/envelope.h"

#include <gtest/gtest.h>

#include "unit/decode/recorder.h"

namespace slod::decode {
namespace {

using Envelope = SourceConfig::Envelope;

TEST(EnvelopeTest, EachKindIsUnwrapped) {
  EXPECT_EQ(
      unwrap(Envelope::kPubsub, R"({"message":{"data":"eyJhIjoxfQ==","messageId":"1"},"subscription":"s"})"),
      "{\"a\":1}\n");
  EXPECT_EQ(
      unwrap(Envelope::kLoki,
             R"({"streams":[{"stream":{"x":"y"},"values":[["1","{\"a\":1}"],["2","b\nc",{"m":"n"}]]}]})"),
      "{\"a\":1}\nb c\n");
  EXPECT_EQ(unwrap(Envelope::kCloudevents, R"({"specversion":"1.0","data":{"a":1}})"), "{\"a\":1}\n");
  EXPECT_EQ(unwrap(Envelope::kCloudevents, R"([{"data":{"a":1}},{"data_base64":"eyJhIjoxfQ"}])"),
            "{\"a\":1}\n{\"a\":1}\n");
  EXPECT_EQ(
      unwrap(
          Envelope::kOtlp,
          R"({"resourceLogs":[{"resource":{"attributes":[{"key":"device.id","value":{"stringValue":"d\"1"}}]},"scopeLogs":[{"logRecords":[)"
          R"({"timeUnixNano":"5","body":{"kvlistValue":{"values":[{"key":"path","value":{"stringValue":"/x"}}]}},)"
          R"("attributes":[{"key":"http.response.status_code","value":{"intValue":200}}]}]}]}]})"),
      R"({"timeUnixNano":"5","http.response.status_code":200,"path":"/x","device.id":"d\"1"})"
      "\n");
}
TEST(EnvelopeTest, WhatIsNotTheEnvelopeIsBroken) {
  for (const Envelope envelope :
       {Envelope::kPubsub, Envelope::kLoki, Envelope::kCloudevents, Envelope::kOtlp}) {
    for (const char* body : {"", "{", "{}", "[1", "1", R"({"message":{"data":"$$"}})"})
      EXPECT_FALSE(unwrap(envelope, body)) << body;
  }
}
TEST(EnvelopeTest, TheDecoderReadsWhatIsInside) {
  SourceConfig source = json_source();
  source.envelope = Envelope::kCloudevents;
  Decoder decoder(source);
  Recorder seen;
  EXPECT_TRUE(decoder.body(R"([{"data":)" + log_line() + R"(},{"data":{"no":"time"}}])", seen));
  EXPECT_EQ(seen.order, "ar");
  EXPECT_FALSE(decoder.body("nonsense", seen));
}

}  // namespace
}  // namespace slod::decode
