#include "cli/verify/hour_sums.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/histories.h"
#include "unit/window/seed.h"

namespace slod::cli {
namespace {

using slod::test::Random;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::int64_t kHour = 20'000 * 24;  // 2024-10-04
constexpr HourRange kAll{0, kHour + 1000};

HourDifferences compare(const HourSums& stored, const HourSums& refolded, HourRange range = kAll) {
  return compare_hours(stored.of("rides"), refolded.of("rides"), range, 2);
}

TEST(HourSumsTest, HoursThatDifferAreNamedWithWhatTheyHold) {
  HourSums stored, refolded;
  stored.add("rides", {TotalOf::kWhole, {}, {{kHour, 9, 1}, {kHour + 1, 5, 0}, {kHour + 2, 1, 0}}});
  refolded.add("rides", {TotalOf::kWhole, {}, {{kHour, 8, 1}, {kHour + 1, 5, 0}, {kHour + 3, 1, 0}}});
  const HourDifferences found = compare(stored, refolded);
  EXPECT_EQ(found.compared, 4U);
  EXPECT_EQ(found.differ, 3U);
  EXPECT_THAT(found.first, ElementsAre("2024-10-04T00:00:00Z good 9, bad 1, refolded 8, 1",
                                       "2024-10-04T02:00:00Z good 1, bad 0, refolded 0, 0"));
  EXPECT_EQ(compare(stored, refolded, {kHour + 1, kHour + 2}).differ, 0U);
  EXPECT_EQ(compare(stored, refolded, {kHour + 3, kHour + 4}).differ, 1U);
}

TEST(HourSumsTest, AnEventUnderAnotherGroupOrOutcomeIsADifference) {
  HourSums stored, refolded;
  stored.add("rides", {TotalOf::kGroup, {"kyoto", "ios"}, {{kHour, 9, 1}}});
  refolded.add("rides", {TotalOf::kGroup, {"kyoto", "web"}, {{kHour, 9, 1}}});
  stored.add("rides", {TotalOf::kOutcome, {"ok"}, {{kHour + 1, 9, 0}}});
  refolded.add("rides", {TotalOf::kOutcome, {"timeout"}, {{kHour + 1, 9, 0}}});
  EXPECT_THAT(compare(stored, refolded).first,
              ElementsAre("2024-10-04T00:00:00Z in its groups",
                          "2024-10-04T01:00:00Z in its outcomes, attempts or gaps"));
}

TEST(HourSumsProperty, PortionsAndTheirOrderChangeNothingAndEveryOtherChangeIsFound) {
  for (std::uint64_t i = 0; i < slod::test::histories(300); ++i) {
    const std::uint64_t seed = slod::test::first_seed() + i;
    Random random(seed);
    std::vector<SeriesHours> portions;
    for (std::int64_t n = random.between(1, 40); n > 0; --n) {
      portions.push_back({static_cast<TotalOf>(random.between(1, 7)),
                          {std::string(1, 'a' + static_cast<char>(random.between(0, 2)))},
                          {{kHour + random.between(0, 2), random.between(-4, 9), random.between(-4, 9)}}});
      if (portions.back().of == TotalOf::kWhole) portions.back().name.clear();
    }
    HourSums one, other;
    for (const SeriesHours& portion : portions) one.add("rides", portion);
    for (std::size_t n = portions.size(); n-- > 0;) {  // backwards, each as two
      SeriesHours first = portions[n], second = portions[n];
      first.hours[0].good -= 3;
      second.hours[0] = {first.hours[0].hour, 3, 0};
      other.add("rides", first);
      other.add("rides", second);
    }
    ASSERT_THAT(compare(one, other).first, IsEmpty()) << "SLOD_SEED=" << seed;
    SeriesHours more =
        portions[static_cast<std::size_t>(random.between(0, static_cast<std::int64_t>(portions.size()) - 1))];
    const std::int64_t by = random.between(1, 5);
    more.hours[0].good = by;
    more.hours[0].bad = random.between(0, 1) * -by;
    other.add("rides", more);
    EXPECT_EQ(compare(one, other).differ, 1U) << "SLOD_SEED=" << seed;
  }
}

}  // namespace
}  // namespace slod::cli
