// Evidence from several devices is looked for in the same slots as the bad events.
#include "unit/engine/journey_world.h"

namespace slod::engine::test {
namespace {

Config two_devices() {
  Config config = unlock_config(false, false);
  config.policies[0].min_bad = 2;
  config.policies[0].min_devices = 2;
  config.policies[0].rules = {{"page", 1, 1'000'000, hours(2), minutes(5)}};
  config.slos = {slo_of("unlock")};
  return config;
}

/// Transitions at 14:00:50, when the window of two hours begins at 12:00:00, after one failure of each.
std::size_t fired(const std::string& first, const std::string& second) {
  World world(two_devices());
  world.request({.start = 20, .status = 500, .device = first});
  world.request({.start = 7245, .status = 500, .device = second});
  return world.engine.tick(at(7250)).size();
}

TEST(MinDevicesTest, ADeviceInTheRoundedPartOfTheWindowCounts) {
  EXPECT_EQ(fired("v1", "v2"), 1U);
}

TEST(MinDevicesTest, OneDeviceAloneIsNotEnough) {
  EXPECT_EQ(fired("v1", "v1"), 0U);
}

TEST(MinDevicesTest, EventsThatNameNoDeviceAreNotHeldAgainstTheRule) {
  EXPECT_EQ(fired("", ""), 1U);
}

}  // namespace
}  // namespace slod::engine::test
