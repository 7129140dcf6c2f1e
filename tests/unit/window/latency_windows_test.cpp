#include "slod/window/latency_windows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>

#include "seed.h"
#include "support/histories.h"

namespace slod::window {
namespace {

const Time kNoon = *parse_rfc3339("2026-11-22T12:00:00Z");
constexpr auto kHour = LatencyWindows::kHour;
constexpr auto kDaySpan = LatencyWindows::kDaySpan;
constexpr auto kSloWindow = LatencyWindows::kSloWindow;

double relative_error(Duration got, Duration want) {
  if (got == want) return 0;
  return std::abs(to_seconds(got) - to_seconds(want)) / to_seconds(want);
}

TEST(LatencyBinTest, EveryBoundaryAndItsNeighboursAreWithinTheProvenError) {
  for (std::uint16_t bin = 1; bin < 3711; ++bin) {
    // Finds the first value of the bin by bisection, knowing only that bins are in order.
    std::int64_t low = 0, high = std::numeric_limits<std::int64_t>::max();
    while (low < high) {
      const std::int64_t middle = low + (high - low) / 2;
      (bin_of(Duration(middle)) >= bin ? high : low) = bin_of(Duration(middle)) >= bin ? middle : middle + 1;
    }
    ASSERT_EQ(bin_of(Duration(low)), bin);
    ASSERT_EQ(bin_of(Duration(low - 1)), bin - 1);
    for (const std::int64_t value : {low - 1, low, low + 1}) {
      ASSERT_LE(relative_error(bin_value(bin_of(Duration(value))), Duration(value)), 0.0079) << value;
    }
  }
}

TEST(LatencyBinTest, NegativeIsZeroAndTheLongestFits) {
  EXPECT_EQ(bin_of(Duration(-5)), 0);
  EXPECT_EQ(bin_value(0), Duration(0));
  EXPECT_EQ(bin_of(Duration::max()), 3711);
  EXPECT_GT(bin_value(3711), hours(24 * 365 * 280));
}

using Sampler = std::function<double(std::mt19937_64&)>;

void expect_quantiles_within_one_percent(const char* name, const Sampler& sample) {
  slod::test::Random random(slod::test::first_seed());
  LatencyWindows windows;
  const std::uint32_t id = windows.add(hours(720));
  windows.advance(kNoon);
  std::vector<Duration> values;
  for (int i = 0; i < 100'000; ++i) {
    values.emplace_back(static_cast<std::int64_t>(sample(random.engine()) * 1e9));
    windows.record(id, slot_of(kNoon) - 1 - i % 300, values.back(), 1);
  }
  windows.settle();
  std::sort(values.begin(), values.end());
  const auto n = static_cast<std::int64_t>(values.size());
  for (const std::int64_t permille : {1, 500, 900, 990, 999, 1000}) {
    const Duration want = values[static_cast<std::size_t>((permille * n + 999) / 1000 - 1)];
    const auto got = windows.quantile(id, kHour, static_cast<double>(permille) / 1000);
    ASSERT_TRUE(got);
    EXPECT_LE(relative_error(*got, want), 0.0079)
        << name << " " << permille << " SLOD_SEED=" << slod::test::first_seed();
  }
}

TEST(LatencyQuantileTest, IsWithinOnePercentOfTheExactOneOnKnownShapes) {
  expect_quantiles_within_one_percent("lognormal",
                                      [](auto& r) { return std::lognormal_distribution<>(-2, 1)(r); });
  expect_quantiles_within_one_percent("bimodal", [](auto& r) {
    return std::bernoulli_distribution(0.9)(r) ? std::normal_distribution<>(0.05, 0.005)(r)
                                               : std::normal_distribution<>(2.0, 0.2)(r);
  });
  expect_quantiles_within_one_percent("pareto", [](auto& r) {
    return 0.001 / std::pow(1.0 - std::uniform_real_distribution<>(0, 1)(r), 1 / 1.2);
  });
  expect_quantiles_within_one_percent("100 us to 1 h, even in the logarithm", [](auto& r) {
    return std::exp(std::uniform_real_distribution<>(std::log(1e-4), std::log(3600))(r));
  });
}

TEST(LatencyQuantileTest, TakesTheNearestRankAndNotTheFloatAboveIt) {
  LatencyWindows windows;
  const std::uint32_t id = windows.add(hours(720));
  windows.advance(kNoon);
  for (int i = 1; i <= 100; ++i) windows.record(id, slot_of(kNoon) - 1, Duration(i), 1);
  windows.settle();
  // 0.9 * 100 and 0.29 * 100 are above 90 and below 29 in binary.
  EXPECT_EQ(windows.quantile(id, kHour, 0.5), Duration(50));
  EXPECT_EQ(windows.quantile(id, kHour, 0.9), Duration(90));
  EXPECT_EQ(windows.quantile(id, kHour, 0.99), Duration(99));
  EXPECT_EQ(windows.quantile(id, kHour, 0.29), Duration(29));
  EXPECT_EQ(windows.quantile(id, kHour, 1.0), Duration(100));
  EXPECT_EQ(windows.quantile(id, kHour, 1e-9), Duration(1));
}

TEST(LatencyQuantileTest, IsAbsentWithoutValues) {
  LatencyWindows windows;
  const std::uint32_t id = windows.add(hours(720));
  windows.advance(kNoon);
  EXPECT_FALSE(windows.quantile(id, kHour, 0.5));
  windows.record(id, slot_of(kNoon) - 1, seconds(1), 1);
  windows.record(id, slot_of(kNoon) - 1, seconds(1), -1);
  windows.settle();
  EXPECT_FALSE(windows.quantile(id, kSloWindow, 0.5));
  EXPECT_EQ(windows.count(id, kSloWindow), 0);
}

TEST(LatencyQuantileTest, AWithdrawalOfWhatWasNeverRecordedTakesNothing) {
  LatencyWindows windows;
  const std::uint32_t id = windows.add(hours(720));
  windows.advance(kNoon);
  windows.record(id, slot_of(kNoon) - 1, seconds(1), 1);
  windows.record(id, slot_of(kNoon) - 1, seconds(2), -1);
  windows.settle();
  EXPECT_EQ(windows.count(id, kHour), 1);
}

// ---- against a recount
// --------------------------------------------------------------------------------------------

struct Value {
  Slot slot;
  Duration latency;
  int sign;
};

struct LatencyModel {
  Duration slo_window;
  std::optional<Slot> since;
  std::vector<Value> values;

