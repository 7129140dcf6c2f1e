// Detection and reset times of burn-rate rules, simulated in 10 s ticks with the real windows and
// comparisons, against the closed formulas of Google's Site Reliability Workbook, chapter 5: with budget B =
// 1 - target, error ratio e, window w and burn b, a constant e after a clean start is detected after B / e *
// w * b, never if e <= b * B.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <optional>

#include "slod/slo/slo_math.h"
#include "slod/window/window_table.h"

namespace slod {
namespace {

constexpr std::int64_t kPerSlot = 100'000;  // uniform traffic; every ratio below is a whole number of events
const Time kStart = *parse_rfc3339("2026-11-22T12:00:00Z");

struct Rule {
  Duration window;
  std::int64_t burn_micros;
};
constexpr std::array<Rule, 4> kRules = {Rule{hours(1), 14'400'000}, Rule{hours(6), 6'000'000},
                                        Rule{hours(24), 3'000'000}, Rule{hours(72), 1'000'000}};

/// One series after days of good traffic, fed slot by slot.
class Simulation {
 public:
  Simulation(Ppm objective, std::initializer_list<Duration> windows) : objective_(objective) {
    window::SeriesSpec spec;
    for (const Duration w : windows) spec.windows.push_back({w, std::nullopt});
    table_.add(spec);
    for (Slot s = slot_of(kStart) - 27'000; s < slot_of(kStart); ++s) table_.record(0, s, {kPerSlot, 0});
    table_.advance(kStart);
  }
  /// One slot with so many bad events per million, then the tick that ends it.
  void slot(std::int64_t bad_ppm) {
    const std::int64_t bad = kPerSlot * bad_ppm / kOne;
    table_.record(0, slot_of(table_.now()), {kPerSlot - bad, bad});
    table_.advance(table_.now() + kSlotLength);
  }
  [[nodiscard]] bool burning(std::size_t w, std::int64_t burn_micros) const {
    const window::Counts c = table_.read(0, w);
    return slo::burns_faster(c.bad, c.valid(), burn_micros, objective_);
  }
  [[nodiscard]] double seconds_in() const { return to_seconds(table_.now() - kStart); }

 private:
  Ppm objective_;
  window::WindowTable table_;
};

/// Seconds until each rule's long window burns faster than its rule, or nothing by 3 days and an hour.
std::array<std::optional<double>, 4> detect(Ppm objective, std::int64_t error_ppm) {
  Simulation sim(objective, {hours(1), hours(6), hours(24), hours(72)});
  std::array<std::optional<double>, 4> found;
  for (int i = 0; i < 73 * 360; ++i) {
    sim.slot(error_ppm);
    for (std::size_t r = 0; r < 4; ++r) {
      if (!found[r] && sim.burning(r, kRules[r].burn_micros)) found[r] = sim.seconds_in();
    }
  }
  return found;
}

double resolution_seconds(Duration window) {
  return window <= hours(1) ? 10 : window <= hours(24) ? 60 : 300;
}

void expect_detection(Ppm objective, std::int64_t error_ppm, const std::array<double, 4>& minutes_or_never) {
  const auto found = detect(objective, error_ppm);
  for (std::size_t r = 0; r < 4; ++r) {
    SCOPED_TRACE(testing::Message() << "objective " << objective << ", errors " << error_ppm << " ppm, rule "
                                    << r);
    const double w = to_seconds(kRules[r].window), b = static_cast<double>(kRules[r].burn_micros) / 1e6;
    if (minutes_or_never[r] == 0) {
      EXPECT_FALSE(found[r]);
      continue;
    }
    const double formula = static_cast<double>(kOne - objective) / static_cast<double>(error_ppm) * w * b;
    EXPECT_NEAR(formula / 60, minutes_or_never[r], 1e-9) << "the table and the formula";
    ASSERT_TRUE(found[r]);
    // At the first tick after the formula's time; a window's rounded edge holds up to one resolution more of
    // good.
    EXPECT_GT(*found[r] + 1e-9, formula);
    EXPECT_LE(*found[r], formula * (w + resolution_seconds(kRules[r].window)) / w + 10 + 1e-9);
    if (r == 0) {
      EXPECT_DOUBLE_EQ(*found[r], std::floor(formula / 10 + 1e-9) * 10 + 10);
    }
  }
}

constexpr double kNever = 0;

TEST(DetectionTimeTest, EqualsTheFormulaForEveryRuleAndErrorRatioAt99) {
  expect_detection(990'000, 1'000'000, {8.64, 21.6, 43.2, 43.2});
  expect_detection(990'000, 500'000, {17.28, 43.2, 86.4, 86.4});
  expect_detection(990'000, 200'000, {43.2, 108, 216, 216});
  expect_detection(990'000, 150'000, {57.6, 144, 288, 288});
  expect_detection(990'000, 100'000, {kNever, 216, 432, 432});
  expect_detection(990'000, 50'000, {kNever, kNever, 864, 864});
  expect_detection(990'000, 20'000, {kNever, kNever, kNever, 2160});
  expect_detection(990'000, 2'000, {kNever, kNever, kNever, kNever});
}

TEST(DetectionTimeTest, EqualsTheFormulaForEveryRuleAndErrorRatioAt999) {
  expect_detection(999'000, 1'000'000, {0.864, 2.16, 4.32, 4.32});
  expect_detection(999'000, 500'000, {1.728, 4.32, 8.64, 8.64});
  expect_detection(999'000, 200'000, {4.32, 10.8, 21.6, 21.6});
  expect_detection(999'000, 150'000, {5.76, 14.4, 28.8, 28.8});
  expect_detection(999'000, 100'000, {8.64, 21.6, 43.2, 43.2});
  expect_detection(999'000, 50'000, {17.28, 43.2, 86.4, 86.4});
  expect_detection(999'000, 20'000, {43.2, 108, 216, 216});
  expect_detection(999'000, 2'000, {kNever, kNever, kNever, 2160});
}

// An error ratio of exactly b * B never fires: the comparison is strict.
TEST(DetectionTimeTest, NeverComesAtExactlyTheBurnOfTheRule) {
  expect_detection(990'000, 10'000, {kNever, kNever, kNever, kNever});
  expect_detection(999'000, 14'400, {kNever, 150, 300, 300});
}

// Workbook, figure 5-6: 15 % errors for 10 minutes at 99.9 %. The long window turns at 5.76 min; after the
// errors stop the short one clears at 4.52 min, the long one alone would stay until 54.24 min.
TEST(ResetTimeTest, TheShortWindowEndsWhatTheLongOneAloneWouldHoldForAnHour) {
  Simulation sim(999'000, {hours(1), minutes(5)});
  std::optional<double> short_on, long_on, short_off, long_off;
  for (int i = 0; i < 600; ++i) {
    sim.slot(i < 60 ? 150'000 : 0);
    const bool long_now = sim.burning(0, 14'400'000), short_now = sim.burning(1, 14'400'000);
    if (long_now && !long_on) long_on = sim.seconds_in();
    if (short_now && !short_on) short_on = sim.seconds_in();
    if (!long_now && long_on && !long_off) long_off = sim.seconds_in() - 600;
    if (!short_now && short_on && !short_off) short_off = sim.seconds_in() - 600;
  }
  EXPECT_EQ(short_on, 30);    // 0.48 min = 28.8 s, at the next tick
  EXPECT_EQ(long_on, 350);    // 5.76 min = 345.6 s
  EXPECT_EQ(short_off, 280);  // 4.52 min = 271.2 s
  EXPECT_EQ(long_off, 3260);  // 54.24 min = 3254.4 s
}

// Workbook, method 4: 5 % of the budget in 1 h is burn 36. A full outage is detected after 129.6 s; if it
// ends there, the alert resets 57.84 min later. A steady 35 never fires.
TEST(ResetTimeTest, MethodFourHoldsForFiftyEightMinutes) {
  Simulation sim(999'000, {hours(1)});
  std::optional<double> on, off;
  for (int i = 0; i < 500; ++i) {
    sim.slot(on ? 0 : 1'000'000);
    if (!on && sim.burning(0, 36'000'000)) on = sim.seconds_in();
    if (on && !off && !sim.burning(0, 36'000'000)) off = sim.seconds_in() - *on;
  }
  EXPECT_EQ(on, 130);
  EXPECT_EQ(off, 3480);
  Simulation steady(999'000, {hours(1)});
  for (int i = 0; i < 800; ++i) {
    steady.slot(35'000);
    ASSERT_FALSE(steady.burning(0, 36'000'000));
  }
}

// Workbook, methods 1 and 2: a full outage is seen after 0.6 s by a 10 min window at burn 1, after 129.6 s by
// 36 h.
TEST(DetectionTimeTest, MethodsOneAndTwoSeeAFullOutageAtTheNextTick) {
  Simulation sim(999'000, {minutes(10), hours(36)});
  std::optional<double> one, two;
  for (int i = 0; i < 20; ++i) {
    sim.slot(1'000'000);
    if (!one && sim.burning(0, 1'000'000)) one = sim.seconds_in();
    if (!two && sim.burning(1, 1'000'000)) two = sim.seconds_in();
  }
  EXPECT_EQ(one, 10);
  EXPECT_EQ(two, 130);
}

}  // namespace
}  // namespace slod
