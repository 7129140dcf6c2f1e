// What no sane sender sends, and what must come of it: never a wrong number.
#include "unit/engine/journey_world.h"

namespace slod::engine::test {
namespace {

Config one_slo() {
  Config config = unlock_config(false, false);
  config.slos = {slo_of("unlock")};
  config.slos[0].group_by = {"area"};
  return config;
}

/// A request that arrives at `received` and says that it began at `start`, both in seconds.
ApiRow said(World& world, double start, double received) {
  ApiRow row = world.row({.start = start});
  row.received = at(received);
  return row;
}

TEST(OddInput, AFutureSlotWaitsUntilItsTimeHasCome) {
  World world(one_slo());
  world.engine.apply(said(world, 290, 0));  // less than five minutes ahead: its own time counts
  for (const double tick : {10.0, 280.0, 290.0}) {
    world.engine.tick(at(tick));
    EXPECT_EQ(world.engine.snapshot()->slos[0].good, 0) << tick;
  }
  world.engine.tick(at(300));
  EXPECT_EQ(world.engine.snapshot()->slos[0].good, 1) << "its slot has ended";
}

TEST(OddInput, ANewPathThatNoJourneyMatchesShowsHoweverManyWereSeenBefore) {
  World world(one_slo());
  for (int i = 0; i < 5000; ++i) world.engine.note_unmatched("GET /scan/" + std::to_string(i));
  for (int i = 0; i < 50; ++i) world.engine.note_unmatched("POST /v2/rides");
  world.engine.tick(at(10));
  const auto listed = world.engine.snapshot()->unmatched_paths;  // a copy: the snapshot goes
  ASSERT_FALSE(listed.empty());
  EXPECT_EQ(listed.front().first, "POST /v2/rides");
}

TEST(OddInput, FurtherAheadThanFiveMinutesIsOfItsArrival) {
  World world(one_slo());
  world.engine.apply(said(world, 301, 0));
  world.engine.apply(said(world, 1e9, 1));
  world.engine.tick(at(10));
  EXPECT_EQ(world.engine.snapshot()->slos[0].good, 2);
}

TEST(OddInput, TheLastEventOfASourceIsNeverLaterThanItsArrival) {
  World world(one_slo());
  world.engine.apply(said(world, 3600, 5));
  world.engine.tick(at(10));
  EXPECT_EQ(world.engine.snapshot()->sources[0].last_event, at(5));
}

TEST(OddInput, WhatMayBeCountedIsThereAtZeroFromTheStart) {
  Config config = unlock_config(true, true);
  config.slos = {slo_of("unlock")};
  World world(config);
  world.engine.tick(at(10));
  const auto snapshot = world.engine.snapshot();
  EXPECT_EQ(snapshot->unmatched_legs.count({"fleet", "command"}), 1U);
  EXPECT_EQ(snapshot->unmatched_legs.count({"fleet", "reply"}), 1U);
  EXPECT_EQ(snapshot->late_unfolded.count("Unlock"), 1U);
}

TEST(OddInput, YearsBeyond2038AreYearsLikeOthers) {
  const double years = 3600.0 * 24 * 365 * 80;  // 2106, past what 32 bits of seconds hold
  World world(one_slo());
  world.engine.apply(said(world, years, years));
  world.engine.tick(at(years + 20));
  EXPECT_EQ(world.engine.snapshot()->slos[0].good, 1);
  EXPECT_EQ(format_rfc3339(world.engine.snapshot()->as_of).substr(0, 4), "2106");
}

TEST(OddInput, TheEpochItselfIsATimeLongAgo) {
  World world(one_slo());
  ApiRow row = said(world, 0, 0);
  row.start = Time{};
  world.engine.apply(row);
  world.engine.apply(said(world, 1, 1));
  world.engine.tick(at(10));
  const auto snapshot = world.engine.snapshot();
  EXPECT_EQ(snapshot->slos[0].good, 1) << "outside of every window, and in none";
  EXPECT_EQ(snapshot->slos[0].booked[0], 2U);
}

TEST(OddInput, LabelValuesWithoutEndAreCountedInOneGroup) {
  constexpr int kValues = 100'000;
  Config config = one_slo();
  config.limits.groups_per_slo = 50;
  World world(config);
  for (int i = 0; i < kValues; ++i) {
    Request request{.start = i / 20'000.0, .status = i % 10 == 0 ? 500 : 200};
    request.area = "a" + std::to_string(i);
    world.engine.apply(world.row(request));
  }
  world.engine.tick(at(20));
  const auto snapshot = world.engine.snapshot();
  const SloReading& slo = snapshot->slos[0];
  EXPECT_EQ(std::pair(slo.good, slo.bad),
            std::pair(std::int64_t{kValues} * 9 / 10, std::int64_t{kValues} / 10));
  ASSERT_EQ(slo.groups.size(), 51U);
  std::int64_t good = 0, bad = 0;
  for (const GroupReading& group : slo.groups) good += group.good, bad += group.bad;
  EXPECT_EQ(std::pair(good, bad), std::pair(slo.good, slo.bad)) << "no event is lost with its group";
}

}  // namespace
}  // namespace slod::engine::test
