// The fast writer of the SLOs' metrics against prometheus-cpp's serialiser on random snapshots.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "serve/text_page.h"
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

/// Each line's value with 16 digits, as prometheus-cpp writes it.
std::string with_sixteen_digits(const std::string& text) {
  std::istringstream lines(text);
  std::string all;
  for (std::string line; std::getline(lines, line); all += line + "\n") {
    const std::size_t value = line.starts_with('#') ? std::string::npos : line.rfind(' ');
    if (value == std::string::npos) continue;
    std::array<char, 40> digits{};
    std::snprintf(digits.data(), digits.size(), "%.16g", std::strtod(line.c_str() + value, nullptr));
    line.replace(value + 1, std::string::npos, digits.data());
  }
  return all;
}

TEST(SloMetrics, AreWhatPrometheusCppWritesByteForByteButForShorterNumbers) {
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
    ASSERT_EQ(with_sixteen_digits(slo_metrics_text(snapshot)), reference::slo_metrics(snapshot))
        << "SLOD_SEED=" << seed;
  }
}

std::string numbers(std::initializer_list<double> values) {
  std::string all;
  std::array<char, kLongestNumber> text{};
  for (const double value : values)
    all.append(text.data(), static_cast<std::size_t>(put_number(text.data(), value) - text.data()))
        .append(" ");
  return all;
}

TEST(SloMetrics, ANumberIsTheShortestThatReadsBackTheSame) {
  EXPECT_EQ(numbers({0.0, -0.0, 1, -3, 0.1, 9.95, 99.99999, 1e-7, -0.2341232, 1.0 / 3}),
            "0 0 1 -3 0.1 9.95 99.99999 1e-07 -0.2341232 0.3333333333333333 ");
  EXPECT_EQ(numbers({999999999999999, 1e15, 1e300, INFINITY, -INFINITY, NAN}),
            "999999999999999 1e+15 1e+300 +Inf -Inf NaN ");
  Random random(slod::test::first_seed());
  for (int i = 0; i < 100'000; ++i) {
    const double value = maybe(random).value_or(1e-300) * std::pow(10, random.between(-20, 20));
    const std::string text = numbers({value});
    ASSERT_EQ(std::strtod(text.c_str(), nullptr), value) << text;
    ASSERT_LE(text.size(), kLongestNumber);
  }
}

TEST(SloMetrics, ARenderingKeepsNothingOfTheOneBefore) {
  Random random(slod::test::first_seed());
  SloConfig slo;
  SloMetrics metrics;
  for (int i = 0; i < 50; ++i) {
    slo.name = "slo-" + std::to_string(random.between(0, 99'999));
    engine::Snapshot snapshot;
    for (std::int64_t n = random.between(0, 20); n > 0; --n) snapshot.slos.push_back(reading(random, slo));
    metrics.render(snapshot);
    std::string text;
    metrics.append_to(text);
    ASSERT_EQ(text, slo_metrics_text(snapshot));
    ASSERT_GE(metrics.size(), text.size());
  }
}

}  // namespace
}  // namespace slod::serve
