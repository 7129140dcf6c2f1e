// The recent bad events of an SLO: who, when, what, and how the device stood.
#include "journey_world.h"

namespace slod::engine::test {
namespace {

Config with_slo(Config config, SloConfig slo) {
  config.slos = {std::move(slo)};
  return config;
}

TEST(ExemplarsTest, ATimeoutOfASilentDeviceIsToldFromARefusalOfAConnectedOne) {
  World w(with_slo(unlock_config(true, false), slo_of("unlock")));
  w.message(MessageKind::kReport, 0, "available", "", "v1", 7);  // missed at 60, lost at 180
  w.message(MessageKind::kReport, 890, "available", "", "v2", 80);
  w.tick(890);
  w.request({.start = 900, .device = "v1", .id = "r1"});
  w.request({.start = 901, .device = "v2", .id = "r2"});
  w.message(MessageKind::kReply, 903, "no", "r2", "v2");
  w.tick(930);
  const auto all = w.slo().exemplars;
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0]->device, "v2") << "newest first";
  EXPECT_EQ(all[0]->outcome, "device_refused");
  EXPECT_EQ(all[0]->sentence, "the device refused; device connected, last heard 11s before, battery 80 %");
  EXPECT_EQ(all[1]->outcome, "device_timeout");
  EXPECT_EQ(all[1]->sentence, "timed out; device silent for 14m, battery 7 %")
      << "the report of low battery is too old to fail the check";
  EXPECT_EQ(all[1]->route, "POST /unlock");
  EXPECT_EQ(all[1]->actor, "unknown");
  EXPECT_EQ(all[1]->labels,
            (std::vector<std::pair<std::string, std::string>>{{"app", "ios"}, {"area", "shibuya"}}));
}

TEST(ExemplarsTest, AnEventThatARetryMadeGoodLeaves) {
  World w(with_slo(unlock_config(false, true), slo_of("unlock")));
  w.request({.start = 0, .status = 500});
  w.request({.start = 5, .status = 503});
  w.tick(10);
  ASSERT_EQ(w.slo().exemplars.size(), 1U);
  EXPECT_EQ(w.slo().exemplars[0]->attempts, 2U);
  EXPECT_EQ(w.slo().exemplars[0]->status, 503);
  w.request({.start = 20});
  w.tick(30);
  EXPECT_TRUE(w.slo().exemplars.empty());
  EXPECT_EQ(w.slo().bad, 0);
}

TEST(ExemplarsTest, OnlyTheLastAreKept) {
  World w(with_slo(unlock_config(false, false), slo_of("unlock")));
  for (int i = 0; i < 100; ++i) w.request({.start = static_cast<double>(i), .status = 500});
  w.tick(110);
  const auto all = w.slo().exemplars;
  ASSERT_EQ(all.size(), 32U);
  EXPECT_EQ(all.front()->at, at(99));
  EXPECT_EQ(all.back()->at, at(68));
}

TEST(ExemplarsTest, OtherActorsAreNotInIt) {
  SloConfig slo = slo_of("unlock");
  slo.actors = {kUnknownActor};
  World w(with_slo(unlock_config(false, false), slo));
  w.request({.start = 0, .status = 500, .app = "ops"});
  w.request({.start = 1, .status = 500, .app = "ios"});
  w.tick(10);
  ASSERT_EQ(w.slo().exemplars.size(), 1U);
  EXPECT_EQ(w.slo().exemplars[0]->at, at(1));
}

TEST(ExemplarsTest, ALatencySloShowsWhatWasTooSlow) {
  SloConfig slo = slo_of("slow");
  slo.sli = SliKind::kLatency;
  slo.threshold = seconds(2);
  World w(with_slo(unlock_config(false, false), slo));
  w.request({.start = 0, .latency = 3});
  w.request({.start = 1, .latency = 1});
  w.tick(10);
  ASSERT_EQ(w.slo().exemplars.size(), 1U);
  EXPECT_EQ(w.slo().exemplars[0]->latency, 3.0);
  EXPECT_EQ(w.slo().exemplars[0]->sentence, "too slow");
}

}  // namespace
}  // namespace slod::engine::test
