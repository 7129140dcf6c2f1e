// Sealing: random histories, lived through by a fold that seals and a journal that trims, with crashes. A
// refold of what is left, without any checkpoint, must say what a fold of every row for ever says: every
// minute of every fleet SLO by label set, state and reason, and all that the API says of every SLO.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "journal/sealed_store.h"
#include "slod/config/load.h"
#include "slod/daemon/journal_fold.h"
#include "slod/serve/render.h"
#include "unit/daemon/fleet_rows.h"
#include "unit/window/seed.h"

namespace slod::daemon {
namespace {

namespace fs = std::filesystem;

constexpr const char* kConfig = R"(
state: { journal_retention: { fleet: 1h } }
sources:
  gateway:
    http: {}
    format: json
    fields: { time: /t, method: /m, path: /p, status: /s, id: /i, device: /d, labels: { area: /a } }
  fleet:
    mqtt: { url: "mqtt://localhost" }
    messages:
      - { topic: "v/{device}/t", is: report, fields: { time: /t, battery: /b, state: /s, labels: { model: /m } } }
      - { topic: "v/{device}/s", is: presence, online: [up], offline: [down] }
      - { topic: "v/{device}/c", is: command, fields: { id: /i, name: /n } }
      - { topic: "v/{device}/r", is: reply, fields: { id: /i, result: /r }, good: [ok] }
journeys:
  Unlock: { api: { source: gateway, method: POST, route: /unlock }, device: { source: fleet, command: unlock, deadline: 20s } }
fleet:
  sources: [fleet]
  report_every: { default: 2m }
  in_service: { state: [riding, parked] }
  battery: { low: 15, recovered: 25 }
  checks: { radio: { field: /rssi, unhealthy: "< -110", healthy: ">= -105", dwell: 5m, max_age: 15m } }
slos:
  - { name: unlock, journey: Unlock, objective: 90, window: 6h, group_by: [area] }
  - { name: battery, fleet: battery, objective: 90, window: 12h, group_by: [model] }
  - { name: radio, fleet: radio, objective: 90, window: 12h, group_by: [model] }
  - { name: connected, fleet: connectivity, objective: 90, window: 12h }
  - { name: fit, fleet: any, objective: 90, window: 12h, group_by: [model] }
)";

/// (slot, state, reason, labels) -> device-minutes that stand booked.
using Minutes = std::map<std::tuple<std::int64_t, int, std::string, std::string>, std::int64_t>;

struct Said {
  std::string slos, sources;
  std::map<std::string, Minutes> minutes;
};

class World : public test::FleetRows {
 public:
  World() {
    dir_ = test::fast_folder("slod-sealing");
    const config::Loaded loaded = config::load_text(kConfig);
    config_ = loaded.config;
    EXPECT_NE(config_, nullptr) << (loaded.faults.empty() ? "" : loaded.faults.front().message);
  }
  ~World() { fs::remove_all(dir_); }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  DeviceRow report(Time at, const std::string& device, test::Random& random) {
    static constexpr const char* kStates[] = {"riding", "parked", "broken", ""};
    DeviceRow row =
        message(MessageKind::kReport, at, device, kStates[random.one_in(8) ? random.between(0, 3) : 3]);
    if (!random.one_in(3)) row.battery = static_cast<double>(random.between(5, 40));
    if (random.one_in(2)) row.values = label("/rssi", std::to_string(random.between(-115, -100)));
    if (random.one_in(4)) row.labels = label("model", random.one_in(2) ? "x" : "y");
    row.seq = ++seq_;
    row.retained = random.one_in(40);
    if (random.one_in(2)) {
      row.has_time = true;
      // Late by up to most of the retention; or from a clock that is ahead.
      const std::int64_t off = random.one_in(4) ? -random.between(1, 45 * 60) : random.between(-30, 40);
      row.time = at + seconds(off);
    }
    return row;
  }

