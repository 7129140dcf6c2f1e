// What a good config becomes.
#include "slod/config/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "unit/config/sample.h"

namespace slod::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string repository(const std::string& path) {
  return (std::filesystem::path(__FILE__).parent_path() / "../../.." / path).lexically_normal().string();
}

std::string all_faults(const Loaded& loaded) {
  std::string text;
  for (const Fault& fault : loaded.faults) text += format_fault(fault, false);
  return text;
}

std::shared_ptr<const Config> good(const std::string& text) {
  const Loaded loaded = load_text(text);
  EXPECT_NE(loaded.config, nullptr) << all_faults(loaded);
  return loaded.config != nullptr ? loaded.config : std::make_shared<Config>();
}

const SloConfig& slo(const Config& config, const std::string& name) {
  for (const SloConfig& s : config.slos) {
    if (s.name == name) return s;
  }
  ADD_FAILURE() << "no SLO " << name;
  static const SloConfig kNone;
  return kNone;
}

TEST(ScaledPolicyTest, IsSharedOnlyByWindowsThatScaleEveryRuleAlike) {
  const std::string first = changed(kSmall, "objective: 99,", "objective: 99, window: 130s,");
  const auto config = good(changed(first, "objective: 97,", "objective: 97, window: 10m,"));
  EXPECT_NE(slo(*config, "works").alert_policy, slo(*config, "connected").alert_policy);
}

TEST(LatencyTest, TextFormatsHaveANameForIt) {
  const auto text = [](const std::string& format) {
    return "sources: {edge: {http: {}, format: " + format + R"(}}
journeys: {Ride: {api: {source: edge, method: POST, route: /ride}}}
slos: [{name: fast, service: rides, journey: Ride, sli: latency, threshold: 1s, objective: 99}]
)";
  };
  EXPECT_EQ(slo(*good(text("nginx-combined")), "fast").sli, SliKind::kLatency);
  EXPECT_THAT(all_faults(load_text(text("fluent-bit"))), HasSubstr("maps no `latency`"));
}

