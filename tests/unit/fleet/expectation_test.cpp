#include "fleet_world.h"

namespace slod::fleet {
namespace {

constexpr int kConn = World::kConnectivity;

TEST(ExpectationTest, AMinuteIsBookedAtTheFirstTickAtItsEnd) {
  World w;
  w.report({.received = 5});
  w.tick(59);
  EXPECT_TRUE(w.sink.booked.empty());
  w.tick(60);
  EXPECT_EQ(w.line(kConn, 2), "H.");
}

TEST(ExpectationTest, WithoutARegistryADeviceIsExpectedFromTheMinuteOfItsFirstMessage) {
  World w;
  w.reports(0, 300);
  w.report({.received = 179, .device = "v2"});
  w.tick(300);
  EXPECT_EQ(w.line(kConn, 5), "HH###") << "v2 joins in minute 2";
}

TEST(ExpectationTest, ADeviceOutOfServiceIsNotExpected) {
  World w;
  w.reports(0, 60);
  w.report({.received = 119, .state = "hibernating"});
  w.tick(180);
  EXPECT_EQ(w.line(kConn, 3), "H..") << "the state just before the minute's end";
  w.report({.received = 239, .state = "riding"});
  w.tick(240);
  EXPECT_EQ(w.line(kConn, 4), "H..H");
}

TEST(ExpectationTest, AReportExactlyAtTheMinutesEndBelongsToTheNext) {
  World w;
  w.reports(0, 0);
  w.tick(60);
  w.report({.received = 60, .state = "hibernating"});
  w.tick(120);
  EXPECT_EQ(w.line(kConn, 2), "H.");
}

TEST(ExpectationTest, TheStateGoesByEventTime) {
  World w;
  w.reports(0, 180);
  w.tick(240);
  EXPECT_EQ(w.line(kConn, 4), "HHHH");
  w.report({.received = 241, .state = "maintenance", .time = 70});  // until the report of 120
  EXPECT_EQ(w.line(kConn, 4), "H.HH");
  w.report({.received = 242, .state = "maintenance", .time = 200});
  EXPECT_EQ(w.line(kConn, 4), "H.H.");
}

TEST(ExpectationTest, AReportStampedInTheFutureWaitsForItsTime) {
  World w;
  w.reports(0, 0);
  w.report({.received = 1, .state = "maintenance", .time = 130});
  w.tick(180);
  EXPECT_EQ(w.line(kConn, 3), "HH.");
}

TEST(ExpectationTest, AReportStampedFarInTheFutureIsOfItsArrival) {
  World w;
  w.reports(0, 0);
  w.report({.received = 61, .state = "maintenance", .time = 100'000});
  w.tick(120);
  EXPECT_EQ(w.line(kConn, 2), "H.");
}

TEST(ExpectationTest, ARegisteredDeviceIsExpectedThoughItNeverSpoke) {
  RegistryEntry silent{"v2", "available", {{"model", "bike"}}, {}, {}};
  RegistryEntry spoken{"v1", "available", {}, {}, {}};
  World w(fleet_config(), {"connectivity"}, {spoken, silent});
  w.reports(0, 240);
  w.tick(240);
  const Booked& b = w.sink.booked;
  EXPECT_EQ(b.at({0, 0, MinuteState::kHealthy, "", "model=bike"}), 1) << "its clock starts with the fleet's";
  EXPECT_EQ(b.at({0, 1, MinuteState::kUnhealthy, "connectivity", "model=bike"}), 1);
  EXPECT_EQ(b.at({0, 3, MinuteState::kUnhealthy, "connectivity", "model=bike"}), 1);
  EXPECT_EQ(w.fleet.counts().known, 2);
}

TEST(ExpectationTest, WithARegistryStrangersAreNotExpected) {
  World w(fleet_config(), {"connectivity"}, {{"v2", "hibernating", {}, {}, {}}});
  w.reports(0, 120);
  w.tick(180);
  EXPECT_TRUE(w.sink.booked.empty());
}

TEST(ExpectationTest, TheRegistryBoundsExpectationByCommissioning) {
  World w(fleet_config(), {"connectivity"}, {{"v1", "available", {}, at_second(60), at_second(180)}});
  w.reports(0, 300);
  w.tick(300);
  EXPECT_EQ(w.line(kConn, 5), ".HH..") << "[60, 180) by the state just before each minute's end";
}

TEST(ExpectationTest, TheRegistryStateHoldsUntilTheFirstReport) {
  World w(fleet_config(), {"connectivity"}, {{"v1", "warehouse", {}, {}, {}}});
  w.presence(0, "online");
  w.tick(60);
  EXPECT_TRUE(w.sink.booked.empty());
  w.report({.received = 100});
  w.tick(120);
  EXPECT_EQ(w.line(kConn, 2), ".H");
}

TEST(ExpectationTest, ASilentDeviceStaysExpectedAndIsListedAsMissing) {
  Config config = fleet_config();
  config.fleet->missing_after = hours(1);
  World w(config);
  w.report({.received = 0});
  w.tick(3600);
  EXPECT_EQ(w.fleet.counts().missing, 0);
  w.tick(3660);
  EXPECT_EQ(w.fleet.counts().missing, 1);
  EXPECT_EQ(w.line(kConn, 61).back(), 'U');
  ASSERT_EQ(w.fleet.unhealthy_now(10).size(), 1u);
  EXPECT_EQ(w.fleet.unhealthy_now(10)[0].device, "v1");
  EXPECT_EQ(w.fleet.unhealthy_now(10)[0].reason, "connectivity");
  EXPECT_EQ(w.fleet.unhealthy_now(10)[0].last_seen, at_second(0));
  EXPECT_EQ((w.fleet.counts().devices.at({"unhealthy", "connectivity"})), 1);
}

TEST(ExpectationTest, LabelsAreThoseJustBeforeTheMinutesEnd) {
  World w;
  w.report({.received = 0, .labels = {{"area", "shibuya"}, {"model", "bike"}, {"trip", "77"}}});
  w.report({.received = 119, .labels = {{"area", "osaka"}}});
  w.tick(120);
  EXPECT_EQ(w.labels(kConn, 0), "area=shibuya,model=bike") << "only labels that something asks for";
  EXPECT_EQ(w.labels(kConn, 1), "area=osaka,model=bike");
  w.report({.received = 121, .time = 30, .labels = {{"area", "kyoto"}}});
  EXPECT_EQ(w.labels(kConn, 0), "area=kyoto,model=bike");
  const StringId v1 = w.dictionary.find("v1");
  EXPECT_EQ(w.dictionary.text(w.fleet.label(v1, "area", at_second(29))), "shibuya");
  EXPECT_EQ(w.dictionary.text(w.fleet.label(v1, "area", at_second(30))), "kyoto");
  EXPECT_EQ(w.dictionary.text(w.fleet.label(v1, "area", at_second(500))), "osaka");
  EXPECT_EQ(w.dictionary.text(w.fleet.label(v1, "model", at_second(30))), "bike");
  EXPECT_EQ(w.fleet.label(v1, "model", at_second(-1)), 0u);
  EXPECT_EQ(w.fleet.label(w.dictionary.intern("nobody"), "model", at_second(30)), 0u);
}

TEST(ExpectationTest, ReportsAreKnownByDeviceBootSeqAndTime) {
  World w;
  EXPECT_TRUE(w.report({.received = 0, .time = 0, .seq = 1, .boot = 1}));
  EXPECT_FALSE(w.report({.received = 50, .time = 0, .seq = 1, .boot = 1}));
  EXPECT_TRUE(w.report({.received = 50, .time = 0, .seq = 1, .boot = 2}));
  EXPECT_TRUE(w.report({.received = 50, .time = 1, .seq = 1, .boot = 1}));
  EXPECT_TRUE(w.report({.received = 50, .device = "v2", .time = 0, .seq = 1, .boot = 1}));
  EXPECT_EQ(w.fleet.counts().duplicates, 1u);
}

TEST(ExpectationTest, WithoutSeqReportsAreKnownByTopicAndPayload) {
  World w;
  EXPECT_TRUE(w.report({.received = 0, .time = 0, .payload = "a"}));
  EXPECT_FALSE(w.report({.received = 4000, .time = 0, .payload = "a"}));
  EXPECT_TRUE(w.report({.received = 4000, .time = 0, .payload = "b"}));
}

TEST(ExpectationTest, ADuplicateIsNoEvidence) {
  World w;
  w.report({.received = 0, .time = 0, .payload = "a"});
  w.report({.received = 100, .time = 0, .payload = "a"});
  w.tick(190);
  EXPECT_EQ(w.line(kConn, 3), "HUU");
}

TEST(ExpectationTest, AReportWithNothingThatChangesIsNotADuplicateAMinuteLater) {
  World w;
  EXPECT_TRUE(w.report({.received = 0, .payload = "a"}));
  EXPECT_FALSE(w.report({.received = 29, .payload = "a"}));
  EXPECT_TRUE(w.report({.received = 60, .payload = "a"}));
}

}  // namespace
}  // namespace slod::fleet