  void unlocks(journal::Group& group, Time at, test::Random& random) {
    const std::string device = "v" + std::to_string(random.between(1, 6));
    ApiRow row;
    row.start = row.received = at + seconds(1);
    row.id = digest_of("u" + std::to_string(nanos(row.start)));
    row.source = id("gateway");
    row.route = id("POST /unlock");
    row.device = id(device);
    row.labels = label("area", random.one_in(2) ? "a" : "b");
    row.status = 200;
    group.api.push_back(row);
    DeviceRow sent = message(MessageKind::kCommand, row.start, device, "unlock");
    DeviceRow said = message(MessageKind::kReply, row.start + seconds(3), device, "ok");
    sent.id = said.id = row.id;
    group.device.push_back(sent);
    if (!random.one_in(5)) group.device.push_back(said);
  }

  /// A minute: most devices report, one may be silent for hours, some say that they come and go.
  journal::Group minute(Time at, test::Random& random) {
    journal::Group group;
    group.stamp = at + seconds(50);
    if (random.one_in(3)) unlocks(group, at, random);
    for (int d = 1; d <= 6; ++d) {
      if (random.one_in(90)) silent_until_[d] = at + minutes(random.between(3, 240));
      if (at < silent_until_[d] || random.one_in(3)) continue;
      const std::string device = "v" + std::to_string(d);
      const Time when = at + seconds(random.between(5, 45));
      DeviceRow row = random.one_in(12)
                          ? message(MessageKind::kPresence, when, device, random.one_in(2) ? "down" : "up")
                          : report(when, device, random);
      group.device.push_back(row);
      if (row.kind == MessageKind::kReport && random.one_in(6)) again_.push_back(row);
    }
    if (!again_.empty() && random.one_in(4)) {  // told twice, the second time late
      again_.front().received = at + seconds(46);
      group.device.push_back(again_.front());
      again_.pop_front();
    }
    SourceCounts counts;
    counts.accepted = group.api.size() + group.device.size();
    group.counts.emplace_back("fleet", counts);
    if (random.one_in(200))
      group.controls.push_back({journal::ControlKind::kGap, at, {}, format_rfc3339(at - minutes(3))});
    if (random.one_in(150))
      group.controls.push_back(
          {down_ ? journal::ControlKind::kSourceUp : journal::ControlKind::kSourceDown, at, "fleet", {}}),
          down_ = !down_;
    return group;
  }

  journal::JournalOptions options(bool seals) const {
    journal::JournalOptions options;
    options.dir = dir_ + "/journal";
    options.segment_length = minutes(30);
    options.keep_fleet = hours(1);
    options.seals = seals;
    return options;
  }

  void open(bool seals) {
    journal_.reset();
    auto opened = journal::open_sqlite_journal(options(seals), dictionary_);
    ASSERT_TRUE(opened) << opened.error().message;
    journal_ = std::move(*opened);
  }

  void append(journal::Group& group) {
    const auto appended = journal_->append(group);
    ASSERT_TRUE(appended) << appended.error().message;
    if (group.sealed.empty()) every_.push_back(group);
    fold_->apply(group, [](TickOutcome&) {});
  }

  /// As after a kill: from the archive that a checkpoint would hold, or from nothing but the journal.
  void restart(test::Random& random) {
    const std::string archive = random.one_in(2) ? fold_->archived(0) : std::string();
    open(options_seal_);
    fold_ = std::make_unique<JournalFold>(config_, registry_, dictionary_);
    if (!archive.empty()) {
      ASSERT_TRUE(fold_->restore(archive));
      return;
    }
    ++refolds_;
    auto reader = journal_->read_from(0);
    ASSERT_TRUE(reader) << reader.error().message;
    for (;;) {
      const auto group = (*reader)->next();
      ASSERT_TRUE(group) << group.error().message;
      if (!*group) break;
      fold_->apply(**group, [](TickOutcome&) {});
    }
  }

