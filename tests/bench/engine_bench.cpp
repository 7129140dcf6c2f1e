// The engine as a whole: one event through fold and windows, a tick with its reading, the same with several
// SLOs and shards. Goals: an event 50 ns at 1,000 series and 100 ns at 100,000, late 150 ns; a tick of 1,000
// series 1 ms, of 10,000 15 ms. Real time where there are shards, for they are threads.
#include <benchmark/benchmark.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "slod/engine/engine.h"

namespace slod::engine {
namespace {

const Time kNoon = *parse_rfc3339("2026-11-22T12:00:00Z");
constexpr int kEvents = 100'000;

AlertPolicy policy() {
  AlertPolicy policy;
  policy.name = "default";
  const auto rule = [&](const char* severity, double burn, Duration long_window, Duration short_window) {
    policy.rules.push_back(
        {severity, burn, static_cast<std::int64_t>(burn * 1e6), long_window, short_window});
  };
  rule("page", 14.4, hours(1), minutes(5));
  rule("page", 6, hours(6), minutes(30));
  rule("ticket", 3, hours(24), hours(2));
  rule("ticket", 1, hours(72), hours(6));
  return policy;
}

/// `journeys` with `slos` SLOs each; grouped by area or not.
std::shared_ptr<Config> config_of(int journeys, int slos, bool grouped, bool latency) {
  auto config = std::make_shared<Config>();
  config->limits = {200'000, 200'000};
  config->sources.resize(1);
  config->sources[0].name = "gateway";
  config->sources[0].format.emplace();
  config->policies = {policy()};
  for (int j = 0; j < journeys; ++j) {
    JourneyConfig journey;
    journey.name = "j" + std::to_string(j);
    journey.api = ApiLeg{"gateway", "POST", "/" + std::to_string(j), {}, {}};
    journey.labels = {"area"};
    config->journeys.push_back(journey);
    for (int s = 0; s < slos; ++s) {
      SloConfig slo;
      slo.name = journey.name + "-" + std::to_string(s);
      slo.journey = j;
      slo.objective = 990'000 + s;
      slo.alert_policy = 0;
      if (latency && s % 2 == 1) {
        slo.sli = SliKind::kLatency;
        slo.threshold = seconds(1 + s);
      }
      if (grouped) slo.group_by = {"area"};
      config->slos.push_back(slo);
    }
  }
  return config;
}

struct Rows {
  Dictionary dictionary;
  std::vector<ApiRow> rows;

