#include "fleet_world.h"

namespace slod::fleet {
namespace {

constexpr int kConn = World::kConnectivity;

TEST(ConnectivityTest, SilenceIsAnOutageFromTheFirstMissedReport) {
  World w;
  w.report({.received = 10});  // missed at 70, lost at 190
  w.tick(190);
  EXPECT_EQ(w.line(kConn, 3), "HHH") << "until it trips the minutes are healthy";
  w.tick(200);
  EXPECT_EQ(w.line(kConn, 3), "HUU") << "minute 1 ends at 120 > 70";
  EXPECT_EQ(w.reason(kConn, 1), "connectivity");
  w.tick(300);
  EXPECT_EQ(w.line(kConn, 5), "HUUUU");
}

TEST(ConnectivityTest, TheTickAtTheDeadlineItselfStillWaits) {
  World w;
  w.report({.received = 0});  // lost at 180
  w.tick(180);
  EXPECT_EQ(w.line(kConn, 3), "HHH");
  w.tick(190);
  EXPECT_EQ(w.line(kConn, 3), "HUU");
}

TEST(ConnectivityTest, EvidenceExactlyAtTheDeadlineKeepsTheMinutesHealthy) {
  World w;
  w.reports(0, 0);
  w.tick(180);
  w.reports(180, 180);
  w.tick(240);
  EXPECT_EQ(w.line(kConn, 4), "HHHH");
}

TEST(ConnectivityTest, EvidenceJustPastTheDeadlineEndsAnOutageThatNoTickHasSeen) {
  World w;
  w.reports(0, 0);
  w.tick(180);
  w.reports(181, 181);
  EXPECT_EQ(w.line(kConn, 3), "HUU") << "rewritten in apply";
  w.tick(240);
  EXPECT_EQ(w.line(kConn, 4), "HUUH");
}

TEST(ConnectivityTest, TheOutageEndsAtTheNextEvidence) {
  World w;
  w.reports(0, 0);
  w.tick(600);
  w.reports(630, 630);
  w.tick(660);
  EXPECT_EQ(w.line(kConn, 11), "HUUUUUUUUUH") << "state just before 660";
}

TEST(ConnectivityTest, TheIntervalIsThatOfTheStateKnownAtTheEvidence) {
  World w;
  w.report({.received = 0, .state = "parked"});  // every 5 min: missed at 300, lost at 900
  w.tick(900);
  EXPECT_EQ(w.line(kConn, 15), "HHHHHHHHHHHHHHH");
  w.tick(910);
  EXPECT_EQ(w.line(kConn, 15), "HHHHHUUUUUUUUUU");
}

TEST(ConnectivityTest, ABacklogAfterATunnelDoesNotMakeTheMinutesReachable) {
  World w;
  w.reports(0, 0);
  for (double sent = 60; sent <= 600; sent += 60) w.report({.received = 605, .time = sent, .battery = 80});
  w.tick(660);
  EXPECT_EQ(w.line(kConn, 11), "HUUUUUUUUUH");
}

TEST(ConnectivityTest, RetainedMessagesAreNoEvidenceOfLife) {
  World w;
  w.report({.received = 0});
  w.report({.received = 100, .retained = true});
  w.presence(110, "online", true);
  w.tick(190);
  EXPECT_EQ(w.line(kConn, 3), "HUU");
}

TEST(ConnectivityTest, ARetainedReportMakesNoDeviceKnown) {
  World w;
  w.report({.received = 0, .retained = true});
  w.presence(1, "lost", true);
  w.tick(600);
  EXPECT_TRUE(w.sink.booked.empty());
  EXPECT_EQ(w.fleet.counts().known, 0);
}

TEST(ConnectivityTest, AnOfflineMessageCountsTenSecondsLater) {
  World w;
  w.reports(0, 60);
  w.presence(115, "lost");
  w.tick(120);
  EXPECT_EQ(w.line(kConn, 2), "HH") << "115 + 10 s has not passed";
  w.tick(130);
  EXPECT_EQ(w.line(kConn, 2), "HU");
  w.presence(170, "online");
  w.tick(180);
  EXPECT_EQ(w.line(kConn, 3), "HUH");
}

TEST(ConnectivityTest, EvidenceWithinTenSecondsUndoesAnOfflineMessage) {
  World w;
  w.reports(0, 60);
  w.presence(110, "lost");
  w.presence(120, "online");
  w.tick(180);
  EXPECT_EQ(w.line(kConn, 3), "HHH");
}

TEST(ConnectivityTest, EvidenceElevenSecondsAfterAnOfflineMessageComesTooLate) {
  World w;
  w.reports(0, 60);
  w.presence(110, "lost");
  w.presence(121, "online");
  w.tick(180);
  EXPECT_EQ(w.line(kConn, 3), "HUH");
}

TEST(ConnectivityTest, AStaleOfflineMessageFromBeforeTheEvidenceEndsNothing) {
  World w;
  w.reports(0, 0);
  w.presence(10, "lost");
  w.presence(10, "online");
  w.tick(60);
  EXPECT_EQ(w.line(kConn, 1), "H");
}

TEST(ConnectivityTest, AMinuteNobodyWatchedIsUnobservedAndTheClockRestarts) {
  World w;
  w.reports(0, 60);
  w.tick(120);
  w.fleet.unobserved(0, at_second(150), at_second(610));
  w.tick(790);
  EXPECT_EQ(w.line(kConn, 13), "HHOOOOOOOOOHH") << "minutes 2 to 10 overlap [150, 610)";
  w.tick(800);
  EXPECT_EQ(w.line(kConn, 13), "HHOOOOOOOOOUU") << "silent since 610: missed at 670, lost at 790";
}

TEST(ConnectivityTest, AnOutageBeforeTheGapStaysOne) {
  World w;
  w.reports(0, 0);
  w.tick(300);
  w.fleet.unobserved(0, at_second(300), at_second(360));
  w.tick(420);
  EXPECT_EQ(w.line(kConn, 7), "HUUUUOH");
}

TEST(ConnectivityTest, AGapReportedLateRewritesWhatWasBooked) {
  World w;
  w.reports(0, 0);
  w.tick(360);
  EXPECT_EQ(w.line(kConn, 6), "HUUUUU");
  w.fleet.unobserved(w.dictionary.intern("fleet"), at_second(60), at_second(360));
  EXPECT_EQ(w.line(kConn, 6), "HOOOOO");
  w.fleet.unobserved(w.dictionary.intern("gateway"), at_second(0), at_second(60));
  EXPECT_EQ(w.line(kConn, 6), "HOOOOO") << "not a source of the fleet";
}

TEST(ConnectivityTest, BrokerDownCanBeChargedAsUnhealthy) {
  Config config = fleet_config();
  config.fleet->broker_down_is_unhealthy = true;
  World w(config);
  w.reports(0, 0);
  w.fleet.unobserved(0, at_second(60), at_second(120));
  w.tick(120);
  EXPECT_EQ(w.line(kConn, 2), "HU");
  EXPECT_EQ(w.reason(kConn, 1), "broker_down");
}

TEST(ConnectivityTest, AClassMayReportAtItsOwnPace) {
  Config config = fleet_config();
  DeviceClass bikes;
  bikes.match.any_of["model"] = {"bike"};
  bikes.report_every = ReportInterval{minutes(2), {}};
  bikes.lost_after = 2;
  config.fleet->classes.push_back(bikes);
  World w(config);
  w.report({.received = 0, .labels = {{"model", "bike"}}});
  w.tick(240);
  EXPECT_EQ(w.line(kConn, 4), "HHHH");
  w.tick(250);
  EXPECT_EQ(w.line(kConn, 4), "HHUU");
}

}  // namespace
}  // namespace slod::fleet