  /// What the committer does with what the evaluator hands it. A crash may come between any two of its steps.
  void seal(Time at, test::Random& random) {
    const auto due = fold_->sealing().due();
    if (!due || random.one_in(3)) return;
    journal::Group group;
    group.stamp = at;
    group.sealed.push_back(fold_->sealing().block());
    group.controls.push_back({journal::ControlKind::kSealed, *due, {}, {}});
    if (random.one_in(4)) {  // sealed, and killed before its group
      ASSERT_TRUE(journal::add_sealed(dir_ + "/journal", group.sealed.front(), Time::min()));
      return restart(random);
    }
    append(group);
    ++sealed_;
    if (random.one_in(4)) restart(random);  // and killed before anything is trimmed
  }

  void live(Duration span, test::Random& random, bool restarts) {
    fold_ = std::make_unique<JournalFold>(config_, registry_, dictionary_);
    Time at = *parse_rfc3339("2026-11-22T00:00:00Z");
    for (const Time end = at + span; at < end && !testing::Test::HasFatalFailure(); at += minutes(1)) {
      journal::Group rows = minute(at, random);
      append(rows);
      if (random.one_in(300)) at += minutes(random.between(2, 30));  // slod did not run
      journal::Group tick;
      tick.stamp = at + minutes(1);
      tick.controls.push_back({journal::ControlKind::kTick, tick.stamp, {}, {}});
      append(tick);
      if (options_seal_) seal(tick.stamp, random);
      ASSERT_TRUE(journal_->trim(tick.stamp));
      if (restarts && random.one_in(200)) restart(random);
    }
  }

  Said said(JournalFold& fold) {
    EXPECT_FALSE(fold.damaged());
    Said out;
    auto json = nlohmann::json::parse(serve::slos_json(*fold.engine().snapshot()));
    for (auto& slo : json["slos"]) {
      // Of sealed time the end is known, not what was thought of it at each tick: alerts may have begun
      // earlier.
      if (slo["slo"] != "unlock") slo.erase("alerts");
    }
    out.slos = json["slos"].dump(1);
    out.sources = json["sources"].dump(1);
    for (const SloConfig& slo : fold.config()->slos) {
      if (slo.journey < 0) out.minutes[slo.name] = minutes_of(fold, slo);
    }
    return out;
  }

  static Minutes minutes_of(JournalFold& fold, const SloConfig& slo) {
    Minutes minutes;
    const Dictionary& words = fold.dictionary();
    for (const auto& part : fold.log().lane(slo).view()->parts) {
      for (std::size_t i = 0; i < part.count; ++i) {
        const engine::LoggedBooking& one = part.chunk->entries[i];
        std::string labels;
        for (const Label& label : words.labels(one.labels)) labels += words.text(label.value);
        auto& count = minutes[{one.slot, one.verdict(), std::string(words.text(one.millis)), labels}];
        count += one.withdrawn() ? -std::int64_t{one.device} : std::int64_t{one.device};
      }
    }
    std::erase_if(minutes, [](const auto& minute) { return minute.second == 0; });
    return minutes;
  }

  /// The naive model: every row that ever was, folded; nothing was ever sealed.
  Said naive() {
    JournalFold fold(config_, registry_, dictionary_);
    for (const journal::Group& group : every_) fold.apply(group, [](TickOutcome&) {});
    return said(fold);
  }

  Said refolded() {
    Dictionary dictionary;
    JournalFold fold(config_, registry_, dictionary);
    reports_left_ = 0;
    auto reader = journal::read_sqlite_journal(dir_ + "/journal", 0, dictionary);
    EXPECT_TRUE(reader);
    for (;;) {
      const auto group = (*reader)->next();
      EXPECT_TRUE(group) << group.error().message;
      if (!group || !*group) return said(fold);
      for (const DeviceRow& row : (*group)->device)
        reports_left_ += row.kind == MessageKind::kReport ? 1U : 0U;
      fold.apply(**group, [](TickOutcome&) {});
    }
  }

