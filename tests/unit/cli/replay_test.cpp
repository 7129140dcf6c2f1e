// A replay passes over time in which nothing can change; a config with a fleet, whose minutes go on, makes it
// walk every tick. What both say of journeys must be equal.
#include "cli/replay/replay.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "slod/config/load.h"
#include "slod/serve/render.h"
#include "unit/window/seed.h"

namespace slod::cli {
namespace {

constexpr const char* kConfig =
    "evaluation_interval: 60s\n"
    "sources:\n"
    "  gateway:\n"
    "    http: {}\n"
    "    format: json\n"
    "    fields: { time: /t, method: /m, path: /p, status: /s, latency: { at: /l, unit: s }, user: /u, "
    "labels: { area: /a } "
    "}\n"
    "  radio:\n"
    "    mqtt: { url: \"mqtt://localhost\" }\n"
    "    messages: [ { topic: \"v/{device}/t\", is: report, fields: { battery: /b } } ]\n"
    "journeys:\n"
    "  Ride: { api: { source: gateway, method: POST, route: /rides }, retry: { by: [user], within: 2h } }\n"
    "alert_policies: { slow: { rules: [ { severity: ticket, burn: 1, long: 5h, short: 5h } ] } }\n"
    "slos:\n"
    "  - { name: rides, journey: Ride, objective: 90, window: 6h, also: [1h], group_by: [area], "
    "alert_policy: "
    "slow }\n"
    "  - { name: fast, journey: Ride, objective: 90, sli: latency, threshold: 2s, window: 3h }\n"
    "  - { name: daily, journey: Ride, objective: 90, window: { calendar: day, time_zone: Asia/Tokyo } }\n"
    "  - { name: slices, journey: Ride, objective: 90, window: 6h, budgeting: { slice: 5m, target: 80 } }\n";

constexpr const char* kFleet = "fleet: { sources: [radio], report_every: { default: 5m } }\n";

class ReplayTest : public testing::Test {
 protected:
  void SetUp() override {
    path_ = std::filesystem::temp_directory_path() / ("slod-replay-" + std::to_string(::getpid()) + ".jsonl");
  }
  void TearDown() override { std::filesystem::remove(path_); }

  /// Bursts of up to an hour, with anything between nothing and half a month behind each.
  void write_history(test::Random& random) {
    std::ofstream out(path_);
    Time at = *parse_rfc3339("2026-01-01T00:00:00Z");
    for (int burst = 0; burst < 5; ++burst) {
      for (int n = 0; n < 40; ++n, at += seconds(random.between(0, 90))) {
        out << nlohmann::json{{"t", format_rfc3339(at)},
                              {"m", "POST"},
                              {"p", random.one_in(10) ? "/other" : "/rides"},
                              {"s", random.one_in(3) ? 500 : 200},
                              {"l", static_cast<double>(random.between(1, 4000)) / 1000},
                              {"u", random.between(1, 9)},
                              {"a", random.one_in(2) ? "east" : "west"}}
                   .dump()
            << "\n";
      }
      at += hours(random.between(0, 24 * 15));
    }
  }

  ReplayResult replayed(const std::string& text, std::optional<Time> until) const {
    const auto loaded = config::load_text(text);
    EXPECT_NE(loaded.config, nullptr);
    ReplayOptions options;
    options.config = loaded.config;
    options.inputs = {{"gateway", path_}};
    options.until = until;
    auto result = replay(options);
    EXPECT_TRUE(result);
    return std::move(*result);
  }

  static std::string says(const ReplayResult& result) {
    std::string out = format_rfc3339(result.snapshot->as_of) +
                      nlohmann::json::parse(serve::slos_json(*result.snapshot))["slos"].dump(1);
    for (const engine::Transition& t : result.transitions)
      out += format_rfc3339(t.at) + " " + t.slo + " " + t.long_window + " " + t.to + "\n";
    return out;
  }

  std::string path_;
};

TEST_F(ReplayTest, PassesOverQuietTimeWithoutChangingANumber) {
  const std::uint64_t first = test::first_seed();
  std::size_t transitions = 0;
  for (std::uint64_t seed = first; seed < first + 6; ++seed) {
    SCOPED_TRACE("SLOD_SEED=" + std::to_string(seed));
    test::Random random(seed);
    write_history(random);
    std::optional<Time> until;
    if (random.one_in(2)) until = *parse_rfc3339("2026-01-01T00:00:00Z") + hours(random.between(1, 24 * 60));
    const ReplayResult jumped = replayed(kConfig, until);
    ASSERT_EQ(says(jumped), says(replayed(std::string(kConfig) + kFleet, until)));
    transitions += jumped.transitions.size();
  }
  EXPECT_GT(transitions, 0U);
}

TEST_F(ReplayTest, AStampOfLongAgoCostsNoWalkThroughTheYears) {
  std::ofstream(path_) << R"({"t":"1970-01-02T00:00:00Z","m":"POST","p":"/rides","s":200})"
                       << "\n"
                       << R"({"t":"2261-01-01T00:00:00Z","m":"POST","p":"/rides","s":500})"
                       << "\n";
  const ReplayResult result = replayed(kConfig, {});  // 153 million ticks, if each were made
  EXPECT_EQ(format_rfc3339(result.snapshot->as_of), "2261-01-01T00:01:00Z");
  EXPECT_EQ(result.records, 2U);
}

}  // namespace
}  // namespace slod::cli
