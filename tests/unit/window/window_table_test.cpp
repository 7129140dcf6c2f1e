#include "slod/window/window_table.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <limits>

namespace slod::window {
namespace {

constexpr Time at(std::int64_t epoch_seconds) {
  return Time(seconds(epoch_seconds));
}
const Time kNoon = *parse_rfc3339("2026-11-22T12:00:00Z");

SeriesSpec rolling(std::initializer_list<Duration> lengths) {
  SeriesSpec spec;
  for (const Duration length : lengths) spec.windows.push_back({length, std::nullopt});
  return spec;
}

const SeriesSpec kPolicy =
    rolling({minutes(5), minutes(30), hours(1), hours(2), hours(6), hours(24), hours(72), hours(720)});

/// The first tick, in seconds after an event at kNoon + offset, at which a window no longer holds it.
std::int64_t seconds_until_forgotten(Duration window, Duration offset) {
  WindowTable table;
  const SeriesId id = table.add(rolling({window}));
  table.advance(kNoon + offset);
  table.record(id, slot_of(kNoon + offset), {1, 0});
  for (Time t = kNoon + offset;; t += seconds(10)) {
    table.advance(t);
    if (t > kNoon + offset && table.read(id, 0) == Counts{}) return (t - kNoon - offset) / seconds(1);
  }
}

TEST(RollingWindowTest, BeginsWhereTheEdgeSays) {
  for (const int length_minutes : {5, 60, 120, 1440, 4320, 43'200}) {
    const Duration length = minutes(length_minutes);
    for (int step = 0; step < 400; ++step) {
      WindowTable table;
      const SeriesId id = table.add(rolling({length}));
      const Slot now = slot_of(kNoon) + step, edge = left_edge(length / kSlotLength, now);
      table.advance(slot_start(now));
      table.record(id, edge - 1, {0, 1});
      table.record(id, edge, {1, 0});
      table.settle();
      ASSERT_EQ(table.read(id, 0), (Counts{1, 0})) << format_duration(length) << ", slot " << step;
    }
  }
}

TEST(RollingWindowTest, HoldsTheSlotBeforeTheTickAndNotTheRunningOne) {
  WindowTable table;
  const SeriesId id = table.add(rolling({minutes(5)}));
  table.advance(kNoon);
  table.record(id, slot_of(kNoon) - 1, {1, 0});
  table.record(id, slot_of(kNoon), {0, 1});
  table.settle();
  EXPECT_EQ(table.read(id, 0), (Counts{1, 0}));
  table.advance(kNoon + seconds(10));
  EXPECT_EQ(table.read(id, 0), (Counts{1, 1}));
}

TEST(RollingWindowTest, ForgetsEventsExactlyAtTheWindowEdge) {
  EXPECT_EQ(seconds_until_forgotten(minutes(5), seconds(0)), 310);
  EXPECT_EQ(seconds_until_forgotten(hours(1), seconds(0)), 3610);
}

TEST(RollingWindowTest, HasTenSecondsUpToAnHourAMinuteUpToADayFiveUpToAWeekAnHourBeyond) {
  EXPECT_EQ(seconds_until_forgotten(hours(1), seconds(20)), 3600 + 10);
  EXPECT_EQ(seconds_until_forgotten(hours(1) + seconds(10), seconds(20)), 3610 + 40);
  EXPECT_EQ(seconds_until_forgotten(hours(24), seconds(20)), 86400 + 40);
  EXPECT_EQ(seconds_until_forgotten(hours(24) + seconds(10), seconds(20)), 86410 + 280);
  EXPECT_EQ(seconds_until_forgotten(hours(168), seconds(20)), 604800 + 280);
  EXPECT_EQ(seconds_until_forgotten(hours(168) + seconds(10), seconds(20)), 604810 + 3580);
}

TEST(RollingWindowTest, CorrectsEveryWindowThatContainsALateEvent) {
  WindowTable table;
  const SeriesId id = table.add(kPolicy);
  table.advance(kNoon);
  table.record(id, slot_of(kNoon - hours(5)), {0, 3});
  EXPECT_EQ(table.read(id, 7), Counts{}) << "what is read between ticks is of the last tick";
  table.settle();
  for (std::size_t w = 0; w < 4; ++w) EXPECT_EQ(table.read(id, w), Counts{}) << w;
  for (std::size_t w = 4; w < 8; ++w) EXPECT_EQ(table.read(id, w), (Counts{0, 3})) << w;
}

TEST(RollingWindowTest, AMillionLateCountsBetweenTwoTicksCostTheMemoryOfTheirSlots) {
  WindowTable table;
  const SeriesId id = table.add(kPolicy);
  table.advance(kNoon);
  for (std::int64_t i = 0; i < 1'000'000; ++i) table.record(id, slot_of(kNoon) - 1 - i * 7919 % 2000, {1, 0});
  EXPECT_LE(table.memory(id), 4u * 2000 * 24);
  table.settle();
  EXPECT_EQ(table.read(id, 7), (Counts{1'000'000, 0}));
}

TEST(RollingWindowTest, AFullCellOfTheRunningSlotGoesOn) {
  WindowTable table;
  const SeriesId id = table.add(kPolicy);
  table.advance(kNoon);
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  for (const std::int64_t n : {kMost, std::int64_t{1}, kMost * 9, std::int64_t{-3}})
    table.record(id, slot_of(kNoon), {n, n + 1});
  table.advance(kNoon + seconds(10));
  EXPECT_EQ(table.read(id, 0), (Counts{kMost * 10 - 2, kMost * 10 + 2}));
}

TEST(RollingWindowTest, KeepsAFutureSlotOutUntilItsTime) {
  WindowTable table;
  const SeriesId id = table.add(rolling({hours(1)}));
  table.advance(kNoon);
  table.record(id, slot_of(kNoon + hours(48)), {7, 0});
  table.advance(kNoon + hours(48));
  EXPECT_EQ(table.read(id, 0), Counts{});
  table.advance(kNoon + hours(48) + seconds(10));
  EXPECT_EQ(table.read(id, 0), (Counts{7, 0}));
}

TEST(RollingWindowTest, TakesBackAWithdrawnEventWhereverItStands) {
  WindowTable table;
  const SeriesId id = table.add(kPolicy);
  table.advance(kNoon);
  table.record(id, slot_of(kNoon), {0, 1});
  table.record(id, slot_of(kNoon), {0, -1});
  table.record(id, slot_of(kNoon) - 9, {0, 1});
  table.record(id, slot_of(kNoon) - 9, {1, -1});
  table.advance(kNoon + seconds(10));
  for (std::size_t w = 0; w < 8; ++w) EXPECT_EQ(table.read(id, w), (Counts{1, 0})) << w;
}

TEST(RollingWindowTest, AJumpOfAYearForgetsEverything) {
  WindowTable table;
  const SeriesId id = table.add(kPolicy);
  table.advance(kNoon);
  for (Slot s = 1; s <= 9000; ++s) table.record(id, slot_of(kNoon) - s, {2, 1});
  table.settle();
  EXPECT_EQ(table.read(id, 5), (Counts{17280, 8640}));
  table.advance(kNoon + hours(24 * 365));
  for (std::size_t w = 0; w < 8; ++w) EXPECT_EQ(table.read(id, w), Counts{}) << w;
  EXPECT_LT(table.memory(id), 1000u);
}

TEST(RollingWindowTest, CountsBeyondThirtyTwoBitsInOneCellStayExact) {
  WindowTable table;
  const SeriesId id = table.add(rolling({minutes(5), hours(720)}));
  table.advance(kNoon);
  constexpr std::int64_t kMany = 3'000'000'000;
  for (int i = 0; i < 5; ++i) table.record(id, slot_of(kNoon) - 5, {kMany, kMany + 1});
  table.settle();
  EXPECT_EQ(table.read(id, 1), (Counts{5 * kMany, 5 * kMany + 5}));
  table.advance(kNoon + minutes(10));
  EXPECT_EQ(table.read(id, 0), Counts{});
  table.advance(kNoon + hours(722));
  EXPECT_EQ(table.read(id, 1), Counts{});
}

TEST(RollingWindowTest, HoldsInTheYears1969And2262) {
  WindowTable table;
  const SeriesId id = table.add(kPolicy);
  table.record(id, -1, {1, 0});
  table.settle();
  EXPECT_EQ(table.read(id, 0), (Counts{1, 0}));
  const Time end = at(9'223'372'030);
  table.record(id, slot_of(end) - 1, {0, 1});
  table.advance(end);
  for (std::size_t w = 0; w < 8; ++w) EXPECT_EQ(table.read(id, w), (Counts{0, 1})) << w;
}

TEST(RollingWindowTest, LoadsAHistoryInAnyOrderBeforeTheFirstTick) {
  WindowTable table;
  const SeriesId id = table.add(kPolicy);
  constexpr Slot kMonth = 259'200,
                 kStride = 100'003;  // prime to each other: every slot once, far from in order
  for (Slot i = 0; i < kMonth; ++i) table.record(id, slot_of(kNoon) - 1 - i * kStride % kMonth, {1, 0});
  table.advance(kNoon);
  EXPECT_EQ(table.read(id, 7), (Counts{259'200, 0}));
  EXPECT_LE(table.memory(id), 40'960u);
}

TEST(AnchoredWindowTest, BeginsExactlyAtItsSlot) {
  WindowTable table;
  const Slot since = slot_of(kNoon) - 100'001;
  const SeriesId id = table.add({{{Duration{0}, since}}});
  table.advance(kNoon);
  table.record(id, since - 1, {0, 1});
  table.record(id, since, {1, 0});
  table.settle();
  EXPECT_EQ(table.read(id, 0), (Counts{1, 0}));
}

TEST(AnchoredWindowTest, ANewPeriodKeepsWhatAlreadyLiesInIt) {
  WindowTable table;
  const Slot monday = slot_of(kNoon);
  const SeriesId id = table.add({{{Duration{0}, monday - 60'480}}});
  table.advance(kNoon - seconds(10));
  table.record(id, monday - 1, {1, 0});
  table.record(id, monday, {0, 1});
  table.record(id, monday + 1, {0, 1});
  table.advance(kNoon + seconds(10));
  table.reanchor(id, 0, monday);
  EXPECT_EQ(table.read(id, 0), (Counts{0, 1}));
  table.record(id, monday - 1, {1, 0});
  table.advance(kNoon + seconds(20));
  EXPECT_EQ(table.read(id, 0), (Counts{0, 2}));
}

TEST(WindowMemoryTest, ASeriesWithAHundredEventsPaysAtMostFourKilobytes) {
  for (const Duration spread : {Duration(minutes(15)), Duration(hours(1)), Duration(hours(3)),
                                Duration(hours(20)), Duration(hours(24 * 5)), Duration(hours(24 * 25))}) {
    WindowTable table;
    const SeriesId id = table.add(kPolicy);
    table.advance(kNoon);
    for (int i = 0; i < 100; ++i) table.record(id, slot_of(kNoon - seconds(10) - i * (spread / 100)), {1, 0});
    table.settle();
    EXPECT_LE(table.memory(id), 4096u) << format_duration(spread);
  }
}

TEST(WindowMemoryTest, ADenseThirtyDaySeriesPaysAtMostFortyKilobytes) {
  WindowTable table;
  const SeriesId id = table.add(kPolicy);
  for (Time t = kNoon; t < kNoon + hours(24 * 35); t += seconds(10)) {
    table.record(id, slot_of(t), {1, 0});
    table.advance(t + seconds(10));
  }
  EXPECT_LE(table.memory(id), 40'960u);
  EXPECT_EQ(table.read(id, 7), (Counts{259'200, 0}));
}

TEST(WindowMemoryTest, TenThousandSparseSeriesStayUnderAHundredMegabytes) {
  WindowTable table;
  std::size_t bytes = 0;
  for (int i = 0; i < 10'000; ++i) table.add(kPolicy);
  table.advance(kNoon);
  for (SeriesId id = 0; id < 10'000; ++id) {
    for (int i = 0; i < 20; ++i) table.record(id, slot_of(kNoon) - 1 - i * 1000 - id % 7, {1, 0});
    table.settle();
    bytes += table.memory(id);
  }
  EXPECT_LT(bytes, 100u << 20);
}

}  // namespace
}  // namespace slod::window
