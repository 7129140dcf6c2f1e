#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "cli/simulate/fleet_model.h"
#include "cli/simulate/simulate.h"

namespace slod::cli {
namespace {

using ::testing::HasSubstr;

Config rides_config() {
  Config config;
  SourceConfig gateway;
  gateway.name = "gateway";
  gateway.format.emplace();
  LogFields& fields = gateway.format->fields;
  fields = {"/ts",
            "/method",
            "/path",
            "/status",
            "/took/ms",
            "/request_id",
            "",
            "/user",
            seconds(1),
            std::chrono::milliseconds(1),
            {{"app", "/app"}, {"area", "/area"}}};
  SourceConfig fleet;
  fleet.name = "fleet";
  fleet.kind = SourceConfig::Kind::kMqtt;
  MessageRule report;
  report.topic = "vehicles/{device}/telemetry";
  report.time = "/ts";
  report.battery = "/battery";
  report.state = "/state";
  report.seq = "/seq";
  report.values = {"/rssi"};
  MessageRule presence;
  presence.topic = "vehicles/{device}/status";
  presence.is = MessageRule::Is::kPresence;
  presence.online = {"ready"};
  presence.offline = {"lost"};
  MessageRule command;
  command.topic = "vehicles/{device}/commands";
  command.is = MessageRule::Is::kCommand;
  command.id = "/request_id";
  command.name = "/command";
  MessageRule reply;
  reply.topic = "vehicles/{device}/acks";
  reply.is = MessageRule::Is::kReply;
  reply.id = "/request_id";
  reply.result = "/status";
  reply.good = {"ok"};
  fleet.messages = {report, presence, command, reply};
  config.sources = {gateway, fleet};
  config.actors = {{"operator", {{{"app", {"ops-ios", "ops-web"}}}}},
                   {"rider", {{{"app", {"ios", "android"}}}}}};
  for (const char* name : {"RideStart", "Unlock", "Lock"}) {
    JourneyConfig journey;
    journey.name = name;
    journey.api.emplace();
    journey.api->source = "gateway";
    journey.api->method = "POST";
    journey.api->route = std::string("/v1/vehicles/{device}/") + name;
    if (journey.name != "RideStart") journey.device = DeviceLeg{"fleet", name, seconds(20)};
    config.journeys.push_back(journey);
  }
  config.fleet.emplace().in_service = std::vector<std::string>{"riding", "available", "parked"};
  config.fleet->report_every.otherwise = seconds(10);
  config.fleet->report_every.by_state = {{"parked", seconds(30)}};
  ThresholdCheck radio;
  radio.name = "radio";
  radio.field = "/rssi";
  radio.healthy = {ThresholdCheck::Op::kGreaterEqual, -105};
  config.fleet->checks = {radio};
  return config;
}

class SimulateModelTest : public ::testing::Test {
 protected:
  std::vector<Action> run(std::uint64_t seed, const std::vector<std::string>& incidents = {},
                          Duration length = minutes(5)) {
    ModelOptions options{40, 4.0, seed, {}, from_nanos(1'800'000'000'000'000'000)};
    for (const std::string& text : incidents) {
      const auto incident = parse_incident(text);
      EXPECT_TRUE(incident);
      options.incidents.push_back(*incident);
    }
    FleetModel model(make_script(config_), options);
    std::vector<Action> actions;
    for (auto action = model.next(); action && action->at < length; action = model.next())
      actions.push_back(*action);
    tally_ = model.tally();
    return actions;
  }
  static std::string text_of(const Action& action) {
    return std::to_string(action.at.count()) + " " + std::to_string(static_cast<int>(action.kind)) + " " +
           (action.source != nullptr ? action.source->name : "") + " " + action.topic + " " + action.text +
           (action.retained ? " retained" : "");
  }
  static std::vector<std::string> texts(const std::vector<Action>& actions) {
    std::vector<std::string> all;
    for (const Action& action : actions) all.push_back(text_of(action));
    return all;
  }
  static int status_of(const Action& action) {
    return nlohmann::json::parse(action.text)["status"].get<int>();
  }

