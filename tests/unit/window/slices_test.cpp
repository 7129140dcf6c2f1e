#include "slod/window/slices.h"

#include <gtest/gtest.h>

#include <map>

#include "seed.h"
#include "support/histories.h"

namespace slod::window {
namespace {

using Deltas = std::vector<std::pair<Slot, Counts>>;
const Time kNoon = *parse_rfc3339("2026-11-22T12:00:00Z");

TEST(SliceBookTest, ASliceIsGoodFromItsTargetOnAndInNoCountWithoutEvents) {
  SliceBook book(minutes(1), 950'000, hours(2));
  Deltas before;
  book.advance(kNoon, before);
  const Slot noon = slot_of(kNoon);
  book.record(noon, {19, 1});
  book.record(noon + 6, {18, 1});
  book.record(noon + 12, {0, 0});
  Deltas deltas;
  book.advance(kNoon + minutes(3), deltas);
  EXPECT_EQ(deltas, (Deltas{{noon, {1, 0}}, {noon + 6, {0, 1}}}));
}

TEST(SliceBookTest, ALateCountRebooksItsSlice) {
  SliceBook book(minutes(1), 950'000, hours(2));
  Deltas deltas;
  book.advance(kNoon, deltas);
  book.record(slot_of(kNoon) - 3, {1, 0});
  book.advance(kNoon + seconds(10), deltas);
  book.record(slot_of(kNoon) - 6, {0, 1});
  book.advance(kNoon + seconds(20), deltas);
  book.record(slot_of(kNoon) - 6, {0, -1});
  book.record(slot_of(kNoon) - 3, {-1, 0});
  book.advance(kNoon + seconds(30), deltas);
  const Slot slice = slot_of(kNoon) - 6;
  EXPECT_EQ(deltas, (Deltas{{slice, {1, 0}}, {slice, {-1, 1}}, {slice, {0, -1}}}));
}

TEST(SliceBookTest, TheRunningSliceIsJudgedByWhatItHasSoFar) {
  SliceBook book(minutes(1), 500'000, hours(2));
  Deltas deltas;
  book.advance(kNoon, deltas);
  book.record(slot_of(kNoon), {1, 0});
  book.record(slot_of(kNoon) + 1, {0, 5});
  book.advance(kNoon + seconds(10), deltas);
  EXPECT_EQ(deltas, (Deltas{{slot_of(kNoon), {1, 0}}}));
  book.advance(kNoon + seconds(20), deltas);
  EXPECT_EQ(deltas.back(), (std::pair<Slot, Counts>{slot_of(kNoon), {-1, 1}}));
}

TEST(SliceBookTest, DropsCountsOfSlicesLeftOfEveryRoundedEdge) {
  SliceBook book(minutes(1), 500'000, hours(1));
  Deltas deltas;
  book.advance(kNoon, deltas);
  book.record(slot_of(kNoon - hours(2)) - 1, {0, 1});
  book.record(slot_of(kNoon - hours(2)), {0, 1});
  book.advance(kNoon + seconds(10), deltas);
  EXPECT_EQ(deltas, (Deltas{{slot_of(kNoon - hours(2)), {0, 1}}}));
}

Counts judge(Counts c, std::int64_t target_ppm) {
  if (c.valid() <= 0) return {};
  return c.good * 1'000'000 >= target_ppm * c.valid() ? Counts{1, 0} : Counts{0, 1};
}

// The model keeps the slots' counts and judges every slice anew at each tick; the book's deltas must sum to
// the same.
void run_slice_history(std::uint64_t seed) {
  slod::test::Random random(seed);
  const std::array<Duration, 4> slices = {seconds(10), minutes(1), seconds(70), minutes(5)};
  const Duration slice = random.pick(slices);
  const std::int64_t per_slice = slice / kSlotLength, target = random.between(1, 1'000'000);
  Time now = slot_start(random.between(170'000'000, 190'000'000));
  SliceBook book(slice, target, hours(24 * 400));  // kept for longer than a history lasts
  std::map<Slot, Counts> slots, booked;
  Deltas deltas;
  book.advance(now, deltas);
  for (int i = 0; i < 40; ++i) {
    const Slot slot = slot_of(now) + 15 - random.between(0, random.one_in(3) ? 3'000 : 60);
    if (!slots.empty() && random.one_in(8)) {
      const auto [where, counts] = *slots.begin();
      book.record(where, {-counts.good, -counts.bad});
      slots.erase(slots.begin());
    } else if (random.one_in(3)) {
      const std::array<Duration, 4> steps = {seconds(10), seconds(40), minutes(7), hours(5)};
      now += random.pick(steps);
      deltas.clear();
      book.advance(now, deltas);
      for (const auto& [where, delta] : deltas) booked[where] += delta;
      std::map<Slot, Counts> recount;
      for (const auto& [where, counts] : slots) {
        if (where < slot_of(now)) recount[floor_div(where, per_slice) * per_slice] += counts;
      }
      for (const auto& [where, counts] : recount) booked[where];
      for (const auto& [where, sum] : booked) ASSERT_EQ(sum, judge(recount[where], target)) << seed;
    } else {
      const Counts c{random.between(0, 4), random.between(0, 2)};
      book.record(slot, c);
      slots[slot] += c;
    }
  }
}

TEST(SliceBookProperty, DeltasSumToAFreshJudgementOnRandomHistories) {
  for (std::uint64_t i = 0; i < slod::test::histories(3'000); ++i) {
    run_slice_history(slod::test::first_seed() + i);
    ASSERT_FALSE(HasFatalFailure()) << "replay with SLOD_SEED=" << slod::test::first_seed() + i;
  }
}

TEST(SliceBookTest, AMonthOfBusyMinutesPaysEightBytesASlice) {
  SliceBook book(minutes(1), 950'000, hours(24 * 30 + 1));
  Deltas deltas;
  for (int i = 0; i < 43'200; ++i) {
    book.record(slot_of(kNoon) + i * 6, {1, 0});
    book.advance(kNoon + minutes(i + 1), deltas);
  }
  EXPECT_EQ(deltas.size(), 43'200u);
  EXPECT_LT(book.memory(), 400'000u);
}

}  // namespace
}  // namespace slod::window
