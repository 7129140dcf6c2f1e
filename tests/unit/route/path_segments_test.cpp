// Paths cut into segments, against the plain way of doing it.
#include "route/path_segments.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace slod::route {
namespace {

using Words = std::vector<std::string>;

Words words(std::string_view path) {
  const PathSegments segments(path);
  Words found;
  for (std::size_t i = 0; i < segments.size(); ++i) found.emplace_back(segments[i]);
  return found;
}

Words plainly(std::string path) {
  path = path.substr(0, path.find_first_of("?#"));
  if (path.ends_with('/')) path.pop_back();
  Words found;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/', 1), path.size());
    found.push_back(path.substr(1, end - 1));
    path.erase(0, end);
  }
  return found;
}

TEST(PathSegmentsTest, QueryFragmentHostAndOneTrailingSlashAreNoSegments) {
  EXPECT_EQ(words("/v1/rides/7/?x=/a/b"), (Words{"v1", "rides", "7"}));
  EXPECT_EQ(words("/v1#/a?b"), (Words{"v1"}));
  EXPECT_EQ(words("/"), Words{});
  EXPECT_EQ(words("/?a"), Words{});
  EXPECT_EQ(words("//"), (Words{""}));
  EXPECT_EQ(words("/a//b/"), (Words{"a", "", "b"}));
  EXPECT_EQ(words("https://example.org:8443/v1/x?y"), (Words{"v1", "x"}));
  EXPECT_EQ(words("https://example.org?y=/z"), Words{});
  for (const char* garbage : {"*", "host:443", "", "?x://y/z", "v1/x"})
    EXPECT_FALSE(PathSegments(garbage).is_path()) << garbage;
}
TEST(PathSegmentsTest, WhatIsBehindTheLastSegmentThatATemplateCanHaveIsOneSegment) {
  std::string path;
  for (int i = 0; i < 200; ++i) path += "/" + std::to_string(i);
  const PathSegments segments(path);
  ASSERT_EQ(segments.size(), PathSegments::kMost);
  EXPECT_EQ(segments[0], "0");
  EXPECT_EQ(segments[PathSegments::kMost - 2], "63");
  EXPECT_TRUE(segments[PathSegments::kMost - 1].starts_with("64/65/"));
  path += '/';
  EXPECT_TRUE(PathSegments(path)[PathSegments::kMost - 1].ends_with("/199"));
}
TEST(PathSegmentsTest, RandomPathsAreCutAsThePlainWayDoes) {
  std::mt19937_64 random(11);
  for (int i = 0; i < 20'000; ++i) {
    std::string path = "/";
    for (std::size_t left = random() % 60; left > 0; --left)
      path += "//abcdefgh?#"[random() % (i % 2 == 0 ? 10 : 12)];
    ASSERT_EQ(words(path), plainly(path)) << path;
  }
}

}  // namespace
}  // namespace slod::route
