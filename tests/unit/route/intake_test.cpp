#include "slod/route/intake.h"

#include <gtest/gtest.h>

#include "route/user_hash.h"

namespace slod::route {
namespace {

const Time kNow = from_nanos(1795350800'000000000);

Config config_of() {
  Config config;
  SourceConfig gateway;
  gateway.name = "gateway";
  LogFormat format;
  format.fields = {"/time",
                   "/method",
                   "/path",
                   "/status",
                   "/latency",
                   "/id",
                   "/device",
                   "/user",
                   seconds(1),
                   seconds(1),
                   {{"app", "/app"}, {"area", "/area"}}};
  gateway.format = format;
  SourceConfig fleet;
  fleet.name = "fleet";
  const auto rule = [&fleet](const std::string& topic, MessageRule::Is is) -> MessageRule& {
    MessageRule& added = fleet.messages.emplace_back();
    added.topic = topic;
    added.is = is;
    return added;
  };
  rule("v/{device}/t", MessageRule::Is::kReport).time = "/ts";
  rule("v/{device}/s", MessageRule::Is::kPresence);
  rule("v/{device}/c/{name}", MessageRule::Is::kCommand);
  rule("v/{device}/a", MessageRule::Is::kReply);
  config.sources = {gateway, fleet};
  JourneyConfig unlock;
  unlock.api = ApiLeg{"gateway", "POST", "/v1/vehicles/{device}/unlock", {}, {}};
  unlock.device = DeviceLeg{"fleet", "unlock", seconds(20)};
  config.journeys.push_back(unlock);
  config.fleet.emplace().sources = {"fleet"};
  return config;
}

std::string line(const std::string& time, const std::string& path, const std::string& more = "") {
  return R"({"time":)" + time + R"(,"method":"POST","path":")" + path + R"(","status":200,"latency":0.5)" +
         more + "}\n";
}

struct Bench {
  explicit Bench(const std::string& name, Config settings = config_of())
      : config(std::move(settings)), router(config), intake(config, *config.source(name), router, 7) {}
  Config config;
  Router router;
  Intake intake;
  RecordBatch batch;
};

TEST(IntakeTest, ALogLineBecomesARow) {
  Bench b("gateway");
  const auto report = b.intake.body(line("1795350790", "/v1/vehicles/d7/unlock?x=1",
                                         R"(,"id":"r1","user":"u1","app":"ios","area":"tokyo")"),
                                    kNow, b.batch);
  EXPECT_EQ(report.records, 1u);
  ASSERT_EQ(b.batch.api.size(), 1u);
  const ApiRow& row = b.batch.api[0];
  const Dictionary& words = b.batch.dictionary;
  EXPECT_EQ(row.start, from_nanos(1795350789'500000000));
  EXPECT_EQ(row.latency, Duration(500'000'000));
  EXPECT_EQ(row.received, kNow);
  EXPECT_EQ(row.id, digest_of("r1"));
  EXPECT_EQ(row.user, user_hash("u1", 7));
  EXPECT_EQ(words.text(row.source), "gateway");
  EXPECT_EQ(words.text(row.route), "POST /v1/vehicles/{device}/unlock");
  EXPECT_EQ(words.text(row.device), "d7");
  EXPECT_EQ(words.labels(row.labels).size(), 2u);
  EXPECT_EQ(words.text(words.value(row.labels, words.find("area"))), "tokyo");
  EXPECT_EQ(b.batch.counts.accepted, 1u);
}
TEST(IntakeTest, TheMappedDeviceComesBeforeTheRoutes) {
  Bench b("gateway");
  b.intake.body(line("1795350790", "/v1/vehicles/d7/unlock", R"(,"device":"d9")"), kNow, b.batch);
  EXPECT_EQ(b.batch.dictionary.text(b.batch.api.at(0).device), "d9");
}
TEST(IntakeTest, CountsAddUpAndErrorsNameTheirRecord) {
  Bench b("gateway");
  const auto report =
      b.intake.body(line("1795350790", "/v1/vehicles/d7/unlock") + line("1795350790", "/elsewhere?token=x") +
                        "junk\n" + line("1700000000", "/v1/vehicles/d7/unlock") + line("0", "/x"),
                    kNow, b.batch);
  EXPECT_EQ(report.records, 5u);
  EXPECT_EQ(b.batch.counts.accepted, 1u);
  EXPECT_EQ(b.batch.counts.ignored, 1u);
  EXPECT_EQ(b.batch.counts.late, 1u);
  EXPECT_EQ(b.batch.counts.rejected,
            (std::map<std::string, std::uint64_t>{{"malformed", 1}, {"bad_time", 1}}));
  ASSERT_EQ(report.errors.size(), 2u);
  EXPECT_EQ(report.errors[0].index, 2u);
  EXPECT_EQ(report.errors[0].reason, "malformed: junk");
  EXPECT_EQ(report.errors[1].index, 4u);
  EXPECT_EQ(b.batch.unmatched_paths, std::vector<std::string>{"POST /elsewhere"});
}
TEST(IntakeTest, WhereDevicesAreHiddenSamplesNameNone) {
  Config config = config_of();
  config.server.show_devices = false;
  const Router router(config);
  Intake intake(config, config.sources.front(), router, 0);
  RecordBatch batch;
  intake.body(line("1795350790", "/v2/vehicles/tokyo-bike/unlock"), kNow, batch);
  EXPECT_EQ(batch.unmatched_paths, std::vector<std::string>{"POST /v2/vehicles/{id}/unlock"});
}
TEST(IntakeTest, ErrorsAndSamplesAreLimited) {
  Bench b("gateway");
  std::string body;
  for (int i = 0; i < 50; ++i)
    body += "x\n" + line("1795350790", "/" + std::string(static_cast<std::size_t>(i + 1), 'p'));
  EXPECT_EQ(b.intake.body(body, kNow, b.batch).errors.size(), 20u);
  EXPECT_EQ(b.batch.unmatched_paths.size(), 8u);
  EXPECT_EQ(b.batch.counts.rejected_total(), 50u);
}
TEST(IntakeTest, ABrokenBodyIsOneRejection) {
  Bench b("gateway");
  const auto report = b.intake.body("[" + line("1795350790", "/v1/vehicles/d7/unlock"), kNow, b.batch);
  EXPECT_TRUE(report.broken);
  EXPECT_EQ(report.records, 1u);
  EXPECT_EQ(b.batch.counts.accepted, 0u);
  EXPECT_EQ(b.batch.counts.rejected_total(), 1u);
}
TEST(IntakeTest, LabelSetsOfAClearedBatchAreNew) {
  Bench b("gateway");
  for (const char* area : {"tokyo", "osaka", "tokyo"}) {
    b.batch.clear();
    b.intake.body(line("1795350790", "/v1/vehicles/d7/unlock", std::string(R"(,"area":")") + area + "\""),
                  kNow, b.batch);
    const Dictionary& words = b.batch.dictionary;
    EXPECT_EQ(words.text(words.value(b.batch.api.at(0).labels, words.find("area"))), area);
  }
}
TEST(IntakeTest, MessagesThatNobodyAskedForAreIgnored) {
  Bench b("fleet");
  for (const char* topic : {"v/d7/c/unlock", "v/d7/c/reboot", "v/d7/a", "v/d7/s", "elsewhere"})
    b.intake.message(topic, "ok", false, kNow, b.batch);
  EXPECT_EQ(b.batch.counts.accepted, 3u);
  EXPECT_EQ(b.batch.counts.ignored, 2u);
  ASSERT_EQ(b.batch.device.size(), 3u);
  EXPECT_EQ(b.batch.device[0].kind, MessageKind::kCommand);
  EXPECT_EQ(b.batch.device[1].kind, MessageKind::kReply);
  EXPECT_EQ(b.batch.device[2].kind, MessageKind::kPresence);
  EXPECT_EQ(b.batch.dictionary.text(b.batch.device[2].word), "ok");
  EXPECT_FALSE(b.batch.device[2].has_time);
  EXPECT_EQ(b.batch.device[2].time, kNow);
}
TEST(IntakeTest, WithoutAFleetOnlyTheDeviceLegIsTaken) {
  Config config = config_of();
  config.fleet.reset();
  Bench b("fleet", config);
  b.intake.message("v/d7/t", "{}", false, kNow, b.batch);
  b.intake.message("v/d7/a", "ok", false, kNow, b.batch);
  EXPECT_EQ(b.batch.counts.ignored, 1u);
  EXPECT_EQ(b.batch.counts.accepted, 1u);
}
TEST(IntakeTest, AReportOlderThanItsRetentionIsLate) {
  Bench b("fleet");
  const std::int64_t edge = 1795350800 - 3 * 86400;
  b.intake.message("v/d7/t", "{\"ts\":" + std::to_string(edge) + "}", false, kNow, b.batch);
  b.intake.message("v/d7/t", "{\"ts\":" + std::to_string(edge - 1) + "}", false, kNow, b.batch);
  EXPECT_EQ(b.batch.counts.accepted, 1u);
  EXPECT_EQ(b.batch.counts.late, 1u);
}
TEST(ReplayTest, ARecordArrivesAtItsStampOrAtTheNewestBefore) {
  Bench b("gateway");
  b.intake.replay_mode(std::nullopt);
  b.intake.lines(line("100", "/v1/vehicles/d7/unlock") + line("90", "/v1/vehicles/d7/unlock"), kNow, b.batch);
  b.intake.lines(line("95", "/v1/vehicles/d7/unlock") + line("200", "/elsewhere") +
                     line("120", "/v1/vehicles/d7/unlock"),
                 kNow, b.batch);
  ASSERT_EQ(b.batch.api.size(), 4u);
  EXPECT_EQ(b.batch.api[0].received, Time(seconds(100)));
  EXPECT_EQ(b.batch.api[1].received, Time(seconds(100)));
  EXPECT_EQ(b.batch.api[2].received, Time(seconds(100)));
  EXPECT_EQ(b.batch.api[3].received, Time(seconds(200)));
  EXPECT_EQ(b.batch.api[1].start, Time(Duration(89'500'000'000)));
}
TEST(ReplayTest, ReadingStopsBeforeUntil) {
  Bench b("gateway");
  b.intake.replay_mode(Time(seconds(100)));
  const auto report = b.intake.lines(
      line("99", "/v1/vehicles/d7/unlock") + line("100", "/v1/vehicles/d7/unlock") + line("98", "/x"), kNow,
      b.batch);
  EXPECT_TRUE(report.reached_until);
  EXPECT_EQ(report.records, 1u);
  EXPECT_EQ(b.batch.counts.accepted, 1u);
  EXPECT_EQ(b.batch.counts.ignored, 0u);
}
TEST(ReplayTest, MessagesArriveAtTst) {
  Bench b("fleet");
  b.intake.replay_mode(std::nullopt);
  b.intake.lines(R"({"topic":"v/d7/t","payload":"{\"ts\":40}","tst":"1970-01-01T00:01:00.5Z"})"
                 "\n"
                 R"({"topic":"v/d7/s","payload":"on"})"
                 "\n",
                 kNow, b.batch);
  ASSERT_EQ(b.batch.device.size(), 2u);
  EXPECT_EQ(b.batch.device[0].received, Time(Duration(60'500'000'000)));
  EXPECT_EQ(b.batch.device[0].time, Time(seconds(40)));
  EXPECT_EQ(b.batch.device[1].received, Time(Duration(60'500'000'000)));
}
TEST(HistoryTest, ReportsAndPresenceOfSealedTimeAreLateAndCommandsAndRepliesAreNot) {
  Bench b("fleet");
  const auto lines = [&](const std::string& tst) {
    for (const char* topic : {"t", "s", "c/unlock", "a"}) {
      b.intake.lines(
          R"({"topic":"v/d7/)" + std::string(topic) + R"(","payload":"{}","tst":")" + tst + "\"}\n", kNow,
          b.batch);
    }
  };
  const Time closed = kNow - hours(1);
  b.intake.history_mode(std::nullopt, kNow, hours(72), closed);
  lines(format_rfc3339(closed - seconds(1)));
  EXPECT_EQ(b.batch.counts.late, 2u);
  EXPECT_EQ(b.batch.counts.accepted, 2u);
  lines(format_rfc3339(closed));
  EXPECT_EQ(b.batch.counts.late, 2u);
  EXPECT_EQ(b.batch.counts.accepted, 6u);
}
TEST(UserHashTest, IsSipHashAndKeyed) {
  std::string input;
  for (char c = 0; c < 15; ++c) input.push_back(c);
  // The vector of the paper's appendix A.
  EXPECT_EQ(siphash24(input, 0x0706050403020100, 0x0f0e0d0c0b0a0908), 0xa129ca6149be45e5);
  EXPECT_NE(user_hash("u1", 1), user_hash("u1", 2));
  EXPECT_EQ(user_hash("", 1), 0u);
  EXPECT_NE(user_hash("u1", 0), 0u);
}

}  // namespace
}  // namespace slod::route
