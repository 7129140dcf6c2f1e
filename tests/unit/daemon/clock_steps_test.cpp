// Clocks that step, drift and sleep, over the real committer, journal clock and engine, in virtual time:
// nothing is lost or counted twice, no device is called silent because a clock moved, and no tick is missing
// that no gap record explains.
#include <gtest/gtest.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <random>

#include "daemon/committer.h"
#include "slod/config/load.h"
#include "slod/core/remap.h"
#include "slod/engine/engine.h"

namespace slod::daemon {
namespace {

constexpr const char* kConfig = R"(
sources:
  gateway: { http: {}, format: json, fields: { time: /ts, method: /m, path: /p, status: /s, latency: { at: /l, unit: ms } } }
  fleet:
    mqtt: { url: "mqtt://127.0.0.1:1883" }
    messages: [ { topic: "v/{device}", is: report, fields: { state: /state } } ]
journeys: { Ride: { api: { source: gateway, method: POST, route: /rides } } }
fleet: { sources: [fleet], report_every: 60s }
slos:
  - { name: rides, service: x, journey: Ride, sli: availability, objective: 99, window: 30d }
  - { name: connectivity, service: x, fleet: connectivity, objective: 97, window: 30d }
)";

std::shared_ptr<const Config> load_text(const char* text) {
  std::string name = ::testing::TempDir() + "clock_steps_XXXXXX";
  const std::string dir = ::mkdtemp(name.data());
  std::ofstream(dir + "/c.yaml") << text;
  auto loaded = config::load({dir + "/c.yaml"});
  std::filesystem::remove_all(dir);
  for (const config::Fault& fault : loaded.faults) std::cerr << config::format_fault(fault, false);
  return loaded.config;
}

class ClockStepsTest : public ::testing::Test {
 protected:
  static constexpr int kDevices = 4;
  ClockStepsTest()
      : config_(load_text(kConfig)),
        journal_(journal::make_memory_journal(dictionary_)),
        committer_(CommitterContext{*config_,
                                    *journal_,
                                    dictionary_,
                                    mailbox_,
                                    [this] { return from_nanos(wall_); },
                                    [this] { return Duration(boot_); },
                                    {},
                                    {},
                                    {}}),
        engine_(config_, {}, engine_dictionary_) {
    committer_.start();
  }
  ~ClockStepsTest() override { committer_.stop(); }

  /// Both clocks go on; then one ride and the reports that are due arrive, and what was committed is
  /// evaluated.
  void pass(Duration time) {
    boot_ += time.count();
    wall_ += time.count();
    arrive();
  }
  void arrive() {
    Submission submission;
    submission.batch = std::make_unique<RecordBatch>();
    RecordBatch& batch = *submission.batch;
    batch.source = "gateway";
    ApiRow ride;
    ride.start = ride.received = committer_.now();
    ride.latency = Duration(0);
    ride.status = 200;
    ride.source = batch.dictionary.intern("gateway");
    ride.route = batch.dictionary.intern("POST /rides");
    batch.api.push_back(ride);
    ++rides_;
    for (int device = 0; device < kDevices; ++device) {
      if (boot_ < next_report_[device]) continue;
      next_report_[device] = boot_ + Duration(seconds(60)).count();
      DeviceRow report;
      report.kind = MessageKind::kReport;
      report.time = report.received = committer_.now();
      report.seq = ++reports_;
      report.source = batch.dictionary.intern("fleet");
      report.device = batch.dictionary.intern("v" + std::to_string(device));
      batch.device.push_back(report);
    }
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
    submission.done = [&](const CommitAnswer&) {
      const std::lock_guard lock(mutex);
      done = true;
      changed.notify_one();
    };
    ASSERT_TRUE(committer_.submit(submission));
    {
      std::unique_lock lock(mutex);
      ASSERT_TRUE(changed.wait_for(lock, std::chrono::seconds(20), [&] { return done; }));
    }
    evaluate();
  }
  void evaluate() {
    while (const auto committed = mailbox_.pop()) {
      const journal::Group& group = committed->group;
      engine_.observed_from(group.stamp);
      for (const journal::Control& control : group.controls) apply(control);
      for (const ApiRow& row : group.api)
        engine_.apply(translation_.row(dictionary_, row, engine_dictionary_));
      for (const DeviceRow& row : group.device)
        engine_.apply(translation_.row(dictionary_, row, engine_dictionary_));
    }
  }
  void apply(const journal::Control& control) {
    if (control.kind == journal::ControlKind::kGap) {
      const auto from = parse_rfc3339(control.text);
      ASSERT_TRUE(from);
      gap_from_ = *from;
      gap_to_ = control.at;
      ++gaps_;
      if (control.at - *from > minutes(2) && !slept_ &&
          boot_ - last_tick_boot_ < Duration(seconds(60)).count())
        ++adopted_;
      engine_.unobserved(control.subject, *from, control.at);
    }
    if (control.kind != journal::ControlKind::kTick) return;
    EXPECT_GT(control.at, last_tick_);
    EXPECT_EQ(nanos(control.at) % Duration(seconds(10)).count(), 0);
    // Ticks come every 10 s, give or take a round of this test - or a gap record lies over what is missing.
    const bool missing = last_tick_ != Time{} && control.at - last_tick_ > seconds(20);
    const bool explained = gap_from_ <= last_tick_ + seconds(20) && control.at <= gap_to_ + seconds(10);
    EXPECT_TRUE(!missing || explained) << format_rfc3339(last_tick_) << " to " << format_rfc3339(control.at);
    last_tick_ = control.at;
    last_tick_boot_ = boot_;
    ++ticks_;
    engine_.tick(control.at);
  }
  const engine::SloReading& reading(std::size_t slo) {
    snapshot_ = engine_.snapshot();
    return snapshot_->slos[slo];
  }

