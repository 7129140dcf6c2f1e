// A small engine for tests of what it says about journeys: one Unlock by API, optionally with a device leg,
// a fleet, actors and retries; rows in few words.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "slod/engine/engine.h"

namespace slod::engine::test {

inline constexpr Time kT0 = from_nanos(1'795'348'800'000'000'000);  // 2026-11-22T12:00:00Z
inline Time at(double seconds_after) {
  return kT0 + Duration(static_cast<std::int64_t>(seconds_after * 1e9));
}

inline Config unlock_config(bool device, bool retry) {
  Config config;
  SourceConfig gateway;
  gateway.name = "gateway";
  gateway.format.emplace();
  SourceConfig fleet;
  fleet.name = "fleet";
  fleet.kind = SourceConfig::Kind::kMqtt;
  MessageRule reply;
  reply.is = MessageRule::Is::kReply;
  reply.good = {"ok"};
  fleet.messages.push_back(reply);
  config.sources = {gateway, fleet};
  config.actors = {{"operator", {{{"app", {"ops"}}}}}};
  JourneyConfig unlock;
  unlock.name = "Unlock";
  unlock.api = ApiLeg{"gateway", "POST", "/unlock", {}, {}};
  unlock.labels = {"app", "area"};
  if (device) unlock.device = DeviceLeg{"fleet", "unlock", seconds(20)};
  if (retry) unlock.retry = RetryConfig{{"device", "user"}, seconds(60)};
  config.journeys = {unlock};
  FleetConfig machines;
  machines.sources = {"fleet"};
  machines.battery = BatteryCheck{15, 20, std::nullopt};
  config.fleet = machines;
  config.policies = {AlertPolicy{}};
  config.policies[0].name = "quiet";
  return config;
}

inline SloConfig slo_of(const std::string& name, Ppm objective = 990'000) {
  SloConfig slo;
  slo.name = name;
  slo.journey = 0;
  slo.objective = objective;
  slo.alert_policy = 0;
  slo.window.rolling = hours(24);
  slo.window.text = "1d";
  return slo;
}

struct Request {
  double start = 0;
  int status = 200;
  double latency = 0.5;
  std::string device = "v1";
  std::uint64_t user = 7;
  std::string app = "ios";
  std::string area = "shibuya";
  std::string id = "";
};

class World {
 public:
  explicit World(Config said)
      : config(std::make_shared<const Config>(std::move(said))), engine(config, {}, dictionary) {}

  ApiRow row(const Request& r) {
    ApiRow api;
    api.start = at(r.start);
    api.latency = at(r.latency) - kT0;
    api.received = api.start + api.latency;
    api.id = digest_of(r.id);
    api.user = r.user;
    api.source = dictionary.intern("gateway");
    api.route = dictionary.intern("POST /unlock");
    api.device = dictionary.intern(r.device);
    api.status = static_cast<std::uint16_t>(r.status);
    const std::vector<Label> labels{{dictionary.intern("app"), dictionary.intern(r.app)},
                                    {dictionary.intern("area"), dictionary.intern(r.area)}};
    api.labels = dictionary.intern_labels(labels);
    return api;
  }
  void request(const Request& r) { engine.apply(row(r)); }
  void message(MessageKind kind, double time, const std::string& word, const std::string& id = "",
               const std::string& device = "v1", double battery = kNoValue) {
    DeviceRow d;
    d.kind = kind;
    d.time = d.received = at(time);
    d.id = digest_of(id);
    d.payload = digest_of("unique " + std::to_string(++unique_));
    d.battery = battery;
    d.source = dictionary.intern("fleet");
    d.device = dictionary.intern(device);
    d.word = dictionary.intern(word);
    engine.apply(d);
  }
  void tick(double time) { engine.tick(at(time)); }
  [[nodiscard]] SloReading slo(std::size_t index = 0) { return engine.snapshot()->slos[index]; }

  std::shared_ptr<const Config> config;
  Dictionary dictionary;
  Engine engine;

 private:
  int unique_ = 0;
};

}  // namespace slod::engine::test
