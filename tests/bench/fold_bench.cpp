// What one event costs the fold: one leg without retry, with retry, two legs. Rows are made beforehand; the
// sink only counts. ns per event = the "time" column divided by the batch; `items_per_second` says the same.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "slod/fold/fold.h"

namespace {

using namespace slod;
using namespace slod::fold;

class CountingSink : public BookingSink {
 public:
  void book_event(const Booking& event, int sign) override { sum += sign * static_cast<int>(event.attempts); }
  void book_attempt(const Booking&, int sign) override { sum += sign; }
  std::int64_t sum = 0;
};

class NoDevices : public DeviceDirectory {
 public:
  [[nodiscard]] StringId label(StringId, std::string_view, Time) const override { return 0; }
};

constexpr int kEvents = 100'000;
constexpr int kDevices = 20'000;

Config config_of(bool retry, bool two_legs) {
  Config config;
  config.sources.resize(2);
  config.sources[0].name = "gateway";
  config.sources[0].format.emplace();
  config.sources[1].name = "fleet";
  MessageRule reply;
  reply.is = MessageRule::Is::kReply;
  reply.good = {"ok"};
  config.sources[1].messages = {reply};
  config.actors = {{"operator", {{{"app", {"ops"}}}}}, {"rider", {{{"app", {"ios"}}}}}};
  JourneyConfig journey;
  journey.name = "Unlock";
  journey.api = ApiLeg{"gateway", "POST", "/unlock", {}, {}};
  journey.labels = {"area", "app"};
  if (two_legs) journey.device = DeviceLeg{"fleet", "unlock", seconds(20)};
  if (retry) journey.retry = RetryConfig{{"device", "user"}, seconds(60)};
  config.journeys = {journey};
  return config;
}

std::string numbered(std::string name, int number) {
  name += std::to_string(number);
  return name;
}

struct Stream {
  Dictionary dictionary;
  std::vector<ApiRow> api;
  std::vector<DeviceRow> commands, replies;

  explicit Stream(bool with_ids) {
    for (int i = 0; i < kEvents; ++i) {
      const Time start = from_nanos(1'795'348'800'000'000'000 + i * 5'000'000LL);
      ApiRow row;
      row.start = start;
      row.latency = std::chrono::milliseconds(200);
      row.received = start + row.latency;
      if (with_ids) row.id = digest_of(numbered("r", i));
      row.user = static_cast<std::uint64_t>(i % kDevices + 1);
      row.source = dictionary.intern("gateway");
      row.route = dictionary.intern("POST /unlock");
      row.device = dictionary.intern(numbered("v", i % kDevices));
      const std::vector<Label> labels{{dictionary.intern("app"), dictionary.intern("ios")},
                                      {dictionary.intern("area"), dictionary.intern(numbered("a", i % 40))}};
      row.labels = dictionary.intern_labels(labels);
      row.status = i % 50 == 0 ? 503 : 200;
      api.push_back(row);
      DeviceRow leg;
      leg.source = dictionary.intern("fleet");
      leg.device = row.device;
      leg.id = row.id;
      leg.kind = MessageKind::kCommand;
      leg.word = dictionary.intern("unlock");
      leg.time = leg.received = start + std::chrono::milliseconds(20);
      commands.push_back(leg);
      leg.kind = MessageKind::kReply;
      leg.word = dictionary.intern("ok");
      leg.time = leg.received = start + std::chrono::milliseconds(150);
      replies.push_back(leg);
    }
  }
};

void run(benchmark::State& state, bool retry, bool two_legs, bool ids) {
  const Config config = config_of(retry, two_legs);
  Stream stream(ids);
  const NoDevices devices;
  for (auto _ : state) {
    state.PauseTiming();
    CountingSink sink;
    auto fold = std::make_unique<Fold>(config, stream.dictionary, devices,
                                       std::vector<View>{{0, GoodWhen::kAll}}, sink);
    state.ResumeTiming();
    for (std::size_t i = 0; i < stream.api.size(); ++i) {
      if (two_legs) fold->apply(stream.commands[i]);
      if (two_legs) fold->apply(stream.replies[i]);
      fold->apply(stream.api[i]);
      if (i % 2000 == 0) fold->tick(floor_to(stream.api[i].received, seconds(10)));
    }
    benchmark::DoNotOptimize(sink.sum);
    state.PauseTiming();
    fold.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * kEvents);
}

void fold_one_leg(benchmark::State& state) {
  run(state, false, false, false);
}
void fold_one_leg_with_ids(benchmark::State& state) {
  run(state, false, false, true);
}
void fold_retry(benchmark::State& state) {
  run(state, true, false, false);
}
void fold_two_legs_three_rows(benchmark::State& state) {
  run(state, false, true, true);
}
void fold_two_legs_with_retry(benchmark::State& state) {
  run(state, true, true, true);
}

BENCHMARK(fold_one_leg)->Unit(benchmark::kMillisecond);
BENCHMARK(fold_one_leg_with_ids)->Unit(benchmark::kMillisecond);
BENCHMARK(fold_retry)->Unit(benchmark::kMillisecond);
BENCHMARK(fold_two_legs_three_rows)->Unit(benchmark::kMillisecond);
BENCHMARK(fold_two_legs_with_retry)->Unit(benchmark::kMillisecond);

}  // namespace
