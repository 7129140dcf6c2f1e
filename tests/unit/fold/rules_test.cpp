// Status, actors, time, de-duplication: a sentence each.
#include "fold/dedup.h"
#include "unit/fold/fixture.h"

namespace slod::fold::test {
namespace {

class RulesTest : public FoldTest {
 public:
  std::string outcome(int status, double latency = 0.5, const std::string& app = "ios") {
    sink = LedgerSink();
    start();
    request({.start = 0, .status = status, .latency = latency, .app = app});
    return events().substr(0, events().find(' '));
  }
  OutcomeRule rule(Verdict verdict, int low, int high, int specificity) {
    return {verdict, {{low, high, specificity}}, {}};
  }
  std::vector<OutcomeRule>& rules() { return config.journeys[0].api->rules; }
};

TEST_F(RulesTest, JudgesByTheDefaultsWithoutLists) {
  for (const int good : {100, 200, 204, 302, 399}) EXPECT_EQ(outcome(good), "ok") << good;
  for (const int bad : {0, 99, 429, 500, 503, 599}) EXPECT_EQ(outcome(bad), "http_error") << bad;
  for (const int excluded : {400, 404, 428, 430, 499}) EXPECT_EQ(outcome(excluded), "excluded") << excluded;
}

TEST_F(RulesTest, LetsTheMostSpecificStatusWin) {
  rules() = {rule(Verdict::kBad, 400, 499, 0), rule(Verdict::kExcluded, 400, 420, 1),
             rule(Verdict::kGood, 404, 404, 2)};
  EXPECT_EQ(outcome(404), "ok");
  EXPECT_EQ(outcome(403), "excluded");
  EXPECT_EQ(outcome(430), "http_error");
}

TEST_F(RulesTest, LetsBadWinOverIgnoreOverGoodAmongEquals) {
  rules() = {rule(Verdict::kGood, 404, 404, 2), rule(Verdict::kExcluded, 404, 404, 2)};
  EXPECT_EQ(outcome(404), "excluded");
  rules().push_back(rule(Verdict::kBad, 404, 404, 2));
  EXPECT_EQ(outcome(404), "http_error");
}

TEST_F(RulesTest, PutsARuleAboutALabelBeforeOneAboutTheStatus) {
  OutcomeRule probes{Verdict::kExcluded, {}, {{{"app", {"android"}}}}};
  rules() = {rule(Verdict::kBad, 500, 500, 2), probes};
  EXPECT_EQ(outcome(500, 0.5, "android"), "excluded");
  EXPECT_EQ(outcome(200, 0.5, "android"), "excluded");
  EXPECT_EQ(outcome(500), "http_error");
  EXPECT_EQ(outcome(200), "ok");
}

TEST_F(RulesTest, ChargesAClientAbortOnlyAfterItsPatience) {
  EXPECT_EQ(outcome(499, 60), "excluded");
  config.journeys[0].api->client_abort_bad_after = seconds(5);
  EXPECT_EQ(outcome(499, 5), "excluded");
  EXPECT_EQ(outcome(499, 5.001), "http_error");
  rules() = {rule(Verdict::kGood, 499, 499, 2)};
  EXPECT_EQ(outcome(499, 60), "ok") << "the journey's own lists come first";
}

TEST_F(RulesTest, NamesTheFirstActorThatMatches) {
  start();
  for (const std::string app : {"ops-web", "android", "curl"}) request({.start = 0, .app = app});
  std::vector<int> actors;
  for (const auto& [line, sign] : sink.log) actors.push_back(std::get<8>(line));
  EXPECT_EQ(actors, (std::vector<int>{0, 0, 1, 1, -1, -1}));
}

TEST_F(RulesTest, MatchesAMissingLabelAsTheEmptyText) {
  config.actors = {{"bare", {{{"partner", {""}}}}}};
  start();
  request({.start = 0});
  EXPECT_EQ(std::get<8>(sink.log[0].first), 0);
}

TEST_F(RulesTest, ClampsWhatIsMoreThanFiveMinutesInTheFuture) {
  start();
  request({.start = 300, .received = 0});
  request({.start = 300.001, .received = 0});
  EXPECT_EQ(std::get<2>(sink.log[0].first), nanos(at(300)));
  EXPECT_EQ(std::get<2>(sink.log[2].first), nanos(at(0)));
  EXPECT_EQ(fold->counters().clamped_future, 1U);
}

TEST_F(RulesTest, BooksTheSlotOfTheStart) {
  start();
  request({.start = 9.9, .latency = 5});
  request({.start = 10, .latency = 5});
  EXPECT_EQ(std::get<3>(sink.log[0].first), slot_of(kT0));
  EXPECT_EQ(std::get<3>(sink.log[2].first), slot_of(kT0) + 1);
}

TEST_F(RulesTest, CountsTheFirstRecordPerIdWithinADay) {
  start();
  EXPECT_TRUE(request({.start = 0, .id = "a", .received = 1}));
  EXPECT_FALSE(request({.start = 50, .id = "a", .received = 86'400.5}));
  EXPECT_TRUE(request({.start = 86'400, .id = "a", .received = 86'401}));
  EXPECT_TRUE(request({.start = 86'400, .received = 86'401})) << "no id, no duplicate";
  EXPECT_TRUE(request({.start = 86'400, .received = 86'401}));
  EXPECT_EQ(fold->counters().duplicates.at("gateway"), 1U);
  EXPECT_EQ(sink.log.size(), 8U);
}

TEST_F(RulesTest, TellsIdsOfDifferentMessageKindsApart) {
  with_device(config);
  start();
  EXPECT_TRUE(request({.start = 0, .id = "a"}));
  EXPECT_TRUE(command(0, "a"));
  EXPECT_TRUE(reply(1, "ok", "a"));
  EXPECT_FALSE(command(0, "a"));
  EXPECT_FALSE(reply(1, "ok", "a"));
}

TEST(DedupTest, ForgetsTheOldestIdFirstWhenItIsFull) {
  Dedup dedup(2);
  const auto first = [&](const char* id) { return dedup.first(1, 0, digest_of(id), kT0); };
  EXPECT_TRUE(first("a"));
  EXPECT_TRUE(first("b"));
  EXPECT_FALSE(first("a"));
  EXPECT_TRUE(first("c"));
  EXPECT_TRUE(first("a"));
  EXPECT_FALSE(first("c"));
  EXPECT_EQ(dedup.size(), 2U);
}

TEST_F(RulesTest, CountsWhatATickHadPassed) {
  start();
  request({.start = 0});
  tick(20);
  request({.start = 19, .received = 21});
  request({.start = 20, .received = 21});
  EXPECT_EQ(fold->counters().accepted_late.at("gateway"), 1U);
}

class LateSink : public BookingSink {
 public:
  void book_event(const Booking& event, int sign) override { late += event.late ? sign : 0; }
  void book_attempt(const Booking&, int) override {}
  int late = 0;
};

TEST_F(RulesTest, SaysOfAnEventWhetherItsFirstAttemptCameBehindATick) {
  for (const bool folded : {false, true}) {
    if (folded) with_retry(config);
    LateSink late;
    fold = std::make_unique<Fold>(config, dictionary, devices, std::vector<View>{{0, GoodWhen::kAll}}, late);
    tick(20);
    request({.start = 19, .status = 500, .received = 21});
    EXPECT_EQ(late.late, 1);
    request({.start = 20, .received = 21});
    EXPECT_EQ(late.late, 1);
  }
}

}  // namespace
}  // namespace slod::fold::test
