// A refold without any checkpoint, long after the fleet's retention has ended, of rows that nobody seals (as
// in history): kept for as long as an SLO looks back, they give the numbers of the daemon that never stopped.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "slod/config/load.h"
#include "slod/config/retention.h"
#include "slod/daemon/journal_fold.h"
#include "slod/serve/render.h"
#include "unit/daemon/fleet_rows.h"
#include "unit/window/seed.h"

namespace slod::daemon {
namespace {

namespace fs = std::filesystem;

constexpr const char* kConfig =
    "state: { journal_retention: { fleet: 1h } }\n"
    "sources:\n"
    "  gateway:\n"
    "    http: {}\n"
    "    format: json\n"
    "    fields: { time: /t, method: /m, path: /p, status: /s, id: /i, device: /d, labels: { area: /a } }\n"
    "  fleet:\n"
    "    mqtt: { url: \"mqtt://localhost\" }\n"
    "    messages:\n"
    "      - { topic: \"v/{device}/t\", is: report, fields: { battery: /b, labels: { model: /m } } }\n"
    "      - { topic: \"v/{device}/c\", is: command, fields: { id: /i, name: /n } }\n"
    "      - { topic: \"v/{device}/r\", is: reply, fields: { id: /i, result: /r }, good: [ok] }\n"
    "journeys:\n"
    "  Unlock: { api: { source: gateway, method: POST, route: /unlock }, device: { source: fleet, command: "
    "unlock, "
    "deadline: 20s } }\n"
    "fleet: { sources: [fleet], report_every: { default: 5m }, battery: { low: 15, recovered: 20 } }\n"
    "slos:\n"
    "  - { name: unlock, journey: Unlock, objective: 90, window: 6h, group_by: [area] }\n"
    "  - { name: battery, fleet: battery, objective: 90, window: 12h, group_by: [model] }\n"
    "  - { name: connected, fleet: connectivity, objective: 90, window: 12h }\n";

constexpr const char* kBegin = "2026-11-22T00:00:00Z";
constexpr const char* kKeptSince = "2026-11-24T12:00:00Z";  // four days less the 36 h that are kept

class FleetRetentionTest : public testing::Test, public test::FleetRows {
 protected:
  void SetUp() override {
    dir_ = test::fast_folder("slod-retention");
    config_ = config::load_text(kConfig).config;
    ASSERT_NE(config_, nullptr);
  }
  void TearDown() override { fs::remove_all(dir_); }

  /// Five minutes: some unlocks with their commands and most of their replies, and a report of most devices.
  journal::Group five_minutes(Time at, test::Random& random) {
    journal::Group group;
    group.stamp = at + seconds(30);
    for (int n = 0; n < 4; ++n) {
      const std::string device = "v" + std::to_string(random.between(1, 5));
      ApiRow row;
      row.start = row.received = at + seconds(n);
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
    for (int d = 1; d <= 5; ++d) {
      DeviceRow row = message(MessageKind::kReport, at + seconds(20), "v" + std::to_string(d), "");
      row.battery = static_cast<double>(random.between(5, 40));
      row.labels = label("model", d % 2 == 0 ? "x" : "y");
      row.payload = digest_of(std::to_string(nanos(at)) + std::to_string(d));
      if (!random.one_in(6)) group.device.push_back(row);
    }
    return group;
  }

  journal::JournalOptions options(Duration keep_fleet) const {
    journal::JournalOptions options;
    options.dir = dir_ + "/journal";
    options.segment_length = hours(6);
    options.keep_fleet = keep_fleet;
    return options;
  }

  /// Four days, live. Returns what it says at the end.
  std::string live(journal::Journal& journal, std::uint64_t seed) {
    test::Random random(seed);
    JournalFold fold(config_, {}, dictionary_);
    Time at = *parse_rfc3339(kBegin);
    for (int n = 0; n < 4 * 24 * 12; ++n, at += minutes(5)) {
      journal::Group group = five_minutes(at, random);
      EXPECT_TRUE(journal.append(group));
      fold.apply(group, [](TickOutcome&) {});
      journal::Group tick;
      tick.stamp = at + minutes(2);
      tick.controls.push_back({journal::ControlKind::kTick, tick.stamp, {}, {}});
      EXPECT_TRUE(journal.append(tick));
      fold.apply(tick, [](TickOutcome&) {});
      EXPECT_TRUE(journal.trim(tick.stamp));
    }
    return says(fold);
  }

  std::string refolded() {
    Dictionary dictionary;
    auto reader = journal::read_sqlite_journal(dir_ + "/journal", 0, dictionary);
    EXPECT_TRUE(reader);
    JournalFold fold(config_, {}, dictionary);
    for (;;) {
      const auto group = (*reader)->next();
      EXPECT_TRUE(group) << group.error().message;
      if (!group || !*group) return says(fold);
      fold.apply(**group, [](TickOutcome&) {});
    }
  }

  /// What the API says, without the start of an alert that has fired since before what is kept of the rows:
  /// no refold can know it (in the daemon the ledger does).
  static std::string says(JournalFold& fold) {
    nlohmann::json slos = nlohmann::json::parse(serve::slos_json(*fold.engine().snapshot()))["slos"];
    for (auto& slo : slos)
      for (auto& alert : slo["alerts"])
        if (alert.contains("since") && alert["since"] < kKeptSince) alert.erase("since");
    return slos.dump(1);
  }

  std::string dir_;
  std::shared_ptr<const Config> config_;
};

TEST_F(FleetRetentionTest, ARefoldLongAfterTheFleetsRetentionGivesTheSameNumbers) {
  const Duration keep = config::fleet_history_kept(*config_);
  EXPECT_EQ(keep, hours(36));
  auto journal = journal::open_sqlite_journal(options(keep), dictionary_);
  ASSERT_TRUE(journal) << journal.error().message;
  const std::string before = live(**journal, test::first_seed());
  EXPECT_EQ(refolded(), before);
}

TEST_F(FleetRetentionTest, WithTheWrittenRetentionAloneTheNumbersWouldBeLost) {
  auto journal = journal::open_sqlite_journal(options(config_->state.keep_fleet), dictionary_);
  ASSERT_TRUE(journal) << journal.error().message;
  const std::string before = live(**journal, test::first_seed());
  EXPECT_NE(refolded(), before) << "negative control";
}

}  // namespace
}  // namespace slod::daemon
