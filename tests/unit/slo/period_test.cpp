#include "slod/slo/period.h"

#include <gtest/gtest.h>

#include <utility>

namespace slod::slo {
namespace {

using Calendar = Window::Calendar;

std::pair<std::string, std::string> period(Calendar calendar, const std::string& zone, const char* at) {
  const Result<Period> result = period_at(calendar, zone, *parse_rfc3339(at));
  if (!result) return {result.error().message, ""};
  return {format_rfc3339(result->begin), format_rfc3339(result->end)};
}
using Ends = std::pair<std::string, std::string>;

TEST(PeriodTest, DayWeekMonthAndQuarterInTokyo) {
  const char* at = "2026-11-22T14:59:59.999999999Z";  // Sunday, 23:59:59 in Tokyo
  EXPECT_EQ(period(Calendar::kDay, "Asia/Tokyo", at), (Ends{"2026-11-21T15:00:00Z", "2026-11-22T15:00:00Z"}));
  EXPECT_EQ(period(Calendar::kWeek, "Asia/Tokyo", at),
            (Ends{"2026-11-15T15:00:00Z", "2026-11-22T15:00:00Z"}));
  EXPECT_EQ(period(Calendar::kMonth, "Asia/Tokyo", at),
            (Ends{"2026-10-31T15:00:00Z", "2026-11-30T15:00:00Z"}));
  EXPECT_EQ(period(Calendar::kQuarter, "Asia/Tokyo", at),
            (Ends{"2026-09-30T15:00:00Z", "2026-12-31T15:00:00Z"}));
}

TEST(PeriodTest, WeeksBeginOnMonday) {
  EXPECT_EQ(period(Calendar::kWeek, "UTC", "2026-11-23T00:00:00Z"),
            (Ends{"2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z"}));
  EXPECT_EQ(period(Calendar::kWeek, "UTC", "2026-11-22T23:59:59Z"),
            (Ends{"2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z"}));
}

TEST(PeriodTest, QuartersBeginInJanuaryAprilJulyAndOctober) {
  EXPECT_EQ(period(Calendar::kQuarter, "UTC", "2027-03-31T12:00:00Z"),
            (Ends{"2027-01-01T00:00:00Z", "2027-04-01T00:00:00Z"}));
  EXPECT_EQ(period(Calendar::kQuarter, "UTC", "2027-04-01T00:00:00Z"),
            (Ends{"2027-04-01T00:00:00Z", "2027-07-01T00:00:00Z"}));
  EXPECT_EQ(period(Calendar::kQuarter, "UTC", "2027-12-31T23:59:59Z"),
            (Ends{"2027-10-01T00:00:00Z", "2028-01-01T00:00:00Z"}));
}

TEST(PeriodTest, FebruaryOfALeapYearHasTwentyNineDays) {
  EXPECT_EQ(period(Calendar::kMonth, "UTC", "2028-02-29T23:00:00Z"),
            (Ends{"2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"}));
}

TEST(PeriodTest, ADayOfDaylightSavingChangeHas23Or25Hours) {
  EXPECT_EQ(period(Calendar::kDay, "Europe/Berlin", "2026-03-29T12:00:00Z"),
            (Ends{"2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"}));
  EXPECT_EQ(period(Calendar::kDay, "Europe/Berlin", "2026-10-25T12:00:00Z"),
            (Ends{"2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"}));
  EXPECT_EQ(period(Calendar::kMonth, "America/New_York", "2026-11-15T00:00:00Z"),
            (Ends{"2026-11-01T04:00:00Z", "2026-12-01T05:00:00Z"}));
}

TEST(PeriodTest, HalfHourZonesBeginAtTheHalfHour) {
  EXPECT_EQ(period(Calendar::kDay, "Asia/Kolkata", "2026-11-22T18:29:59Z"),
            (Ends{"2026-11-21T18:30:00Z", "2026-11-22T18:30:00Z"}));
  EXPECT_EQ(period(Calendar::kDay, "Asia/Kolkata", "2026-11-22T18:30:00Z"),
            (Ends{"2026-11-22T18:30:00Z", "2026-11-23T18:30:00Z"}));
  EXPECT_EQ(period(Calendar::kDay, "Asia/Kathmandu", "2026-11-22T00:00:00Z"),
            (Ends{"2026-11-21T18:15:00Z", "2026-11-22T18:15:00Z"}));
}

TEST(PeriodTest, LordHoweMovesByHalfAnHour) {
  // +10:30 in winter, +11 in summer: the day of the change has 23.5 or 24.5 hours.
  EXPECT_EQ(period(Calendar::kDay, "Australia/Lord_Howe", "2026-04-05T00:00:00Z"),
            (Ends{"2026-04-04T13:00:00Z", "2026-04-05T13:30:00Z"}));
  EXPECT_EQ(period(Calendar::kDay, "Australia/Lord_Howe", "2026-10-04T00:00:00Z"),
            (Ends{"2026-10-03T13:30:00Z", "2026-10-04T13:00:00Z"}));
}

TEST(PeriodTest, AMidnightThatDaylightSavingSkipsIsTheMomentOfTheChange) {
  // Sao Paulo, 2018-11-04: 00:00 became 01:00.
  EXPECT_EQ(period(Calendar::kDay, "America/Sao_Paulo", "2018-11-04T12:00:00Z"),
            (Ends{"2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"}));
}

TEST(PeriodTest, PeriodsTouchAndHoldTheirTimeThroughTwoYearsInEveryKind) {
  for (const char* zone :
       {"UTC", "Asia/Tokyo", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata",
        "America/Havana", "Africa/Casablanca", "Asia/Beirut", "Pacific/Apia"}) {
    for (const Calendar kind : {Calendar::kDay, Calendar::kWeek, Calendar::kMonth, Calendar::kQuarter}) {
      Time at = *parse_rfc3339("2025-12-31T00:00:00Z");
      const Time last = at + hours(24 * 731);
      Time begin = period_at(kind, zone, at)->begin;
      for (int periods = 0; begin < last; ++periods) {
        const Period p = *period_at(kind, zone, begin);
        ASSERT_EQ(p.begin, begin) << zone << " " << format_rfc3339(begin);
        ASSERT_LT(p.begin, p.end);
        ASSERT_EQ(period_at(kind, zone, p.end - Duration(1))->begin, begin)
            << zone << " " << format_rfc3339(begin);
        ASSERT_LT(periods, 740);
        begin = p.end;
      }
    }
  }
}

TEST(TimeZoneTest, AnUnknownZoneNamesANearOne) {
  EXPECT_TRUE(known_time_zone("Asia/Tokyo"));
  EXPECT_TRUE(known_time_zone("UTC"));
  for (const char* name : {"", "Asia/Tokio", "../etc/passwd", "Mars/Olympus", "asia"})
    EXPECT_FALSE(known_time_zone(name)) << name;
  EXPECT_EQ(period(Calendar::kDay, "Asia/Tokio", "2026-11-22T00:00:00Z").first,
            "unknown time zone \"Asia/Tokio\": did you mean Asia/Tokyo?");
  EXPECT_EQ(period(Calendar::kDay, "tokyo", "2026-11-22T00:00:00Z").first,
            "unknown time zone \"tokyo\": did you mean Asia/Tokyo?");
  EXPECT_EQ(period(Calendar::kDay, "Mars/Olympus Mons", "2026-11-22T00:00:00Z").first,
            "unknown time zone \"Mars/Olympus Mons\": use an IANA name such as Asia/Tokyo");
}

TEST(TimeZoneTest, ARollingWindowHasNoPeriod) {
  EXPECT_FALSE(period_at(Calendar::kNone, "UTC", Time{}));
}

}  // namespace
}  // namespace slod::slo
