#include "slod/route/router.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

namespace slod::route {
namespace {

Config config_of(const std::vector<std::string>& routes) {
  Config config;
  for (const std::string& route : routes) {
    const std::size_t space = route.find(' ');
    JourneyConfig journey;
    journey.api = ApiLeg{"gateway", route.substr(0, space), route.substr(space + 1), {}, {}};
    config.journeys.push_back(journey);
  }
  return config;
}

struct Matched {
  int journey;
  std::string device;
};
Matched match(const std::vector<std::string>& routes, std::string_view method, std::string_view path) {
  const Router router(config_of(routes));
  std::string scratch;
  const Match found = router.match("gateway", method, path, scratch);
  return {found.journey, std::string(found.device)};
}

TEST(RouterTest, QueryFragmentOneTrailingSlashAndHostDoNotMatter) {
  const std::vector<std::string> routes = {"POST /v1/vehicles/{device}/unlock"};
  for (const char* path : {"/v1/vehicles/d7/unlock", "/v1/vehicles/d7/unlock/", "/v1/vehicles/d7/unlock?a=/b",
                           "/v1/vehicles/d7/unlock/?x", "/v1/vehicles/d7/unlock#y",
                           "https://api.example.org:443/v1/vehicles/d7/unlock?x=1"}) {
    EXPECT_EQ(match(routes, "POST", path).journey, 0) << path;
    EXPECT_EQ(match(routes, "post", path).device, "d7") << path;
  }
  for (const char* path :
       {"/v1/vehicles/d7/unlock//", "/v1/vehicles//unlock", "/v1/vehicles/d7", "/V1/vehicles/d7/unlock", "",
        "/", "*", "v1/vehicles/d7/unlock", "/v1/vehicles/d7/unlock/now", "http://", "http://host"})
    EXPECT_EQ(match(routes, "POST", path).journey, -1) << path;
  EXPECT_EQ(match(routes, "GET", "/v1/vehicles/d7/unlock").journey, -1);
}
TEST(RouterTest, TheLiteralThatComesEarliestWins) {
  const std::vector<std::string> routes = {"GET /{a}/b/c", "GET /a/{x}/c", "GET /a/b/{y}", "GET /a/{rest...}",
                                           "GET /a/me"};
  EXPECT_EQ(match(routes, "GET", "/a/b/c").journey, 2);
  EXPECT_EQ(match(routes, "GET", "/a/x/c").journey, 1);
  EXPECT_EQ(match(routes, "GET", "/z/b/c").journey, 0);
  EXPECT_EQ(match(routes, "GET", "/a/x/y/z").journey, 3);
  EXPECT_EQ(match(routes, "GET", "/a").journey, 3);
  EXPECT_EQ(match(routes, "GET", "/a/me").journey, 4);
}
TEST(RouterTest, AnotherMethodsMoreSpecificRouteDoesNotHideOne) {
  const std::vector<std::string> routes = {"POST /v1/vehicles/nearby", "GET /v1/vehicles/{device}"};
  EXPECT_EQ(match(routes, "GET", "/v1/vehicles/nearby").journey, 1);
  EXPECT_EQ(match(routes, "GET", "/v1/vehicles/nearby").device, "nearby");
  EXPECT_EQ(match(routes, "POST", "/v1/vehicles/nearby").device, "");
}
TEST(RouterTest, CapturesArePercentDecodedAndLiteralsAreNot) {
  const std::vector<std::string> routes = {"GET /v/{device}"};
  EXPECT_EQ(match(routes, "GET", "/v/a%20b%2Fc").device, "a b/c");
  EXPECT_EQ(match(routes, "GET", "/v/%E3%81%82").device, "\xE3\x81\x82");
  for (const char* raw : {"a%2", "a%zz", "a%FF", "a%00", "%"})
    EXPECT_EQ(match(routes, "GET", "/v/" + std::string(raw)).device, raw);
  EXPECT_EQ(match(routes, "GET", "/%76/x").journey, -1);
}
TEST(RouterTest, CapturesMayHaveTextAroundThem) {
  const std::vector<std::string> routes = {"POST /v/{device}", "POST /v/{device}:unlock",
                                           "POST /v/dev-{device}"};
  EXPECT_EQ(match(routes, "POST", "/v/d7:unlock").journey, 1);
  EXPECT_EQ(match(routes, "POST", "/v/d7:unlock").device, "d7");
  EXPECT_EQ(match(routes, "POST", "/v/dev-7").device, "7");
  EXPECT_EQ(match(routes, "POST", "/v/:unlock").journey, 0);
}
TEST(RouterTest, TheRouteFactIsMethodAndTemplate) {
  const Config config = config_of({"POST /v1/rides"});
  const Router router(config);
  std::string scratch;
  EXPECT_EQ(router.match("gateway", "POST", "/v1/rides", scratch).route, "POST /v1/rides");
  EXPECT_EQ(router.match("other", "POST", "/v1/rides", scratch).journey, -1);
}
TEST(RouterTest, AVeryLongPathIsHarmless) {
  std::string path;
  for (int i = 0; i < 32'000; ++i) path += "/a";
  EXPECT_EQ(match({"GET /{a}/{b}", "GET /a/a/a/a/b"}, "GET", path).journey, -1);
  EXPECT_EQ(match({"GET /a/{rest...}"}, "GET", path).journey, 0);
}

// The naive router: every template against every path, segment by segment.
std::vector<std::string> pieces(std::string text) {
  std::vector<std::string> out;
  for (std::size_t at = 1; at < text.size();) {
    const std::size_t end = std::min(text.find('/', at), text.size());
    out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}
int naive(const std::vector<std::string>& routes, const std::string& path) {
  int best = -1;
  std::string best_rank;
  for (std::size_t r = 0; r < routes.size(); ++r) {
    const auto wanted = pieces(routes[r].substr(4));
    const auto given = pieces(path);
    std::string rank;
    bool fits = wanted.size() == given.size();
    for (std::size_t i = 0; fits && i < wanted.size(); ++i) {
      fits = wanted[i].front() == '{' || wanted[i] == given[i];
      rank += wanted[i].front() == '{' ? '0' : '1';
    }
    if (fits && (best < 0 || rank > best_rank)) {
      best = static_cast<int>(r);
      best_rank = rank;
    }
  }
  return best;
}
TEST(RouterTest, EqualsTheNaiveRouterOnRandomTemplates) {
  const char* given = std::getenv("SLOD_SEED");
  const std::uint64_t seed = given != nullptr ? std::stoull(given) : 20261122;
  SCOPED_TRACE("SLOD_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  const auto path_of = [&random](bool captures) {
    std::string path;
    for (std::size_t i = 0, depth = 1 + random() % 5; i < depth; ++i)
      path += captures && random() % 2 == 0 ? "/{c" + std::to_string(i) + "}"
                                            : "/" + std::string(1, static_cast<char>('a' + random() % 3));
    return path;
  };
  for (int round = 0; round < 200; ++round) {
    std::vector<std::string> routes;
    for (std::size_t i = 0, count = 1 + random() % 30; i < count; ++i)
      routes.push_back("GET " + path_of(true));
    const Router router(config_of(routes));
    std::string scratch;
    for (int i = 0; i < 50; ++i) {
      const std::string path = path_of(false);
      ASSERT_EQ(router.match("gateway", "GET", path, scratch).journey, naive(routes, path)) << path;
    }
  }
}

TEST(TemplateFaultTest, NamesTheFault) {
  for (const char* good :
       {"/", "/v1/rides", "/v1/{device}/unlock", "/a/{rest...}", "/a/*", "/v/{device}:unlock"})
    EXPECT_EQ(template_fault(good), "") << good;
  for (const char* bad : {"", "v1", "/a//b", "/{a}/{a}", "/{", "/}", "/}{", "/{}", "/{a}{b}", "/{rest...}/b",
                          "/*/b", "/a*", "/a?b", "/a b", "/x{rest...}", "/{a b}"})
    EXPECT_NE(template_fault(bad), "") << bad;
  EXPECT_EQ(template_fault("/{device}/x/{device}"), "two captures named {device}");
}

}  // namespace
}  // namespace slod::route
