// What a table tells by the hour against a recount of every event: whatever the windows reach back to, in
// whatever portions it is asked, and through an archive.
#include <gtest/gtest.h>

#include <map>

#include "seed.h"
#include "slod/window/window_table.h"
#include "support/histories.h"

namespace slod::window::test {
namespace {

using slod::test::Random;
using Hours = std::map<std::pair<SeriesId, std::int64_t>, Counts>;

void add(Hours& to, const std::vector<SeriesHour>& told) {
  for (const SeriesHour& one : told) to[{one.series, one.hour}] += one.counts;
}
void drop_empty(Hours& hours) {
  std::erase_if(hours, [](const auto& one) { return one.second == Counts{}; });
}

struct Event {
  SeriesId series = 0;
  Slot slot = 0;
  Counts counts;
};

class TallyHistory {
 public:
  /// `forgets`: one event that the model does not hear of.
  TallyHistory(std::uint64_t seed, bool forgets) : random_(seed), forgets_(forgets) {
    table_.keep_hours();
    now_ = slot_start(random_.between(170'000'000, 190'000'000));
    table_.advance(now_);
    for (int i = 0; i < 3; ++i)
      table_.add({{{minutes(5), std::nullopt}, {hours(24 * (i + 1)), std::nullopt}}});
  }

  /// What is told, and what should be.
  std::pair<Hours, Hours> run() {
    for (std::int64_t steps = random_.between(5, 60); steps > 0; --steps) step();
    now_ += hours(2);  // nothing waits any more
    table_.advance(now_);
    add(told_, table_.take_hours());
    Hours wanted;
    for (const Event& event : events_)
      wanted[{event.series, floor_div(nanos(slot_start(event.slot)), nanos(Time(hours(1))))}] += event.counts;
    drop_empty(told_);
    drop_empty(wanted);
    return {told_, wanted};
  }

 private:
  void step() {
    switch (random_.between(0, 7)) {
      case 0:
      case 1:
        now_ += random_.one_in(5) ? hours(random_.between(1, 50)) : Duration(seconds(10));
        return table_.advance(now_);
      case 2:
        return table_.settle();
      case 3:
        return add(told_, table_.take_hours());
      case 4:
        return through_an_archive();
      default:
        return record();
    }
  }

  void record() {
    const std::int64_t late = random_.one_in(3) ? random_.between(0, 400'000) : random_.between(-300, 60);
    Event event{static_cast<SeriesId>(random_.between(0, 2)),
                slot_of(now_) - late,
                {random_.between(-2, 5), random_.between(-2, 5)}};
    table_.record(event.series, event.slot, event.counts);
    if (!std::exchange(forgets_, false)) events_.push_back(event);
  }

  void through_an_archive() {
    archive::Writer writer;
    table_.io(writer);
    const std::string bytes = writer.take();
    WindowTable restored;
    restored.keep_hours();
    archive::Reader reader(bytes);
    restored.io(reader);
    ASSERT_TRUE(reader.complete());
    table_ = std::move(restored);
  }

  Random random_;
  bool forgets_;
  WindowTable table_;
  Time now_;
  std::vector<Event> events_;
  Hours told_;
};

TEST(HourTallyProperty, WhatIsToldAddsUpToEveryEventByItsHour) {
  for (std::uint64_t i = 0; i < slod::test::histories(3'000); ++i) {
    const std::uint64_t seed = slod::test::first_seed() + i;
    const auto [told, wanted] = TallyHistory(seed, false).run();
    ASSERT_EQ(told, wanted) << "replay with SLOD_SEED=" << seed;
  }
}

TEST(HourTallyProperty, AnEventMoreIsFound) {
  std::size_t found = 0;
  for (std::uint64_t i = 0; i < 200; ++i) {
    const auto [told, wanted] = TallyHistory(slod::test::first_seed() + i, true).run();
    found += told == wanted ? 0 : 1;
  }
  EXPECT_GT(found, 100u);
}

TEST(HourTallyTest, SlotsThatComeInTurnsFromTwoHoursDoNotPileUp) {
  WindowTable table;
  table.keep_hours();
  const SeriesId id = table.add({{{minutes(5), std::nullopt}}});
  Time now = Time(hours(24 * 20'000));
  table.advance(now);
  for (int i = 0; i < 100'000; ++i) {
    table.record(id, slot_of(now) - 1 - 400 * (i % 2), {1, 0});
    table.settle();
  }
  archive::Writer writer;
  table.io(writer);
  EXPECT_LT(writer.take().size(), 10'000u);
  const std::vector<SeriesHour> told = table.take_hours();
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[0].counts.good + told[1].counts.good, 100'000);
}

TEST(HourTallyTest, NothingIsKeptUnlessItIsAskedFor) {
  WindowTable table;
  const SeriesId id = table.add({{{minutes(5), std::nullopt}}});
  table.advance(Time(hours(24 * 20'000)));
  table.record(id, slot_of(table.now()) - 1, {1, 0});
  table.settle();
  EXPECT_TRUE(table.take_hours().empty());
}

}  // namespace
}  // namespace slod::window::test
