#include "cli/explain/explain.h"

#include <gtest/gtest.h>

#include "slod/config/load.h"

namespace slod::cli {
namespace {

constexpr const char* kConfig = R"(
sources:
  gateway:
    http: {}
    format: nginx-json
    fields: { labels: { app: /app } }
  fleet:
    mqtt: { url: "mqtt://127.0.0.1:1883" }
    messages:
      - { topic: "vehicles/{device}/commands", is: command, fields: { id: /request_id, name: /command } }
      - { topic: "vehicles/{device}/acks", is: reply, fields: { id: /request_id, result: /status }, good: [ok] }
actors:
  operator: { app: [ops-web] }
journeys:
  Unlock:
    api:    { source: gateway, method: POST, route: "/v1/vehicles/{device}/unlock", bad: { status: [404] } }
    device: { source: fleet, command: unlock, deadline: 20s }
  RideStart:
    api:    { source: gateway, method: POST, route: /v1/rides, client_abort_bad_after: 5s }
slos:
  - { name: unlock-availability, journey: Unlock, sli: availability, actor: unknown, objective: 99 }
  - { name: ride-latency, journey: RideStart, sli: latency, threshold: 20s, actor: unknown, objective: 99 }
)";

std::string told(const std::string& source, const std::string& line) {
  const config::Loaded loaded = config::load_text(kConfig);
  EXPECT_TRUE(loaded.config) << (loaded.faults.empty() ? "" : loaded.faults[0].message);
  return explain(*loaded.config, *loaded.config->source(source), line).text;
}

std::string request(const std::string& path, const std::string& status, const std::string& app = "") {
  return R"({"time":"1795350787.709","method":"POST","path":")" + path + R"(","status":")" + status +
         R"(","request_time":"7.5","app":")" + app + "\"}";
}

TEST(Explain, SaysThatAGoodRequestWaitsForTheDevice) {
  const std::string text = told("gateway", request("/v1/vehicles/v7/unlock", "200"));
  EXPECT_NE(text.find("device v7 (from the path)"), std::string::npos) << text;
  EXPECT_NE(text.find("undecided until the device answers command \"unlock\""), std::string::npos) << text;
  EXPECT_NE(text.find("RideStart: the path does not match /v1/rides"), std::string::npos) << text;
}

TEST(Explain, NamesTheRuleThatDecidedAndTheStart) {
  const std::string text = told("gateway", request("/v1/vehicles/v7/unlock", "404"));
  EXPECT_NE(text.find("BAD: bad: status 404"), std::string::npos) << text;
  EXPECT_NE(text.find("2026-11-22T12:33:00.209Z"), std::string::npos) << text;
}

TEST(Explain, SaysWhyAnActorDidNotMatchAndWhichSloDoesNotCountIt) {
  const std::string operators = told("gateway", request("/v1/rides", "200", "ops-web"));
  EXPECT_NE(operators.find("ride-latency  not in it: it counts other actors"), std::string::npos)
      << operators;
  const std::string rider = told("gateway", request("/v1/rides", "200", "ios"));
  EXPECT_NE(rider.find("actor operator: app is \"ios\", not ops-web"), std::string::npos) << rider;
  EXPECT_NE(rider.find("ride-latency  GOOD  7.5 s <= 20 s"), std::string::npos) << rider;
}

TEST(Explain, AClientThatLeftIsJudgedByHowLongItWaited) {
  const std::string text = told("gateway", request("/v1/rides", "499"));
  EXPECT_NE(text.find("api leg BAD: the client left (status 499) after more than 5s"), std::string::npos)
      << text;
}

TEST(Explain, TellsWhatAMessageDoesAndWhyOthersDoNotMatch) {
  const std::string reply =
      told("fleet", R"({"topic":"vehicles/v7/acks","payload":"{\"status\":\"busy\"}"})");
  EXPECT_NE(reply.find("the device refused"), std::string::npos) << reply;
  EXPECT_NE(reply.find("vehicles/{device}/commands: the topic does not match it"), std::string::npos)
      << reply;
  EXPECT_NE(told("fleet", R"({"topic":"elsewhere","payload":"x"})").find("no message rule matches"),
            std::string::npos);
}

TEST(Explain, ABrokenLineIsRejectedWithTheReason) {
  const config::Loaded loaded = config::load_text(kConfig);
  const Explanation broken = explain(*loaded.config, *loaded.config->source("gateway"), R"({"time":)");
  EXPECT_FALSE(broken.understood);
  EXPECT_NE(broken.text.find("rejected"), std::string::npos);
  EXPECT_FALSE(explain(*loaded.config, *loaded.config->source("gateway"), "").understood);
}

}  // namespace
}  // namespace slod::cli
