#include "slod/daemon/quiet_rules.h"

#include <gtest/gtest.h>

namespace slod::daemon {
namespace {

class QuietRulesTest : public ::testing::Test {
 protected:
  QuietRulesTest() {
    config_.name = "rides";
    engine::SloReading reading;
    reading.config = &config_;
    reading.alerts.push_back({"page", "1h", "5m", 14.4, true, false, Time(seconds(1000)), true, false});
    snapshot_.slos.push_back(reading);
  }
  engine::RuleStatus& rule() { return snapshot_.slos[0].alerts[0]; }
  std::vector<engine::Transition> heard_at(std::int64_t s,
                                           const std::vector<engine::Transition>& transitions = {}) {
    snapshot_.as_of = Time(seconds(s));
    return rules_.heard(transitions, snapshot_);
  }
  engine::Transition ends(std::int64_t s) const {
    return {Time(seconds(s)), "rides", "page", "1h", "5m", "firing", "inactive", {}, "e"};
  }
  SloConfig config_;
  engine::Snapshot snapshot_;
  QuietRules rules_;
};

TEST_F(QuietRulesTest, ARuleThatHistoryMadeFireIsToldOfOnlyWhenItsShortWindowIsFreeOfItAndStillBurns) {
  snapshot_.as_of = Time(seconds(2000));
  rules_.add_unless(snapshot_, {});
  rules_.mark(snapshot_);
  EXPECT_TRUE(rule().quiet);
  EXPECT_TRUE(heard_at(2290).empty());  // burns, but in part with what history brought
  rule().burning = false;
  EXPECT_TRUE(heard_at(2300).empty());
  rule().burning = true;
  const auto heard = heard_at(2310);
  ASSERT_EQ(heard.size(), 1U);
  EXPECT_EQ(heard[0].to, "firing");
  EXPECT_EQ(heard[0].at, Time(seconds(2310)));
  rules_.mark(snapshot_);
  EXPECT_FALSE(rule().quiet);
  EXPECT_TRUE(heard_at(2320).empty());  // once
  EXPECT_EQ(heard_at(3000, {ends(3000)}).size(), 1U);
}

TEST_F(QuietRulesTest, TheEndOfAQuietRuleIsNoNewsAndItsNextFiringIs) {
  snapshot_.as_of = Time(seconds(2000));
  rules_.add_unless(snapshot_, {});
  rule().firing = rule().burning = false;
  EXPECT_TRUE(heard_at(2100, {ends(2100)}).empty());
  engine::Transition fires = ends(2500);
  fires.to = "firing";
  EXPECT_EQ(heard_at(2500, {fires}).size(), 1U);
}

TEST_F(QuietRulesTest, ARuleThatBeginsToFireWhileItsShortWindowReachesIntoHistoryIsQuietToo) {
  snapshot_.as_of = Time(seconds(2000));
  rule().firing = rule().burning = false;
  rules_.add_unless(snapshot_, {}, Time(seconds(1900)));
  rules_.mark(snapshot_);
  EXPECT_FALSE(rule().quiet);
  rule().firing = rule().burning = true;
  engine::Transition fires = ends(2100);
  fires.to = "firing";
  EXPECT_TRUE(heard_at(2100, {fires}).empty());
  rules_.mark(snapshot_);
  EXPECT_TRUE(rule().quiet);
  EXPECT_EQ(heard_at(2200).size(), 1U) << "the present burns";
  EXPECT_TRUE(heard_at(2210).empty()) << "once";
}

TEST_F(QuietRulesTest, ARuleThatFiresWhenHistoryHasLeftItsShortWindowIsToldOfOnce) {
  snapshot_.as_of = Time(seconds(2000));
  rule().firing = rule().burning = false;
  rules_.add_unless(snapshot_, {}, Time(seconds(1900)));
  rules_.prune(snapshot_);
  EXPECT_FALSE(rules_.empty());
  rule().firing = rule().burning = true;
  engine::Transition fires = ends(2200);
  fires.to = "firing";
  EXPECT_EQ(heard_at(2200, {fires}).size(), 1U);
  EXPECT_TRUE(heard_at(2210).empty());
  EXPECT_TRUE(rules_.empty());
}

TEST_F(QuietRulesTest, HistoryOfLongAgoMakesNoRuleQuiet) {
  snapshot_.as_of = Time(seconds(2000));
  rule().firing = rule().burning = false;
  rules_.add_unless(snapshot_, {}, Time(seconds(1700)));
  EXPECT_TRUE(rules_.empty());
}

TEST_F(QuietRulesTest, WhatPeopleKnowAlreadyIsNotQuiet) {
  notify::Incident known;
  known.slo = "rides";
  known.severity = "page";
  rules_.add_unless(snapshot_, {known});
  rules_.mark(snapshot_);
  EXPECT_FALSE(rule().quiet);
}

}  // namespace
}  // namespace slod::daemon
