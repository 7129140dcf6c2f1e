// How a device stood at a time: what a failed journey says of it.
#include "fleet_world.h"

namespace slod::fleet {
namespace {

using fold::DeviceCondition;
using Link = DeviceCondition::Link;

DeviceCondition condition(World& w, double at, double known, const std::string& device = "v1") {
  return w.fleet.condition(w.dictionary.intern(device), at_second(at), at_second(known));
}

TEST(ConditionTest, ADeviceThatReportsIsConnectedAndItsBatteryKnown) {
  World w;
  w.reports(0, 60, 60, "available", 41.5);
  const DeviceCondition c = condition(w, 75, 95);
  EXPECT_EQ(c.link, Link::kConnected);
  EXPECT_EQ(c.heard_seconds, 15);
  EXPECT_EQ(c.battery, 415);
  EXPECT_EQ(c.check, 0);
}

TEST(ConditionTest, NobodyKnowsADeviceThatWasNeverHeard) {
  World w;
  w.reports(0, 60);
  EXPECT_EQ(condition(w, 75, 95, "v2").link, Link::kUnknown);
}

TEST(ConditionTest, SilenceCountsFromTheFirstMissedReport) {
  World w;
  w.reports(0, 0);  // missed at 60, lost at 180
  EXPECT_EQ(condition(w, 100, 180).link, Link::kConnected) << "not lost yet, as known then";
  const DeviceCondition c = condition(w, 900, 920);
  EXPECT_EQ(c.link, Link::kSilent);
  EXPECT_EQ(c.out_seconds, 840);
  EXPECT_EQ(c.heard_seconds, 900);
}

TEST(ConditionTest, ADeviceThatCameBackSinceWasSilentThen) {
  World w;
  w.reports(0, 0);
  w.reports(905, 905);
  const DeviceCondition c = condition(w, 900, 920);
  EXPECT_EQ(c.link, Link::kSilent);
  EXPECT_EQ(c.out_seconds, 840);
  EXPECT_EQ(c.heard_seconds, -5) << "after the start";
  EXPECT_EQ(condition(w, 906, 920).link, Link::kConnected);
}

TEST(ConditionTest, AnOfflineMessageSaysSo) {
  World w;
  w.reports(0, 60);
  w.presence(70, "lost");
  EXPECT_EQ(condition(w, 75, 78).link, Link::kConnected) << "not settled yet";
  const DeviceCondition c = condition(w, 90, 110);
  EXPECT_EQ(c.link, Link::kOffline);
  EXPECT_EQ(c.out_seconds, 20);
  EXPECT_EQ(c.heard_seconds, 30) << "a last will is not the device's own word";
}

TEST(ConditionTest, WhatNobodyWatchedIsUnknown) {
  World w;
  w.reports(0, 60);
  w.fleet.unobserved(0, at_second(65), at_second(110));
  EXPECT_EQ(condition(w, 80, 130).link, Link::kUnknown);
}

TEST(ConditionTest, TheFailingCheckIsThatOfTheTime) {
  World w;
  w.reports(0, 0, 60, "available", 50);
  w.reports(60, 60, 60, "available", 12);    // below low
  w.reports(120, 120, 60, "available", 17);  // between: still failing
  w.reports(180, 180, 60, "available", 60);
  EXPECT_EQ(condition(w, 30, 190).check, 0);
  EXPECT_EQ(condition(w, 70, 190).check, DeviceCondition::kBattery);
  EXPECT_EQ(condition(w, 130, 190).check, DeviceCondition::kBattery) << "read back over the history";
  EXPECT_EQ(condition(w, 130, 190).battery, 170);
  EXPECT_EQ(condition(w, 190, 190).check, 0);
}

TEST(ConditionTest, ACheckOfItsOwnIsNamedByItsPlaceInTheConfig) {
  Config config = fleet_config();
  ThresholdCheck radio = radio_check();
  radio.dwell = Duration(0);
  config.fleet->checks = {radio};
  World w(config, {"connectivity", "battery", "any", "radio"});
  w.report({.received = 0, .battery = 80, .rssi = "-120"});
  EXPECT_EQ(condition(w, 10, 20).check, DeviceCondition::kFirstCheck);
}

}  // namespace
}  // namespace slod::fleet
