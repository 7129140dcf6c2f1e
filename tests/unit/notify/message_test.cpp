#include "notify/message.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "notify/lane.h"
#include "notify/routing.h"
#include "notify/signature.h"

namespace slod::notify {
namespace {

using nlohmann::json;

const Time kStart = from_nanos(1'795'000'000'000'000'000);

struct World {
  Config config;
  engine::SloReading reading;
  IncidentEvent event;

  World() {
    SloConfig slo;
    slo.name = "unlock-availability";
    slo.service = "rides";
    slo.owner = "server-team";
    slo.runbook = "https://example.org/runbooks/unlock";
    slo.first_steps = {"Check the release channel"};
    slo.objective = 990'000;
    slo.journey = 0;
    config.slos = {slo};
    for (const auto& [name, type] : {std::pair{"chat", DestinationConfig::Type::kSlack},
                                     std::pair{"oncall", DestinationConfig::Type::kPagerduty},
                                     std::pair{"am", DestinationConfig::Type::kAlertmanager}}) {
      DestinationConfig destination;
      destination.name = name;
      destination.type = type;
      config.destinations.push_back(destination);
    }
    config.routes = {{{{"severity", {"page"}}}, {"oncall", "chat", "am"}, false}, {{}, {"chat"}, false}};
    reading.config = &config.slos.front();
    reading.good = 900;
    reading.bad = 100;
    reading.sli = 0.9;
    reading.budget = slo::budget(990'000, 100, 1000);
    reading.windows = {{"5m", {0, 50}, 100.0, 0.0, {}}, {"1h", {900, 100}, 10.0, 0.9, {}}};
    reading.outcomes = {{"ok", 900}, {"device_timeout", 60}, {"http_error", 40}};
    event = {{"slod/unlock-availability/page/1", "unlock-availability", "page", {}, kStart, {"1h/5m"}},
             true,
             kStart};
  }
};

TEST(Message, TellsWhatBurnsHowFastSinceWhenAndWhatToDoFirst) {
  const World world;
  const Story story = story_of(world.config, world.reading, world.event);
  EXPECT_NE(story.title.find("unlock-availability"), std::string::npos);
  EXPECT_NE(story.text.find("100.0x over 5m"), std::string::npos);
  EXPECT_NE(story.text.find("-900.0 %"), std::string::npos);
  EXPECT_NE(story.text.find("device_timeout 60"), std::string::npos);
  EXPECT_NE(story.text.find("1. Check the release channel"), std::string::npos);
  EXPECT_NE(story.text.find("https://example.org/runbooks/unlock"), std::string::npos);
  EXPECT_NE(story.text.find(format_rfc3339(kStart)), std::string::npos);
}

TEST(Message, SlackEscapesAndKeepsItsLimitWhateverTheNames) {
  World world;
  world.config.slos[0].first_steps = {std::string(20'000, '<'), std::string(5000, '\xff')};
  const json body = json::parse(slack_body(story_of(world.config, world.reading, world.event)));
  EXPECT_LE(body["text"].get<std::string>().size(), 40'000U);
  EXPECT_EQ(body["text"].get<std::string>().find("<<"), std::string::npos);
}

TEST(Message, PagerdutyTriggersAndResolvesWithOneKey) {
  World world;
  const json trigger =
      json::parse(pagerduty_body(story_of(world.config, world.reading, world.event), world.event));
  EXPECT_EQ(trigger["event_action"], "trigger");
  EXPECT_EQ(trigger["payload"]["severity"], "critical");
  EXPECT_LE(trigger["payload"]["summary"].get<std::string>().size(), 1024U);
  world.event.opened = false;
  const json resolve =
      json::parse(pagerduty_body(story_of(world.config, world.reading, world.event), world.event));
  EXPECT_EQ(resolve["event_action"], "resolve");
  EXPECT_EQ(resolve["dedup_key"], trigger["dedup_key"]);
}

TEST(Message, AnAlertmanagerAlertsIdentityDoesNotChangeWithTheBurn) {
  World world;
  const json before = json::parse(alertmanager_alert(story_of(world.config, world.reading, world.event),
                                                     world.event, world.config.slos[0], kStart));
  world.reading.windows[0].burn = 3;
  const json after = json::parse(alertmanager_alert(story_of(world.config, world.reading, world.event),
                                                    world.event, world.config.slos[0], kStart));
  EXPECT_EQ(before["labels"], after["labels"]);
  EXPECT_NE(before["annotations"], after["annotations"]);
}

TEST(Compose, FirstMatchingRouteWinsAndAlertmanagerIsToldByItsLane) {
  World world;
  engine::Snapshot snapshot;
  snapshot.slos = {world.reading};
  const auto notifications = compose(world.config, snapshot, world.event);
  ASSERT_EQ(notifications.size(), 2U);
  EXPECT_EQ(notifications[0].destination, "oncall");
  EXPECT_EQ(notifications[1].destination, "chat");
  EXPECT_EQ(notifications[0].step, "trigger");
  EXPECT_EQ(notifications[0].dedup_key, world.event.incident.key);
}

TEST(Routing, ContinueGoesOnAndEachDestinationIsToldOnce) {
  World world;
  world.config.routes[0].go_on = true;
  const auto names =
      destinations_for(world.config, {"page", "burn", "server-team", "rides", "unlock-availability"});
  EXPECT_EQ(names, (std::vector<std::string>{"oncall", "chat", "am"}));
  EXPECT_EQ(destinations_for(world.config, {"ticket", "burn", "", "", ""}), std::vector<std::string>{"chat"});
}

Result<net::ClientResponse> answered(int status, std::map<std::string, std::string> headers = {}) {
  return net::ClientResponse{status, std::move(headers), "x"};
}

TEST(Judge, DeliversRetriesOrGivesUpAsTheAnswerAsks) {
  using Action = Verdict::Action;
  EXPECT_EQ(judge(answered(202), 0, true).action, Action::kDelivered);
  EXPECT_EQ(judge(answered(200), 0, false).action, Action::kDead);  // Slack's 200 without "ok"
  EXPECT_EQ(judge(answered(400), 0, true).action, Action::kDead);
  EXPECT_EQ(judge(Error{"connect: refused"}, 0, true).action, Action::kRetry);
  EXPECT_EQ(judge(answered(500), 3, true).pause, seconds(8));
  EXPECT_EQ(judge(answered(500), 30, true).pause, seconds(60));
  EXPECT_EQ(judge(answered(429, {{"retry-after", "17"}}), 0, true).pause, seconds(17));
  EXPECT_EQ(judge(answered(429, {{"retry-after", "999999"}}), 0, true).pause, minutes(10));
  EXPECT_EQ(judge(answered(404), 0, true).pause, minutes(5));
  EXPECT_EQ(judge(answered(302), 0, true).action, Action::kRetry);
}

TEST(Signature, EqualsTheStandardWebhooksExample) {
  // The example of the Standard Webhooks specification's reference libraries.
  const auto headers =
      webhook_signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek",
                        from_nanos(1'614'265'330'000'000'000), R"({"test": 2432232314})");
  EXPECT_EQ(headers[1].second, "1614265330");
  EXPECT_EQ(headers[2].second, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

}  // namespace
}  // namespace slod::notify
