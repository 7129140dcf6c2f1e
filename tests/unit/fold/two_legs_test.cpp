// The rules of two legs, a sentence each.
#include "unit/fold/fixture.h"

namespace slod::fold::test {
namespace {

class TwoLegsTest : public FoldTest {
 public:
  TwoLegsTest() { with_device(config); }
};

TEST_F(TwoLegsTest, IsUndecidedUntilTheReplyAndThenOkWithTheEndOfTheLastLeg) {
  start();
  request({.start = 0, .id = "a"});
  EXPECT_EQ(events(), "");
  command(0.1, "a");
  EXPECT_EQ(attempts(), "");
  reply(3, "ok", "a");
  EXPECT_EQ(events(), "ok 3s x1");
  EXPECT_EQ(attempts(), "ok 3s x1");
}

TEST_F(TwoLegsTest, EndsWithTheApiLegIfThatIsTheLast) {
  start();
  command(0.1, "a");
  reply(3, "ok", "a");
  request({.start = 0, .latency = 4, .id = "a"});
  EXPECT_EQ(events(), "ok 4s x1");
}

TEST_F(TwoLegsTest, JoinsLegsWithoutIdsByDeviceAndTime) {
  start();
  command(1);
  command(1.5, "", "v2");
  reply(2);
  reply(4, "ok", "", "v2");
  request({.start = 0});
  request({.start = 0, .device = "v2"});
  EXPECT_EQ(events(), "ok 2s x1; ok 4s x1");
}

TEST_F(TwoLegsTest, TakesACommandUpToFiveSecondsBeforeTheStartAndNoEarlier) {
  start();
  command(-5);
  reply(1);
  request({.start = 0});
  EXPECT_EQ(events(), "ok 1s x1");
  command(94.9);
  reply(101);
  request({.start = 100});
  EXPECT_EQ(events(), "ok 1s x1");
}

TEST_F(TwoLegsTest, TakesACommandUpToTheDeadlineAfterTheStart) {
  start();
  request({.start = 0});
  command(20);
  reply(39);
  EXPECT_EQ(events(), "ok 39s x1");
}

TEST_F(TwoLegsTest, NeverJoinsACommandWithAnotherId) {
  start();
  request({.start = 0, .id = "a"});
  command(1, "b");
  reply(2, "ok", "b");
  tick(21);
  EXPECT_EQ(events(), "device_timeout 20s x1");
  tick(700);
  EXPECT_EQ(unmatched("command"), 1U);
  EXPECT_EQ(unmatched("reply"), 1U);
}

TEST_F(TwoLegsTest, TakesTheEarliestFreeCommand) {
  start();
  command(1);
  command(2);
  request({.start = 0.5});
  reply(3);
  EXPECT_EQ(events(), "ok 2.5s x1");
  request({.start = 1.5});
  reply(5);
  EXPECT_EQ(events(), "ok 2.5s x1; ok 3.5s x1");
}

TEST_F(TwoLegsTest, GivesAReplyWithoutIdToTheOldestUnansweredCommand) {
  start();
  request({.start = 0});
  command(0.5);
  request({.start = 10});
  command(10.5);
  reply(11);
  EXPECT_EQ(events(), "ok 11s x1");
}

TEST_F(TwoLegsTest, NeedsNoCommandWhenTheReplyHasTheIdOfTheApiLeg) {
  start();
  request({.start = 0, .id = "a"});
  reply(2, "ok", "a");
  reply(3, "ok", "b");
  request({.start = 1, .id = "b"});
  EXPECT_EQ(events(), "ok 2s x1; ok 2s x1");
}

TEST_F(TwoLegsTest, AcceptsAReplySeenBeforeItsCommand) {
  start();
  reply(1, "ok", "a");
  command(1.1, "a");
  request({.start = 0, .id = "a"});
  reply(51);
  command(51.1);
  request({.start = 50});
  EXPECT_EQ(events(), "ok 1s x1; ok 1s x1");
}

TEST_F(TwoLegsTest, TimesOutAtTheFirstTickPastTheDeadline) {
  start();
  request({.start = 0, .id = "a"});
  command(1, "a");
  tick(21);
  EXPECT_EQ(events(), "");
  tick(21.1);
  EXPECT_EQ(events(), "device_timeout 21s x1");
  EXPECT_TRUE(std::get<7>(sink.events.begin()->first)) << "bad in every latency SLO";
}

TEST_F(TwoLegsTest, RunsTheDeadlineFromTheApiLegWithoutACommand) {
  start();
  request({.start = 0});
  tick(30);
  EXPECT_EQ(events(), "device_timeout 20s x1");
}

TEST_F(TwoLegsTest, CountsAReplyTimedWithinTheDeadlineWhenever_ItIsSeen) {
  start();
  request({.start = 0, .id = "a"});
  command(0, "a");
  tick(30);
  DeviceRow backlog = message(MessageKind::kReply, 3600, "ok", "a");
  backlog.has_time = true;
  backlog.time = at(20);
  fold->apply(backlog);
  EXPECT_EQ(events(), "ok 20s x1");
}

TEST_F(TwoLegsTest, TrustsADeviceClockOnlyForABacklog) {
  start();
  request({.start = 0, .id = "a"});
  DeviceRow skewed = message(MessageKind::kReply, 5, "ok", "a");
  skewed.has_time = true;
  skewed.time = at(-110);
  fold->apply(skewed);
  EXPECT_EQ(events(), "ok 5s x1");
}

TEST_F(TwoLegsTest, CallsAGoodReplyPastTheDeadlineLateOkWhichIsBad) {
  start();
  request({.start = 0, .id = "a"});
  command(0, "a");
  tick(30);
  reply(31, "ok", "a");
  EXPECT_EQ(events(), "late_ok 31s x1");
  EXPECT_EQ(std::get<5>(sink.events.begin()->first), static_cast<int>(Verdict::kBad));
  EXPECT_FALSE(std::get<7>(sink.events.begin()->first));
}

TEST_F(TwoLegsTest, LeavesTheTimeoutWhenALateReplyRefuses) {
  start();
  request({.start = 0, .id = "a"});
  reply(21, "jammed", "a");
  EXPECT_EQ(events(), "");
  tick(30);
  EXPECT_EQ(events(), "device_timeout 20s x1");
}

TEST_F(TwoLegsTest, CallsAnyOtherWordThanTheGoodOnesARefusal) {
  start();
  request({.start = 0, .id = "a"});
  reply(2, "jammed", "a");
  EXPECT_EQ(events(), "device_refused 2s x1");
}

TEST_F(TwoLegsTest, DoesNotAwaitTheDeviceOfAFailedApiLeg) {
  start();
  request({.start = 0, .status = 503, .id = "a"});
  EXPECT_EQ(events(), "http_error 0.5s x1");
  command(0.1, "a");
  reply(1, "ok", "a");
  tick(700);
  EXPECT_EQ(events(), "http_error 0.5s x1");
  EXPECT_EQ(unmatched("command") + unmatched("reply"), 0U);
}

TEST_F(TwoLegsTest, ExcludesTheEventOfAnExcludedApiLeg) {
  start();
  request({.start = 0, .status = 404});
  EXPECT_EQ(events(), "excluded 0.5s x1");
}

TEST_F(TwoLegsTest, JudgesByTheDeviceAloneWhereGoodWhenSaysSo) {
  config.journeys[0].good_when = GoodWhen::kDevice;
  start();
  request({.start = 0, .status = 503, .latency = 9, .id = "a"});
  EXPECT_EQ(events(), "");
  command(0, "a");
  reply(2, "ok", "a");
  EXPECT_EQ(events(), "ok 2s x1");
}

TEST_F(TwoLegsTest, JudgesAtOnceByTheApiWhereGoodWhenSaysSo) {
  config.journeys[0].good_when = GoodWhen::kApi;
  start();
  request({.start = 0, .id = "a"});
  EXPECT_EQ(events(), "ok 0.5s x1");
}

TEST_F(TwoLegsTest, ShowsEachLegAlone) {
  start({GoodWhen::kAll, GoodWhen::kApi, GoodWhen::kDevice});
  request({.start = 0, .id = "a"});
  command(0, "a");
  request({.start = 100, .status = 503, .id = "b"});
  tick(130);
  EXPECT_EQ(events(), "device_timeout 20s x1; http_error 0.5s x1");
  EXPECT_EQ(events(GoodWhen::kApi), "ok 0.5s x1; http_error 0.5s x1");
  EXPECT_EQ(events(GoodWhen::kDevice), "device_timeout 20s x1");
  command(101, "b");
  reply(102, "ok", "b");
  EXPECT_EQ(events(GoodWhen::kDevice), "device_timeout 20s x1; ok 2s x1");
}

TEST_F(TwoLegsTest, OpensAJourneyWithoutApiByItsCommand) {
  config.journeys[0].api.reset();
  start();
  command(1, "a");
  reply(3, "ok", "a");
  command(50);
  tick(71);
  EXPECT_EQ(events(), "ok 2s x1; device_timeout 20s x1");
  EXPECT_EQ(std::get<8>(sink.events.begin()->first), kUnknownActor);
}

TEST_F(TwoLegsTest, AnEventThatItsCommandOpensHasTheCommandsLabelsAndTheirActor) {
  config.journeys[0].api.reset();
  start();
  labelled_command(1, "a", "ios");
  reply(3, "ok", "a");
  ASSERT_EQ(events(), "ok 2s x1");
  const Line& line = sink.events.begin()->first;
  EXPECT_EQ(std::get<8>(line), 1) << "rider, the second actor";
  EXPECT_EQ(dictionary.text(dictionary.value(std::get<9>(line), dictionary.intern("app"))), "ios");
}

TEST_F(TwoLegsTest, CountsLegsThatWaitedInVainAsUnmatched) {
  start();
  command(0, "x");
  reply(1, "ok", "y");
  tick(600);
  EXPECT_EQ(unmatched("command") + unmatched("reply"), 0U);
  tick(602);
  EXPECT_EQ(unmatched("command"), 1U);
  EXPECT_EQ(unmatched("reply"), 1U);
  EXPECT_EQ(events(), "");
}

TEST_F(TwoLegsTest, IgnoresASecondReplyOfAClosedCommand) {
  start();
  request({.start = 0, .id = "a"});
  command(0, "a");
  EXPECT_TRUE(reply(2, "ok", "a"));
  EXPECT_FALSE(reply(3, "jammed", "a"));
  EXPECT_EQ(events(), "ok 2s x1");
  EXPECT_EQ(fold->counters().duplicates.at("fleet"), 1U);
}

TEST_F(TwoLegsTest, RebasesATimeoutOnACommandThatComesLate) {
  start();
  request({.start = 0, .id = "a"});
  tick(30);
  EXPECT_EQ(events(), "device_timeout 20s x1");
  command(15, "a");
  reply(34, "ok", "a");
  EXPECT_EQ(events(), "ok 34s x1");
}

TEST_F(TwoLegsTest, NeverChargesWhatSlodCouldNotSee) {
  start();
  fold->source_unobserved(dictionary.find("fleet"), at(5), at(6));
  request({.start = 0, .id = "a"});
  request({.start = 100, .id = "b"});
  tick(130);
  EXPECT_EQ(events(), "unobserved 20s x1; device_timeout 20s x1");
  fold->source_unobserved(0, at(110), at(125));
  EXPECT_EQ(events(), "unobserved 20s x1; unobserved 20s x1");
  DeviceRow backlog = message(MessageKind::kReply, 3600, "ok", "a");
  backlog.has_time = true;
  backlog.time = at(4);
  fold->apply(backlog);
  EXPECT_EQ(events(), "ok 4s x1; unobserved 20s x1");
}

TEST_F(TwoLegsTest, GivesTheReplyToTodaysRequestWhereAnIdIsUsedAgainAfterADay) {
  constexpr double kDay = 86400;
  for (const bool with_command : {false, true}) {
    SCOPED_TRACE(with_command);
    sink = LedgerSink();
    with_device(config);
    start();
    request({.id = "x"});
    if (with_command) command(1, "x");
    tick(60);
    EXPECT_EQ(events(), with_command ? "device_timeout 21s x1" : "device_timeout 20s x1");
    // Ticks may be minutes apart: yesterday's was not forgotten yet.
    request({.start = kDay + 1, .id = "x"});
    if (with_command) command(kDay + 2, "x");
    reply(kDay + 4, "ok", "x");
    tick(kDay + 60);
    EXPECT_EQ(events(),
              (with_command ? "device_timeout 21s x1" : "device_timeout 20s x1") + std::string("; ok 3s x1"));
  }
}

TEST_F(TwoLegsTest, CountsAReplyOfADeviceThatWasNeverSeenAsUnmatchedAndNothingElse) {
  with_device(config);
  start();
  request({.id = "a"});
  reply(1, "ok", "nobody's", "ghost");
  reply(2, "ok", "", "ghost");
  reply(3, "ok", "a", "ghost");  // the id says whose it is, whatever the device is called
  EXPECT_EQ(events(), "ok 3s x1");
  tick(700);
  EXPECT_EQ(unmatched("reply"), 2u);
  EXPECT_EQ(events(), "ok 3s x1");
}

TEST_F(TwoLegsTest, KeepsDeviceLabelsAsKnownAtTheEventsTime) {
  config.journeys[0].labels = {"area", "device.model"};
  start();
  devices.known[{dictionary.intern("v1"), "model"}] = dictionary.intern("scooter-2");
  devices.since = at(50);
  request({.start = 0, .status = 500});
  request({.start = 60, .status = 500});
  const StringId model = dictionary.intern("device.model");
  EXPECT_EQ(dictionary.value(std::get<9>(sink.events.begin()->first), model), 0U);
  EXPECT_EQ(dictionary.text(dictionary.value(std::get<9>(sink.events.rbegin()->first), model)), "scooter-2");
  EXPECT_EQ(dictionary.labels(std::get<9>(sink.events.rbegin()->first)).size(), 2U);
}

}  // namespace
}  // namespace slod::fold::test
