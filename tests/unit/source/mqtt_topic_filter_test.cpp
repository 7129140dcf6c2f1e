#include "source/mqtt/topic_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slod::source {
namespace {

using ::testing::ElementsAre;

TEST(TopicFilterTest, CapturesBecomeOneLevelWildcards) {
  EXPECT_EQ(topic_filter("vehicles/{device}/telemetry"), "vehicles/+/telemetry");
  EXPECT_EQ(topic_filter("{device}"), "+");
  EXPECT_EQ(topic_filter("v/{device}/cmd/{name}"), "v/+/cmd/+");
  EXPECT_EQ(topic_filter("$aws/things/{device}/shadow/update/#"), "$aws/things/+/shadow/update/#");
}

TEST(TopicFilterTest, ACaptureInsideALevelTakesTheWholeLevel) {
  EXPECT_EQ(topic_filter("fleet/bike-{device}/t"), "fleet/+/t");
}

TEST(TopicFilterTest, EmptyLevelsStay) {
  EXPECT_EQ(topic_filter("/a//b/"), "/a//b/");
}

TEST(TopicFilterTest, KnowsWhichFilterCoversWhich) {
  EXPECT_TRUE(covers("a/#", "a/+/b"));
  EXPECT_TRUE(covers("a/#", "a"));
  EXPECT_TRUE(covers("a/+", "a/b"));
  EXPECT_TRUE(covers("a/b", "a/b"));
  EXPECT_FALSE(covers("a/+", "a/#"));
  EXPECT_FALSE(covers("a/b", "a/+"));
  EXPECT_FALSE(covers("a/+", "a"));
  EXPECT_FALSE(covers("a/+", "a/b/c"));
  EXPECT_FALSE(covers("a", "a/b"));
}

TEST(TopicFilterTest, AsksForEachTopicOnce) {
  std::vector<MessageRule> rules(5);
  rules[0].topic = "v/{device}/t";
  rules[1].topic = "v/{device}/t";
  rules[2].topic = "w/{device}/x";
  rules[3].topic = "w/#";
  rules[4].topic = "w/{device}/y";
  EXPECT_THAT(topic_filters(rules), ElementsAre("v/+/t", "w/#"));
}

}  // namespace
}  // namespace slod::source
