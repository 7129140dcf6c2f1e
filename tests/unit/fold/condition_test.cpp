// How a device stood when a journey of it failed: asked once, at the failed attempt's start, and only where
// all legs and retries meet by device.
#include "fixture.h"

namespace slod::fold::test {
namespace {

class AskedDevices : public DeviceDirectory {
 public:
  [[nodiscard]] StringId label(StringId, std::string_view, Time) const override { return 0; }
  [[nodiscard]] DeviceCondition condition(StringId, Time at, Time known) const override {
    asked.emplace_back(at, known);
    DeviceCondition condition;
    condition.link = DeviceCondition::Link::kSilent;
    condition.out_seconds = static_cast<std::int32_t>(asked.size());  // the n-th answer
    return condition;
  }
  mutable std::vector<std::pair<Time, Time>> asked;
};

class NetBookings : public BookingSink {
 public:
  void book_event(const Booking& event, int sign) override {
    if (sign > 0) {
      events.push_back(event);
    } else {
      const auto same = std::find(events.begin(), events.end(), event);
      ASSERT_NE(same, events.end()) << "withdrew what was never booked";
      events.erase(same);
    }
  }
  void book_attempt(const Booking&, int) override {}
  std::vector<Booking> events;
};

class ConditionTest : public FoldTest {
 public:
  AskedDevices asked_devices;
  NetBookings net;
  void begin() {
    fold = std::make_unique<Fold>(config, dictionary, asked_devices, std::vector<View>{{0, GoodWhen::kAll}},
                                  net);
  }
};

TEST_F(ConditionTest, AGoodEventIsNotAskedAbout) {
  begin();
  request({.start = 0});
  ASSERT_EQ(net.events.size(), 1U);
  EXPECT_EQ(net.events[0].condition, DeviceCondition{});
  EXPECT_TRUE(asked_devices.asked.empty());
}

TEST_F(ConditionTest, ATimeoutCarriesTheDeviceAsItStoodAtTheStart) {
  with_device(config);
  begin();
  request({.start = 3});
  tick(30);
  ASSERT_EQ(net.events.size(), 1U);
  EXPECT_EQ(net.events[0].condition.link, DeviceCondition::Link::kSilent);
  ASSERT_EQ(asked_devices.asked.size(), 1U);
  EXPECT_EQ(asked_devices.asked[0], std::pair(at(3), at(30)));
}

TEST_F(ConditionTest, ItIsKeptUntilTheOutcomeChanges) {
  with_device(config);
  begin();
  request({.start = 0, .id = "r1"});
  tick(30);
  tick(40);
  fold->source_unobserved(dictionary.intern("fleet"), at(1000), at(1010));
  EXPECT_EQ(asked_devices.asked.size(), 1U) << "judged again, nothing new";
  reply(45, "ok", "r1");
  ASSERT_EQ(net.events.size(), 1U);
  EXPECT_EQ(net.events[0].outcome, Outcome::kLateOk);
  EXPECT_EQ(net.events[0].condition.out_seconds, 2) << "asked anew for the new outcome";
}

TEST_F(ConditionTest, AFoldedEventHasThatOfItsLastAttempt) {
  with_retry(config);
  begin();
  request({.start = 0, .status = 500});
  request({.start = 10, .status = 500});
  ASSERT_EQ(net.events.size(), 1U);
  EXPECT_EQ(net.events[0].attempts, 2U);
  EXPECT_EQ(net.events[0].condition.out_seconds, 2);
  EXPECT_EQ(asked_devices.asked[1].first, at(10));
  request({.start = 20});
  ASSERT_EQ(net.events.size(), 1U);
  EXPECT_EQ(net.events[0].condition, DeviceCondition{}) << "good in the end";
}

TEST_F(ConditionTest, RetriesThatMeetByTheUserAloneCarryNone) {
  with_retry(config, {"user"});
  begin();
  request({.start = 0, .status = 500});
  EXPECT_EQ(net.events.at(0).condition, DeviceCondition{});
  EXPECT_TRUE(asked_devices.asked.empty());
}

TEST_F(ConditionTest, WithoutRetryTheDeviceOfTheRequestIsAsked) {
  begin();
  request({.start = 0, .status = 500});
  request({.start = 1, .status = 500, .device = ""});
  EXPECT_EQ(asked_devices.asked.size(), 1U) << "no device, no question";
}

}  // namespace
}  // namespace slod::fold::test
