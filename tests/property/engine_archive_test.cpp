// An engine that was archived and read back goes on as the one that never stopped: for random histories, cut
// at a random place, every later transition and every number that people and programs read. A field that an
// io() forgets shows here.
#include "slod/core/archive.h"

#include <gtest/gtest.h>

#include "property/engine_run.h"
#include "support/histories.h"

namespace slod::engine {
namespace {

using test::difference;
using test::EngineStep;
using test::History;
using test::Running;

bool equal_from(const History& history, std::size_t cut, Running& straight, Running& restored) {
  for (std::size_t i = cut; i < history.steps.size(); ++i) {
    straight.apply(history.steps[i]);
    restored.apply(history.steps[i]);
    if (!std::holds_alternative<slod::test::TickStep>(history.steps[i])) continue;
    if (i + 1 < history.steps.size() && i % 16 != 0 &&
        straight.transitions.size() == restored.transitions.size())
      continue;
    const std::string a = straight.says(), b = restored.says();
    if (a == b) continue;
    ADD_FAILURE() << "step " << i << " of " << history.steps.size() << ", cut at " << cut << "\n"
                  << difference(a, b);
    return false;
  }
  return true;
}

TEST(EngineArchive, ARestoredEngineGoesOnAsIfItHadNeverStopped) {
  const std::uint64_t first = slod::test::first_seed();
  std::size_t fired = 0;
  for (std::uint64_t seed = first; seed < first + slod::test::histories(300); ++seed) {
    const History history(seed);
    ASSERT_NE(history.config, nullptr) << "SLOD_SEED=" << seed;
    slod::test::Random random(seed + 1);
    const auto cut =
        static_cast<std::size_t>(random.between(0, static_cast<std::int64_t>(history.steps.size())));
    Running straight(history.config, history.maker.dictionary());
    for (std::size_t i = 0; i < cut; ++i) straight.apply(history.steps[i]);
    Running restored(history.config, history.maker.dictionary());
    const std::string bytes = straight.archived();
    ASSERT_TRUE(restored.restore(bytes)) << "SLOD_SEED=" << seed;
    restored.transitions = straight.transitions;
    restored.hours = straight.hours;
    EXPECT_EQ(straight.says(), restored.says()) << "SLOD_SEED=" << seed;
    ASSERT_TRUE(equal_from(history, cut, straight, restored)) << "SLOD_SEED=" << seed;
    EXPECT_EQ(straight.archived().size(), restored.archived().size()) << "SLOD_SEED=" << seed;
    fired += straight.engine.snapshot()->recent_transitions.size();
  }
  EXPECT_GT(fired, slod::test::histories(300)) << "the histories must make alerts fire";
}

TEST(EngineArchive, AnEngineThatStartsAnewAtTheCutDiffers) {
  const std::uint64_t first = slod::test::first_seed();
  std::size_t differ = 0;
  const std::uint64_t count = slod::test::histories(50);
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const History history(seed);
    Running straight(history.config, history.maker.dictionary()),
        fresh(history.config, history.maker.dictionary());
    for (std::size_t i = 0; i < history.steps.size(); ++i) {
      straight.apply(history.steps[i]);
      if (i >= history.steps.size() / 2) fresh.apply(history.steps[i]);
    }
    differ += straight.says() == fresh.says() ? 0 : 1;
  }
  EXPECT_GE(differ, count - count / 10) << "negative control: the comparison must see what is missing";
}

TEST(EngineArchive, DamagedBytesAreRefusedOrReadWithoutACrash) {
  const std::uint64_t first = slod::test::first_seed();
  for (std::uint64_t seed = first; seed < first + slod::test::histories(100); ++seed) {
    const History history(seed);
    Running straight(history.config, history.maker.dictionary());
    for (const EngineStep& step : history.steps) straight.apply(step);
    const std::string bytes = straight.archived();
    slod::test::Random random(seed + 1);
    for (int i = 0; i < 10; ++i) {
      const auto at =
          static_cast<std::size_t>(random.between(0, static_cast<std::int64_t>(bytes.size()) - 1));
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << random.between(0, 7)));
      Running reads(history.config, history.maker.dictionary());
      static_cast<void>(reads.restore(damaged));
      Running shorter(history.config, history.maker.dictionary());
      EXPECT_FALSE(shorter.restore(std::string_view(bytes).substr(0, at))) << "SLOD_SEED=" << seed;
    }
  }
}

TEST(EngineArchive, AnotherConfigRefusesTheArchive) {
  const History history(7), other(8);
  Running straight(history.config, history.maker.dictionary());
  for (const EngineStep& step : history.steps) straight.apply(step);
  Running reads(other.config, other.maker.dictionary());
  EXPECT_FALSE(reads.restore(straight.archived()));
}

}  // namespace
}  // namespace slod::engine
