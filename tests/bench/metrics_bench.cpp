// /metrics of 1,000 SLOs and 10,000 group series: what the first scrape of a tick renders, and what each
// further one adds. Goal: 10 ms.
#include <benchmark/benchmark.h>
#include <malloc.h>

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

/// As the daemon does: a text of some megabytes is not mapped and cleared anew for each scrape.
const bool kKeepsMemory =
    ::mallopt(M_MMAP_THRESHOLD, 16 << 20) == 1 && ::mallopt(M_TRIM_THRESHOLD, 32 << 20) == 1;

/// As the handler of /metrics makes it.
std::string text_of(const SloMetrics& slos) {
  static const engine::Snapshot kEmpty;
  const std::string process = process_metrics_text(kEmpty, {});
  std::string text;
  text.reserve(slos.size() + process.size());
  slos.append_to(text);
  return text += process;
}

// Yardstick: the text copied once.
void Yardstick_Copy(benchmark::State& state) {
  const World world;
  const std::string text = slo_metrics_text(world.snapshot);
  for (auto _ : state) benchmark::DoNotOptimize(std::string(text));
}
BENCHMARK(Yardstick_Copy)->Unit(benchmark::kMillisecond);

void Metrics_OncePerTick(benchmark::State& state) {
  const World world;
  SloMetrics slos;
  for (auto _ : state) {
    slos.render(world.snapshot);
    benchmark::DoNotOptimize(text_of(slos));
  }
  state.counters["bytes"] = static_cast<double>(slos.size());
}
BENCHMARK(Metrics_OncePerTick)->Unit(benchmark::kMillisecond);

void Metrics_FurtherScrape(benchmark::State& state) {
  const World world;
  SloMetrics slos;
  slos.render(world.snapshot);
  for (auto _ : state) benchmark::DoNotOptimize(text_of(slos));
}
BENCHMARK(Metrics_FurtherScrape)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace slod::serve