  std::size_t reports() const {
    std::size_t n = 0;
    for (const journal::Group& group : every_) {
      for (const DeviceRow& row : group.device) n += row.kind == MessageKind::kReport ? 1U : 0U;
    }
    return n;
  }

  std::string dir_;
  std::shared_ptr<const Config> config_;
  std::vector<fleet::RegistryEntry> registry_;
  std::unique_ptr<journal::Journal> journal_;
  std::unique_ptr<JournalFold> fold_;
  std::vector<journal::Group> every_;
  std::map<int, Time> silent_until_;
  std::deque<DeviceRow> again_;
  std::int64_t seq_ = 0;
  bool down_ = false;
  bool options_seal_ = true;  // false: trims by age as if nothing were sealed
  int sealed_ = 0, refolds_ = 0;
  std::size_t reports_left_ = 0;
};

void expect_equal(const Said& found, const Said& wanted) {
  for (const auto& [slo, minutes] : wanted.minutes) {
    const Minutes& mine = found.minutes.at(slo);
    if (mine == minutes) continue;
    const auto differ = [&](const Minutes& a, const Minutes& b, const char* whose) {
      int shown = 0;
      for (const auto& [key, count] : a) {
        const auto other = b.find(key);
        if ((other != b.end() && other->second == count) || ++shown > 4) continue;
        const auto& [slot, state, reason, labels] = key;
        ADD_FAILURE() << slo << ": " << whose << " has " << format_rfc3339(slot_start(slot)) << " state "
                      << state << " " << reason << " {" << labels << "} " << count << ", the other "
                      << (other == b.end() ? 0 : other->second);
      }
    };
    differ(minutes, mine, "every row for ever");
    differ(mine, minutes, "the refold");
  }
  EXPECT_EQ(found.slos, wanted.slos);
  EXPECT_EQ(found.sources, wanted.sources);
}

TEST(SealingTest, ARefoldOfWhatIsLeftSaysWhatEveryRowForEverSays) {
  const std::uint64_t first = test::first_seed();
  for (std::uint64_t seed = first; seed < first + 3 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("SLOD_SEED=" + std::to_string(seed));
    test::Random random(seed);
    World world;
    world.open(true);
    world.live(hours(9), random, true);
    EXPECT_GT(world.sealed_, 5);
    const Said wanted = world.naive();
    expect_equal(world.refolded(), wanted);
    EXPECT_LT(world.reports_left_, world.reports() / 2) << "most rows have left";
  }
}

TEST(SealingTest, TrimmedWithoutSealingTheNumbersWouldBeLost) {
  test::Random random(test::first_seed());
  World world;
  world.options_seal_ = false;
  world.open(false);
  world.live(hours(5), random, false);
  EXPECT_NE(world.refolded().minutes, world.naive().minutes) << "negative control";
}

TEST(SealingTest, WithoutRoomTheSealMovesForwardFirst) {
  test::Random random(test::first_seed());
  World world;
  world.open(true);
  world.live(minutes(50), random, false);
  EXPECT_EQ(world.sealed_, 0) << "nothing is old enough";
  const Time at = world.fold_->last_tick() + minutes(1);
  journal::Group group;
  group.stamp = at;
  const journal::Position wanted = world.journal_->last_position();
  group.controls = {{journal::ControlKind::kTick, at, {}, {}},
                    {journal::ControlKind::kSealNow, at, {}, std::to_string(wanted)}};
  world.append(group);
  ASSERT_TRUE(world.fold_->sealing().due());
  const journal::SealedBlock block = world.fold_->sealing().block();
  EXPECT_GE(block.position, wanted);
  journal::Group sealed;
  sealed.stamp = at;
  sealed.sealed.push_back(block);
  sealed.controls.push_back({journal::ControlKind::kSealed, block.until, {}, {}});
  world.append(sealed);
  const Said wanted_numbers = world.said(*world.fold_);
  expect_equal(world.refolded(), wanted_numbers);
}

}  // namespace
}  // namespace slod::daemon
