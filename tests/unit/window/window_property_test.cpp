// The table against a recount of every event, and proof that the comparison can fail.
#include <gtest/gtest.h>

#include "support/histories.h"
#include "window_history.h"

namespace slod::window::test {
namespace {

constexpr std::uint64_t kHistories = slod::test::histories(10'000);

TEST(WindowTableProperty, EqualsARecountOfAllEventsOnTenThousandRandomHistories) {
  for (std::uint64_t i = 0; i < kHistories; ++i) {
    const std::uint64_t seed = slod::test::first_seed() + i;
    const auto difference = WindowHistory<WindowTable>(seed).run();
    ASSERT_FALSE(difference) << *difference << "\nreplay with SLOD_SEED=" << seed;
  }
}

template <typename Table>
std::uint64_t histories_until_found() {
  for (std::uint64_t i = 0; i < 500; ++i) {
    if (WindowHistory<Table>(slod::test::first_seed() + i).run()) return i + 1;
  }
  return 0;
}

// Negative controls: each of these has one mistake that a reviewer could miss.
struct OneSlotTooLong : WindowTable {
  SeriesId add(SeriesSpec spec) {
    for (WindowSpec& w : spec.windows) w.length += kSlotLength;
    return WindowTable::add(spec);
  }
};

struct CountsTheRunningSlot : WindowTable {
  void record(SeriesId id, Slot slot, Counts delta) {
    WindowTable::record(id, slot == slot_of(now()) ? slot - 1 : slot, delta);
  }
};

struct ForgetsLateCounts : WindowTable {
  void record(SeriesId id, Slot slot, Counts delta) {
    if (slot >= slot_of(now()) - 360) WindowTable::record(id, slot, delta);
  }
};

struct KeepsTheOldPeriod : WindowTable {
  void reanchor(SeriesId id, std::size_t window, Slot since) { WindowTable::reanchor(id, window, since - 1); }
};

TEST(WindowTableProperty, TheComparisonFindsAWindowOneSlotTooLong) {
  EXPECT_GT(histories_until_found<OneSlotTooLong>(), 0u);
}
TEST(WindowTableProperty, TheComparisonFindsATableThatCountsTheRunningSlot) {
  EXPECT_GT(histories_until_found<CountsTheRunningSlot>(), 0u);
}
TEST(WindowTableProperty, TheComparisonFindsATableThatForgetsLateCounts) {
  EXPECT_GT(histories_until_found<ForgetsLateCounts>(), 0u);
}
TEST(WindowTableProperty, TheComparisonFindsAPeriodThatBeginsOneSlotEarly) {
  EXPECT_GT(histories_until_found<KeepsTheOldPeriod>(), 0u);
}

}  // namespace
}  // namespace slod::window::test
