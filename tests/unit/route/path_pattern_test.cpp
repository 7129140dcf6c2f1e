#include "route/path_pattern.h"

#include <gtest/gtest.h>

namespace slod::route {
namespace {

TEST(PathPatternTest, WhatLooksLikeAnIdIsOneEntry) {
  EXPECT_EQ(path_pattern("POST", "/v2/vehicles/v7/unlock?x=1"), "POST /v2/vehicles/{id}/unlock");
  EXPECT_EQ(path_pattern("GET", "/api/v1.1/rides/9f3b2a/"), "GET /api/v1.1/rides/{id}");
  EXPECT_EQ(path_pattern("GET", "https://h:1/users/3/3f2504e0-4f89-11d3-9a0c-0305e82c3301"),
            "GET /users/{id}/{id}");
  EXPECT_EQ(path_pattern("GET", "/scooter-4/oauth2/token"), "GET /{id}/oauth2/token");
  EXPECT_EQ(path_pattern("GET", "/caf%C3%A9/men%20u"), "GET /caf%C3%A9/men%20u");
  EXPECT_EQ(path_pattern("", "/"), "/");
}

TEST(PathPatternTest, WhereDevicesAreHiddenOnlyWordsOfRoutesAreShown) {
  Config config;
  config.journeys.emplace_back().api = ApiLeg{"edge", "POST", "/v1/vehicles/{device}/unlock", {}, {}};
  const Words words = words_of_routes(config);
  EXPECT_EQ(path_pattern("POST", "/v2/vehicles/tokyo-bike/unlock", &words), "POST /v2/vehicles/{id}/unlock");
  EXPECT_EQ(path_pattern("POST", "/v2/tokyo-bike/open?id=tokyo-bike", &words), "POST /v2/{id}/{id}");
  EXPECT_EQ(path_pattern("POST", "/v2/vehicles/tokyo-bike/unlock"), "POST /v2/vehicles/tokyo-bike/unlock");
}

TEST(PathPatternTest, OddPathsAreShortAndPrintable) {
  EXPECT_EQ(path_pattern("OPTIONS", "*"), "OPTIONS *");
  EXPECT_EQ(path_pattern("GET", "/a\x1b[m"), "GET /a?[m");
  EXPECT_EQ(path_pattern("GET", "/100%"), "GET /{id}");
  EXPECT_LT(path_pattern(std::string(70'000, 'M'), "/" + std::string(65'536, 'x')).size(), 150u);
  std::string deep;
  for (int i = 0; i < 30'000; ++i) deep += "/a";
  EXPECT_LT(path_pattern("GET", deep).size(), 60u);
  const std::string accents = "/" + std::string(63, 'x') + "\xc3\xa9" + "xx";
  EXPECT_EQ(path_pattern("GET", accents), "GET /" + std::string(63, 'x') + "...");
}

}  // namespace
}  // namespace slod::route
