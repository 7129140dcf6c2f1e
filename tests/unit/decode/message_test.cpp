// Messages: live, and one per line as a replay and HTTP carry them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "decode/message_fields.h"
#include "decode/topic.h"
#include "unit/decode/recorder.h"

namespace slod::decode {
namespace {

using ::testing::ElementsAre;
using Is = MessageRule::Is;

MessageRule rule_of(const std::string& topic, Is is) {
  MessageRule rule;
  rule.topic = topic;
  rule.is = is;
  return rule;
}

SourceConfig fleet_source() {
  SourceConfig source;
  source.name = "fleet";
  MessageRule report = rule_of("vehicles/{device}/telemetry", Is::kReport);
  report.time = "/ts";
  report.battery = "/battery";
  report.state = "/state";
  report.seq = "/seq";
  report.boot = "/boot";
  report.lat = "/lat";
  report.lon = "/lon";
  report.labels = {{"area", "/area"}, {"model", "/model"}};
  report.values = {"/rssi"};
  MessageRule command = rule_of("vehicles/{device}/commands", Is::kCommand);
  command.time = "/timestamp";
  command.id = "/request_id";
  command.name = "/command";
  command.labels = {{"area", "/area"}};
  MessageRule reply = rule_of("vehicles/{device}/acks", Is::kReply);
  reply.time = "/timestamp";
  reply.id = "/request_id";
  reply.result = "/status";
  MessageRule presence = rule_of("vehicles/{device}/status", Is::kPresence);
  presence.state = "/state";
  source.messages = {report,
                     presence,
                     command,
                     reply,
                     rule_of("cmd/{device}/{name}", Is::kCommand),
                     rule_of("raw/+/{device}/#", Is::kReply)};
  return source;
}

Recorder receive(const std::string& topic, const std::string& payload, bool retained = false) {
  Decoder decoder(fleet_source());
  Recorder seen;
  decoder.message(topic, payload, retained, seen);
  return seen;
}

TEST(TopicTest, MatchesAsMqttDoes) {
  const auto matches = [](const char* pattern, const char* topic) {
    TopicTemplate::Captures captures;
    return TopicTemplate(pattern).match(topic, captures);
  };
  EXPECT_TRUE(matches("a/+/c", "a/b/c"));
  EXPECT_TRUE(matches("a/+/c", "a//c"));
  EXPECT_FALSE(matches("a/+", "a/b/c"));
  EXPECT_FALSE(matches("a/+/c", "a/b"));
  EXPECT_TRUE(matches("a/#", "a"));
  EXPECT_TRUE(matches("a/#", "a/b/c"));
  EXPECT_TRUE(matches("#", "a/b"));
  EXPECT_FALSE(matches("#", "$SYS/b"));
  EXPECT_FALSE(matches("+/b", "$SYS/b"));
  EXPECT_TRUE(matches("$SYS/+", "$SYS/b"));
  EXPECT_FALSE(matches("a", "a/"));
  EXPECT_TRUE(matches("/a", "/a"));
}
TEST(TopicTest, CapturesALevelOrAPartOfIt) {
  TopicTemplate::Captures captures;
  ASSERT_TRUE(TopicTemplate("fleet/dev-{device}/cmd/{name}").match("fleet/dev-d7/cmd/unlock", captures));
  EXPECT_EQ(captures.device, "d7");
  EXPECT_EQ(captures.name, "unlock");
  EXPECT_FALSE(TopicTemplate("fleet/dev-{device}").match("fleet/d7", captures));
}

TEST(MessageTest, AReportHasItsFields) {
  const Recorder seen = receive(
      "vehicles/d7/telemetry",
      R"({"ts":1795350787.5,"battery":"81.5","state":"parked","seq":5,"boot":"3","lat":35.6,"lon":"139.7","area":"tokyo","rssi":-110.5})",
      true);
  ASSERT_EQ(seen.order, "m");
  const SeenMessage& m = seen.messages[0];
  EXPECT_EQ(m.rule, 0u);
  EXPECT_EQ(m.time, from_nanos(1795350787'500000000));
  EXPECT_EQ(m.tst, std::nullopt);
  EXPECT_EQ(m.device, "d7");
  EXPECT_EQ(m.word, "parked");
  EXPECT_EQ(m.seq, 5);
  EXPECT_EQ(m.boot, 3);
  EXPECT_DOUBLE_EQ(m.battery, 81.5);
  EXPECT_DOUBLE_EQ(m.lat, 35.6);
  EXPECT_DOUBLE_EQ(m.lon, 139.7);
  EXPECT_TRUE(m.retained);
  EXPECT_THAT(m.labels, ElementsAre("tokyo", ""));
  EXPECT_THAT(m.values, ElementsAre("-110.5"));
}
TEST(MessageTest, AReportsFieldsMayBeMissingButNotOfAnotherType) {
  const Recorder bare = receive("vehicles/d7/telemetry", "{}");
  ASSERT_EQ(bare.order, "m");
  EXPECT_TRUE(std::isnan(bare.messages[0].battery));
  EXPECT_EQ(bare.messages[0].seq, kNoNumber);
  EXPECT_EQ(bare.messages[0].time, std::nullopt);
  const auto why = [](const char* payload) {
    return receive("vehicles/d7/telemetry", payload).rejects.at(0);
  };
  for (const char* bad : {R"({"battery":"full"})", R"({"seq":1.5})", R"({"boot":{}})", R"({"lat":true})",
                          R"({"rssi":"bad"})", R"({"state":[1]})"})
    EXPECT_EQ(why(bad), Reject::kBadField) << bad;
  EXPECT_EQ(why(R"({"ts":0})"), Reject::kBadTime);
  EXPECT_EQ(why("online"), Reject::kMalformed);
  EXPECT_EQ(why(""), Reject::kMalformed);
  EXPECT_EQ(why("[1]"), Reject::kNotAnObject);
}
TEST(MessageTest, APositionOutsideTheEarthIsNoFix) {
  const Recorder seen = receive("vehicles/d7/telemetry", R"({"lat":999,"lon":0})");
  EXPECT_TRUE(std::isnan(seen.messages.at(0).lat));
  EXPECT_TRUE(std::isnan(seen.messages.at(0).lon));
}
TEST(MessageTest, PresenceIsAWordANumberOrAField) {
  const auto word = [](const char* payload) {
    return receive("vehicles/d7/status", payload).messages.at(0).word;
  };
  EXPECT_EQ(word("online"), "online");
  EXPECT_EQ(word(" \"lost\"\n"), "lost");
  EXPECT_EQ(word("1"), "1");
  EXPECT_EQ(word(R"({"state":"offline"})"), "offline");
  EXPECT_EQ(word(""), "");
}
TEST(MessageTest, CommandsHaveANameAndRepliesAResult) {
  const Recorder command =
      receive("vehicles/d7/commands",
              R"({"timestamp":1795350787,"request_id":"r1","command":"unlock","area":"osaka"})");
  ASSERT_EQ(command.order, "m");
  EXPECT_EQ(command.messages[0].word, "unlock");
  EXPECT_EQ(command.messages[0].id, "r1");
  EXPECT_EQ(command.messages[0].labels, std::vector<std::string>{"osaka"});
  EXPECT_EQ(receive("vehicles/d7/commands", R"({"request_id":"r1"})").rejects.at(0), Reject::kBadField);
  EXPECT_EQ(receive("cmd/d7/lock", "anything").messages.at(0).word, "lock");
  const Recorder reply = receive("vehicles/d7/acks", R"({"request_id":"r1","status":"ok"})");
  ASSERT_EQ(reply.order, "m");
  EXPECT_EQ(reply.messages[0].word, "ok");
  EXPECT_EQ(receive("raw/x/d7/y/z", "ok ").messages.at(0).word, "ok");
}
TEST(MessageTest, TopicsWithoutARuleAreIgnoredAndWithoutADeviceRejected) {
  EXPECT_THAT(receive("weather/tokyo", "{}").ignored, ElementsAre("weather/tokyo"));
  EXPECT_THAT(receive("vehicles//telemetry", "{}").rejects, ElementsAre(Reject::kMissingDevice));
}
TEST(MessageTest, EqualTopicAndPayloadHaveEqualDigests) {
  const auto digest = [](const char* topic, const char* payload) {
    return receive(topic, payload).messages.at(0).payload;
  };
  EXPECT_EQ(digest("vehicles/d7/telemetry", "{}"), digest("vehicles/d7/telemetry", "{}"));
  EXPECT_NE(digest("vehicles/d7/telemetry", "{}"), digest("vehicles/d8/telemetry", "{}"));
  EXPECT_NE(digest("vehicles/d7/telemetry", "{}"), digest("vehicles/d7/telemetry", "{ }"));
  EXPECT_EQ(digest("vehicles/d7/telemetry", "{}"),
            digest_of(std::string_view("vehicles/d7/telemetry\0{}", 24)));
}

TEST(MessageLineTest, ReadsBothFormsOfMosquittoSub) {
  Decoder decoder(fleet_source());
  Recorder seen;
  EXPECT_TRUE(decoder.body(
      R"({"tst":"2026-11-22T12:33:05.708123Z+0900","topic":"vehicles/d7/telemetry","qos":1,"retain":1,"payloadlen":2,"payload":"{\"battery\":50}"})"
      "\n"
      R"({"tst":"2026-11-22T12:33:05Z","topic":"vehicles/d7/telemetry","qos":1,"retain":0,"payload":{"battery":50,"x":[1,2]}})"
      "\n"
      R"({"tst":1795350787.25,"topic":"vehicles/d7/status","retain":true,"payload":1})"
      "\n"
      R"({"topic":"vehicles/d7/status","payload":"online"})"
      "\n"
      R"({"topic":"vehicles/d7/status","payload":null})"
      "\n"
      R"({"topic":"elsewhere","payload":"x"})"
      "\n"
      R"({"payload":"x"})"
      "\n"
      R"({"topic":"vehicles/d7/status","payload":"x","tst":"soon"})"
      "\n",
      seen));
  ASSERT_EQ(seen.order, "mmmmmirr");
  EXPECT_EQ(seen.messages[0].tst, parse_rfc3339("2026-11-22T03:33:05.708123Z"));
  EXPECT_TRUE(seen.messages[0].retained);
  EXPECT_DOUBLE_EQ(seen.messages[0].battery, 50);
  EXPECT_EQ(seen.messages[1].tst, parse_rfc3339("2026-11-22T12:33:05Z"));
  EXPECT_FALSE(seen.messages[1].retained);
  EXPECT_DOUBLE_EQ(seen.messages[1].battery, 50);
  EXPECT_EQ(seen.messages[2].tst, from_nanos(1795350787'250000000));
  EXPECT_TRUE(seen.messages[2].retained);
  EXPECT_EQ(seen.messages[2].word, "1");
  EXPECT_EQ(seen.messages[3].tst, std::nullopt);
  EXPECT_EQ(seen.messages[4].word, "");
  EXPECT_THAT(seen.rejects, ElementsAre(Reject::kBadField, Reject::kBadTime));
}
TEST(MessageLineTest, AnEpochsUnitIsToldByItsSize) {
  for (const char* text : {"1795350787", "1795350787000", "1795350787000000", "1795350787000000000"}) {
    Time time;
    EXPECT_EQ(read_tst(text_value(text), time), Read::kOk);
    EXPECT_EQ(time, from_nanos(1795350787'000000000)) << text;
  }
}

}  // namespace
}  // namespace slod::decode
