#include "source/mqtt/mqtt_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <cstdio>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "support/fake_broker.h"
#include "support/mosquitto.h"

namespace slod::source {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A committer that keeps what it is given, as the journal would: rows and positions together.
class Kept : public SubmissionSink {
 public:
  bool submit(Submission& submission) override { return submit_wait(submission); }
  bool submit_wait(Submission& submission) override {
    std::unique_lock lock(mutex_);
    const auto taking = [&] { return !paused_ || closed_; };
    changed_.wait(lock, taking);
    if (closed_) return false;
    const bool refuse = refusals_ > 0;
    if (refuse) --refusals_;
    if (!refuse) keep(submission);
    lock.unlock();
    submission.done({refuse ? Committed::kRefused : Committed::kDurable, ""});
    changed_.notify_all();
    return true;
  }
  void pause(bool on) {
    set([&] { paused_ = on; });
  }
  void close(bool on) {
    set([&] { closed_ = on; });
  }
  void refuse(int times) {
    set([&] { refusals_ = times; });
  }
  std::vector<SourcePosition> positions() {
    const std::lock_guard lock(mutex_);
    std::vector<SourcePosition> all;
    for (const auto& [stream, position] : positions_) all.push_back(position);
    return all;
  }
  /// How often each report was kept, by its seq.
  std::map<std::int64_t, int> reports() {
    const std::lock_guard lock(mutex_);
    return reports_;
  }
  std::map<std::string, int> presence() {
    const std::lock_guard lock(mutex_);
    return presence_;
  }
  std::uint64_t ignored() {
    const std::lock_guard lock(mutex_);
    return ignored_;
  }
  bool wait_for_reports(std::size_t distinct) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, seconds(15), [&] { return reports_.size() >= distinct; });
  }
  bool wait_for_presence(const std::string& entry) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, seconds(15), [&] { return presence_.contains(entry); });
  }

 private:
  template <typename Change>
  void set(Change change) {
    const std::lock_guard lock(mutex_);
    change();
    changed_.notify_all();
  }
  void keep(const Submission& submission) {
    const RecordBatch& batch = *submission.batch;
    ignored_ += batch.counts.ignored;
    for (const DeviceRow& row : batch.device) {
      const auto word = std::string(batch.dictionary.text(row.word));
      if (row.kind == MessageKind::kReport) ++reports_[row.seq];
      if (row.kind == MessageKind::kPresence) ++presence_[(row.retained ? "retained " : "live ") + word];
    }
    if (submission.position) positions_[submission.position->stream] = *submission.position;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool paused_ = false, closed_ = false;
  int refusals_ = 0;
  std::uint64_t ignored_ = 0;
  std::map<std::int64_t, int> reports_;
  std::map<std::string, int> presence_;
  std::map<std::string, SourcePosition> positions_;
};

Config fleet_config(std::uint16_t port) {
  Config config;
  SourceConfig source;
  source.name = "fleet";
  source.kind = SourceConfig::Kind::kMqtt;
  source.mqtt_host = "127.0.0.1";
  source.mqtt_port = port;
  source.mqtt_client_id = "slod-test";
  MessageRule report;
  report.topic = "vehicles/{device}/telemetry";
  report.is = MessageRule::Is::kReport;
  report.seq = "/seq";
  MessageRule presence;
  presence.topic = "vehicles/{device}/status";
  presence.is = MessageRule::Is::kPresence;
  presence.online = {"online"};
  presence.offline = {"offline"};
  source.messages = {report, presence};
  config.sources = {source};
  config.fleet.emplace().sources = {"fleet"};
  return config;
}

/// Publishes at QoS 1 and returns when the broker has it. A process of its own (mosquitto_pub): in ours,
/// Paho's one lock is held by a callback that waits.
class Publisher {
 public:
  explicit Publisher(std::uint16_t port) : port_(port) {}
  void report(int seq) { reports(seq, 1); }
  void reports(int from, int count, std::size_t padding = 0) {
    std::string lines;
    for (int i = from; i < from + count; ++i)
      lines += R"({"seq":)" + std::to_string(i) + R"(,"x":")" + std::string(padding, 'x') + "\"}\n";
    send("vehicles/v1/telemetry", lines);
  }
  void send(const std::string& topic, const std::string& lines, bool retained = false) const {
    const std::string command = "mosquitto_pub -h 127.0.0.1 -p " + std::to_string(port_) + " -q 1 -l -t " +
                                topic + (retained ? " -r" : "");
    FILE* pipe = ::popen(command.c_str(), "w");
    ASSERT_NE(pipe, nullptr);
    std::fwrite(lines.data(), 1, lines.size(), pipe);
    EXPECT_EQ(::pclose(pipe), 0) << command;
  }

 private:
  std::uint16_t port_;
};

