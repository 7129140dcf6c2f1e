// What the web handler answers who asks for the past of an SLO.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "slod/serve/web.h"

namespace slod::serve {
namespace {

using nlohmann::json;

/// One SLO, whose totals hold as many hours as they are told, one valid event in each.
struct World {
  std::shared_ptr<Config> config = std::make_shared<Config>();
  std::shared_ptr<engine::Snapshot> snapshot = std::make_shared<engine::Snapshot>();
  PastHours past;
  bool readable = true;

  World() {
    SloConfig slo;
    slo.name = "rides";
    slo.journey = 0;
    slo.group_by = {"area"};
    config->slos = {slo};
    snapshot->config = config;
    snapshot->as_of = *parse_rfc3339("2026-11-22T12:00:00Z");
    engine::SloReading reading;
    reading.config = &config->slos.front();
    snapshot->slos = {reading};
  }

  void add(TotalOf of, const std::string& group, std::int64_t count) {
    SeriesHours series;
    series.of = of;
    series.name = {group};
    const std::int64_t last = hour_of(snapshot->as_of);
    for (std::int64_t i = count; i > 0; --i) series.hours.push_back({last - i, 1, 0});
    past.series.push_back(std::move(series));
  }

  net::Response get(const std::string& query) {
    WebContext context;
    context.snapshot = [this] { return snapshot; };
    context.history = [this](const std::string&, HistoryRange, const Remembered& done) {
      readable ? done(SloPast{config->slos.front(), past}) : done(Error{"the disk cannot be read"});
      return true;
    };
    net::Request request;
    request.method = "GET";
    request.target = "/api/v1/slos/rides/history?" + query;
    net::Response answer;
    make_web_handler(std::move(context))->handle(request, [&](net::Response got) {
      answer = std::move(got);
    });
    return answer;
  }
};

TEST(WebHistory, MorePointsThanAnAnswerHoldsAreTheAskersToMendAndALongerStepDoes) {
  World world;
  world.add(TotalOf::kWhole, "", 1'000);
  for (int i = 0; i < 100; ++i) world.add(TotalOf::kGroup, "area " + std::to_string(i), 1'000);
  const net::Response refused = world.get("since=90d&step=1h&groups=1");
  EXPECT_EQ(refused.status, 400) << refused.body;
  const json said = json::parse(refused.body);
  EXPECT_EQ(said["errorType"], "bad_data");
  EXPECT_EQ(said["error"],
            "that are more than 100000 points, the most that an answer holds: ask for a longer "
            "`step`, or a shorter time");
  for (const auto& [name, value] : refused.headers) EXPECT_NE(name, "Retry-After") << value;
  for (const char* query : {"since=90d&step=1d&groups=1", "since=90d&step=1h"}) {
    const net::Response answered = world.get(query);
    EXPECT_EQ(answered.status, 200) << query << answered.body.substr(0, 200);
  }
  world.past.cut = true;  // the file has more than was read of it
  EXPECT_EQ(world.get("since=90d&step=1d&groups=1").status, 400);
}

TEST(WebHistory, TotalsThatCannotBeReadAreNotTheAskersFault) {
  World world;
  world.readable = false;
  const net::Response answer = world.get("since=1d");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(json::parse(answer.body)["error"], "the disk cannot be read");
}

}  // namespace
}  // namespace slod::serve
