// What people see when a config is wrong: places, words, suggestions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/config/sample.h"

namespace slod::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> heads(const Loaded& loaded) {
  std::vector<std::string> lines;
  for (const Fault& f : loaded.faults) {
    lines.push_back(std::to_string(f.line) + ":" + std::to_string(f.column) + "+" + std::to_string(f.width) +
                    " " + (f.warning ? "warning: " : "") + f.message);
  }
  return lines;
}

TEST(ConfigFaultsTest, ShowsFiveMistakesAtOnceWithTheirPlaces) {
  const Loaded loaded = load_text(
      "sources:\n"
      "  gateway:\n"
      "    http: {}\n"
      "    format: json\n"
      "    fields: { time: /ts, method: /m, path: /p, status: /s, latncy: /l }\n"
      "journeys:\n"
      "  Unlock: { api: { source: gatway, method: POST, route: /unlock } }\n"
      "slos:\n"
      "  - name: unlock\n"
      "    journey: Unlock\n"
      "    objectiv: 99\n"
      "    objective: 100\n"
      "    window: 30\n");
  EXPECT_EQ(loaded.config, nullptr);
  EXPECT_THAT(
      heads(loaded),
      ElementsAre(
          "5:60+6 unknown key \"latncy\" in fields; did you mean \"latency\"?",
          "7:28+6 unknown source \"gatway\"; did you mean \"gateway\"?",
          "11:5+8 unknown key \"objectiv\" in slo; did you mean \"objective\"?",
          "12:16+3 an objective of 100 leaves no error budget, and every single bad event would violate it; "
          "write 99.99 or less",
          "13:13+2 `window`: \"30\" has no unit; write 30s (seconds), 30m (minutes) or 30d (days)"));
}

TEST(ConfigFaultsTest, PointsWithACaretAsCompilersDo) {
  Fault fault{"slos/unlock.yaml", 14, 5, 8, false, "unknown key \"objectiv\" in slo", "    objectiv: 99"};
  EXPECT_EQ(format_fault(fault, false),
            "slos/unlock.yaml:14:5: error: unknown key \"objectiv\" in slo\n"
            "      objectiv: 99\n"
            "      ^~~~~~~~\n");
}

TEST(ConfigFaultsTest, PutsTheCaretUnderItsTextAfterWideCharactersAndTabs) {
  Fault fault{"a.yaml", 1, 5, 2, true, "m", "渋\t谷 ab"};
  EXPECT_EQ(format_fault(fault, false), "a.yaml:1:5: warning: m\n  渋\t谷 ab\n    \t   ^~\n");
}

TEST(ConfigFaultsTest, ShowsAStretchOfAVeryLongLine) {
  Fault fault{"a.json", 1, 5001, 3, false, "m", std::string(5000, 'x') + "abc" + std::string(5000, 'y')};
  const std::string text = format_fault(fault, false);
  EXPECT_LT(text.size(), 400U);
  EXPECT_THAT(text, HasSubstr("abc"));
}

TEST(ConfigFaultsTest, FindsDuplicateKeysThatYamlCppLetsPass) {
  const Loaded loaded = load_text(kSmall + "sources: {}\n");
  EXPECT_THAT(heads(loaded), testing::Contains(HasSubstr("duplicate key \"sources\" (first in line 1)")));
}

TEST(ConfigFaultsTest, FindsInvalidUtf8AtItsByte) {
  const Loaded loaded = load_text("# ok\nsources: \"a\xFF\"\n");
  ASSERT_EQ(loaded.faults.size(), 1U);
  EXPECT_EQ(loaded.faults[0].line, 2);
  EXPECT_EQ(loaded.faults[0].column, 12);
  EXPECT_THAT(loaded.faults[0].message, HasSubstr("UTF-8"));
}