bool eventually(const std::function<bool()>& true_at_last) {
  for (int i = 0; i < 600 && !true_at_last(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(25));
  return true_at_last();
}

class MqttSourceTest : public ::testing::Test {
 protected:
  void configure(std::uint16_t port) {
    config_ = fleet_config(port);
    router_ = std::make_unique<route::Router>(config_);
  }
  std::unique_ptr<RunningSource> start() {
    const Surroundings surroundings{
        config_,
        *router_,
        kept_,
        0,
        state_.path(),
        [] { return now(); },
        [this](const std::string& level, const std::string& text) { log(level + ": " + text); },
        [](const Secret&) -> Result<std::string> { return std::string("secret"); },
        keep_alive_};
    auto running = start_mqtt_tuned(
        surroundings, config_.sources[0], kept_.positions(),
        [this](const std::string&, bool up, Duration unnoticed) { told(up, unnoticed); }, tuning_);
    EXPECT_TRUE(running) << running.error().message;
    return running ? std::move(*running) : nullptr;
  }
  static Time now() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }
  void log(const std::string& line) {
    const std::lock_guard lock(mutex_);
    log_ += line + "\n";
    changed_.notify_all();
  }
  void told(bool up, Duration unnoticed) {
    const std::lock_guard lock(mutex_);
    told_.push_back(up);
    unnoticed_ = unnoticed;
    changed_.notify_all();
  }
  std::vector<bool> told() {
    const std::lock_guard lock(mutex_);
    return told_;
  }
  bool wait_for_told(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, seconds(20), [&] { return told_.size() >= count; });
  }
  bool wait_for_log(const std::string& text) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, seconds(20), [&] { return log_.find(text) != std::string::npos; });
  }
  bool each_once(int from, int count) {
    const auto reports = kept_.reports();
    for (int i = from; i < from + count; ++i) {
      if (!reports.contains(i) || reports.at(i) != 1) return false;
    }
    return true;
  }

  test::TempDir state_;
  Config config_;
  std::unique_ptr<route::Router> router_;
  Kept kept_;
  MqttTuning tuning_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<bool> told_;
  Duration unnoticed_{0};  // of the last change
  Duration keep_alive_ = seconds(30);
  std::string log_;
};

class MqttBrokerTest : public MqttSourceTest {
 protected:
  void SetUp() override {
    if (!test::Mosquitto::installed()) GTEST_SKIP() << "mosquitto is not installed";
    configure(broker_.port());
  }
  test::Mosquitto broker_;
};

TEST_F(MqttBrokerTest, EveryMessageArrivesOnce) {
  ASSERT_TRUE(broker_.start());
  const auto source = start();
  ASSERT_TRUE(wait_for_told(1));
  ASSERT_TRUE(wait_for_log("no session of ours"));
  Publisher publisher(broker_.port());
  publisher.reports(0, 300);
  EXPECT_TRUE(kept_.wait_for_reports(300));
  EXPECT_TRUE(each_once(0, 300));
  EXPECT_TRUE(source->health().up);
  EXPECT_GT(source->health().last_event, 0);
}

TEST_F(MqttBrokerTest, AConnectionSaysOnceWhatTheBrokerKeptAndItsEndIsNoFailure) {
  ASSERT_TRUE(broker_.start());
  const auto source = start();
  ASSERT_TRUE(wait_for_log(": connected"));
  // Time for a second answer to the connect, and until the watcher would complain.
  std::this_thread::sleep_for(std::chrono::milliseconds(1300));
  source->stop();
  const std::string session = "the broker has no session of ours";
  EXPECT_EQ(log_.find(session), log_.rfind(session)) << log_;
  EXPECT_EQ(log_.find("cannot connect", log_.find(": connected")), std::string::npos) << log_;
}

TEST_F(MqttBrokerTest, WhatArrivesWhileWeAreAwayIsDeliveredAfterTheStart) {
  ASSERT_TRUE(broker_.start());
  start()->stop();
  Publisher publisher(broker_.port());
  {
    const auto source = start();
    ASSERT_TRUE(wait_for_told(1));
    publisher.reports(0, 50);
    ASSERT_TRUE(kept_.wait_for_reports(50));
  }
  publisher.reports(50, 50);
  const auto source = start();
  EXPECT_TRUE(kept_.wait_for_reports(100));
  EXPECT_TRUE(wait_for_log("kept our session"));
  EXPECT_TRUE(each_once(0, 100));
}

