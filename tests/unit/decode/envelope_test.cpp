#include "decode/envelope.h"

#include <gtest/gtest.h>

#include "slod/decode/otlp.h"
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
/// A field of bytes: its tag, its length, itself.
std::string field(char number, const std::string& bytes) {
  return std::string{static_cast<char>(number << 3 | 2), static_cast<char>(bytes.size())} + bytes;
}
std::string attribute(const std::string& key, const std::string& value) {
  return field(1, key) + field(2, value);
}

TEST(OtlpProtobufTest, GivesTheLinesOfItsJsonForm) {
  const std::string time = std::string("\x09\x05", 2) + std::string(7, '\0');                   // fixed64 5
  const std::string double_value = std::string("\x21", 1) + std::string(6, '\0') + "\xf8\x3f";  // 1.5
  const std::string body =
      field(6, field(1, attribute("path", field(1, "/x\ny"))) + field(1, attribute("ok", "\x10\x01")));
  const std::string record = time + field(5, body) + field(6, attribute("status", "\x18\xc8\x01")) +
                             field(6, attribute("status", "\x18\x01")) +
                             field(6, attribute("took", double_value));
  // The resource may stand behind what belongs to it.
  const std::string message = field(1, field(2, field(1, "scope") + field(2, record)) +
                                           field(1, field(1, attribute("device.id", field(1, "d\"1")))));
  EXPECT_EQ(otlp_lines(message),
            "{\"timeUnixNano\":\"5\",\"status\":200,\"took\":1.5,\"path\":\"/x\\u000ay\",\"ok\":true,"
            "\"device.id\":\"d\\\"1\"}\n");
  for (std::size_t size = 1; size < message.size(); ++size)
    EXPECT_FALSE(otlp_lines(message.substr(0, size))) << size;
  EXPECT_EQ(otlp_lines(""), "");
  EXPECT_FALSE(otlp_lines(R"({"resourceLogs":[]})"));
}
TEST(OtlpProtobufTest, AFieldOfAnotherTypeIsPassedOver) {
  // A record whose time is a varint and whose body is a number; an attribute whose key is one.
  const std::string record =
      std::string("\x08\x05\x28\x07", 4) + field(6, "\x08\x01" + field(2, field(1, "v")));
  EXPECT_EQ(otlp_lines(field(1, field(2, field(2, record)))), "{\"\":\"v\"}\n");
}
TEST(OtlpProtobufTest, AnswersAreMessagesOfTheProtocol) {
  EXPECT_EQ(otlp_response(0, "all good"), "");
  EXPECT_EQ(otlp_response(3, "no time"), field(1, "\x08\x03" + field(2, "no time")));
  EXPECT_EQ(otlp_status("broken"), field(2, "broken"));
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
