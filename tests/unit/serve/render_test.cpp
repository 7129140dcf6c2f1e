#include "slod/serve/render.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace slod::serve {
namespace {

using nlohmann::json;

struct World {
  std::shared_ptr<Config> config = std::make_shared<Config>();
  engine::Snapshot snapshot;

  World() {
    SloConfig slo;
    slo.name = "unlock-availability";
    slo.service = "rides";
    slo.journey = 0;
    slo.objective = 999'500;
    config->slos = {slo};
    snapshot.config = config;
    snapshot.as_of = *parse_rfc3339("2026-11-22T12:00:00Z");
    engine::SloReading reading;
    reading.config = &config->slos.front();
    reading.windows = {{"5m", {}, std::nullopt, std::nullopt, {}}};
    reading.quantiles["1h"] = {};
    reading.latency_buckets = {{0.1, 20}, {1, 2, 3}, 42.5};
    snapshot.slos = {reading};
    engine::SourceReading source;
    source.source = "gateway";
    source.received = 10;
    source.accepted = 7;
    source.rejected = 3;
    source.rejected_by_reason = {{"malformed", 2}, {"bad_time", 1}};
    snapshot.sources = {source};
  }
};

TEST(SlosJson, UndefinedNumbersAreNullAndNeverZeroOrOne) {
  const World world;
  const json slo = json::parse(slos_json(world.snapshot))["slos"][0];
  for (const char* key : {"sli", "sli_raw"}) EXPECT_TRUE(slo[key].is_null()) << key;
  EXPECT_TRUE(slo["burn"]["5m"].is_null());
  EXPECT_TRUE(slo["budget"]["remaining_ratio"].is_null());
  EXPECT_TRUE(slo["latency"]["p99"].is_null());
  EXPECT_EQ(slo["has_data"], false);
  EXPECT_EQ(slo["objective"], 0.9995);
}

TEST(SlosJson, BytesThatAreNotUtf8AreShownAndDoNotThrow) {
  World world;
  world.snapshot.slos[0].groups.push_back({{{"area", "\xff\xfe"}}, 1, 0, 999'500, {}, {}});
  EXPECT_TRUE(json::accept(slos_json(world.snapshot)));
}

TEST(SloJson, ShowsRecentBadEventsAndHidesTheirDevicesWhereAsked) {
  World world;
  auto exemplar = std::make_shared<engine::Exemplar>();
  exemplar->at = world.snapshot.as_of;
  exemplar->device = "v17";
  exemplar->condition.link = fold::DeviceCondition::Link::kSilent;
  exemplar->condition.out_seconds = 60;
  exemplar->sentence = "timed out; device silent for 1m";
  world.snapshot.slos[0].exemplars = {exemplar};
  const json shown = json::parse(slo_json(world.snapshot, "unlock-availability"))["exemplars"][0];
  EXPECT_EQ(shown["device"], "v17");
  EXPECT_EQ(shown["condition"]["connectivity"], "silent");
  EXPECT_EQ(shown["condition"]["since"], "2026-11-22T11:59:00Z");
  EXPECT_TRUE(shown["condition"]["battery"].is_null());
  world.config->server.show_devices = false;
  EXPECT_EQ(slo_json(world.snapshot, "unlock-availability").find("v17"), std::string::npos);
}

TEST(ContributorsText, OneDeviceThatFailedIsNamedAlthoughThereIsNoOtherToCompareWith) {
  engine::Contributors answer;
  answer.slo = "connectivity";
  answer.total = {18, 2};
  answer.unit = "device-minutes";
  engine::Dimension device{engine::Dimension::Kind::kDevice, "device", {}, {}, 1};
  device.top.push_back({"d4", {0, 2}, 1.0, std::nullopt, std::nullopt});
  engine::Dimension model{engine::Dimension::Kind::kLabel, "model", {}, {}, 1};
  model.top.push_back({"bike", {18, 2}, 1.0, 1.0, 1.0});
  answer.dimensions = {device, model};
  const std::string text = contributors_text_from_json(contributors_json(answer), false);
  EXPECT_NE(text.find("2 bad of 20 device-minutes"), std::string::npos) << text;
  EXPECT_NE(text.find("device d4"), std::string::npos) << text;
  EXPECT_NE(text.find("100.0 %        -      -"), std::string::npos) << text;
  EXPECT_EQ(text.find("bike"), std::string::npos) << "everything is one: " << text;
}

TEST(SlosTable, ShowsTheSameFromTheSnapshotAndFromTheApi) {
  const World world;
  EXPECT_EQ(slos_table(world.snapshot, false), slos_table_from_json(slos_json(world.snapshot), false));
  EXPECT_NE(slos_table(world.snapshot, false).find("no data"), std::string::npos);
  EXPECT_EQ(slos_table_from_json("[]", false), "");
  EXPECT_EQ(slos_table_from_json("{", false), "");
}

TEST(Metrics, UndefinedIsAbsentAndCountersStandAtZero) {
  const World world;
  const std::string text = metrics_text(world.snapshot, {});
  EXPECT_NE(text.find(R"(slod_events_total{slo="unlock-availability",slo_service="rides",result="bad"} 0)"),
            std::string::npos);
  EXPECT_EQ(text.find("\nslod_sli_ratio{"), std::string::npos);
  EXPECT_EQ(text.find("\nslod_burn_rate{"), std::string::npos);
  EXPECT_EQ(text.find("NaN"), std::string::npos);
  EXPECT_EQ(text.find(" nan"), std::string::npos);
}

TEST(Metrics, TheHistogramIsCumulativeAndEndsWithTheCount) {
  const World world;
  const std::string text = metrics_text(world.snapshot, {});
  EXPECT_NE(text.find(R"(slo_service="rides",le="0.1"} 1)"), std::string::npos);
  EXPECT_NE(text.find(R"(slo_service="rides",le="20"} 3)"), std::string::npos);
  EXPECT_NE(text.find(R"(slo_service="rides",le="+Inf"} 6)"), std::string::npos);
}

TEST(Metrics, GroupLabelsBecomeNamesThatPrometheusAllows) {
  World world;
  world.snapshot.slos[0].groups.push_back({{{"device.model", "scooter\"x\n"}}, 5, 1, 999'500, {}, {}});
  const std::string text = metrics_text(world.snapshot, {});
  EXPECT_NE(text.find(R"(device_model="scooter\"x\n"} 6)"), std::string::npos);
}

TEST(Metrics, GroupLabelsNeverTakeANameThatIsTaken) {
  World world;
  world.snapshot.slos[0].groups.push_back(
      {{{"slo", "a"}, {"job", "b"}, {"a-b", "c"}, {"a_b", "d"}, {"5g", "e"}, {"le", "f"}},
       5,
       1,
       999'500,
       {},
       {}});
  const std::string text = metrics_text(world.snapshot, {});
  EXPECT_NE(text.find(R"(group_slo="a",group_job="b",a_b="c",group_a_b="d",group_5g="e",group_le="f"} 6)"),
            std::string::npos)
      << text;
}

TEST(Page, TextFromOutsideIsEscaped) {
  World world;
  world.config->slos[0].name = "<script>alert(1)</script>";
  const std::string html = slos_page(world.snapshot);
  EXPECT_EQ(html.find("<script>"), std::string::npos);
  EXPECT_NE(html.find("&lt;script&gt;"), std::string::npos);
}

}  // namespace
}  // namespace slod::serve