TEST(ConfigFaultsTest, RefusesAliasBombsAndDeepNestingWithAPlace) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int j = 1; j < 10; ++j) bomb += ", " + before;
    bomb += "]\n";
  }
  const Loaded large = load_text(bomb);
  ASSERT_FALSE(large.faults.empty());
  EXPECT_THAT(large.faults[0].message, HasSubstr("too large"));
  const Loaded deep = load_text(std::string(100'000, '['));
  ASSERT_FALSE(deep.faults.empty());
  EXPECT_THAT(deep.faults[0].message, HasSubstr("nested too deeply"));
  const Loaded self = load_text("a: &x [*x]\n");
  ASSERT_FALSE(self.faults.empty());
  EXPECT_THAT(self.faults[0].message, HasSubstr("alias"));
}

TEST(ConfigFaultsTest, SaysThatAFileCannotBeRead) {
  const Loaded loaded = load({"/nonexistent/slod.yaml"});
  EXPECT_TRUE(loaded.unreadable);
  ASSERT_EQ(loaded.faults.size(), 1U);
  EXPECT_EQ(loaded.faults[0].file, "/nonexistent/slod.yaml");
  EXPECT_THAT(loaded.faults[0].message, HasSubstr("No such file"));
}

TEST(ConfigFaultsTest, AnEmptyFileLacksSourcesAndSlos) {
  EXPECT_EQ(load_text("").faults.size(), 2U);
  EXPECT_EQ(load_text("[1, 2]").faults.size(), 3U);
}

struct Case {
  const char* name;
  const char* from;  ///< in kSmall
  const char* to;
  const char* message;  ///< part of the fault that follows
  bool warning = false;
};

class OneMistakeTest : public testing::TestWithParam<Case> {};

TEST_P(OneMistakeTest, IsNamed) {
  const Case& c = GetParam();
  const Loaded loaded = load_text(changed(kSmall, c.from, c.to));
  std::string all;
  for (const std::string& line : heads(loaded)) all += line + "\n";
  EXPECT_EQ(loaded.config == nullptr, !c.warning) << all;
  EXPECT_THAT(all, HasSubstr(c.message));
  EXPECT_EQ(loaded.faults.size(), 1U) << all;
}

INSTANTIATE_TEST_SUITE_P(
    All, OneMistakeTest,
    testing::Values(
        Case{"objective_zero", "objective: 99,", "objective: 0,", "an objective of 0 can never be missed"},
        Case{"five_decimals", "objective: 99,", "objective: 99.12345,", "at most 4 decimals"},
        Case{"more_than_all", "objective: 99,", "objective: 100.0001,", "write a number from 0 to 100"},
        Case{"seven_nines", "objective: 99,", "objective: 99.99999,", "at most 4 decimals"},
        Case{"percent_sign", "objective: 99,", "objective: \"99%\",", "without the % sign"},
        Case{"no_actor", "actor: rider, ", "", "needs `actor`"},
        Case{"unknown_actor", "actor: rider,", "actor: ridr,", "did you mean \"rider\"?"},
        Case{"latency_without_threshold", "threshold: 20s, ", "", "needs `threshold`"},
        Case{"unknown_group", "group_by: [area]", "group_by: [aera]",
             "unknown label of the journey \"aera\"; did you mean \"area\"?"},
        Case{"same_slo", "name: fast", "name: works", "another SLO \"works\""},
        Case{"window_step", "window: 30d", "window: 30m5s", "not a multiple of 10s"},
        Case{"window_below_a_slot", "window: 30d", "window: 5s", "not a multiple of 10s"},
        Case{"window_retention", "window: 30d", "window: 401d", "journal_retention.journeys"},
        Case{"short_longer", "short: 5m", "short: 2h", "longer than the long one"},
        Case{"rule_step", "long: 1h", "long: 65s", "not a multiple of 10s"},
        Case{"never_fires", "burn: 14.4", "burn: 100", "can never fire", true},
        Case{"one_event", "objective: 99,", "objective: 99.9999, window: 7d,", "one bad event breaks it",
             true},
        Case{"no_pointer", "time: /ts", "time: ts", "write \"/ts\""},
        Case{"latency_unit", "{ at: /ms, unit: ms }", "/ms", "the latency needs its unit"},
        Case{"two_transports", "http: {}", "http: {}\n    file: { path: x }",
             "exactly one of `http`, `file`, `mqtt` and `syslog`"},
        Case{"token", "listen: \"127.0.0.1:8080\"", "listen: \"0.0.0.0:8080\"", "needs `token`"},
        Case{"topic", "v/{device}/acks", "v/{vehicle}/acks", "a topic knows {device} and {name}"},
        Case{"same_route", "/rides", "\"/v/{id}/unlock\"", "has the same route"},
        Case{"overlap", "/rides", "/v/all/unlock", "the more specific one wins", true},
        Case{"status", "[5xx]", "[6xx]", "write 404, 500-503 or 5xx"},
        Case{"leg_of_machines", "fleet: connectivity,", "fleet: connectivity, leg: api,",
             "belongs to a journey SLO"},
        Case{"fold_of_machines", "fleet: connectivity,", "fleet: connectivity, fold: false,",
             "belongs to a journey SLO"},
        Case{"no_cap", "name: works,", "name: works, max_share_per_device: 0,", "leave it out for no cap"},
        Case{"cap_of_slices", "name: works,",
             "name: works, max_share_per_device: 1, budgeting: { slice: 1m, target: 95 },",
             "does not go with `budgeting`"},
        Case{"cap_of_machines", "fleet: connectivity,", "fleet: connectivity, max_share_per_device: 5,",
             "belongs to a journey SLO"},
        Case{"slice", "name: works,", "name: works, budgeting: { slice: 70s, target: 95 },",
             "does not divide"},
        Case{"slice_target", "name: works,", "name: works, budgeting: { slice: 1m, target: 100 },",
             "breaks the slice", true},
        Case{"time_zone", "window: 30d", "window: { calendar: month, time_zone: Asia/Tokio }",
             "not a known time zone"},
        Case{"destination", "to: [chat]", "to: [chap]", "did you mean \"chat\"?"},
        Case{"device_share", "fleet: connectivity, objective: 97",
             "fleet: connectivity, sli: device-share, objective: 97", "device-share needs `at_least`"},
        Case{"plain_secret", "{ env: SLACK }", "https://hooks.example.org", "write a mapping { file, env }"},
        Case{"rrule", "FREQ=WEEKLY", "FREQ=HOURLY", "DAILY, WEEKLY or MONTHLY"},
        Case{"no_reply", "is: reply, fields: { id: /id, result: /r }, good: [ok]",
             "is: command, fields: { name: /n }", "no `is: reply` message"},
        Case{"interval", "sources:", "evaluation_interval: 15s\nsources:", "not a multiple of 10s"}),
    [](const auto& one) { return std::string(one.param.name); });

TEST(ConfigFaultsTest, DeviceShareLoadsAndIsNamedAsWithoutNumbersUntilItIsThere) {
  const Loaded loaded =
      load_text(changed(kSmall, "fleet: connectivity, objective: 97",
                        "fleet: connectivity, sli: device-share, at_least: 98, objective: 97"));
  ASSERT_NE(loaded.config, nullptr);
  EXPECT_THAT(not_yet(*loaded.config), ::testing::Contains(HasSubstr("has no numbers")));
}

TEST(ConfigFaultsTest, ALabelOfTheLogMayNotBeCalledAsTheDevicesOwnAre) {
  const Loaded loaded = load_text(changed(kSmall, "app: /app,", "device.model: /m, app: /app,"));
  EXPECT_THAT(heads(loaded), testing::Contains(HasSubstr("`device.NAME` is the device's own")));
}

TEST(ConfigFaultsTest, LimitsAreWrittenOut) {
  const Loaded loaded = load_text(kSmall + "limits: { groups_per_slo: 0 }\n");
  EXPECT_THAT(heads(loaded), testing::Contains(HasSubstr("from 1 to 1000000")));
}

TEST(ConfigFaultsTest, TheSmallConfigItselfHasNone) {
  EXPECT_THAT(heads(load_text(kSmall)), IsEmpty());
}

}  // namespace
}  // namespace slod::config