  Config config_ = rides_config();
  std::map<std::string, JourneyTally> tally_;
};

TEST_F(SimulateModelTest, TheSameSeedGivesTheSameActions) {
  const auto actions = texts(run(7));
  EXPECT_GT(actions.size(), 2000U);
  EXPECT_EQ(actions, texts(run(7)));
  EXPECT_NE(actions, texts(run(8)));
}

TEST_F(SimulateModelTest, ActionsComeInOrderOfTime) {
  const auto actions = run(3, {"broker-flap@60s+60s", "ops-retries@20s+30s"});
  for (std::size_t i = 1; i < actions.size(); ++i) ASSERT_LE(actions[i - 1].at, actions[i].at);
}

TEST_F(SimulateModelTest, AnIncidentChangesNothingBeforeItsWindowAndLittleAfter) {
  // What began in the window may end after it: a slow acknowledgement, a rider's last retry.
  constexpr Duration kTail = seconds(100);
  const auto calm = run(11);
  for (const IncidentName& incident : incident_names()) {
    SCOPED_TRACE(incident.name);
    const auto hurt = run(11, {std::string(incident.name) + "@60s+60s"});
    std::vector<Action> rest[2];
    bool differs = false;
    std::multiset<std::string> inside[2];
    for (const int i : {0, 1}) {
      for (const Action& action : i == 0 ? calm : hurt) {
        if (action.at >= seconds(60) && action.at < seconds(120) + kTail)
          inside[i].insert(text_of(action));
        else
          rest[i].push_back(action);
      }
    }
    differs = inside[0] != inside[1];
    EXPECT_TRUE(differs);
    EXPECT_EQ(texts(rest[0]), texts(rest[1]));
  }
}

TEST_F(SimulateModelTest, JourneysComeAtTheAskedRateAndMostlySucceed) {
  run(5, {}, minutes(60));
  std::uint64_t attempts = 0, bad = 0;
  for (const auto& [name, tally] : tally_) {
    attempts += tally.attempts + tally.excluded;
    bad += tally.bad_attempts;
  }
  EXPECT_NEAR(static_cast<double>(attempts), 4.0 * 3600, 4.0 * 3600 * 0.12);
  EXPECT_GT(bad, 0U);
  EXPECT_LT(static_cast<double>(bad), static_cast<double>(attempts) * 0.01);
}

TEST_F(SimulateModelTest, UnlockErrorsFailUnlocksOnlyAndRidersTryAgain) {
  const auto actions = run(5, {"unlock-errors@60s+60s"});
  std::map<bool, int> failed;
  for (const Action& action : actions) {
    if (action.kind != Action::Kind::kLog || action.at < seconds(62) || action.at >= seconds(120)) continue;
    if (status_of(action) >= 500) ++failed[action.text.find("/Unlock") != std::string::npos];
  }
  EXPECT_GT(failed[true], 40);
  EXPECT_LT(failed[false], 3);
  EXPECT_GT(tally_["Unlock"].bad_attempts, tally_["Unlock"].bad);
}

TEST_F(SimulateModelTest, LinesStandWhereTheSourceReadsThem) {
  for (const Action& action : run(5)) {
    if (action.kind != Action::Kind::kLog) continue;
    const auto json = nlohmann::json::parse(action.text);
    ASSERT_TRUE(parse_rfc3339(json["ts"].get<std::string>())) << action.text;
    ASSERT_TRUE(json["took"]["ms"].is_number());
    ASSERT_EQ(json["method"], "POST");
    ASSERT_THAT(json["path"].get<std::string>(), HasSubstr("/v1/vehicles/v0"));
    ASSERT_TRUE(json.contains("app"));
    ASSERT_EQ(action.source->name, "gateway");
  }
}

TEST_F(SimulateModelTest, EveryCommandCarriesItsRequestsIdAndIsAnswered) {
  std::map<std::string, int> requests, commands, replies;
  for (const Action& action : run(5)) {
    const auto json = nlohmann::json::parse(action.text, nullptr, false);
    if (!json.is_object() || !json.contains("request_id")) continue;
    const auto id = json["request_id"].get<std::string>();
    if (action.kind == Action::Kind::kLog) ++requests[id];
    if (action.topic.ends_with("/commands")) ++commands[id];
    if (action.topic.ends_with("/acks")) ++replies[id];
  }
  ASSERT_GT(commands.size(), 300U);
  std::size_t unknown = 0;
  for (const auto& [id, count] : requests) ASSERT_EQ(count, 1);
  for (const auto& [id, count] : commands) unknown += requests.contains(id) ? 0U : 1U;
  EXPECT_LE(unknown, 5U) << "requests that were still under way at the end";
  EXPECT_GT(replies.size() + 60, commands.size());
}

TEST_F(SimulateModelTest, MachinesReportAtTheIntervalOfTheirState) {
  std::map<std::string, std::pair<Duration, std::string>> last;
  int judged = 0;
  for (const Action& action : run(5)) {
    if (!action.topic.ends_with("/telemetry")) continue;
    const auto json = nlohmann::json::parse(action.text);
    EXPECT_EQ(json["rssi"], -100);
    const std::string state = json["state"];
    const auto before = last.find(action.topic);
    if (before != last.end() && before->second.second == state) {
      const Duration gap = action.at - before->second.first;
      EXPECT_LE(gap, state == "parked" ? seconds(30) : seconds(10)) << action.topic;
      ++judged;
    }
    last[action.topic] = {action.at, state};
  }
  EXPECT_EQ(last.size(), 40U);
  EXPECT_GT(judged, 300);
}

TEST_F(SimulateModelTest, AnOutageSilencesOneAreaAndADrainEmptiesBatteries) {
  std::set<std::string> talking_before, talking_during;
  double lowest = 100;
  for (const Action& action : run(5, {"area-outage@100s+60s", "battery-drain@200s+90s"})) {
    if (!action.topic.ends_with("/telemetry")) continue;
    if (action.at < seconds(100)) talking_before.insert(action.topic);
    if (action.at >= seconds(100) && action.at < seconds(160)) talking_during.insert(action.topic);
    if (action.at >= seconds(250) && action.at < seconds(290))
      lowest = std::min(lowest, nlohmann::json::parse(action.text)["battery"].get<double>());
  }
  EXPECT_EQ(talking_before.size(), 40U);
  EXPECT_LT(talking_during.size(), 37U);
  EXPECT_GT(talking_during.size(), 20U);
  EXPECT_LT(lowest, 15);
}

TEST(SimulateIncidentTest, ReadsNameStartAndLength) {
  const auto incident = parse_incident("slow-unlock@1m+90s");
  ASSERT_TRUE(incident);
  EXPECT_EQ(incident->kind, IncidentKind::kSlowUnlock);
  EXPECT_EQ(incident->from, minutes(1));
  EXPECT_EQ(incident->lasts, seconds(90));
  EXPECT_FALSE(incident->covers(seconds(59)));
  EXPECT_TRUE(incident->covers(seconds(60)));
  EXPECT_FALSE(incident->covers(seconds(150)));
}

TEST(SimulateIncidentTest, UnknownNamesAreToldTheKnownOnes) {
  const auto incident = parse_incident("unlock-error@1m+90s");
  ASSERT_FALSE(incident);
  for (const IncidentName& entry : incident_names())
    EXPECT_THAT(incident.error().message, HasSubstr(entry.name));
}

TEST(SimulateIncidentTest, UnitsAndBothTimesAreNeeded) {
  for (const char* text : {"slow-unlock", "slow-unlock@20s", "slow-unlock@20+30", "slow-unlock@20s+",
                           "slow-unlock@+3s", "slow-unlock@20s+0s"})
    EXPECT_FALSE(parse_incident(text)) << text;
}

TEST(SimulateTest, OptionsThatMakeNoSenseAreAUsageError) {
  SimulateOptions options;
  options.config = std::make_shared<Config>(rides_config());
  options.devices = 0;
  EXPECT_EQ(simulate(options), 2);
  options.devices = 5;
  options.incidents = {"nonsense@1s+1s"};
  EXPECT_EQ(simulate(options), 2);
}

}  // namespace
}  // namespace slod::cli
