#include "slod/daemon/coverage.h"

#include <gtest/gtest.h>

namespace slod::daemon {
namespace {

Time at(std::int64_t s) {
  return Time(seconds(s));
}

TEST(Coverage, WhatOverlapsOrTouchesIsOneStretchAndTheRestAreHoles) {
  Coverage coverage;
  coverage.add("edge", {at(10), at(20)});
  coverage.add("edge", {at(40), at(50)});
  coverage.add("edge", {at(20), at(30)});
  EXPECT_EQ(coverage.holes("edge", {at(0), at(60)}),
            (std::vector<Stretch>{{at(0), at(10)}, {at(30), at(40)}, {at(50), at(60)}}));
  EXPECT_EQ(coverage.holes("edge", {at(12), at(28)}), std::vector<Stretch>{});
  EXPECT_EQ(coverage.holes("other", {at(12), at(28)}), (std::vector<Stretch>{{at(12), at(28)}}));
  EXPECT_TRUE(coverage.covers("edge", at(30)));
  EXPECT_FALSE(coverage.covers("edge", at(31)));
  EXPECT_FALSE(coverage.covers("other", at(15)));
  EXPECT_EQ(coverage.begin("edge"), at(10));
  EXPECT_EQ(coverage.begin("other"), Time::max());
}

}  // namespace
}  // namespace slod::daemon