  std::atomic<std::int64_t> boot_{Duration(seconds(1000)).count()};
  std::atomic<std::int64_t> wall_{1'795'000'005'000'000'000};
  std::shared_ptr<const Config> config_;
  Dictionary dictionary_, engine_dictionary_;
  std::unique_ptr<journal::Journal> journal_;
  Mailbox<CommittedGroup> mailbox_{1024};
  Committer committer_;
  Translation translation_;
  engine::Engine engine_;
  std::shared_ptr<const engine::Snapshot> snapshot_;
  std::int64_t next_report_[kDevices] = {};
  std::int64_t reports_ = 0, last_tick_boot_ = 0;
  std::int64_t rides_ = 0;
  int ticks_ = 0, gaps_ = 0, adopted_ = 0;
  bool slept_ = false;
  Time last_tick_, gap_from_, gap_to_;
};

TEST_F(ClockStepsTest, AHundredOfEachStepLoseNothingDoubleNothingAndCallNobodySilent) {
  ASSERT_TRUE(config_);
  const char* given = std::getenv("SLOD_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  SCOPED_TRACE("SLOD_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  std::vector<int> kinds;
  for (int kind = 0; kind < 7; ++kind) kinds.insert(kinds.end(), 100, kind);
  pass(seconds(5));
  std::shuffle(kinds.begin(), kinds.end(), random);
  // Forward and back by turns, or the wall clock would walk hours away.
  int hour = 2, waited_for = 0;
  for (int kind : kinds) {
    if (kind == 2 || kind == 3) kind = std::exchange(hour, 5 - hour);
    std::int64_t drift = 0;
    slept_ = false;
    switch (kind) {
      case 0:
        wall_ += Duration(seconds(1)).count();
        break;
      case 1:
        wall_ -= Duration(seconds(1)).count();
        break;
      case 2:
        wall_ += Duration(hours(1)).count();
        break;
      case 3:
        wall_ -= Duration(hours(1)).count();
        break;
      case 4: {
        const auto slept = static_cast<std::int64_t>(random() % 7200) * 1'000'000'000;
        slept_ = true;
        wall_ += slept;
        boot_ += slept;
        break;
      }
      default:
        drift = (kind == 5 ? 1 : -1) * 2'500'000;  // 500 ppm of the 5 s of a round
    }
    // A clock that went back is met at half speed, which takes two hours: one in ten is waited for.
    const bool wait = kind == 3 && waited_for++ % 10 == 0;
    const int rounds = wait ? 490 : 16;
    for (int round = 0; round < rounds; ++round) {
      wall_ += drift;
      pass(seconds(wait ? 15 : 5));
      ASSERT_FALSE(HasFatalFailure());
    }
  }
  for (int round = 0; round < 4; ++round) pass(seconds(5));
  EXPECT_GE(reading(0).good, rides_ - 10);  // the last ones wait for their tick
  EXPECT_LE(reading(0).good, rides_);
  EXPECT_EQ(reading(0).bad, 0);
  EXPECT_GT(reading(1).good, 100);
  EXPECT_EQ(reading(1).bad, 0) << "devices that reported every minute were called silent";
  EXPECT_GT(gaps_, 95) << "suspensions, and jumps that were adopted";
  EXPECT_GT(adopted_, 3);
  EXPECT_GT(ticks_, 2000);
}

}  // namespace
}  // namespace slod::daemon
