#include "fleet/history.h"
#include "fleet_world.h"

namespace slod::fleet {
namespace {

constexpr int kBattery = World::kBattery;

Config short_memory() {
  Config config = fleet_config();
  config.state.keep_fleet = minutes(30);
  return config;
}

TEST(RetentionTest, FoldingOldReportsAwayChangesNoNumber) {
  World w(short_memory());
  std::string expected;
  for (int m = 0; m < 600; ++m) {
    const double level = m % 50 < 25 ? 10 : m % 50 < 40 ? 17 : 25;  // low, still low, recovered
    w.tick(m * 60);
    w.report({.received = m * 60.0, .battery = level});
    expected += m % 50 < 40 ? 'U' : 'H';
  }
  w.tick(36000);
  EXPECT_EQ(w.line(kBattery, 600), expected);
}

TEST(RetentionTest, LateReportsRewriteOnlyWhatIsKept) {
  World w(short_memory());
  for (int m = 0; m < 120; ++m) {
    w.tick(m * 60);
    w.report({.received = m * 60.0, .battery = 50});
  }
  w.tick(7200);
  w.report({.received = 7201, .time = 6000, .battery = 5});
  w.report({.received = 7201, .time = 1000, .battery = 5});
  const std::string line = w.line(kBattery, 120);
  EXPECT_EQ(line.substr(99, 3), "HUH") << "20 minutes ago";
  EXPECT_EQ(line.substr(0, 99), std::string(99, 'H')) << "more than 30 minutes ago";
}

TEST(RetentionTest, AFleetLargerThanItsMemoryKeepsTheLastReportsOfEachDevice) {
  World w;
  History history;
  Rules rules(w.config, w.dictionary, {"battery"});
  for (int r = 0; r < 100; ++r) {
    history.insert({nanos(at_second(r)), 0, 0}, std::vector<double>{50});
    history.trim(rules, kAlways, kMinReports);
    ASSERT_LE(history.reports.size(), kMinReports);
  }
  EXPECT_GE(history.reports.size(), kMinReports / 2);
  EXPECT_EQ(history.reports.back().time, nanos(at_second(99)));
  EXPECT_EQ(history.base.time + 1'000'000'000, history.reports.front().time);
}

}  // namespace
}  // namespace slod::fleet
