// Ticks that are left out while an engine is at rest change nothing: from then on it says, through another
// history too, what an engine says that ran them all. SLOD_SEED=n runs history n alone.
#include <algorithm>

#include "support/histories.h"
#include "unit/engine/describe.h"
#include "unit/engine/random_slos.h"
#include "unit/fold/history.h"

namespace slod::engine::test {
namespace {

using fold::test::Step;
using fold::test::Tick;

constexpr Duration kInterval = seconds(10);
const std::string nothing = describe(std::vector<Transition>{});

class Rows : public fold::test::FoldTest {
  void TestBody() override {}
};

/// A history, and an engine that has seen all of it.
struct Past {
  explicit Past(std::uint64_t seed) {
    Random random(seed);
    fold::test::HistoryMaker maker(seed, rows);
    maker.shape(rows.config);
    SloMaker(random, hours(1)).add_slos(rows.config);
    steps = maker.make();
    engine = std::make_unique<Engine>(std::make_shared<Config>(rows.config), no_devices, rows.dictionary);
    play(Duration(0));
  }
  /// The history as it is, or once more so much later. What was said at its ticks.
  std::string play(Duration later) {
    std::string said;
    for (const Step& step : steps) {
      if (const auto* api = std::get_if<ApiRow>(&step)) {
        ApiRow row = *api;
        row.start += later;
        row.received += later;
        engine->apply(row);
      } else if (const auto* device = std::get_if<DeviceRow>(&step)) {
        DeviceRow row = *device;
        row.time += later;
        row.received += later;
        engine->apply(row);
      } else {
        said += run(std::get<Tick>(step).at + later);
        said += describe(*engine->snapshot());
      }
    }
    return said;
  }
  std::string run(Time at) {
    last = at;
    return describe(engine->tick(at));
  }

  std::vector<fleet::RegistryEntry> no_devices;
  Rows rows;
  std::vector<Step> steps;
  std::unique_ptr<Engine> engine;
  Time last;
};

TEST(RestTest, LeavingTicksOutAtRestGivesWhatRunningThemAllGives) {
  const std::uint64_t first = slod::test::first_seed();
  const std::uint64_t count = std::getenv("SLOD_SEED") != nullptr ? 1 : slod::test::histories(30) / 10;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    Past all(seed), some(seed);
    const Time first_tick =
        std::get<Tick>(*std::find_if(all.steps.begin(), all.steps.end(),
                                     [](const Step& step) { return std::holds_alternative<Tick>(step); }))
            .at -
        kInterval;
    const Time quiet = all.last + hours(1);
    while (all.last < quiet || !all.engine->at_rest()) {
      ASSERT_LT(all.last - quiet, hours(24 * 40)) << "never at rest; SLOD_SEED=" << seed;
      const Time next = all.last + kInterval;
      ASSERT_EQ(all.run(next), some.run(next));
    }
    const Time end = all.last + kInterval * Random(seed).between(3, 6 * 60 * 24 * 3);
    while (all.last < end) ASSERT_EQ(all.run(all.last + kInterval), nothing) << "SLOD_SEED=" << seed;
    some.run(end - kInterval);
    some.run(end);
    ASSERT_EQ(describe(*all.engine->snapshot()), describe(*some.engine->snapshot())) << "SLOD_SEED=" << seed;
    const Duration later = end - first_tick + hours(1);
    ASSERT_EQ(all.play(later), some.play(later)) << "SLOD_SEED=" << seed;
  }
}

TEST(RestTest, AnEngineWithAnEventInAWindowIsNotAtRest) {
  Past past(3);
  EXPECT_FALSE(past.engine->at_rest());
}

}  // namespace
}  // namespace slod::engine::test
