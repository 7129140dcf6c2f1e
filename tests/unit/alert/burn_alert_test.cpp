#include "slod/alert/burn_alert.h"

#include <gtest/gtest.h>

namespace slod::alert {
namespace {

const Time kStart = from_nanos(1'795'000'000'000'000'000);
constexpr Ppm kNinetyNine = 990'000;

BurnRule rule(double burn = 14.4) {
  return {"page", burn, static_cast<std::int64_t>(burn * 1e6), hours(1), minutes(5)};
}

struct Bench {
  AlertPolicy policy;
  BurnRule burn_rule = rule();
  BurnAlert alert{burn_rule, policy, kNinetyNine};
  Time at = kStart;

  explicit Bench(std::int64_t min_bad = 1) { policy.min_bad = min_bad; }
  std::optional<State> tick(window::Counts l, window::Counts s, Duration step = seconds(10)) {
    at += step;
    RuleInput input;
    input.at = at;
    input.long_window = l;
    input.short_window = s;
    return alert.evaluate(input);
  }
};

TEST(BurnAlert, ASingleFailureFiresAmongSixEventsAndNotAmongSeven) {
  EXPECT_EQ(Bench().tick({5, 1}, {5, 1}), State::kFiring);
  EXPECT_EQ(Bench().tick({6, 1}, {6, 1}), std::nullopt);
}

TEST(BurnAlert, ExactlyAtTheThresholdDoesNotFire) {
  EXPECT_EQ(Bench().tick({856, 144}, {856, 144}), std::nullopt);  // 14.4 % of 1000: not strictly above
  EXPECT_EQ(Bench().tick({855, 145}, {855, 145}), State::kFiring);
}

TEST(BurnAlert, NeedsBothWindows) {
  EXPECT_EQ(Bench().tick({50, 50}, {100, 1}), std::nullopt);
  EXPECT_EQ(Bench().tick({10'000, 50}, {50, 50}), std::nullopt);
}

TEST(BurnAlert, FewerBadEventsThanTheEvidenceNeverFire) {
  Bench bench(5);
  EXPECT_EQ(bench.tick({0, 4}, {0, 4}), std::nullopt);
  EXPECT_EQ(bench.tick({0, 5}, {0, 5}), State::kFiring);
}

TEST(BurnAlert, BadFromOneDeviceAloneIsNotEnoughWhereTwoAreAsked) {
  Bench bench;
  bench.policy.min_devices = 2;
  RuleInput input{kStart, {0, 9}, {0, 9}, 0, 0, 1, false};
  EXPECT_EQ(bench.alert.evaluate(input), std::nullopt);
  input.bad_devices = -1;  // not known: not asked for
  EXPECT_EQ(bench.alert.evaluate(input), State::kFiring);
}

TEST(BurnAlert, EndsOnlyAfterTheShortWindowWasCalmForItsWholeLength) {
  Bench bench;
  ASSERT_EQ(bench.tick({0, 50}, {0, 50}), State::kFiring);
  const Time calm_from = bench.at + seconds(10);
  std::optional<State> change;
  while (!change) change = bench.tick({1000, 50}, {1000, 0});
  EXPECT_EQ(change, State::kInactive);
  EXPECT_EQ(bench.at - calm_from, minutes(5));
}

TEST(BurnAlert, BetweenNineTenthsAndTheThresholdItGoesOn) {
  Bench bench;
  ASSERT_EQ(bench.tick({0, 50}, {0, 50}), State::kFiring);
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(bench.tick({1000, 50}, {867, 133}), std::nullopt);  // 13.3 > 0.9 * 14.4
  for (int i = 0; i < 20; ++i) EXPECT_EQ(bench.tick({1000, 50}, {880, 120}), std::nullopt);  // calm begins
  EXPECT_EQ(bench.tick({1000, 50}, {860, 140}), std::nullopt);  // and is broken off
  int ticks = 0;
  while (!bench.tick({1000, 50}, {880, 120})) ++ticks;
  EXPECT_EQ(ticks, 30);
}

TEST(BurnAlert, WithoutEventsItIsHeldAndDoesNotEnd) {
  Bench bench;
  ASSERT_EQ(bench.tick({0, 50}, {0, 50}), State::kFiring);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(bench.tick({0, 50}, {0, 0}), std::nullopt);
  EXPECT_TRUE(bench.alert.held());
  EXPECT_EQ(bench.alert.state(), State::kFiring);
}

TEST(BurnAlert, ADownSourceHoldsIt) {
  Bench bench;
  ASSERT_EQ(bench.tick({0, 50}, {0, 50}), State::kFiring);
  RuleInput input{bench.at, {1000, 0}, {1000, 0}, 0, 0, -1, true};
  for (int i = 0; i < 100; ++i) {
    input.at += seconds(10);
    EXPECT_EQ(bench.alert.evaluate(input), std::nullopt);
  }
  EXPECT_TRUE(bench.alert.held());
}

TEST(BurnAlert, TheUnseenPartOfAWindowCountsAsExpectedTraffic) {
  Bench bench;
  RuleInput input{kStart, {5, 1}, {5, 1}, 100, 0, -1, false};
  EXPECT_EQ(bench.alert.evaluate(input), std::nullopt);  // 1 of 106 in the hour is no burn of 14.4
}

}  // namespace
}  // namespace slod::alert
