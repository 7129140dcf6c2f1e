// The rules of retry, a sentence each.
#include "unit/fold/fixture.h"

namespace slod::fold::test {
namespace {

class RetryTest : public FoldTest {
 public:
  RetryTest() { with_retry(config); }
};

TEST_F(RetryTest, CountsAFailureAtOnceAndTurnsItGoodByALaterSuccess) {
  start();
  request({.start = 0, .status = 500});
  EXPECT_EQ(events(), "http_error 0.5s x1");
  request({.start = 30, .status = 200});
  EXPECT_EQ(events(), "ok 30.5s x2");
  EXPECT_EQ(attempts(), "http_error 0.5s x1; ok 0.5s x1");
}

TEST_F(RetryTest, BooksTheEventInTheSlotOfTheFirstAttempt) {
  start();
  request({.start = 5, .status = 500});
  request({.start = 30});
  EXPECT_EQ(std::get<3>(sink.events.begin()->first), slot_of(at(5)));
}

TEST_F(RetryTest, StartsAnewAfterASuccess) {
  start();
  request({.start = 0});
  request({.start = 1, .status = 500});
  EXPECT_EQ(events(), "ok 0.5s x1; http_error 0.5s x1");
}

TEST_F(RetryTest, JoinsUpToWithinAfterTheLatestEnd) {
  start();
  request({.start = 0, .status = 500, .latency = 10});
  request({.start = 2, .status = 500, .latency = 1});
  request({.start = 70, .status = 500});
  EXPECT_EQ(events(), "http_error 70.5s x3");
  request({.start = 130.501, .status = 500});
  EXPECT_EQ(events(), "http_error 70.5s x3; http_error 0.5s x1");
}

TEST_F(RetryTest, JoinsUpToTenTimesWithinAfterTheFirstStart) {
  start();
  for (int i = 0; i <= 12; ++i) request({.start = 50.0 * i, .status = 500});
  EXPECT_EQ(events(), "http_error 600.5s x13");
  request({.start = 601, .status = 500});
  EXPECT_EQ(events(), "http_error 600.5s x13; http_error 0.5s x1");
}

TEST_F(RetryTest, FoldsPerActorDeviceAndUser) {
  start();
  request({.start = 0, .status = 500});
  request({.start = 1, .app = "ops-ios"});
  request({.start = 2, .device = "v2"});
  request({.start = 3, .user = 8});
  EXPECT_EQ(events(), "http_error 0.5s x1; ok 0.5s x1; ok 0.5s x1; ok 0.5s x1");
}

TEST_F(RetryTest, LetsAnAttemptWithoutAValueStandAlone) {
  start();
  request({.start = 0, .status = 500, .user = 0});
  request({.start = 1, .status = 500, .user = 0});
  request({.start = 2, .status = 500, .device = ""});
  EXPECT_EQ(events(), "http_error 0.5s x1; http_error 0.5s x1; http_error 0.5s x1");
}

TEST_F(RetryTest, FoldsByALabel) {
  with_retry(config, {"area"});
  start();
  request({.start = 0, .status = 500});
  request({.start = 1, .device = "v9", .user = 99});
  EXPECT_EQ(events(), "ok 1.5s x2");
}

TEST_F(RetryTest, LetsExcludedAttemptsNeitherJoinNorExtendNorClose) {
  start();
  request({.start = 0, .status = 500});
  request({.start = 50, .status = 404});
  request({.start = 70, .status = 500});
  EXPECT_EQ(events(), "http_error 0.5s x1; excluded 0.5s x1; http_error 0.5s x1");
  EXPECT_EQ(attempts(), "http_error 0.5s x1; excluded 0.5s x1; http_error 0.5s x1");
}

TEST_F(RetryTest, MergesTwoEventsByAnAttemptThatComesLate) {
  start();
  request({.start = 0, .status = 500});
  request({.start = 100, .status = 500});
  EXPECT_EQ(events(), "http_error 0.5s x1; http_error 0.5s x1");
  request({.start = 50, .status = 500, .received = 200});
  EXPECT_EQ(events(), "http_error 100.5s x3");
}

TEST_F(RetryTest, SplitsAnEventByASuccessThatComesLate) {
  start();
  request({.start = 0, .status = 500});
  request({.start = 40, .status = 500});
  request({.start = 20, .status = 200, .received = 200});
  EXPECT_EQ(events(), "ok 20.5s x2; http_error 0.5s x1");
}

TEST_F(RetryTest, LeavesUnchangedEventsAlone) {
  start();
  request({.start = 0});
  request({.start = 500, .status = 500});
  const std::size_t before = sink.log.size();
  request({.start = 100, .status = 500, .received = 600});
  EXPECT_EQ(sink.log.size(), before + 2) << "one event and one attempt booked, nothing withdrawn";
}

TEST_F(RetryTest, LetsAnAttemptOlderThanAnHourStandAlone) {
  start();
  request({.start = 0, .status = 500});
  request({.start = 10, .status = 500, .received = 3610});
  EXPECT_EQ(fold->counters().late_unfolded.count("Unlock"), 0U);
  request({.start = 20, .status = 500, .received = 3620.001});
  EXPECT_EQ(fold->counters().late_unfolded.at("Unlock"), 1U);
  EXPECT_EQ(events(), "http_error 0.5s x1; http_error 0.5s x1; http_error 0.5s x1")
      << "the first arrived over an hour before the second: frozen";
}

TEST_F(RetryTest, FoldsALateAttemptWithWhatArrivedInTheLastHour) {
  start();
  request({.start = 0, .status = 500});
  request({.start = 20, .status = 200, .received = 3600.4});
  EXPECT_EQ(events(), "ok 20.5s x2");
}

TEST_F(RetryTest, GivesTheSameWhateverTheTicks) {
  start();
  const std::vector<Request> story{{.start = 0, .status = 500},
                                   {.start = 3000, .status = 500},
                                   {.start = 3040, .received = 3650},
                                   {.start = 3030, .status = 500, .received = 6600}};
  for (const Request& r : story) request(r);
  const Ledger quiet = sink.events;
  sink = LedgerSink();
  start();
  double time = 0;
  for (const Request& r : story) {
    const double received = r.received < 0 ? r.start + r.latency : r.received;
    for (; time < received; time += 10) tick(time);
    request(r);
  }
  EXPECT_EQ(sink.events, quiet);
}

TEST_F(RetryTest, TakesPartInAFoldOnlyOnceDecided) {
  with_device(config);
  start();
  request({.start = 0, .status = 500, .id = "a"});
  request({.start = 10, .id = "b"});
  EXPECT_EQ(events(), "http_error 0.5s x1");
  request({.start = 20, .status = 500, .id = "c"});
  EXPECT_EQ(events(), "http_error 20.5s x2");
  reply(25, "ok", "b");
  EXPECT_EQ(events(), "ok 25s x2; http_error 0.5s x1") << "the second attempt succeeded before the third";
}

TEST_F(RetryTest, MarksAFoldTimedOutByItsLastAttempt) {
  with_device(config);
  start();
  request({.start = 0, .status = 500, .id = "a"});
  request({.start = 10, .id = "b"});
  tick(40);
  EXPECT_EQ(events(), "device_timeout 30s x2");
  EXPECT_TRUE(std::get<7>(sink.events.begin()->first));
  request({.start = 45, .status = 500, .id = "c"});
  EXPECT_FALSE(std::get<7>(sink.events.begin()->first));
}

// The story that slod exists for: 995 riders unlock at once, 3 vehicles need a second try, one vehicle is
// tried ten times before it opens, and the operators' app fails forty times on the same API.
TEST_F(RetryTest, TellsTheTalksCaseRight) {
  const auto tell = [&] {
    for (int i = 0; i < 995; ++i)
      request({.start = i * 1.0, .device = "v" + std::to_string(i), .user = 1000});
    for (int i = 0; i < 3; ++i) {
      request({.start = 100.0 + i, .status = 502, .device = "w" + std::to_string(i)});
      request({.start = 110.0 + i, .device = "w" + std::to_string(i)});
    }
    for (int i = 0; i < 10; ++i) request({.start = 200.0 + 5 * i, .status = 504, .device = "x"});
    request({.start = 250, .device = "x"});
    for (int i = 0; i < 40; ++i) request({.start = 300.0 + i, .status = 500, .app = "ops-ios"});
  };
  const auto share = [&](const std::vector<int>& actors) {
    int good = 0, bad = 0;
    for (const auto& [line, count] : sink.events) {
      if (std::find(actors.begin(), actors.end(), std::get<8>(line)) == actors.end()) continue;
      (std::get<5>(line) == 0 ? good : bad) += count;
    }
    return static_cast<double>(good) / (good + bad);
  };
  config.journeys[0].retry.reset();
  start();
  tell();
  EXPECT_LT(share({kUnknownActor, 0, 1}), 0.99) << "as a plain monitor counts";
  sink = LedgerSink();
  with_retry(config);
  start();
  tell();
  EXPECT_DOUBLE_EQ(share({kUnknownActor, 1}), 1.0) << "riders got every vehicle";
}

}  // namespace
}  // namespace slod::fold::test
