// What ate the budget: sums over the booking log against the engine's own windows and groups, the ring's
// edge, and the proposal of an actor rule.
#include "slod/engine/contributors.h"

#include <cstdlib>
#include <random>
#include <thread>

#include "journey_world.h"

namespace slod::engine::test {
namespace {

const Share* find(const Contributors& answer, const std::string& dimension, const std::string& value) {
  for (const Dimension& d : answer.dimensions) {
    if (d.name != dimension) continue;
    for (const Share& share : d.top) {
      if (share.value == value) return &share;
    }
  }
  return nullptr;
}

/// A world whose bookings are logged.
struct LoggedWorld {
  explicit LoggedWorld(Config said, std::size_t most = BookingLog::kMost)
      : w(std::move(said)), log(*w.config, most) {
    w.engine.record_to(log);
  }
  void tick(double t) {
    log.at(at(t));
    w.tick(t);
    log.publish();
  }
  [[nodiscard]] Contributors ask(double from, double to, std::size_t slo = 0) const {
    const SlotRange range{slot_of(at(from)), slot_of(at(to))};
    const SloConfig& asked = w.config->slos[slo];
    Contributions contributions(*w.config, asked, range);
    contributions.add(*log.read(asked));
    if (asked.journey < 0) contributions.add_devices(*log.read_devices(asked));
    return contributors_of(*w.config, asked, range, contributions.sums(), w.dictionary);
  }
  World w;
  BookingLog log;
};

Config logged_config(bool device, bool retry) {
  Config config = unlock_config(device, retry);
  config.sources[0].format->fields.labels = {{"app", "/app"}, {"area", "/area"}};
  SloConfig slo = slo_of("unlock");
  slo.group_by = {"area", "app"};
  SloConfig slow = slo_of("slow");
  slow.sli = SliKind::kLatency;
  slow.threshold = seconds(2);
  SloConfig raw = slo_of("raw");
  raw.fold = false;
  SloConfig others = slo_of("not-operators");
  others.actors = {kUnknownActor};
  config.slos = {slo, slow, raw, others};
  return config;
}

unsigned seed_of_today() {
  if (const char* given = std::getenv("SLOD_SEED"))
    return static_cast<unsigned>(std::strtoul(given, nullptr, 10));
  return std::random_device{}();
}

TEST(ContributorsTest, SumsAreThoseOfTheWindowsAndTheGroupsWhateverTheHistory) {
  const unsigned seed = seed_of_today();
  SCOPED_TRACE("SLOD_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);
  const auto pick = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  for (int history = 0; history < 60; ++history) {
    LoggedWorld l(logged_config(history % 2 == 0, history % 3 != 0));
    double now = 0;
    for (int i = 0; i < 400; ++i) {
      now += pick(40) / 10.0;
      Request r;
      r.start = now - (pick(10) == 0 ? pick(300) : 0);  // some come late
      r.status = pick(4) == 0 ? 500 : pick(20) == 0 ? 404 : 200;
      r.latency = pick(50) / 10.0;
      r.device = "v" + std::to_string(pick(6));
      r.user = static_cast<std::uint64_t>(pick(3) + 1);
      r.app = std::vector<std::string>{"ios", "android", "ops"}[static_cast<std::size_t>(pick(3))];
      r.area = pick(2) == 0 ? "shibuya" : "meguro";
      ApiRow row = l.w.row(r);
      row.received = at(now);
      l.w.engine.apply(row);
      if (pick(3) == 0)
        l.w.message(MessageKind::kReply, now + 0.01, pick(4) == 0 ? "no" : "ok", "", r.device);
      if (pick(5) == 0) l.tick(std::ceil(now / 10) * 10), now = std::ceil(now / 10) * 10;
    }
    l.tick(std::ceil(now / 10) * 10 + 60);
    const auto snapshot = l.w.engine.snapshot();
    for (std::size_t s = 0; s < snapshot->slos.size(); ++s) {
      const SloReading& reading = snapshot->slos[s];
      const Contributors answer = l.ask(-3600, std::ceil(now / 10) * 10 + 60, s);
      EXPECT_EQ(answer.total.good, reading.good) << reading.config->name;
      EXPECT_EQ(answer.total.bad, reading.bad) << reading.config->name;
      for (const auto& [outcome, count] : reading.outcomes) {
        const Share* share = find(answer, "outcome", outcome);
        ASSERT_NE(share, nullptr) << outcome;
        EXPECT_EQ(share->tally.valid(), count) << reading.config->name << " " << outcome;
      }
      std::map<std::string, Tally> by_area;
      for (const GroupReading& group : reading.groups)
        by_area[group.labels[0].second].add({group.good, group.bad});
      for (const auto& [area, tally] : by_area) {
        const Share* share = find(answer, "area", area);
        ASSERT_NE(share, nullptr) << area;
        EXPECT_EQ(share->tally.bad, tally.bad) << area;
        EXPECT_EQ(share->tally.good, tally.good) << area;
      }
    }
    if (HasFailure()) return;
  }
}

TEST(ContributorsTest, LiftIsTheShareOfBadOverTheShareOfAll) {
  LoggedWorld l(logged_config(false, false));
  for (int i = 0; i < 10; ++i) l.w.request({.start = i * 1.0, .status = i < 4 ? 500 : 200, .app = "ops"});
  for (int i = 0; i < 90; ++i)
    l.w.request({.start = 10 + i * 0.1, .status = i < 1 ? 500 : 200, .app = "ios"});
  l.tick(30);
  const Contributors answer = l.ask(0, 30);
  EXPECT_EQ(answer.total.bad, 5);
  EXPECT_EQ(answer.total.valid(), 100);
  const Share* ops = find(answer, "app", "ops");
  ASSERT_NE(ops, nullptr);
  EXPECT_DOUBLE_EQ(*ops->of_bad, 0.8);
  EXPECT_DOUBLE_EQ(*ops->of_valid, 0.1);
  EXPECT_DOUBLE_EQ(*ops->lift, 8.0);
  const Share* refused = find(answer, "status", "500");
  ASSERT_NE(refused, nullptr);
  EXPECT_DOUBLE_EQ(*refused->of_bad, 1.0);
  const Share* unknown = find(answer, "condition", "unknown");
  EXPECT_EQ(unknown->tally.bad, 5) << "nothing is known of these devices";
  EXPECT_FALSE(unknown->lift) << "good events have no condition to compare with";
}

TEST(ContributorsTest, ARangeTakesOnlyWhatStartsInIt) {
  LoggedWorld l(logged_config(false, false));
  for (const double start : {0.0, 9.9, 10.0, 19.9, 20.0}) l.w.request({.start = start, .status = 500});
  l.tick(30);
  EXPECT_EQ(l.ask(10, 20).total.bad, 2);
  EXPECT_EQ(l.ask(0, 30).total.bad, 5);
  EXPECT_FALSE(l.ask(100, 200).sli.has_value());
}

TEST(ContributorsTest, ValuesBeyondTheTopAreSummed) {
  LoggedWorld l(logged_config(false, false));
  for (int i = 0; i < 25; ++i)
    l.w.request({.start = i * 0.5, .status = 500, .device = "v" + std::to_string(100 + i)});
  l.tick(30);
  const Contributors answer = l.ask(0, 30);
  const auto devices = std::find_if(answer.dimensions.begin(), answer.dimensions.end(),
                                    [](const Dimension& d) { return d.name == "device"; });
  ASSERT_NE(devices, answer.dimensions.end());
  EXPECT_EQ(devices->values, 25U);
  EXPECT_EQ(devices->top.size(), kTopValues);
  ASSERT_TRUE(devices->others.has_value());
  EXPECT_EQ(devices->others->tally.bad, 15);
}

TEST(ContributorsTest, ProposesTheActorThatExplainsTheLoss) {
  Config config = logged_config(false, false);
  config.actors.clear();
  config.slos = {slo_of("unlock")};
  LoggedWorld l(config);
  for (int i = 0; i < 10; ++i) l.w.request({.start = i * 1.0, .status = 500, .app = "ops-ios"});
  for (int i = 0; i < 4; ++i) l.w.request({.start = i * 1.0, .status = 500, .app = "ops-web"});
  for (int i = 0; i < 300; ++i) l.w.request({.start = i * 0.1, .status = i < 1 ? 500 : 200, .app = "ios"});
  l.tick(40);
  const auto proposal = l.ask(0, 40).proposal;
  ASSERT_TRUE(proposal.has_value());
  EXPECT_EQ(proposal->label, "app");
  EXPECT_EQ(proposal->values, (std::vector<std::string>{"ops-ios", "ops-web"}));
  EXPECT_DOUBLE_EQ(*proposal->sli_without, 299.0 / 300);
  EXPECT_NE(proposal->yaml.find("ops-ios: { app: [ops-ios, ops-web] }"), std::string::npos) << proposal->yaml;
  EXPECT_NE(proposal->yaml.find("actor: unknown"), std::string::npos);
}

TEST(ContributorsTest, OfSeveralActorsProposesTheSloWithoutTheOneThatExplainsTheLoss) {
  Config config = logged_config(false, false);
  SloConfig both = slo_of("both");
  both.actors = {kUnknownActor, 0};
  config.slos = {both};
  LoggedWorld l(config);
  for (int i = 0; i < 10; ++i) l.w.request({.start = i * 1.0, .status = 500, .app = "ops"});
  for (int i = 0; i < 90; ++i) l.w.request({.start = i * 0.1, .app = "ios"});
  l.tick(30);
  const auto proposal = l.ask(0, 30).proposal;
  ASSERT_TRUE(proposal.has_value());
  EXPECT_EQ(proposal->label, "actor");
  EXPECT_EQ(proposal->values, std::vector<std::string>{"operator"});
  EXPECT_NE(proposal->yaml.find("actor: [unknown]"), std::string::npos) << proposal->yaml;
}

TEST(ContributorsTest, ProposesNothingWhereEverybodyFailsAlike) {
  LoggedWorld l(logged_config(false, false));
  for (int i = 0; i < 40; ++i)
    l.w.request({.start = i * 0.5, .status = i % 4 == 0 ? 500 : 200, .app = i % 8 < 4 ? "ios" : "android"});
  l.tick(30);
  EXPECT_FALSE(l.ask(0, 30).proposal.has_value());
}

TEST(ContributorsTest, AFleetSloIsToldByReasonAndLabel) {
  Config config = unlock_config(false, false);
  SloConfig slo = slo_of("connectivity");
  slo.journey = -1;
  slo.sli = SliKind::kDeviceMinutes;
  slo.fleet_check = "connectivity";
  config.slos = {slo};
  LoggedWorld l(config);
  for (int i = 0; i <= 10; ++i) {
    l.w.message(MessageKind::kReport, i * 60.0, "available", "", "v1", 80);
    if (i < 3) l.w.message(MessageKind::kReport, i * 60.0 + 1, "available", "", "v2", 80);
  }
  l.tick(660);
  const SloReading reading = l.w.slo();
  const Contributors answer = l.ask(0, 660);
  EXPECT_EQ(answer.total.bad, reading.bad);
  EXPECT_EQ(answer.total.good, reading.good);
  ASSERT_GT(reading.bad, 0);
  EXPECT_EQ(find(answer, "outcome", "connectivity")->tally.bad, reading.bad);
  const Share* device = find(answer, "device", "v2");
  ASSERT_NE(device, nullptr);
  EXPECT_EQ(device->tally.bad, reading.bad);
  EXPECT_DOUBLE_EQ(*device->of_bad, 1.0);
  EXPECT_FALSE(device->lift) << "whose the healthy minutes were is not kept";
  EXPECT_EQ(find(answer, "device", "v1"), nullptr);
}

TEST(ContributorsTest, AFleetSloHidesItsDevicesWhereTheConfigSaysSo) {
  Config config = unlock_config(false, false);
  config.server.show_devices = false;
  SloConfig slo = slo_of("connectivity");
  slo.journey = -1;
  slo.sli = SliKind::kDeviceMinutes;
  slo.fleet_check = "connectivity";
  config.slos = {slo};
  LoggedWorld l(config);
  l.w.message(MessageKind::kReport, 0, "available", "", "v1", 80);
  l.tick(660);
  ASSERT_GT(l.ask(0, 660).total.bad, 0);
  EXPECT_EQ(find(l.ask(0, 660), "device", "v1"), nullptr);
}

TEST(BookingLogTest, AFullLaneForgetsItsOldestAndSaysFromWhenItIsComplete) {
  Config config = logged_config(false, false);
  config.slos.resize(1);
  LoggedWorld l(config, 3 * LoggedChunk::kEntries);
  const int events = static_cast<int>(LoggedChunk::kEntries) * 8;
  for (int i = 0; i < events; ++i) {
    l.log.at(at(i * 0.1 + 0.5));
    l.w.request({.start = i * 0.1, .status = i % 10 == 0 ? 500 : 200});
  }
  const double end = std::ceil(events * 0.1 / 10) * 10 + 10;
  l.tick(end);
  const auto lane = l.log.read(l.w.config->slos[0]);
  ASSERT_GT(lane->complete_from, at(0));
  ASSERT_LT(lane->complete_from, at(end));
  const Slot from = slot_of(lane->complete_from) + 1;
  const double since = static_cast<double>(from - slot_of(kT0)) * 10;
  const auto expected = static_cast<std::int64_t>(std::llround((events * 0.1 - since) * 10));
  EXPECT_EQ(l.ask(since, end).total.valid(), expected);
  std::size_t kept = 0;
  for (const LaneView::Part& part : lane->parts) kept += part.count;
  EXPECT_LE(kept, 3 * LoggedChunk::kEntries);
}

TEST(BookingLogTest, AReaderSeesWholeTicksWhileTheWriterGoesOn) {
  Config config = logged_config(false, false);
  config.slos.resize(1);
  LoggedWorld l(config, 4 * LoggedChunk::kEntries);
  l.log.publish();
  std::atomic<bool> done{false};
  std::thread reader([&] {
    std::int64_t seen = 0;
    while (!done.load()) {
      const auto lane = l.log.read(l.w.config->slos[0]);
      if (lane->complete_from != Time::min()) break;  // chunks are being dropped: part of a tick may be
      Contributions contributions(*l.w.config, l.w.config->slos[0], {0, slot_of(at(1e6))});
      contributions.add(*lane);
      const Tally total = contributions.sums().total;
      EXPECT_EQ(total.valid() % 100, 0) << "a tick has 100 events; chunks hold many ticks";
      EXPECT_GE(total.valid(), seen) << "time goes on";
      seen = total.valid();
    }
  });
  for (int tick = 0; tick < 200; ++tick) {
    for (int i = 0; i < 100; ++i) l.w.request({.start = tick * 10 + i * 0.1, .status = 200});
    l.tick(tick * 10 + 10);
  }
  done = true;
  reader.join();
}

}  // namespace
}  // namespace slod::engine::test