TEST_F(MqttBrokerTest, AStoppedReaderLosesNothingAcrossARestart) {
  ASSERT_TRUE(broker_.start());
  Publisher publisher(broker_.port());
  {
    const auto source = start();
    ASSERT_TRUE(wait_for_told(1));
    publisher.reports(0, 20);
    ASSERT_TRUE(kept_.wait_for_reports(20));
    kept_.pause(true);  // acknowledged from here on, but in no journal
    publisher.reports(20, 200);
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    kept_.close(true);
  }
  EXPECT_LT(kept_.reports().size(), 220U);
  kept_.close(false);
  kept_.pause(false);
  const auto source = start();
  EXPECT_TRUE(kept_.wait_for_reports(220));
  EXPECT_TRUE(each_once(0, 220));
}

TEST_F(MqttBrokerTest, ARefusedBatchIsSubmittedAgainAndInOrder) {
  ASSERT_TRUE(broker_.start());
  const auto source = start();
  ASSERT_TRUE(wait_for_told(1));
  kept_.refuse(3);
  Publisher(broker_.port()).reports(0, 30);
  EXPECT_TRUE(kept_.wait_for_reports(30));
  EXPECT_TRUE(each_once(0, 30));
}

TEST_F(MqttBrokerTest, ABrokerThatForgotOurSessionIsSubscribedAgain) {
  ASSERT_TRUE(broker_.start());
  const auto source = start();
  ASSERT_TRUE(wait_for_told(1));
  broker_.kill();
  broker_.forget();
  ASSERT_TRUE(wait_for_told(2));
  EXPECT_FALSE(source->health().up);
  ASSERT_TRUE(broker_.start());
  ASSERT_TRUE(wait_for_told(3));
  EXPECT_THAT(told(), ElementsAre(true, false, true));
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  Publisher(broker_.port()).reports(0, 10);
  EXPECT_TRUE(kept_.wait_for_reports(10));
}

TEST_F(MqttBrokerTest, RetainedMessagesAreMarkedAndComeOnlyWithANewSubscription) {
  ASSERT_TRUE(broker_.start());
  Publisher publisher(broker_.port());
  publisher.send("vehicles/v1/status", "online", true);
  {
    const auto source = start();
    ASSERT_TRUE(kept_.wait_for_presence("retained online"));
    publisher.send("vehicles/v1/status", "offline");
    ASSERT_TRUE(kept_.wait_for_presence("live offline"));
  }
  const auto source = start();
  publisher.report(1);
  ASSERT_TRUE(kept_.wait_for_reports(1));
  EXPECT_EQ(kept_.presence()["retained online"], 1);
}

TEST_F(MqttBrokerTest, ABrokerThatIsDownAtTheStartIsNoErrorAndIsFoundLater) {
  const auto source = start();
  ASSERT_NE(source, nullptr);
  ASSERT_TRUE(wait_for_told(1));
  EXPECT_THAT(told(), ElementsAre(false));
  EXPECT_TRUE(wait_for_log("127.0.0.1:" + std::to_string(broker_.port()) + ": cannot connect (connect "));
  EXPECT_TRUE(wait_for_log("Connection refused"));
  EXPECT_THAT(log_, HasSubstr("HTTP ingest"));
  ASSERT_TRUE(broker_.start());
  ASSERT_TRUE(wait_for_told(2));
  EXPECT_THAT(told(), ElementsAre(false, true));
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  Publisher(broker_.port()).report(1);
  EXPECT_TRUE(kept_.wait_for_reports(1));
}

TEST_F(MqttBrokerTest, AFullInboxBlocksTheBrokerAndLosesNothing) {
  tuning_.max_backlog = 20'000;
  tuning_.max_file = 8'000;
  keep_alive_ = seconds(2);
  ASSERT_TRUE(broker_.start());
  const auto source = start();
  ASSERT_TRUE(wait_for_told(1));
  kept_.pause(true);
  Publisher(broker_.port()).reports(0, 200, 400);  // 80 kB and more
  EXPECT_TRUE(wait_for_log("waits for room in the inbox: it is full"));
  const auto dropped = [&] { return broker_.log().find("exceeded timeout") != std::string::npos; };
  EXPECT_TRUE(eventually(dropped)) << "the broker drops us after 1.5 x keep alive, and keeps the messages";
  kept_.pause(false);
  EXPECT_TRUE(kept_.wait_for_reports(200));
  EXPECT_TRUE(wait_for_log("takes messages again"));
}

