// Any number of shards gives the same snapshots and the same transitions, bit for bit: two legs, retries,
// labels of the device, groups with caps, a fleet, sources that go down. SLOD_SEED=n runs history n alone.
#include "support/histories.h"
#include "unit/engine/describe.h"
#include "unit/engine/random_slos.h"
#include "unit/fold/history.h"

namespace slod::engine::test {
namespace {

using fold::test::at;
using fold::test::kT0;
using fold::test::Step;
using fold::test::Tick;

class Rows : public fold::test::FoldTest {
  void TestBody() override {}
};

class ShardsTest : public ::testing::Test {
 public:
  void prepare(std::uint64_t seed) {
    Random random(seed);
    rows = std::make_unique<Rows>();
    fold::test::HistoryMaker maker(seed, *rows);
    maker.shape(rows->config);
    add_fleet(rows->config, random);
    rows->config.limits = {random.between(1, 3), random.between(1, 6)};
    rows->config.journeys[0].labels = {"area", "app", "device.model"};
    SloMaker(random, hours(3)).add_slos(rows->config);
    add_fleet_slos(rows->config, random);
    steps = with_reports(maker.make(), random);
    gap_from =
        random.one_in(3) ? std::optional(at(static_cast<double>(random.between(0, 600)))) : std::nullopt;
  }

  /// Everything that the engine says on the way.
  std::string play(int shards) {
    auto config = std::make_shared<Config>(rows->config);
    config->shards = shards;
    Engine engine(config, {}, rows->dictionary);
    engine.keep_hours();
    std::string said;
    bool down = false;
    for (const Step& step : steps) {
      if (const auto* api = std::get_if<ApiRow>(&step)) engine.apply(*api);
      if (const auto* device = std::get_if<DeviceRow>(&step)) engine.apply(*device);
      const auto* tick = std::get_if<Tick>(&step);
      if (tick == nullptr) continue;
      if (gap_from && tick->at > *gap_from) {
        const bool now = tick->at < *gap_from + minutes(3);
        if (now != down) engine.source_up("fleet", !now, tick->at);
        down = now;
      }
      said += describe(engine.tick(tick->at));
      if (&step == &steps.back() || nanos(tick->at) / 10'000'000'000 % 4 == 0)
        said += describe(*engine.snapshot());
      if (nanos(tick->at) / 10'000'000'000 % 7 == 0) said += describe(engine.take_hours());
    }
    return said;
  }

  std::unique_ptr<Rows> rows;
  std::vector<Step> steps;
  std::optional<Time> gap_from;

 private:
  static void add_fleet(Config& config, Random& random) {
    MessageRule presence;
    presence.is = MessageRule::Is::kPresence;
    presence.online = {"online"};
    presence.offline = {"lost"};
    config.sources[1].messages.push_back(presence);
    FleetConfig fleet;
    fleet.sources = {"fleet"};
    fleet.battery = BatteryCheck{};
    fleet.lost_after = static_cast<int>(random.between(1, 3));
    config.fleet = fleet;
  }

  static void add_fleet_slos(Config& config, Random& random) {
    for (const char* check : {"connectivity", "battery", "any"}) {
      SloConfig slo;
      slo.name = check;
      slo.sli = SliKind::kDeviceMinutes;
      slo.fleet_check = check;
      slo.objective = 900'000;
      slo.window.rolling = hours(1);
      slo.window.text = "1h";
      slo.alert_policy = 0;
      if (random.one_in(2)) slo.group_by = {"model"};
      config.slos.push_back(slo);
    }
  }

  std::vector<Step> with_reports(std::vector<Step> history, Random& random) {
    std::vector<Step> all;
    std::int64_t second = -120;
    for (Step& step : history) {
      const auto* tick = std::get_if<Tick>(&step);
      const auto* api = std::get_if<ApiRow>(&step);
      const auto* leg = std::get_if<DeviceRow>(&step);
      const Time now = tick != nullptr ? tick->at : api != nullptr ? api->received : leg->received;
      for (; at(static_cast<double>(second)) < now; second += random.between(3, 40))
        all.emplace_back(report(second, random));
      all.push_back(std::move(step));
    }
    return all;
  }

  DeviceRow report(std::int64_t second, Random& random) {
    const std::string device = "v" + std::to_string(random.between(1, 5));
    DeviceRow row = rows->message(MessageKind::kReport, static_cast<double>(second), "parked", "", device);
    if (random.one_in(10)) {
      row.kind = MessageKind::kPresence;
      row.word = rows->dictionary.intern(random.one_in(2) ? "online" : "lost");
      return row;
    }
    const std::vector<Label> labels{{rows->dictionary.intern("model"),
                                     rows->dictionary.intern("m" + std::to_string(random.between(1, 4)))}};
    row.labels = rows->dictionary.intern_labels(labels);
    row.battery = static_cast<double>(random.between(5, 40));
    row.payload = digest_of(device + std::to_string(random.between(1, 50)));
    if (random.one_in(5)) {
      row.has_time = true;
      row.time = row.received - seconds(random.between(0, 900));
    }
    return row;
  }
};

TEST_F(ShardsTest, AnyNumberOfShardsSaysTheSame) {
  const std::uint64_t first = slod::test::first_seed();
  const bool alone = std::getenv("SLOD_SEED") != nullptr;
  const std::uint64_t count = alone ? 1 : slod::test::histories(150);
  std::size_t transitions = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    prepare(seed);
    const std::string one = play(1);
    for (const int shards : {2, 3, 4, 9})
      ASSERT_EQ(play(shards), one) << shards << " shards, SLOD_SEED=" << seed;
    for (std::size_t found = one.find("firing"); found != std::string::npos;
         found = one.find("firing", found + 1))
      ++transitions;
  }
  if (!alone) {
    EXPECT_GT(transitions, count) << "histories in which no alert fires say little";
  }
}

TEST_F(ShardsTest, ATextOfASnapshotTellsSnapshotsApart) {
  prepare(5);
  const std::string once = play(2);
  steps.erase(steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2));
  EXPECT_NE(play(2), once) << "one step less, and nothing shows";
}

}  // namespace
}  // namespace slod::engine::test
