// Bodies, blocks and single lines of JSON: what counts as a record, what is repaired, what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include "unit/decode/recorder.h"

namespace slod::decode {
namespace {

using ::testing::ElementsAre;

Recorder read_body(const std::string& bytes, bool* whole = nullptr) {
  Decoder decoder(json_source());
  Recorder seen;
  const bool good = decoder.body(bytes, seen);
  if (whole != nullptr) *whole = good;
  return seen;
}
Recorder read_lines(const std::string& bytes) {
  Decoder decoder(json_source());
  Recorder seen;
  decoder.lines(bytes, seen);
  return seen;
}

std::size_t count_documents(const simdjson::padded_string& block) {
  simdjson::dom::parser parser;
  simdjson::dom::document_stream stream;
  if (parser.parse_many(block).get(stream) != simdjson::SUCCESS) return 0;
  std::size_t count = 0;
  for (auto document : stream) count += document.error() == simdjson::SUCCESS ? 1 : 0;
  return count;
}

TEST(SimdjsonFactsTest, ParseManyYieldsNothingOfABatchWithOneLineOfInvalidUtf8) {
  EXPECT_EQ(count_documents(simdjson::padded_string(std::string("{\"a\":1}\n{\"a\":2}\n"))), 2u);
  EXPECT_EQ(
      count_documents(simdjson::padded_string(std::string("{\"a\":1}\n{\"a\":\"\xFF\xFE\"}\n{\"a\":2}\n"))),
      0u);
}
TEST(SimdjsonFactsTest, ParseManyDropsAllThatFollowsAMalformedLine) {
  EXPECT_EQ(
      count_documents(simdjson::padded_string(std::string("{\"a\":1}\n{\"a\":}\n{\"a\":2}\n{\"a\":3}\n"))),
      1u);
}

TEST(JsonLinesTest, LinesAroundABadOneCount) {
  const std::string good = log_line() + "\n";
  for (const std::string bad : {"{\"a\":}\n", "nonsense\n", "{\"time\":1,\"x\":\"\xFF\n", "{\n", "}\n",
                                "{\"a\":1}}\n", "\"\n", "{\"a\":\"b\n"}) {
    SCOPED_TRACE(bad);
    EXPECT_EQ(read_lines(good + good + bad + good).order, "aara");
    EXPECT_EQ(read_body(good + good + bad + good).order, "aara");
    EXPECT_EQ(read_lines(bad + good).order, "ra");
    EXPECT_EQ(read_lines(good + bad).order, "ar");
  }
}
TEST(JsonLinesTest, ATruncatedLastLineIsRejectedAndNotForgotten) {
  EXPECT_EQ(read_lines(log_line() + "\n" + log_line().substr(0, 30)).order, "ar");
}
TEST(JsonLinesTest, EmptyLinesCarriageReturnsAndAByteOrderMarkAreNoRecords) {
  EXPECT_EQ(read_body("\xEF\xBB\xBF" + log_line() + "\r\n\r\n\n  \n" + log_line() + "\r\n").order, "aa");
  EXPECT_EQ(read_lines("\n\n" + log_line()).order, "a");
  EXPECT_EQ(read_body("").order, "");
  EXPECT_EQ(read_body(" \r\n ").order, "");
}
TEST(JsonLinesTest, ALongBlockIsReadInParts) {
  std::string block;
  for (int i = 0; i < 5000; ++i) block += log_line(std::to_string(1795350000 + i)) + "\n";
  const Recorder seen = read_lines(block);
  ASSERT_EQ(seen.logs.size(), 5000u);
  EXPECT_EQ(seen.logs[4999].stamp, from_nanos(1795354999'000000000));
  EXPECT_EQ(seen.logs[4999].labels, (std::vector<std::string>{"ios", "tokyo"}));
}
TEST(JsonLinesTest, TheVisitorStopsTheReading) {
  Decoder decoder(json_source());
  Recorder seen;
  seen.stop_after = 2;
  decoder.lines(log_line() + "\n" + log_line() + "\n" + log_line() + "\n", seen);
  EXPECT_EQ(seen.order, "aa");
}
TEST(JsonLinesTest, InvalidUtf8IsReplacedOnce) {
  std::string line = log_line();
  line.replace(line.find("ios"), 3, "i\xFF\xFEs");
  const Recorder seen = read_lines(log_line() + "\n" + line + "\n" + log_line() + "\n");
  EXPECT_EQ(seen.order, "aaa");
  EXPECT_EQ(seen.logs[1].labels[0], "i\xEF\xBF\xBD\xEF\xBF\xBDs");
}
TEST(JsonLinesTest, InvalidUtf8InAMalformedLineIsCalledUtf8) {
  EXPECT_THAT(read_lines("{\"a\":\"\xFF\",}").rejects, ElementsAre(Reject::kUtf8));
}
TEST(JsonLinesTest, NginxNumbersWithoutQuotesAreRepaired) {
  SourceConfig source = json_source();
  source.format->fields.latency = "/urt";
  const std::string head = R"({"time":1795350787.709,"method":"GET","path":"/a:1,","status":502,"urt":)";
  for (const auto& [tail, latency] : std::vector<std::pair<std::string, Duration>>{
           {"}", kNoLatency},
           {",\"x\":1}", kNoLatency},
           {"2.001, 0.000,\"x\":204}", Duration(2'001'000'000)},
           {"0.100, 0.004}", Duration(104'000'000)},
           {"-,\"x\":true}", kNoLatency},
           {"0.100 : 0.020, -,\"x\":null}", Duration(120'000'000)}}) {
    SCOPED_TRACE(tail);
    Decoder decoder(source);
    Recorder seen;
    decoder.lines(head + tail + "\n" + head + "1}\n", seen);
    ASSERT_EQ(seen.order, "aa");
    EXPECT_EQ(seen.logs[0].latency, latency);
    EXPECT_EQ(seen.logs[0].path, "/a:1,");
  }
}
TEST(JsonLinesTest, ALineOver64KilobytesIsTooLongAndItsNeighboursCount) {
  const std::string filler(64 * 1024, 'x');
  const std::string longer = "{\"x\":\"" + filler + "\"}\n";
  const Recorder seen = read_lines(log_line() + "\n" + longer + log_line() + "\n");
  EXPECT_EQ(seen.order, "ara");
  EXPECT_THAT(seen.rejects, ElementsAre(Reject::kTooLong));
  EXPECT_EQ(read_lines(std::string(1'000'000, '{') + "\n" + log_line()).order, "ra");
}
TEST(JsonLinesTest, DeepNestingIsMalformedAndHarmless) {
  for (const std::size_t depth : {40u, 2000u, 60000u}) {
    std::string line =
        "{\"a\":" + std::string(depth, '[') + std::string(depth > 30000 ? 0 : depth, ']') + "}";
    EXPECT_THAT(read_lines(line).rejects, ElementsAre(Reject::kMalformed)) << depth;
    EXPECT_EQ(read_body(line + "\n" + log_line()).order, "ra");
  }
}
TEST(JsonLinesTest, JsonThatIsNoObjectIsNamedSo) {
  EXPECT_THAT(read_lines("1\n\"x\"\nnull\n").rejects,
              ElementsAre(Reject::kNotAnObject, Reject::kNotAnObject, Reject::kNotAnObject));
}
TEST(JsonLinesTest, TheFirstOfRepeatedKeysCounts) {
  std::string line = log_line();
  line.insert(line.size() - 1, R"(,"device":"d2","device":"d3")");
  EXPECT_EQ(read_lines(line).logs.at(0).device, "d1");
}
TEST(JsonLinesTest, KeysInAnyOrderAndWithEscapesAreFound) {
  const std::string other =
      R"({"geo":{"x":[1,{"area":"no"}],"area":"osaka"},"st\u0061tus":"204","device":7,"app":2.0,"path":"\/v1\/\"x",)"
      R"("time":"2026-11-22T12:33:05.5+09:00","method":"get","latency":null,"id":18446744073709551615,"user":true})";
  const Recorder seen = read_lines(log_line() + "\n" + other + "\n" + log_line() + "\n");
  ASSERT_EQ(seen.order, "aaa");
  const SeenLog& log = seen.logs[1];
  EXPECT_EQ(log.stamp, parse_rfc3339("2026-11-22T03:33:05.5Z"));
  EXPECT_EQ(log.status, 204);
  EXPECT_EQ(log.latency, kNoLatency);
  EXPECT_EQ(log.path, "/v1/\"x");
  EXPECT_EQ(log.device, "7");
  EXPECT_EQ(log.id, "18446744073709551615");
  EXPECT_EQ(log.user, "true");
  EXPECT_THAT(log.labels, ElementsAre("2.0", "osaka"));
}
TEST(JsonLinesTest, PointersGoThroughArraysAndEscapes) {
  SourceConfig source = json_source();
  source.format->fields.labels = {
      {"ua", "/request/headers/User-Agent/0"}, {"x", "/a~1b/~0c"}, {"same", "/device"}};
  std::string line = log_line();
  line.insert(line.size() - 1, R"(,"request":{"headers":{"User-Agent":["curl","x"]}},"a/b":{"~c":"v"})");
  Decoder decoder(source);
  Recorder seen;
  decoder.lines(line, seen);
  EXPECT_THAT(seen.logs.at(0).labels, ElementsAre("d1", "curl", "v"));
}
TEST(JsonLinesTest, LabelsAreCutAt256BytesBetweenCharacters) {
  std::string line = log_line();
  std::string value;
  for (int i = 0; i < 100; ++i) value += "\xE3\x81\x82";
  line.replace(line.find("ios"), 3, value);
  EXPECT_EQ(read_lines(line).logs.at(0).labels[0], value.substr(0, 255));
}

TEST(BodyTest, AnArrayHasOneRecordPerElement) {
  EXPECT_EQ(read_body("[" + log_line() + "," + log_line() + "]").order, "aa");
  EXPECT_EQ(read_body(" [\n" + log_line() + " ,\n {\"a\":},1, " + log_line() + "\n]\n").order, "arra");
  EXPECT_EQ(read_body("[]").order, "");
}
TEST(BodyTest, ABrokenArrayIsNotReadAtAll) {
  for (const std::string& body :
       {"[" + log_line() + ",", "[" + log_line(), "[" + log_line() + "] x",
        "[" + log_line() + " " + log_line() + "]", std::string("["), std::string("[\"")}) {
    bool whole = true;
    EXPECT_EQ(read_body(body, &whole).order, "") << body;
    EXPECT_FALSE(whole);
  }
}
TEST(BodyTest, ObjectsMayFollowEachOtherWithOrWithoutNewlines) {
  const std::string one = log_line();
  EXPECT_EQ(read_body(one + one + one).order, "aaa");
  EXPECT_EQ(read_body(one + " " + one + "\n" + one).order, "aaa");
  EXPECT_EQ(read_body(one + "\n" + one + one + "\n" + one).order, "aaaa");
  std::string pretty = one;
  for (std::size_t i = pretty.find(','); i != std::string::npos; i = pretty.find(',', i + 3))
    pretty.insert(i + 1, "\n  ");
  EXPECT_EQ(read_body(pretty + "\n" + pretty).order, "aa");
  EXPECT_EQ(read_body("{\n" + one.substr(1) + "\n{\n\"a\":}\n" + one).order, "ara");
}
TEST(BodyTest, ManyConcatenatedObjectsOnOneLineAreNotTooLong) {
  std::string body;
  for (int i = 0; i < 1000; ++i) body += log_line();
  EXPECT_EQ(read_body(body).logs.size(), 1000u);
}
TEST(BodyTest, ThousandsOfUnterminatedObjectsAreCheap) {
  std::string body = "{}{}";
  for (int i = 0; i < 200'000; ++i) body += "{\"\n";
  EXPECT_GT(read_body(body).rejects.size(), 1000u);
}

TEST(RejectTest, EachFaultHasItsReason) {
  const auto why = [](const std::string& line) {
    const Recorder seen = read_lines(line);
    return seen.rejects.empty() ? Reject::kNone : seen.rejects.front();
  };
  EXPECT_EQ(why(log_line()), Reject::kNone);
  EXPECT_EQ(why(log_line("null")), Reject::kMissingTime);
  EXPECT_EQ(why(log_line("\"-\"")), Reject::kMissingTime);
  for (const char* bad : {"0", "-5", "\"yesterday\"", "true", "[1]", "\"2026-13-01T00:00:00Z\"", "9300000000",
                          "1e300", "\"1969-12-31T23:59:59Z\"", "\"2026-11-22T12:00:00\"", "\"nan\"", "0.0"})
    EXPECT_EQ(why(log_line(bad)), Reject::kBadTime) << bad;
  EXPECT_EQ(why(log_line("\"2261-12-31T23:59:59Z\"")), Reject::kNone);
  for (const char* missing : {"null", "\"\"", "\"-\""})
    EXPECT_EQ(why(log_line("1", missing)), Reject::kMissingStatus);
  for (const char* bad : {"600", "-1", "\"2xx\"", "200.5", "true", "{}", "99999999999999999999"})
    EXPECT_NE(why(log_line("1", bad)), Reject::kNone) << bad;
  for (const char* good : {"0", "599", "\"200\"", "200.0", "\"504, 502\""})
    EXPECT_EQ(why(log_line("1", good)), Reject::kNone) << good;
  for (const char* bad :
       {"-2", "86400.1", "\"nan\"", "\"inf\"", "\"abc\"", "\"-0.5s\"", "true", "[]", "\"1 2\""})
    EXPECT_EQ(why(log_line("1", "200", bad)), Reject::kBadLatency) << bad;
  std::string line = log_line();
  line.replace(line.find("/v1/rides"), 9, "");
  EXPECT_EQ(why(line), Reject::kMissingPath);
}
TEST(RejectTest, AnExcerptIsShortPrintableUtf8) {
  const Recorder seen = read_lines("{\"a\":\"\xFF\x01" + std::string(500, 'y'));
  ASSERT_EQ(seen.excerpts.size(), 1u);
  EXPECT_LE(seen.excerpts[0].size(), 100u);
  EXPECT_TRUE(simdjson::validate_utf8(seen.excerpts[0].data(), seen.excerpts[0].size()));
}
TEST(RejectTest, NamesAreSnakeCaseAndDistinct) {
  EXPECT_STREQ(reject_name(Reject::kMalformed), "malformed");
  EXPECT_STREQ(reject_name(Reject::kMissingTime), "missing_time");
  EXPECT_STREQ(reject_name(Reject::kNotAnObject), "not_an_object");
  EXPECT_STREQ(reject_name(Reject::kUtf8), "utf8");
}

TEST(JsonLinesTest, ALineThatIsReadByItselfDoesNotDisturbItsNeighbours) {
  // The first line is broken and looks at the parser while the second one's tokens are waiting.
  Decoder decoder(json_source());
  Recorder seen;
  const std::string good = log_line();
  const std::string other = log_line("1795350788", "503", "1.5");
  decoder.lines(R"({"time":1,"method":"POST","x"n:200})"
                "\n" +
                    good + "\n" + R"({"a":"\\n"})" + "\n" + other,
                seen);
  EXPECT_EQ(seen.order, "rara");
  ASSERT_EQ(seen.logs.size(), 2U);
  EXPECT_EQ(seen.logs[0].status, 200);
  EXPECT_EQ(seen.logs[1].status, 503);
}

}  // namespace
}  // namespace slod::decode
