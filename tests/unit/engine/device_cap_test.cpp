// max_share_per_device: worked numbers, and the cap's windows against a naive sum.
#include "engine/device_cap.h"

#include <random>

#include "journey_world.h"

namespace slod::engine::test {
namespace {

Config capped_config(Ppm share, bool retry = false) {
  Config config = unlock_config(false, retry);
  SloConfig slo = slo_of("unlock");
  slo.max_share_per_device = share;
  SloConfig open = slo_of("open");
  config.slos = {slo, open};
  return config;
}

/// 30 bad of v1, one each of v2 to v6, and good ones up to 200 in all.
void worked_example(World& w) {
  for (int i = 0; i < 30; ++i) w.request({.start = i * 0.1, .status = 500, .device = "v1"});
  for (int i = 2; i < 7; ++i) w.request({.start = 4, .status = 500, .device = "v" + std::to_string(i)});
  for (int i = 0; i < 165; ++i) w.request({.start = 5 + i * 0.01, .device = "v" + std::to_string(i % 40)});
}

TEST(DeviceCapTest, OneDeviceContributesAtMostItsShareOfTheWindow) {
  World w(capped_config(50'000));
  worked_example(w);
  w.tick(10);
  const SloReading capped = w.slo(0), open = w.slo(1);
  EXPECT_EQ(open.bad, 35);
  EXPECT_FALSE(open.capped.has_value()) << "off by default";
  EXPECT_EQ(capped.good, 165);
  EXPECT_EQ(capped.bad, 15) << "floor(5 % x 200) = 10 of v1, and 5";
  EXPECT_EQ(capped.capped, 20);
  EXPECT_DOUBLE_EQ(*capped.sli, 165.0 / 180);
  EXPECT_DOUBLE_EQ(capped.budget.allowed, 1.8);
  EXPECT_EQ(capped.attempts, 200) << "attempts count all";
}

TEST(DeviceCapTest, InASmallWindowEachDeviceStillCountsOnce) {
  World w(capped_config(10'000));
  for (int i = 0; i < 4; ++i) w.request({.start = i * 1.0, .status = 500, .device = "v1"});
  w.request({.start = 5, .status = 500, .device = "v2"});
  w.request({.start = 6});
  w.tick(10);
  EXPECT_EQ(w.slo().bad, 2) << "floor(1 % x 6) = 0 would hide every failure";
  EXPECT_EQ(w.slo().capped, 3);
}

TEST(DeviceCapTest, EventsWithoutADeviceAreNotCapped) {
  World w(capped_config(10'000));
  for (int i = 0; i < 4; ++i) w.request({.start = i * 1.0, .status = 500, .device = ""});
  w.tick(10);
  EXPECT_EQ(w.slo().bad, 4);
  EXPECT_EQ(w.slo().capped, 0);
}

TEST(DeviceCapTest, AWithdrawnFailureNoLongerCounts) {
  World w(capped_config(10'000, true));
  for (int i = 0; i < 3; ++i)
    w.request({.start = i * 1.0, .status = 500, .device = "v1", .user = static_cast<std::uint64_t>(i + 1)});
  w.tick(10);
  EXPECT_EQ(w.slo().bad, 1);
  EXPECT_EQ(w.slo().capped, 2);
  for (int i = 0; i < 3; ++i)
    w.request({.start = 10 + i * 1.0, .device = "v1", .user = static_cast<std::uint64_t>(i + 1)});
  w.tick(20);
  EXPECT_EQ(w.slo().bad, 0);
  EXPECT_EQ(w.slo().capped, 0);
}

TEST(DeviceCapTest, AlertsGoByWhatIsLeft) {
  Config config = capped_config(50'000);
  config.policies[0].rules = {{"page", 14.4, 14'400'000, hours(1), minutes(5)}};
  config.policies[0].min_bad = 1;
  World w(config);
  worked_example(w);
  w.tick(10);
  EXPECT_FALSE(w.slo(0).alerts[0].firing) << "17.5 % bad without the cap, 8.3 % with it";
  EXPECT_TRUE(w.slo(1).alerts[0].firing);
}

TEST(DeviceCapTest, AGroupIsCappedByItsOwnValidEvents) {
  Config config = capped_config(50'000);
  config.slos[0].group_by = {"area"};
  World w(config);
  for (int i = 0; i < 10; ++i) w.request({.start = 1, .status = 500, .device = "v1", .area = "osaka"});
  for (int i = 0; i < 30; ++i) w.request({.start = 2, .device = "v2", .area = "osaka"});
  for (int i = 0; i < 60; ++i) w.request({.start = 3, .device = "v3", .area = "tokyo"});
  w.tick(10);
  const SloReading slo = w.slo(0);
  EXPECT_EQ(slo.bad, 5) << "floor(5 % x 100)";
  ASSERT_EQ(slo.groups.size(), 2U);
  EXPECT_EQ(slo.groups[0].good, 30);
  EXPECT_EQ(slo.groups[0].bad, 2) << "floor(5 % x 40)";
  EXPECT_EQ(slo.groups[0].capped, 8);
  EXPECT_EQ(slo.groups[1].capped, 0);
}

TEST(DeviceCapTest, EveryWindowIsTheNaiveSumWhateverComesLate) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto pick = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  window::SeriesSpec spec;
  spec.windows = {{minutes(5), {}}, {hours(6), {}}, {hours(48), {}}, {hours(24), 0}};
  DeviceCap cap(spec);
  std::map<std::pair<StringId, Slot>, std::int64_t> all;
  Slot now = slot_of(kT0), since = 0;
  cap.advance(now);
  for (int step = 0; step < 4000; ++step) {
    const auto device = static_cast<StringId>(1 + pick(5));
    const Slot slot = now - (pick(4) == 0 ? pick(20'000) : pick(40)) + pick(3);
    auto& count = all[{device, slot}];
    const int sign = count > 0 && pick(3) == 0 ? -1 : 1;
    // What is older than every window is dropped, by the table too.
    const Slot oldest = std::min(window::left_edge(48 * 360, now), since);
    if (slot < oldest) continue;
    count += sign;
    cap.record(device, slot, sign);
    if (pick(10) == 0) cap.advance(now += 1 + pick(200));
    if (pick(500) == 0) cap.reanchor(3, since = now - pick(300));
    if (pick(20) != 0) continue;
    for (std::size_t w = 0; w < spec.windows.size(); ++w) {
      const Slot left = w == 3 ? since : window::left_edge(spec.windows[w].length / kSlotLength, now);
      std::map<StringId, std::int64_t> bad;
      window::Counts sum{200, 0};
      for (const auto& [key, n] : all) {
        if (key.second >= left && key.second < now) bad[key.first] += n, sum.bad += n;
      }
      const std::int64_t limit = std::max<std::int64_t>(1, sum.valid() / 10);
      std::int64_t beyond = 0;
      for (const auto& [d, n] : bad) beyond += std::max<std::int64_t>(0, n - limit);
      ASSERT_EQ(cap.capped(w, sum, 100'000), beyond) << "window " << w << " at step " << step;
    }
  }
}

}  // namespace
}  // namespace slod::engine::test
