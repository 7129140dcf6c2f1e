// /metrics of 1,000 SLOs and 10,000 group series: what the first scrape of a tick renders, and what each
// further one adds. Goal: 10 ms.
#include <benchmark/benchmark.h>

#include "slod/serve/render.h"

namespace slod::serve {
namespace {

constexpr int kSlos = 1'000, kGroups = 10;

struct World {
  Config config;
  engine::Snapshot snapshot;

  World() {
    for (int i = 0; i < kSlos; ++i) {
      SloConfig slo;
      slo.name = "unlock-availability-" + std::to_string(i);
      slo.service = "rides";
      slo.owner = "server-team";
      slo.objective = 999'000;
      config.slos.push_back(slo);
    }
    for (const SloConfig& slo : config.slos) snapshot.slos.push_back(reading(slo));
  }

  static engine::SloReading reading(const SloConfig& slo) {
    engine::SloReading r;
    r.config = &slo;
    const auto count = static_cast<std::int64_t>(1'000'003 + 17 * slo.name.size());
    r.good = count, r.bad = 1'234;
    r.sli = 0.998767, r.has_data = true;
    r.budget.remaining_ratio = -0.2341232;
    for (const char* window : {"5m", "30m", "1h", "2h", "6h", "1d", "3d"})
      r.windows.push_back({window, {count, 12}, 1.0 / 3, 0.99912345, {}});
    for (const char* span : {"1h", "1d", "30d"}) r.quantiles[span] = {0.21, 0.8123, 4.2345};
    for (const char* severity : {"page", "page", "ticket", "ticket"})
      r.alerts.push_back({severity, "1h", "5m", 14.4, false, false, std::nullopt});
    for (int g = 0; g < kGroups; ++g)
      r.groups.push_back({{{"area", "area-" + std::to_string(g)}}, count, 12, 999'000, {}, {}});
    r.booked = {1'000'000, 1'234, 5'678};
    r.latency_buckets.bounds = {0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60};
    r.latency_buckets.counts.assign(14, 12'345);
    r.latency_buckets.sum = 12'345.678;
    return r;
  }
};

void Metrics_OncePerTick(benchmark::State& state) {
  const World world;
  std::size_t bytes = 0;
  for (auto _ : state) bytes = slo_metrics_text(world.snapshot).size();
  state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK(Metrics_OncePerTick)->Unit(benchmark::kMillisecond);

void Metrics_FurtherScrape(benchmark::State& state) {
  const World world;
  const std::string slos = slo_metrics_text(world.snapshot);
  for (auto _ : state) {
    std::string text = process_metrics_text(world.snapshot, {});
    text.insert(0, slos);
    benchmark::DoNotOptimize(text);
  }
}
BENCHMARK(Metrics_FurtherScrape)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace slod::serve
