#include <gtest/gtest.h>

#include "slod/notify/notifier.h"

namespace slod::notify {
namespace {

const Time kStart = from_nanos(1'795'000'000'000'000'000);

engine::Transition change(const char* to, const char* long_window, Duration after,
                          const char* severity = "page") {
  engine::Transition t;
  t.at = kStart + after;
  t.slo = "unlock-availability";
  t.severity = severity;
  t.long_window = long_window;
  t.short_window = "5m";
  t.to = to;
  return t;
}

TEST(Incidents, RulesThatJoinAddNoNotification) {
  Incidents incidents;
  ASSERT_EQ(incidents.apply({change("firing", "1h", seconds(10))}).size(), 1U);
  EXPECT_TRUE(incidents.apply({change("firing", "6h", seconds(20))}).empty());
  EXPECT_TRUE(incidents.apply({change("inactive", "1h", seconds(30))}).empty());
  const auto ended = incidents.apply({change("inactive", "6h", minutes(3))});
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_FALSE(ended[0].opened);
  EXPECT_EQ(ended[0].incident.since, kStart + seconds(10));
  EXPECT_TRUE(incidents.open().empty());
}

TEST(Incidents, SeveritiesAreIncidentsOfTheirOwn) {
  Incidents incidents;
  EXPECT_EQ(
      incidents.apply({change("firing", "1h", seconds(10)), change("firing", "3d", seconds(10), "ticket")})
          .size(),
      2U);
}

TEST(Incidents, ANewFiringAfterTheEndIsANewIncidentWithANewKey) {
  Incidents incidents;
  const auto first = incidents.apply({change("firing", "1h", seconds(10))});
  static_cast<void>(incidents.apply({change("inactive", "1h", minutes(10))}));
  const auto second = incidents.apply({change("firing", "1h", minutes(20))});
  ASSERT_EQ(second.size(), 1U);
  EXPECT_NE(first[0].incident.key, second[0].incident.key);
}

TEST(Incidents, GroupsAreIncidentsOfTheirOwn) {
  Incidents incidents;
  auto osaka = change("firing", "1h", seconds(10));
  osaka.labels = {{"area", "osaka"}};
  EXPECT_EQ(incidents.apply({change("firing", "1h", seconds(10)), osaka}).size(), 2U);
}

TEST(Incidents, AnEndWithoutABeginningSaysNothing) {
  Incidents incidents;
  EXPECT_TRUE(incidents.apply({change("inactive", "1h", seconds(10))}).empty());
}

}  // namespace
}  // namespace slod::notify