TEST_F(MqttBrokerTest, ABrokerThatHangsIsNoticedByTheKeepAliveAndTheLossIsDatedBack) {
  keep_alive_ = seconds(1);
  ASSERT_TRUE(broker_.start());
  const auto source = start();
  ASSERT_TRUE(wait_for_told(1));
  Publisher(broker_.port()).report(1);
  ASSERT_TRUE(kept_.wait_for_reports(1));
  broker_.hang();
  const auto hung = std::chrono::steady_clock::now();
  ASSERT_TRUE(wait_for_told(2));
  const Duration until_noticed = std::chrono::steady_clock::now() - hung;
  EXPECT_FALSE(source->health().up);
  {
    const std::lock_guard lock(mutex_);
    EXPECT_GE(unnoticed_, std::min<Duration>(until_noticed - std::chrono::milliseconds(500), seconds(3)));
  }
  broker_.go_on();
  ASSERT_TRUE(wait_for_told(3));
  Publisher(broker_.port()).report(2);
  EXPECT_TRUE(kept_.wait_for_reports(2));
}

TEST_F(MqttBrokerTest, ABrokerThatDiesIsNoticedAtOnce) {
  ASSERT_TRUE(broker_.start());
  const auto source = start();
  ASSERT_TRUE(wait_for_told(1));
  broker_.kill();
  ASSERT_TRUE(wait_for_told(2));
  EXPECT_FALSE(source->health().up);
  const std::lock_guard lock(mutex_);
  EXPECT_EQ(unnoticed_, Duration(0));
}

class MqttStopDeathTest : public MqttBrokerTest {
 protected:
  /// Runs in a process of its own: the callback that is left behind holds the library's lock for good.
  [[noreturn]] void stop_with_a_full_inbox() {
    tuning_.max_backlog = 4'000;
    tuning_.drain_at_stop = std::chrono::milliseconds(300);
    bool good = broker_.start();
    const auto source = start();
    good = good && wait_for_told(1);
    kept_.pause(true);
    Publisher(broker_.port()).reports(0, 100, 400);
    good = good && wait_for_log("waits for room");
    kept_.close(true);
    source->stop();
    good = good && source->blocked() && log_.find("stays unacknowledged") != std::string::npos;
    broker_.stop();
    std::filesystem::remove_all(broker_.dir());
    std::filesystem::remove_all(state_.path());
    std::_Exit(good ? 7 : 1);
  }
};

TEST_F(MqttStopDeathTest, StoppingWithAFullInboxLeavesTheMessageUnacknowledgedAndSaysSo) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(stop_with_a_full_inbox(), ::testing::ExitedWithCode(7), "");
}

TEST_F(MqttSourceTest, ConnectsWithAPersistentSessionOnTheWireAndSubscribesOnEveryConnect) {
  test::FakeBroker broker;
  configure(broker.port());
  config_.sources[0].mqtt_username = "user";
  config_.sources[0].mqtt_password.env = "any";
  const auto source = start();
  ASSERT_TRUE(wait_for_told(1));
  const std::string connect = broker.packets(1).at(0).body;
  EXPECT_EQ(connect.substr(0, 7), std::string("\0\4MQTT\5", 7));
  const auto flags = static_cast<unsigned char>(connect[7]);
  EXPECT_EQ(flags & 0x02, 0) << "clean start";
  EXPECT_EQ(flags & 0xc0, 0xc0) << "user name and password";
  EXPECT_EQ(connect.substr(8, 2), std::string("\0\x1e", 2)) << "keep alive 30 s";
  EXPECT_THAT(connect, HasSubstr(std::string("\x11\x00\x09\x3a\x80", 5))) << "session expiry 604800 s";
  EXPECT_THAT(connect, HasSubstr(std::string("\x21\x01\xf4", 3))) << "receive maximum 500";
  EXPECT_THAT(connect, HasSubstr("slod-test"));
  EXPECT_THAT(connect, HasSubstr("secret"));
  ASSERT_TRUE(eventually([&] { return broker.packets(8).size() == 2; }));
  broker.drop();
  ASSERT_TRUE(wait_for_told(3));
  ASSERT_TRUE(eventually([&] { return broker.packets(8).size() == 4; }));
  EXPECT_EQ(broker.packets(1).at(1).body, connect);
  const auto subscribes = broker.packets(8);
  // QoS 1, and 0x10: retained messages only for a new subscription.
  EXPECT_THAT(subscribes[0].body, HasSubstr("vehicles/+/telemetry\x11"));
  EXPECT_THAT(subscribes[3].body, HasSubstr("vehicles/+/status\x11"));
}

}  // namespace
}  // namespace slod::source
