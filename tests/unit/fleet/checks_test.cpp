#include "fleet_world.h"

namespace slod::fleet {
namespace {

constexpr int kBattery = World::kBattery, kAny = World::kAny, kRadio = World::kRadio;

/// Every minute a report with the next of these battery levels; NaN: a report without one.
World& with_batteries(World& w, const std::vector<double>& levels) {
  double t = 0;
  for (const double level : levels) {
    w.report({.received = t, .battery = level});
    t += 60;
  }
  w.tick(t);
  return w;
}

World radio_world() {
  Config config = fleet_config();
  config.fleet->checks.push_back(radio_check());
  return World(config, {"connectivity", "battery", "any", "radio"});
}

TEST(BatteryTest, IsUnhealthyBelowLowAndHealthyAtOrAboveRecovered) {
  World w;
  with_batteries(w, {15, 14.9, 15, 19.9, 20, 19, 15, 14, 100});
  EXPECT_EQ(w.line(kBattery, 9), "HUUUHHHUH");
  EXPECT_EQ(w.reason(kBattery, 1), "battery");
}

TEST(BatteryTest, BeforeAnyCrossingItIsHealthyAtOrAboveLow) {
  World w;
  with_batteries(w, {17});
  EXPECT_EQ(w.line(kBattery, 1), "H");
}

TEST(BatteryTest, AReportHoldsUntilMaxAgeThenTheMinuteIsUnobserved) {
  World w;
  w.report({.received = 0, .battery = 50});
  for (double t = 60; t <= 360; t += 60) w.report({.received = t});
  w.tick(360);
  EXPECT_EQ(w.line(kBattery, 6), "HHHOOO") << "3 x 60 s after 0, inclusive";
  EXPECT_EQ(w.line(kAny, 6), "HHHOOO");
}

TEST(BatteryTest, MaxAgeOfTheConfigReplacesTheDefault) {
  Config config = fleet_config();
  config.fleet->battery->max_age = minutes(5);
  World w(config);
  w.report({.received = 0, .battery = 50});
  for (double t = 60; t <= 360; t += 60) w.report({.received = t});
  w.tick(360);
  EXPECT_EQ(w.line(kBattery, 6), "HHHHHO");
}

TEST(BatteryTest, GoesByEventTimeAndALateReportRewritesUpToTheNext) {
  World w;
  with_batteries(w, {50, 50, 50, 50, 50});
  w.report({.received = 301, .time = 65, .battery = 10});  // until the report of 120
  EXPECT_EQ(w.line(kBattery, 5), "HUHHH");
}

TEST(BatteryTest, ALateReportMayChangeEverythingAfterItByHysteresis) {
  World w;
  with_batteries(w, {17, 17, 17, 17, 20});
  w.report({.received = 301, .time = 30, .battery = 10});
  EXPECT_EQ(w.line(kBattery, 5), "UUUUH");
}

TEST(BatteryTest, ARetainedReportUpdatesTheBattery) {
  World w;
  w.reports(0, 60);
  w.report({.received = 61, .battery = 5, .retained = true});
  w.tick(120);
  EXPECT_EQ(w.line(kBattery, 2), "HU");
}

TEST(BatteryTest, AClassHasItsOwnThresholds) {
  Config config = fleet_config();
  DeviceClass bikes;
  bikes.match.any_of["model"] = {"bike"};
  bikes.battery = BatteryCheck{10, 15, std::nullopt};
  config.fleet->classes.push_back(bikes);
  World w(config);
  w.report({.received = 0, .battery = 12, .labels = {{"model", "bike"}}});
  w.report({.received = 60, .battery = 9});
  w.report({.received = 120, .battery = 14});
  w.report({.received = 180, .battery = 15});
  w.tick(240);
  EXPECT_EQ(w.line(kBattery, 4), "HUUH");
}

TEST(AnyTest, NamesOneReasonAMinuteConnectivityFirst) {
  World w;
  w.report({.received = 0, .battery = 5});
  w.tick(240);
  EXPECT_EQ(w.line(kAny, 4), "UUUU");
  EXPECT_EQ(w.reason(kAny, 0), "battery");
  EXPECT_EQ(w.reason(kAny, 1), "connectivity");
  EXPECT_EQ(w.line(kBattery, 4), "UUUO");
}

TEST(AnyTest, ACheckThatADeviceHasNeverAnsweredDoesNotApplyToIt) {
  World w;
  w.report({.received = 0});
  w.tick(60);
  EXPECT_EQ(w.line(kBattery, 1), "O");
  EXPECT_EQ(w.line(kAny, 1), "H");
}

TEST(AnyTest, BatteryComesBeforeTheNamedChecks) {
  Config config = fleet_config();
  config.fleet->checks.push_back(radio_check());
  config.fleet->checks[0].dwell = Duration(0);
  World w(config, {"connectivity", "battery", "any", "radio"});
  w.report({.received = 0, .battery = 5, .rssi = "-120"});
  w.report({.received = 60, .battery = 50, .rssi = "-120"});
  w.tick(120);
  EXPECT_EQ(w.reason(kAny, 0), "battery");
  EXPECT_EQ(w.reason(kAny, 1), "radio");
}

TEST(DwellTest, ACheckTurnsOnceItsConditionHasHeldThatLong) {
  World w = radio_world();
  for (double t = 0; t < 600; t += 60) w.report({.received = t, .rssi = "-111"});
  w.tick(600);
  EXPECT_EQ(w.line(kRadio, 10), "HHHHHUUUUU") << "turns at 300: the minute ending at 300 is before";
}

TEST(DwellTest, ABreakStartsTheDwellAnew) {
  World w = radio_world();
  for (double t = 0; t < 660; t += 60) w.report({.received = t, .rssi = t == 240 ? "-107" : "-111"});
  w.tick(660);
  EXPECT_EQ(w.line(kRadio, 11), "HHHHHHHHHHU") << "held from 300 on";
}

TEST(DwellTest, RecoveringTakesTheDwellToo) {
  World w = radio_world();
  for (double t = 0; t < 900; t += 60) w.report({.received = t, .rssi = t < 360 ? "-111" : "-105"});
  w.tick(900);
  EXPECT_EQ(w.line(kRadio, 15), "HHHHHUUUUUUHHHH") << "healthy again at 660";
}

TEST(DwellTest, OneOldReportTurnsTheCheckWhileItHolds) {
  World w = radio_world();
  w.report({.received = 0, .rssi = "-111"});
  for (double t = 60; t < 1980; t += 60) w.report({.received = t});
  w.tick(1980);
  EXPECT_EQ(w.line(kRadio, 33), "HHHHH" + std::string(25, 'U') + "OOO") << "max_age 30 min";
}

}  // namespace
}  // namespace slod::fleet
