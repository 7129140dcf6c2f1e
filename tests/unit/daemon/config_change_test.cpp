#include "daemon/config_change.h"

#include <gtest/gtest.h>

#include "slod/config/load.h"

namespace slod::daemon {
namespace {

const std::string kText = R"(
sources:
  gw: { http: {}, format: nginx-json }
  edge: { file: { path: /tmp/x.log }, format: nginx-json }
journeys:
  Ride: { api: { source: gw, method: POST, route: /rides } }
slos:
  - { name: rides, service: s, journey: Ride, sli: availability, objective: 99 }
destinations: { hook: { webhook: { url: "https://example.org/h" } } }
routes: [ { to: [hook] } ]
)";

std::shared_ptr<const Config> with(const std::string& old = "", const std::string& next = "") {
  std::string text = kText;
  if (!old.empty()) text.replace(text.find(old), old.size(), next);
  const config::Loaded loaded = config::load_text(text);
  for (const config::Fault& fault : loaded.faults) {
    if (!fault.warning) ADD_FAILURE() << config::format_fault(fault, false);
  }
  return loaded.config;
}

TEST(ConfigChange, TheSameTextChangesNothing) {
  EXPECT_FALSE(change_between(*with(), *with()).any());
  EXPECT_FALSE(reads_differently(*with(), *with(), "edge"));
}

TEST(ConfigChange, AnObjectiveChangesNumbersAndNoSourceReadsOtherwise) {
  const auto next = with("objective: 99", "objective: 98");
  const ConfigChange change = change_between(*with(), *next);
  EXPECT_TRUE(change.numbers);
  EXPECT_FALSE(change.facts) << "the same events are counted";
  EXPECT_FALSE(change.notifications);
  EXPECT_TRUE(change.needs_restart.empty());
  EXPECT_FALSE(reads_differently(*with(), *next, "edge"));
}

TEST(ConfigChange, ADestinationChangesNotificationsAlone) {
  const ConfigChange change = change_between(*with(), *with("example.org/h", "example.org/i"));
  EXPECT_FALSE(change.numbers);
  EXPECT_TRUE(change.notifications);
}

TEST(ConfigChange, ARouteMakesEverySourceReadOtherwise) {
  const auto next = with("route: /rides", "route: /bikes");
  EXPECT_TRUE(change_between(*with(), *next).facts);
  EXPECT_TRUE(reads_differently(*with(), *next, "edge"));
}

TEST(ConfigChange, ASourcesOwnKeyConcernsThatSource) {
  const auto next = with("/tmp/x.log", "/tmp/y.log");
  EXPECT_TRUE(reads_differently(*with(), *next, "edge"));
  EXPECT_FALSE(reads_differently(*with(), *next, "gw"));
}

TEST(ConfigChange, WhatNeedsARestartIsNamed) {
  const auto next = with("sources:", "evaluation_interval: 20s\nstate: { dir: /tmp/other }\nsources:");
  EXPECT_EQ(change_between(*with(), *next).needs_restart,
            (std::vector<std::string>{"state.dir", "evaluation_interval"}));
}

}  // namespace
}  // namespace slod::daemon
