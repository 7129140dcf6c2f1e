// Hourly totals on disk: what an hour's write costs, what a year takes, what reading it costs. Each measure
// counts the whole, three outcomes and its groups in every hour of the day.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <filesystem>
#include <string>

#include "slod/journal/totals.h"

namespace slod::journal {
namespace {

constexpr std::int64_t kFirstHour = 490'000;

/// A directory that goes.
struct Place {
  Place() {
    std::string pattern = std::filesystem::temp_directory_path() / "slod-totals-XXXXXX";
    dir = ::mkdtemp(pattern.data());
  }
  ~Place() { std::filesystem::remove_all(dir); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  std::string dir;
};

/// What the tick at the end of an hour tells.
HourlyTotals told(std::int64_t hour, std::int64_t measures, std::int64_t groups) {
  HourlyTotals totals;
  totals.until = Time((hour + 1) * hours(1));
  const auto count = [&](std::int64_t i) {
    return HourCount{hour, 900 + (i * 37 + hour * 11) % 200, (i * 7 + hour) % 13};
  };
  for (std::int64_t m = 0; m < measures; ++m) {
    MeasureHours& measure = totals.measures.emplace_back();
    measure.measure = "journey\nUnlock" + std::to_string(m) + "\n0\nevents\nsli 0 0";
    measure.series.push_back({TotalOf::kWhole, {}, {count(m)}});
    for (const char* outcome : {"ok", "http_error", "device_timeout"})
      measure.series.push_back({TotalOf::kOutcome, {outcome}, {count(m + 1)}});
    for (std::int64_t g = 0; g < groups; ++g)
      measure.series.push_back({TotalOf::kGroup, {"area-" + std::to_string(g)}, {count(m + g)}});
  }
  return totals;
}

/// Each write goes to disk: real time.
void Totals_WriteAnHour(benchmark::State& state) {
  const Place place;
  std::string told_aside;
  auto store = TotalsStore::open(place.dir, hours(24 * 1096), told_aside);
  std::int64_t hour = kFirstHour;
  for (auto _ : state) {
    state.PauseTiming();
    const HourlyTotals totals = told(hour++, state.range(0), state.range(1));
    state.ResumeTiming();
    if (!(*store)->add(totals)) state.SkipWithError("not written");
  }
}
BENCHMARK(Totals_WriteAnHour)
    ->Args({1'000, 0})
    ->Args({1, 10'000})
    ->Iterations(48)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

/// A year of one measure, its groups included; bytes for each hour of a series on disk.
void Totals_ReadAYear(benchmark::State& state) {
  const Place place;
  const std::int64_t groups = state.range(0), hours_of = 365 * 24;
  {
    std::string told_aside;
    auto store = TotalsStore::open(place.dir, hours(24 * 1096), told_aside);
    if (!(*store)->begin_recount()) state.SkipWithError("not begun");
    for (std::int64_t h = 0; h < hours_of; ++h) {
      if (!(*store)->add_recount(told(kFirstHour + h, 1, groups))) state.SkipWithError("not written");
    }
    if (!(*store)->publish_recount(1, Time{})) state.SkipWithError("not published");
  }
  const std::string measure = told(0, 1, 0).measures[0].measure;
  for (auto _ : state) {
    auto read = read_totals(place.dir, {measure, kFirstHour, kFirstHour + hours_of});
    if (!read || read->series.size() != static_cast<std::size_t>(groups) + 4) state.SkipWithError("not read");
  }
  const auto bytes = static_cast<double>(std::filesystem::file_size(totals_path(place.dir)));
  state.counters["bytes_an_hour_of_a_series"] = bytes / static_cast<double>(hours_of * (groups + 4));
}
BENCHMARK(Totals_ReadAYear)->Arg(0)->Arg(100)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace slod::journal
