#include "daemon/journal_clock.h"

#include <gtest/gtest.h>

#include <random>

namespace slod::daemon {
namespace {

const Time kStart = from_nanos(1'795'000'000'000'000'000);

struct World {
  Time wall = kStart;
  Duration boot = seconds(1000);
  JournalClock clock{Time{}, kStart, seconds(1000)};
  JournalClock::Reading pass(Duration d) {
    wall += d;
    boot += d;
    return clock.read(wall, boot);
  }
};

TEST(JournalClock, StartsAtTheJournalsLastStampWhenTheWallClockIsBehind) {
  JournalClock clock(kStart + hours(1), kStart, seconds(1));
  EXPECT_EQ(clock.read(kStart, seconds(1)).now, kStart + hours(1));
}

TEST(JournalClock, AJumpThatGoesBackWithinAMinuteMovesNothing) {
  World world;
  world.wall += hours(1);
  EXPECT_EQ(world.pass(seconds(10)).now, kStart + seconds(10));
  world.wall -= hours(1);
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(world.pass(seconds(1)).jumped_from);
  EXPECT_EQ(world.clock.read(world.wall, world.boot).now, world.wall);
}

TEST(JournalClock, AJumpThatStaysIsAdoptedAfterAMinuteAndSaysFromWhere) {
  World world;
  world.wall += hours(1);
  std::optional<Time> from;
  int waited = 0;
  while (!from && waited < 100) {
    from = world.pass(seconds(1)).jumped_from;
    ++waited;
  }
  ASSERT_TRUE(from);
  EXPECT_GE(waited, 60);
  EXPECT_LE(waited, 62);
  EXPECT_EQ(world.clock.read(world.wall, world.boot).now, world.wall);
  EXPECT_LT(*from, world.wall);
}

TEST(JournalClock, AWallClockThatWentBackIsMetAtHalfSpeedAndNeverTakesJournalTimeWithIt) {
  World world;
  world.wall -= hours(1);
  Time last = kStart;
  int passed = 0;
  while (last > world.wall && passed < 20'000) {
    const auto reading = world.pass(seconds(1));
    EXPECT_FALSE(reading.jumped_from);
    EXPECT_EQ(reading.now, last + std::chrono::milliseconds(passed <= 60 ? 1000 : 500)) << passed;
    last = reading.now;
    ++passed;
  }
  EXPECT_NEAR(passed, 2 * 3600 + 61, 2);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(world.pass(seconds(1)).now, world.wall);
}

TEST(JournalClock, SlewsASmallDifferenceAway) {
  World world;
  world.wall += seconds(30);
  for (int i = 0; i < 40; ++i) world.pass(hours(1));
  EXPECT_EQ(world.clock.read(world.wall, world.boot).now, world.wall);
}

TEST(JournalClock, NeverDecreasesWhateverTheWallClockDoes) {
  const std::uint64_t seed = 20261122;
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  World world;
  Time last = kStart;
  for (int i = 0; i < 20'000; ++i) {
    if (random() % 50 == 0) world.wall += seconds(static_cast<int>(random() % 7200) - 3600);
    const auto reading = world.pass(std::chrono::milliseconds(random() % 3000));
    ASSERT_GE(reading.now, last);
    last = reading.now;
  }
}

}  // namespace
}  // namespace slod::daemon