  /// `latency`: whether the log has any.
  Rows(int journeys, int areas, bool latency) {
    std::uint64_t random = 1;
    for (int i = 0; i < kEvents; ++i) {
      random = random * 6364136223846793005 + 1442695040888963407;
      const auto draw = random >> 33;
      ApiRow row;
      row.start = kNoon + Duration(i * 100'000LL);
      if (latency) row.latency = std::chrono::milliseconds(20 + draw % 900);
      row.received = row.start + std::chrono::milliseconds(20);
      row.source = dictionary.intern("gateway");
      row.route = dictionary.intern("POST /" + std::to_string(draw % static_cast<unsigned>(journeys)));
      const Label area{dictionary.intern("area"),
                       dictionary.intern("a" + std::to_string(draw % static_cast<unsigned>(areas)))};
      row.labels = dictionary.intern_labels({&area, 1});
      row.status = draw % 50 == 0 ? 503 : 200;
      rows.push_back(row);
    }
  }
};

/// As the journal's groups are applied: each row is announced before.
void apply(Engine& engine, const std::vector<ApiRow>& rows, Duration shift, Duration late) {
  constexpr std::size_t kAhead = Engine::kLookAhead;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i + kAhead < rows.size()) engine.prefetch(rows[i + kAhead]);
    ApiRow row = rows[i];
    row.received += shift;
    row.start += shift - late;
    engine.apply(row);
  }
}

/// Events in order, a tick after each hundred thousand. `late`: of twenty minutes ago.
void run(benchmark::State& state, const std::shared_ptr<Config>& config, Rows& rows, Duration late) {
  Engine engine(config, {}, rows.dictionary);
  engine.keep_hours();  // as the daemon does
  Time now = kNoon;
  engine.tick(now);
  for (auto _ : state) {
    apply(engine, rows.rows, now - kNoon, late);
    state.PauseTiming();
    now += kSlotLength;
    engine.tick(now);
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * kEvents);
}

// Yardstick: one relaxed fetch_add by one thread.
void Yardstick_FetchAdd(benchmark::State& state) {
  std::atomic<std::uint64_t> counter{0};
  for (auto _ : state) benchmark::DoNotOptimize(counter.fetch_add(1, std::memory_order_relaxed));
}
BENCHMARK(Yardstick_FetchAdd);

// One SLO over so many groups: fold, windows of the whole and of the group, without latency.
void Engine_Event(benchmark::State& state) {
  Rows rows(1, static_cast<int>(state.range(0)), false);
  run(state, config_of(1, 1, true, false), rows, Duration(0));
}
BENCHMARK(Engine_Event)->Arg(1)->Arg(1'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

void Engine_EventWithLatency(benchmark::State& state) {
  Rows rows(1, static_cast<int>(state.range(0)), true);
  run(state, config_of(1, 1, true, false), rows, Duration(0));
}
BENCHMARK(Engine_EventWithLatency)->Arg(1)->Arg(1'000)->Unit(benchmark::kMillisecond);

void Engine_EventLate(benchmark::State& state) {
  Rows rows(1, static_cast<int>(state.range(0)), false);
  run(state, config_of(1, 1, true, false), rows, minutes(20));
}
BENCHMARK(Engine_EventLate)->Arg(1)->Arg(1'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

// SLOs of one journey, and shards; the tick is in it.
void Engine_Shards(benchmark::State& state) {
  Rows rows(1, 40, true);
  auto config = config_of(1, static_cast<int>(state.range(0)), true, true);
  config->shards = static_cast<int>(state.range(1));
  Engine engine(config, {}, rows.dictionary);
  engine.keep_hours();  // as the daemon does
  Time now = kNoon;
  engine.tick(now);
  for (auto _ : state) {
    const Duration shift = now - kNoon;
    for (ApiRow row : rows.rows) {
      row.received += shift;
      row.start += shift;
      engine.apply(row);
    }
    now += kSlotLength;
    benchmark::DoNotOptimize(engine.tick(now));
  }
  state.SetItemsProcessed(state.iterations() * kEvents);
}
BENCHMARK(Engine_Shards)->ArgsProduct({{1, 4, 12}, {1, 2}})->Unit(benchmark::kMillisecond)->UseRealTime();

// So many SLOs, each with traffic since the last tick: rotate, rules, and the reading for the snapshot.
void Engine_Tick(benchmark::State& state, bool reading) {
  const int slos = static_cast<int>(state.range(0));
  Rows rows(slos, 5, false);
  auto config = config_of(slos, 1, false, false);
  Engine engine(config, {}, rows.dictionary);
  engine.keep_hours();  // as the daemon does
  Time now = kNoon;
  engine.tick(now);
  for (auto _ : state) {
    state.PauseTiming();
    const Duration shift = now - kNoon;
    for (ApiRow row : rows.rows) {
      row.received += shift;
      row.start += shift;
      engine.apply(row);
    }
    now += kSlotLength;
    state.ResumeTiming();
    benchmark::DoNotOptimize(engine.tick(now));
    if (reading) benchmark::DoNotOptimize(engine.snapshot());
  }
}
BENCHMARK_CAPTURE(Engine_Tick, Rules, false)
    ->Arg(1'000)
    ->Arg(10'000)
    ->Unit(benchmark::kMillisecond)
    ->Iterations(20);
BENCHMARK_CAPTURE(Engine_Tick, RulesAndReading, true)
    ->Arg(1'000)
    ->Arg(10'000)
    ->Unit(benchmark::kMillisecond)
    ->Iterations(20);

}  // namespace
}  // namespace slod::engine
