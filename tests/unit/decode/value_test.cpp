// Times, latencies and statuses as logs write them.
#include "decode/value.h"

#include <gtest/gtest.h>

#include <random>

#include "decode/utf8.h"
#include "unit/decode/recorder.h"

namespace slod::decode {
namespace {

Value real(double number) {
  Value value;
  value.kind = Value::Kind::kDouble;
  value.real = number;
  return value;
}
Value whole(std::int64_t number) {
  Value value;
  value.kind = Value::Kind::kInt;
  value.integer = number;
  return value;
}
Duration latency(const Value& value, Duration unit = seconds(1)) {
  Duration out = kNoLatency;
  EXPECT_NE(read_latency(value, unit, out), Read::kBad) << value.text;
  return out;
}
Time time(const Value& value, Duration unit = seconds(1)) {
  Time out;
  EXPECT_EQ(read_time(value, unit, out), Read::kOk) << value.text;
  return out;
}

TEST(LatencyTest, TextFormsAreExact) {
  EXPECT_EQ(latency(text_value("0.058927s")), Duration(58'927'000));
  EXPECT_EQ(latency(text_value("2ms")), Duration(2'000'000));
  EXPECT_EQ(latency(text_value("12 ms")), Duration(12'000'000));
  EXPECT_EQ(latency(text_value("250us"), Duration(1'000'000)), Duration(250'000));
  EXPECT_EQ(latency(text_value("250\xC2\xB5s")), Duration(250'000));
  EXPECT_EQ(latency(text_value("20.000")), seconds(20));
  EXPECT_EQ(latency(text_value(" 12.5 "), Duration(1'000'000)), Duration(12'500'000));
  EXPECT_EQ(latency(text_value("0.100, 0.004")), Duration(104'000'000));
  EXPECT_EQ(latency(text_value("0.100, -")), Duration(100'000'000));
  EXPECT_EQ(latency(text_value("-, -")), kNoLatency);
}
TEST(LatencyTest, NumbersAreExactOrRoundedToTheNanosecond) {
  EXPECT_EQ(latency(whole(20000), Duration(1'000'000)), seconds(20));
  EXPECT_EQ(latency(real(0.1)), Duration(100'000'000));
  EXPECT_EQ(latency(real(20.000000001)), Duration(20'000'000'001));
  EXPECT_EQ(latency(whole(86400)), kOneDay);
}
TEST(LatencyTest, MinusOneIsNone) {
  EXPECT_EQ(latency(whole(-1), Duration(1'000'000)), kNoLatency);
  EXPECT_EQ(latency(text_value("-1")), kNoLatency);
  EXPECT_EQ(latency(text_value("-")), kNoLatency);
}
TEST(TimeTest, DoublesAreRoundedToTheMicrosecondAndTheRestIsExact) {
  EXPECT_EQ(time(real(1795350787.709)), from_nanos(1795350787'709000000));
  EXPECT_EQ(time(real(1795350787709.5), Duration(1'000'000)), from_nanos(1795350787'709500000));
  EXPECT_EQ(time(whole(1795350787709000001), Duration(1)), from_nanos(1795350787'709000001));
  EXPECT_EQ(time(text_value("1795350787.709000001")), from_nanos(1795350787'709000001));
  EXPECT_EQ(time(text_value("1795350787709"), Duration(1'000'000)), from_nanos(1795350787'709000000));
  EXPECT_EQ(time(text_value("22/Nov/2026:12:33:05 +0900")), *parse_rfc3339("2026-11-22T03:33:05Z"));
}
TEST(TimeTest, EveryMicrosecondOfADoubleComesBack) {
  for (std::int64_t micros = 1795350787'000000; micros < 1795350787'000000 + 20'000; ++micros)
    ASSERT_EQ(time(real(static_cast<double>(micros) / 1e6)), from_nanos(micros * 1000));
}
TEST(DecimalTest, TheShortWayEqualsTheCarefulOne) {
  for (const char* text : {"0",
                           "1",
                           "0.000000001",
                           "1795350787.709",
                           "9199999999.999999999",
                           "9223372036.854775807",
                           "9300000000",
                           "-1",
                           "-0.5",
                           "+3",
                           ".5",
                           "5.",
                           "1e3",
                           "1.5e-3",
                           "",
                           ".",
                           "1..2",
                           "1 ",
                           "0x1",
                           "1.0000000009",
                           "123456789012345678901"}) {
    for (const std::int64_t unit : {1'000'000'000, 1'000'000, 1000, 1}) {
      const auto careful = parse_decimal(text, Duration(unit));
      EXPECT_EQ(decimal(text, Duration(unit)), careful) << text << " " << unit;
    }
  }
}
TEST(ClfTimeTest, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "22/Nov/2026:12:33:05", "32/Nov/2026:12:33:05 +0900", "22/nov/2026:12:33:05 +0900",
        "22/Nov/2026:24:33:05 +0900", "22-Nov-2026:12:33:05 +0900", "29/Feb/2026:12:33:05 +0900"})
    EXPECT_FALSE(parse_clf_time(text)) << text;
  EXPECT_EQ(parse_clf_time("29/Feb/2028:00:00:00 -0130"), parse_rfc3339("2028-02-29T01:30:00Z"));
}
TEST(Utf8Test, ReplacesExactlyTheInvalidBytes) {
  EXPECT_EQ(replace_invalid_utf8("a\xFF\xC3\xA9\xC0\x80\xED\xA0\x80z"),
            "a\xEF\xBF\xBD\xC3\xA9\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz");
  EXPECT_EQ(replace_invalid_utf8("\xF0\x9F\x9A\xB2"), "\xF0\x9F\x9A\xB2");
  EXPECT_EQ(cut_utf8("\xF0\x9F\x9A\xB2", 3), "");
}
TEST(Utf8Test, QuotingBareNumbersLeavesGoodJsonAsItIs) {
  for (const char* json :
       {R"({"a":1,"b":-2.5e3,"c":"x:,","d":{"e":[1,2]},"f":true,"g":null})", R"({"a": 1 , "b":0})"})
    EXPECT_EQ(quote_bare_numbers(json), json[5] == ' ' ? R"({"a":1 , "b":0})" : std::string(json));
}

TEST(TimeReaderTest, AStampOfTheSameMinuteReadsAsItDoesByItself) {
  std::mt19937_64 random(20261122);
  const std::vector<std::string> minutes = {"2026-11-22T12:33:", "2026-11-22 12:33:",  "22/Nov/2026:12:33:",
                                            "1970-01-01T00:00:", "01/Jan/1970:00:00:", "31/Dec/2026:23:59:"};
  const std::vector<std::string> zones = {"Z", "+09:00", "+0900", " +0900", " -0330",
                                          "",  "x",      "+09",   " +0000"};
  const std::string noise = "0123456789.:Z+- x";
  TimeReader reader;
  std::size_t good = 0;
  for (int i = 0; i < 50'000; ++i) {
    std::string text = minutes[random() % minutes.size()];
    const std::size_t second = random() % 62;
    text.append(second < 10 ? "0" : "").append(std::to_string(second));
    if (random() % 2 == 0) text.append(".").append(std::to_string(random()).substr(0, random() % 12));
    text += zones[random() % zones.size()];
    if (random() % 4 == 0) text[random() % text.size()] = noise[random() % noise.size()];
    for (int twice = 0; twice < 2; ++twice) {
      Time one;
      Time two;
      const Read read = reader.read(text_value(text), seconds(1), one);
      ASSERT_EQ(read, read_time(text_value(text), seconds(1), two)) << text;
      if (read != Read::kOk) continue;
      ASSERT_EQ(one, two) << text;
      ++good;
    }
  }
  EXPECT_GT(good, 5'000u);
}
TEST(DecimalTest, TheShortWayIsTheCarefulOne) {
  std::mt19937_64 random(20261122);
  for (int i = 0; i < 50'000; ++i) {
    std::string text = std::to_string(random()).substr(0, random() % 20);
    if (random() % 2 == 0) text.append(".").append(std::to_string(random()).substr(0, random() % 12));
    if (random() % 4 == 0 && !text.empty()) text[random() % text.size()] = "./:e-+ x"[random() % 8];
    const Duration unit(random() % 2 == 0 ? 1'000'000'000 : 1'000'000);
    const auto plain = plain_decimal(text, unit);
    ASSERT_TRUE(!plain || plain == parse_decimal(text, unit)) << text;
    ASSERT_EQ(decimal(text, unit), parse_decimal(text, unit)) << text;
  }
}

}  // namespace
}  // namespace slod::decode
