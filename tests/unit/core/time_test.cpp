#include "slod/core/time.h"

#include <gtest/gtest.h>

namespace slod {
namespace {

Time at(std::string_view text) {
  return parse_rfc3339(text).value();
}

TEST(Rfc3339, ReadsZonesFractionsAndMosquittosForm) {
  EXPECT_EQ(nanos(at("1970-01-01T00:00:00Z")), 0);
  EXPECT_EQ(at("2026-11-22T21:00:00+09:00"), at("2026-11-22T12:00:00Z"));
  EXPECT_EQ(at("2026-11-22T21:00:00.5+0900"), at("2026-11-22T12:00:00.500Z"));
  EXPECT_EQ(at("2026-11-22 07:00:00-05"), at("2026-11-22T12:00:00Z"));
  EXPECT_EQ(at("2026-11-22T12:00:00.1234567899Z"), at("2026-11-22T12:00:00.123456789Z"));
  EXPECT_EQ(nanos(at("2038-01-20T00:00:00Z")), 2147558400'000000000);
}

TEST(Rfc3339, RefusesWhatIsNotATime) {
  for (const char* text :
       {"", "2026-11-22", "2026-11-22T12:00:00", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z",
        "2026-11-22T24:00:00Z", "2026-11-22T12:60:00Z", "2026-11-22T12:00:00.Z", "2026-11-22T12:00:00Zx",
        "2500-01-01T00:00:00Z", "26-11-22T12:00:00Z"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

TEST(Rfc3339, FormatsWithTheDigitsThatTheValueNeeds) {
  EXPECT_EQ(format_rfc3339(at("2026-11-22T12:00:00Z")), "2026-11-22T12:00:00Z");
  EXPECT_EQ(format_rfc3339(at("2026-11-22T12:00:00.05Z")), "2026-11-22T12:00:00.050Z");
  EXPECT_EQ(format_rfc3339(at("2026-11-22T12:00:00.000001Z")), "2026-11-22T12:00:00.000001Z");
  EXPECT_EQ(format_rfc3339(from_nanos(-1)), "1969-12-31T23:59:59.999999999Z");
  EXPECT_EQ(format_rfc3339(Time::min()), "1677-09-21T00:12:43.145224192Z");
  EXPECT_EQ(format_rfc3339(Time::max()), "2262-04-11T23:47:16.854775807Z");
}

TEST(Decimal, IsExactToTheNanosecond) {
  EXPECT_EQ(parse_decimal("1795350787.709", seconds(1)), Duration(1795350787'709000000));
  EXPECT_EQ(parse_decimal("0.000000001", seconds(1)), Duration(1));
  EXPECT_EQ(parse_decimal("250.5", std::chrono::milliseconds(1)), Duration(250'500'000));
  EXPECT_EQ(parse_decimal("-1", seconds(1)), Duration(-1'000'000'000));
  EXPECT_EQ(parse_decimal("2.5e-3", seconds(1)), Duration(2'500'000));
  EXPECT_EQ(parse_decimal("1e3", std::chrono::milliseconds(1)), Duration(1'000'000'000));
  EXPECT_EQ(parse_decimal("9223372036.854775807", seconds(1)), Duration(9223372036'854775807));
}

TEST(Decimal, RefusesJunkAndOverflow) {
  for (const char* text : {"", "-", ".", "NaN", "inf", "1x", "1 ", "0x10", "1e999", "9223372036.854775808",
                           "99999999999999999999999999999999999999"}) {
    EXPECT_FALSE(parse_decimal(text, seconds(1))) << text;
  }
}

TEST(DurationText, ReadsUnitsAndWritesTheLargest) {
  EXPECT_EQ(parse_duration("4w"), hours(24 * 28));
  EXPECT_EQ(parse_duration("1h30m"), minutes(90));
  EXPECT_EQ(parse_duration("250ms"), std::chrono::milliseconds(250));
  EXPECT_EQ(format_duration(hours(24 * 28)), "28d");
  EXPECT_EQ(format_duration(minutes(90)), "90m");
  EXPECT_EQ(format_duration(seconds(280)), "280s");
  EXPECT_EQ(format_duration(minutes(60)), "1h");
  for (const char* text : {"", "15", "s", "-5m", "5 m", "1h-5m", "99999999999999w", "1.5h"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(Slots, AreEpochAlignedAndHalfOpenAlsoBeforeTheEpoch) {
  EXPECT_EQ(slot_of(at("1970-01-01T00:00:09.999999999Z")), 0);
  EXPECT_EQ(slot_of(at("1970-01-01T00:00:10Z")), 1);
  EXPECT_EQ(slot_of(from_nanos(-1)), -1);
  EXPECT_EQ(slot_start(-1), from_nanos(-10'000'000'000));
}

}  // namespace
}  // namespace slod