TEST(ExampleTest, TheFullSampleLoadsWithoutAFault) {
  const Loaded loaded = load({repository("config/example.yaml")});
  ASSERT_NE(loaded.config, nullptr) << all_faults(loaded);
  EXPECT_EQ(all_faults(loaded), "");
  const Config& config = *loaded.config;
  EXPECT_EQ(config.sources.size(), 3U);
  EXPECT_EQ(config.journeys.size(), 3U);
  EXPECT_EQ(config.slos.size(), 8U);
  EXPECT_EQ(config.state.max_bytes, 100'000'000'000);
  EXPECT_THAT(config.text, HasSubstr("lock-availability"));  // the include too
  const SloConfig& unlock = slo(config, "unlock-availability");
  EXPECT_EQ(unlock.objective, 990'000);
  EXPECT_THAT(unlock.actors, ElementsAre(-1, 2));
  ASSERT_EQ(unlock.also.size(), 1U);
  EXPECT_EQ(unlock.also[0].time_zone, "Asia/Tokyo");
  EXPECT_EQ(unlock.review_every_quarters, 2);
  EXPECT_EQ(slo(config, "lock-latency").owner, "server-team");
  EXPECT_EQ(slo(config, "ride-slices").budgeting->target, 950'000);
  EXPECT_EQ(slo(config, "vehicles-fit").sli, SliKind::kDeviceShare);
  ASSERT_EQ(config.fleet->checks.size(), 1U);
  EXPECT_THAT(config.source("fleet")->messages[0].values, ElementsAre("/rssi"));
  EXPECT_EQ(config.fleet->report_every.by_state.at("hibernating"), hours(24));
  EXPECT_TRUE(config.routes[0].match.count("severity") == 1 && config.routes[0].to.size() == 3);
}

TEST(ExampleTest, TheMinimalConfigLoadsWithoutAFault) {
  const Loaded loaded = load({repository("config/minimal.yaml")});
  EXPECT_EQ(all_faults(loaded), "");
  ASSERT_NE(loaded.config, nullptr);
  EXPECT_EQ(loaded.config->slos.size(), 4U);
}

TEST(PercentTest, IsExactFromItsText) {
  const Ppm objective = slo(*good(changed(kSmall, "objective: 99,", "objective: 99.95,")), "works").objective;
  EXPECT_EQ(objective, 999'500);
  EXPECT_EQ(
      slo(*good(changed(kSmall, "objective: 99,", "objective: 99.9999, window: 365d,")), "works").objective,
      999'999);
}

TEST(PolicyTest, AMissingOneIsScaledToTheWindowAndAWrittenOneIsLiteral) {
  const auto config = good(changed(kSmall, "objective: 99,", "objective: 99, window: 7d,"));
  const AlertPolicy& scaled = config->policies[static_cast<std::size_t>(slo(*config, "works").alert_policy)];
  ASSERT_EQ(scaled.rules.size(), 4U);
  EXPECT_EQ(scaled.rules[0].long_window, seconds(840));  // 1 h x 7/30
  EXPECT_EQ(scaled.rules[0].short_window, seconds(70));  // 5 m x 7/30
  EXPECT_EQ(scaled.rules[3].long_window, seconds(60'480));
  EXPECT_EQ(scaled.rules[0].burn_micros, 14'400'000);
  const AlertPolicy& written = config->policies[static_cast<std::size_t>(slo(*config, "fast").alert_policy)];
  EXPECT_EQ(written.name, "strict");
  EXPECT_EQ(written.rules[0].long_window, hours(1));
}

TEST(PolicyTest, AWrittenDefaultIsLiteralForSlosThatNameNone) {
  const auto config = good(changed(changed(kSmall, "strict: {", "default: {"), ", alert_policy: strict", ""));
  for (const SloConfig& s : config->slos) {
    EXPECT_EQ(config->policies[static_cast<std::size_t>(s.alert_policy)].rules.size(), 1U) << s.name;
  }
}

TEST(PolicyTest, CalendarWindowsScaleByTheirNominalLength) {
  const auto config =
      good(changed(kSmall, "objective: 99,", "objective: 99, window: { calendar: quarter },"));
  const AlertPolicy& scaled = config->policies[static_cast<std::size_t>(slo(*config, "works").alert_policy)];
  EXPECT_EQ(scaled.rules[0].long_window, hours(3));
  EXPECT_EQ(slo(*config, "works").window.text, "quarter");
}

TEST(JourneyTest, DefaultsAreTheSourcesLabelsAndTheMappedRetryFields) {
  const auto config = good(changed(kSmall, "device: { source: fleet, command: unlock }",
                                   "device: { source: fleet, command: unlock }\n    retry: {}"));
  EXPECT_THAT(config->journeys[0].labels, ElementsAre("app", "area"));
  EXPECT_THAT(config->journeys[0].retry->by, ElementsAre("device"));
  EXPECT_EQ(config->journeys[0].device->deadline, seconds(20));
  EXPECT_EQ(config->journeys[0].api->method, "POST");
}

TEST(StatusTest, ClassesRangesAndCodesCarryTheirSpecificity) {
  const auto config = good(changed(kSmall, "status: [5xx]", "status: [5xx, 500-503, 404]"));
  const auto& ranges = config->journeys[0].api->rules[0].statuses;
  ASSERT_EQ(ranges.size(), 3U);
  EXPECT_TRUE(ranges[0].low == 500 && ranges[0].high == 599 && ranges[0].specificity == 0);
  EXPECT_TRUE(ranges[1].low == 500 && ranges[1].high == 503 && ranges[1].specificity == 1);
  EXPECT_TRUE(ranges[2].low == 404 && ranges[2].high == 404 && ranges[2].specificity == 2);
}

TEST(PresetTest, FieldsBesideAPresetOverrideSingleOnes) {
  const auto config = good(changed(kSmall,
                                   "    format: json\n    fields: { time: /ts, method: /m, path: /p, status: "
                                   "/s, latency: { at: /ms, unit: ms },",
                                   "    format: nginx-json\n    fields: { path: /uri,"));
  const LogFormat& format = *config->source("gateway")->format;
  EXPECT_EQ(format.fields.path, "/uri");
  EXPECT_EQ(format.fields.latency, "/request_time");
  EXPECT_EQ(format.fields.latency_unit, seconds(1));
  EXPECT_TRUE(format.stamp_is_end);
  EXPECT_THAT(format.client_abort, ElementsAre(499));
}

TEST(MqttTest, AddressesHaveDefaultsAndBrackets) {
  const auto url = [](const char* text) {
    return good(changed(kSmall, "mqtt://localhost", text))->sources[1];
  };
  EXPECT_EQ(url("mqtt://broker").mqtt_port, 1883);
  EXPECT_EQ(url("mqtts://broker").mqtt_port, 8883);
  EXPECT_TRUE(url("mqtts://broker:1").mqtt_tls);
  EXPECT_EQ(url("mqtt://[::1]:99").mqtt_host, "::1");
  EXPECT_EQ(url("mqtt://[::1]").mqtt_port, 1883);
}

class FolderTest : public testing::Test {
 protected:
  FolderTest()
      : dir_(std::filesystem::temp_directory_path() / ("slod_config_" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(dir_ / "slos");
  }
  ~FolderTest() override { std::filesystem::remove_all(dir_); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(dir_ / name) << text;
    return (dir_ / name).string();
  }
  std::filesystem::path dir_;
};

TEST_F(FolderTest, IncludesMergeAndDefaultsStayInTheirFile) {
  write("slos/a.yaml",
        "defaults: { objective: 99.5, actor: staff }\nslos: [ { name: staff-works, journey: Unlock } ]\n");
  const Loaded loaded = load({write("slod.yaml", "include: [slos/*.yaml]\n" + kSmall)});
  ASSERT_NE(loaded.config, nullptr) << all_faults(loaded);
  EXPECT_EQ(slo(*loaded.config, "staff-works").objective, 995'000);
  EXPECT_EQ(slo(*loaded.config, "works").objective, 990'000);
  EXPECT_EQ(loaded.config->state.dir, (dir_ / "data").string());
}

TEST_F(FolderTest, FaultsOfIncludesCarryTheirFileInReadingOrder) {
  write("slos/a.yaml",
        "slos: [ { name: works, journey: Unlock, actor: rider, objective: 99 } ]\nstate: {}\n");
  write("slos/b.yaml", "slots: []\n");
  const Loaded loaded = load({write("slod.yaml", "include: [slos/*.yaml]\nstate: {}\n" + kSmall)});
  ASSERT_EQ(loaded.faults.size(), 3U) << all_faults(loaded);
  EXPECT_THAT(loaded.faults[0].message, HasSubstr("slod.yaml:"));
  EXPECT_THAT(loaded.faults[0].file, HasSubstr("slos/a.yaml"));
  EXPECT_THAT(loaded.faults[1].message, HasSubstr("`state` already stands in"));
  EXPECT_THAT(loaded.faults[2].message, HasSubstr("did you mean \"slos\"?"));
}

TEST_F(FolderTest, AMissingIncludeIsAnErrorAndAnEmptyGlobAWarning) {
  EXPECT_TRUE(load({write("slod.yaml", "include: [nothing.yaml]\n" + kSmall)}).unreadable);
  const Loaded loaded = load({write("slod.yaml", "include: [more/*.yaml]\n" + kSmall)});
  ASSERT_NE(loaded.config, nullptr);
  ASSERT_EQ(loaded.faults.size(), 1U);
  EXPECT_TRUE(loaded.faults[0].warning);
}

TEST_F(FolderTest, SecretsLoseOneNewlineAndNeverShow) {
  EXPECT_EQ(*read_secret({write("key", "abc \n\n"), ""}), "abc \n");
  ASSERT_FALSE(read_secret({(dir_ / "none").string(), ""}).has_value());
  EXPECT_THAT(read_secret({(dir_ / "none").string(), ""}).error().message, HasSubstr("No such file"));
  EXPECT_THAT(read_secret({"", "SLOD_NO_SUCH_VARIABLE"}).error().message, HasSubstr("is not set"));
  EXPECT_FALSE(read_secret({}).has_value());
}

TEST(JsonTest, AJsonConfigIsAConfig) {
  EXPECT_THAT(all_faults(load_text(R"({"sources":{"e":{"file":{"path":"/x"},"format":"nginx-json"}},
    "journeys":{"R":{"api":{"source":"e","method":"GET","route":"/r"}}},
    "slos":[{"name":"s","journey":"R","objective":99.9,"window":"7d"}]})")),
              IsEmpty());
}

TEST(SchemaTest, IsJsonWithEveryKeyOfTheRoot) {
  const auto schema = nlohmann::json::parse(json_schema());
  EXPECT_EQ(schema["properties"].size(), 19U);
  EXPECT_EQ(schema["additionalProperties"], false);
  const auto& slo_schema = schema["properties"]["slos"]["items"];
  EXPECT_TRUE(slo_schema["properties"].contains("objective"));
  EXPECT_TRUE(slo_schema["properties"].contains("max_share_per_device"));
}

void collect_keys(const nlohmann::json& schema, std::vector<std::string>& keys) {
  if (schema.is_object() && schema.contains("properties")) {
    for (const auto& [key, value] : schema["properties"].items()) keys.push_back(key);
  }
  for (const auto& value : schema) {
    if (value.is_structured()) collect_keys(value, keys);
  }
}

TEST(DocumentationTest, NamesEveryKeyOfTheTable) {
  std::ifstream in(repository("docs/configuration.md"));
  const std::string page((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  std::vector<std::string> keys;
  collect_keys(nlohmann::json::parse(json_schema()), keys);
  ASSERT_GT(keys.size(), 150U);
  for (const std::string& key : keys) EXPECT_NE(page.find("`" + key + "`"), std::string::npos) << key;
}

TEST(SummaryTest, ProjectsTheJournalFromTheRetention) {
  const std::string text = summary(*good(kSmall));
  EXPECT_THAT(text, HasSubstr("2 sources, 2 journeys, 3 SLOs (1 of the fleet)"));
  EXPECT_THAT(text, HasSubstr("journeys: 1.7 GB a day (3.9 GB before compression), 691 GB in 400d"));
  EXPECT_THAT(text, HasSubstr("fleet: 1.7 GB a day (3.9 GB before compression), 6.9 GB in 4d"));
}

TEST(MutationTest, NoByteMutationOfTheSampleCrashesTheLoader) {
  const char* wanted = std::getenv("SLOD_SEED");
  const unsigned seed =
      wanted != nullptr ? static_cast<unsigned>(std::stoul(wanted)) : std::random_device{}();
  RecordProperty("seed", static_cast<int>(seed));
  SCOPED_TRACE("SLOD_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);
  std::ifstream in(repository("config/example.yaml"));
  const std::string sample((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  ASSERT_GT(sample.size(), 5000U);
  const std::string interesting = "{}[]:,&*!|>'\"%@`#-? \n\t0/~<\xFF";
  int loaded_count = 0;
  for (int i = 0; i < 400; ++i) {
    std::string text = sample;
    for (std::size_t n = 1 + random() % 3; n > 0; --n) {
      const std::size_t at = random() % text.size();
      const char byte =
          random() % 2 == 0 ? interesting[random() % interesting.size()] : static_cast<char>(random());
      switch (random() % 3) {
        case 0:
          text[at] = byte;
          break;
        case 1:
          text.insert(at, 1, byte);
          break;
        default:
          text.erase(at, 1 + random() % 20);
          break;
      }
    }
    const Loaded loaded = load_text(text);
    const bool errors =
        std::any_of(loaded.faults.begin(), loaded.faults.end(), [](const Fault& f) { return !f.warning; });
    EXPECT_EQ(loaded.config == nullptr, errors);
    if (loaded.config != nullptr) ++loaded_count;
    for (const Fault& fault : loaded.faults) EXPECT_FALSE(format_fault(fault, true).empty());
  }
  EXPECT_GT(loaded_count, 0);
}

}  // namespace
}  // namespace slod::config