  [[nodiscard]] Time left(LatencyWindows::Span span, Time at) const {
    if (span == kSloWindow && since) return slot_start(*since);
    const Duration length = span == kHour ? hours(1) : span == kDaySpan ? hours(24) : slo_window;
    const Duration step = length <= hours(1)    ? Duration(minutes(5))
                          : length <= hours(24) ? hours(1)
                                                : hours(24);
    return floor_to(at - length, step);
  }

  [[nodiscard]] std::vector<std::uint16_t> sorted_bins(LatencyWindows::Span span, Time at) const {
    std::vector<std::uint16_t> bins;
    for (const Value& v : values) {
      if (slot_start(v.slot) < left(span, at) || slot_start(v.slot) >= at) continue;
      if (v.sign > 0) bins.push_back(bin_of(v.latency));
    }
    std::sort(bins.begin(), bins.end());
    for (const Value& v : values) {
      if (slot_start(v.slot) < left(span, at) || slot_start(v.slot) >= at || v.sign > 0) continue;
      bins.erase(std::lower_bound(bins.begin(), bins.end(), bin_of(v.latency)));
    }
    return bins;
  }
};

void expect_equal(const LatencyWindows& windows, std::uint32_t id, const LatencyModel& model, Time now) {
  for (const auto span : {kHour, kDaySpan, kSloWindow}) {
    const auto bins = model.sorted_bins(span, now);
    ASSERT_EQ(windows.count(id, span), static_cast<std::int64_t>(bins.size())) << "span " << span;
    for (const std::size_t percent : {50u, 90u, 99u}) {
      const auto got = windows.quantile(id, span, static_cast<double>(percent) / 100);
      ASSERT_EQ(got.has_value(), !bins.empty());
      if (!got) continue;
      ASSERT_EQ(*got, bin_value(bins[(percent * bins.size() + 99) / 100 - 1])) << "span " << span;
    }
  }
}

void run_latency_history(std::uint64_t seed) {
  slod::test::Random random(seed);
  Time now = slot_start(random.between(170'000'000, 190'000'000));
  const std::array<Duration, 6> lengths = {minutes(10), hours(1), hours(6), hours(24), hours(28), hours(720)};
  const std::array<Duration, 6> steps = {seconds(10), seconds(10), minutes(3),
                                         hours(1),    hours(7),    hours(24 * 12)};
  LatencyModel model{random.pick(lengths), std::nullopt, {}};
  if (random.one_in(4)) model.since = slot_of(now) - random.between(0, 100'000);
  LatencyWindows windows;
  const std::uint32_t id = windows.add(model.slo_window, model.since);
  windows.advance(now);
  for (int i = 0; i < 30; ++i) {
    const std::int64_t what = random.between(0, 9);
    if (what < 3) {
      now += random.pick(steps);
      windows.advance(now);
    } else if (what == 3 && model.since) {
      model.since = (slot_of(now) - random.between(0, 350)) / 30 * 30;
      windows.reanchor(id, *model.since);
    } else if (what == 4 && !model.values.empty() && model.values.back().sign > 0) {
      Value v = model.values.back();
      v.sign = -1;
      model.values.push_back(v);
      windows.record(id, v.slot, v.latency, -1);
    } else {
      const std::array<std::int64_t, 4> back = {60, 400, 9'000, 270'000};
      const Value v{slot_of(now) + 20 - random.between(0, random.pick(back)),
                    Duration(random.between(0, std::int64_t{1} << random.between(0, 45))), 1};
      for (std::int64_t n = random.one_in(20) ? 400 : 1; n > 0; --n) {
        model.values.push_back(v);
        windows.record(id, v.slot, v.latency, 1);
      }
    }
    if (random.one_in(3)) continue;  // what is late stays unsettled until a tick or another look
    windows.settle();
    expect_equal(windows, id, model, now);
    if (testing::Test::HasFatalFailure()) return;
  }
}

TEST(LatencyWindowsProperty, EqualsARecountOfAllValuesOnRandomHistories) {
  for (std::uint64_t i = 0; i < slod::test::histories(3'000); ++i) {
    const std::uint64_t seed = slod::test::first_seed() + i;
    run_latency_history(seed);
    ASSERT_FALSE(HasFatalFailure()) << "replay with SLOD_SEED=" << seed;
  }
}

TEST(LatencyMemoryTest, ABusyMonthStaysSmallAndASparseSeriesTiny) {
  slod::test::Random random(slod::test::first_seed());
  LatencyWindows windows;
  const std::uint32_t busy = windows.add(hours(720)), sparse = windows.add(hours(720));
  std::lognormal_distribution<> shape(-1.5, 0.8);
  for (Time t = kNoon; t < kNoon + hours(24 * 32); t += seconds(10)) {
    for (int i = 0; i < 2; ++i) {
      windows.record(busy, slot_of(t), Duration(static_cast<std::int64_t>(shape(random.engine()) * 1e9)), 1);
    }
    if (slot_of(t) % 2592 == 0) windows.record(sparse, slot_of(t), seconds(1), 1);
    windows.advance(t + seconds(10));
  }
  EXPECT_LE(windows.memory(busy), 50'000u);
  EXPECT_GE(windows.count(sparse, kSloWindow), 99);
  EXPECT_LE(windows.memory(sparse), 6'000u);
  std::cout << "latency bytes: busy " << windows.memory(busy) << ", sparse " << windows.memory(sparse)
            << "\n";
}

}  // namespace
}  // namespace slod::window
