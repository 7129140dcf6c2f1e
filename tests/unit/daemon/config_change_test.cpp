#include "daemon/config_change.h"

#include <gtest/gtest.h>

#include "slod/config/load.h"

namespace slod::daemon {
namespace {

const std::string kText = R"(
sources:
  gw: { http: {}, format: nginx-json }
  edge: { file: { path: /tmp/x.log }, format: nginx-json }
  broker:
    mqtt: { url: "mqtt://127.0.0.1:1883" }
    messages:
      - { topic: "v/{device}/t", is: report, fields: { time: /ts, battery: /b } }
      - { topic: "v/{device}/c", is: command, fields: { id: /id, name: /command } }
      - { topic: "v/{device}/a", is: reply, fields: { id: /id, result: /r }, good: [ok] }
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

TEST(ConfigChange, ARouteMakesItsOwnSourceReadOtherwiseAndNoOther) {
  const auto next = with("route: /rides", "route: /bikes");
  EXPECT_TRUE(change_between(*with(), *next).facts);
  EXPECT_TRUE(reads_differently(*with(), *next, "gw"));
  EXPECT_FALSE(reads_differently(*with(), *next, "edge"));
  EXPECT_FALSE(reads_differently(*with(), *next, "broker"));
}

TEST(ConfigChange, ACommandOrTheFleetMakesItsSourceReadOtherwise) {
  const std::string unlock =
      "  Unlock: { device: { source: broker, command: unlock, deadline: 20s } }\nslos:\n";
  const auto before = with("slos:\n", unlock);
  for (const std::string source : {"broker", "edge", "gw"}) {
    EXPECT_EQ(reads_differently(*with(), *before, source), source == "broker") << source;
    const auto other = with("slos:\n", std::string(unlock).replace(unlock.find("unlock,"), 6, "lock"));
    EXPECT_EQ(reads_differently(*before, *other, source), source == "broker") << source;
    const auto fleet = with("slos:\n", "fleet: { sources: [broker] }\nslos:\n");
    EXPECT_EQ(reads_differently(*with(), *fleet, source), source == "broker") << source;
  }
}

TEST(ConfigChange, HowAJourneyJudgesIsNoReasonToReadAnything) {
  const std::string unlock =
      "  Unlock: { device: { source: broker, command: unlock, deadline: 20s } }\nslos:\n";
  const auto before = with("slos:\n", unlock);
  const auto next = with("slos:\n",
                         "  Unlock: { device: { source: broker, command: unlock, deadline: 9s }, retry: "
                         "{ by: [device], within: 1m }, labels: [] }\nslos:\n");
  const auto rules =
      with("route: /rides", "route: /rides, bad: { status: [4xx] }, client_abort_bad_after: 5s");
  EXPECT_TRUE(change_between(*before, *next).facts);
  EXPECT_TRUE(change_between(*with(), *rules).facts);
  for (const std::string source : {"broker", "edge", "gw"}) {
    EXPECT_FALSE(reads_differently(*before, *next, source)) << source;
    EXPECT_FALSE(reads_differently(*with(), *rules, source)) << source;
  }
}

TEST(ConfigChange, WhereDevicesAreHiddenSamplesShowTheWordsOfAllRoutes) {
  const auto hidden = [](const std::string& route) {
    return with("sources:", "server: { web: { device_ids: hidden } }\n#" + route + "\nsources:");
  };
  EXPECT_TRUE(reads_differently(*with(), *hidden(""), "edge"));
  EXPECT_FALSE(reads_differently(*hidden("a"), *hidden("b"), "edge"));
  EXPECT_FALSE(reads_differently(*with(), *hidden(""), "broker")) << "it has no requests";
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
