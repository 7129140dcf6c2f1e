// The fast writer of the SLOs' metrics against prometheus-cpp's serialiser, byte for byte, on random
// snapshots.
#include <gtest/gtest.h>

#include "unit/serve/reference_metrics.h"
#include "unit/window/seed.h"

namespace slod::serve {
namespace {

using slod::test::Random;

std::optional<double> maybe(Random& random) {
  if (random.one_in(4)) return std::nullopt;
  if (random.one_in(3)) return static_cast<double>(random.between(-3, 1'000'000'000'000));
  return static_cast<double>(random.between(-1'000'000, 1'000'000)) /
         static_cast<double>(random.between(1, 1'000'000'000));
}

std::string words(Random& random) {
  return random.pick(
      std::vector<std::string>{"shibuya", "", "a\"b", "back\\slash", "two\nlines", "渋谷", "x y"});
}

engine::RuleStatus rule(Random& random) {
  return {random.one_in(2) ? "page" : "ticket", "1h", "5m", 14.4, random.one_in(2), false, std::nullopt};
}

engine::Missing missing(Random& random) {
  if (random.one_in(2)) return {};
  const double complete = random.one_in(2) ? 0.999 : static_cast<double>(random.between(0, 998)) / 1000;
  return {random.between(0, 9), random.between(0, 9), complete};
}

engine::SloReading reading(Random& random, const SloConfig& config) {
  engine::SloReading r;
  r.config = &config;
  r.good = random.between(0, 1'000'000);
  r.bad = random.between(0, 3);
  r.sli = maybe(random), r.coverage = maybe(random), r.missing = missing(random);
  if (random.one_in(2)) r.unknown_actor = random.between(0, 100);
  r.budget.remaining_ratio = maybe(random);
  r.has_data = random.one_in(2);
  for (const char* window : {"5m", "1h", "30d"}) {
    if (!random.one_in(3))
      r.windows.push_back(
          {window, {random.between(0, 100), 1}, maybe(random), maybe(random), missing(random)});
  }
  if (random.one_in(2)) r.quantiles["1h"] = {maybe(random), maybe(random), maybe(random)};
  r.latency_buckets = {{0.01, 0.025, 2.5, 20},
                       {1, 0, static_cast<std::uint64_t>(random.between(0, 1'000'000'000)), 2, 3},
                       42.125};
  for (std::size_t i = 0; i < 3; ++i) {
    r.booked[i] = static_cast<std::uint64_t>(random.between(0, 1'000'000'000'000'000));
    r.withdrawn[i] = static_cast<std::uint64_t>(random.between(0, 9));
  }
  for (std::int64_t i = random.between(0, 2); i > 0; --i) r.alerts.push_back(rule(random));
  for (std::int64_t i = random.between(0, 3); i > 0; --i) {
    r.groups.push_back({{{"area", words(random)}, {"device.model", words(random)}}, i, 1, 990'000, {}, {}});
    if (random.one_in(2)) r.groups.back().alerts.push_back(rule(random));
  }
  return r;
}

TEST(SloMetrics, AreByteForByteWhatPrometheusCppWrites) {
  const std::uint64_t first = slod::test::first_seed();
  for (std::uint64_t seed = first; seed < first + 300; ++seed) {
    Random random(seed);
    auto config = std::make_shared<Config>();
    for (std::int64_t i = random.between(0, 5); i >= 0; --i) {
      SloConfig slo;
      slo.name = "slo-" + std::to_string(i);
      slo.service = words(random);
      slo.journey = static_cast<int>(random.between(-1, 1));
      slo.objective = random.between(1, 999'999);
      if (random.one_in(2)) slo.owner = words(random);
      if (random.one_in(2)) slo.runbook = words(random);
      config->slos.push_back(slo);
    }
    engine::Snapshot snapshot;
    for (const SloConfig& slo : config->slos) snapshot.slos.push_back(reading(random, slo));
    ASSERT_EQ(slo_metrics_text(snapshot), reference::slo_metrics(snapshot)) << "SLOD_SEED=" << seed;
  }
}

}  // namespace
}  // namespace slod::serve
