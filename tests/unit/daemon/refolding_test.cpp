// A refold passes over time in which nothing can change. What it says must be what a fold says that makes
// every tick that docs/meaning.md (History) promises.
#include "slod/daemon/refolding.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <future>
#include <map>
#include <set>

#include "daemon/history.h"
#include "slod/config/load.h"
#include "slod/serve/render.h"
#include "unit/window/seed.h"

namespace slod::daemon {
namespace {

constexpr const char* kConfig =
    "evaluation_interval: 60s\n"
    "sources:\n"
    "  gateway:\n"
    "    http: {}\n"
    "    format: json\n"
    "    fields: { time: /t, method: /m, path: /p, status: /s, latency: { at: /l, unit: s }, user: /u, "
    "labels: { area: /a } }\n"
    "  radio:\n"
    "    mqtt: { url: \"mqtt://localhost\" }\n"
    "    messages: [ { topic: \"v/{device}/t\", is: report, fields: { battery: /b } } ]\n"
    "journeys:\n"
    "  Ride: { api: { source: gateway, method: POST, route: /rides }, retry: { by: [user], within: 2h } }\n"
    "alert_policies: { slow: { rules: [ { severity: ticket, burn: 1, long: 5h, short: 3h },\n"
    "  { severity: page, burn: 4, long: 30m, short: 5m } ] } }\n"
    "defaults: { alert_policy: slow }\n"
    "slos:\n"
    "  - { name: rides, journey: Ride, objective: 90, window: 6h, also: [1h], group_by: [area] }\n"
    "  - { name: fast, journey: Ride, objective: 90, sli: latency, threshold: 2s, window: 3h }\n"
    "  - { name: daily, journey: Ride, objective: 90, window: { calendar: day, time_zone: Asia/Tokyo } }\n"
    "  - { name: slices, journey: Ride, objective: 90, window: 6h, budgeting: { slice: 5m, target: 80 } }\n";

constexpr const char* kFleet =
    "  - { name: reachable, fleet: connectivity, objective: 90, window: 6h }\n"
    "fleet: { sources: [radio], report_every: { default: 5m } }\n";

constexpr Duration kInterval = seconds(60);
/// docs/meaning.md: from one record to the next, and up to an hour behind the last.
constexpr Duration kBehindHistory = hours(1);

struct Row {
  Time arrival;
  bool report = false;
  std::uint16_t status = 200;
  Duration latency{0};
  std::uint64_t user = 0;
  const char* name = "";  ///< area, or device
};

/// A stretch of records, put in as history or lived: then slod ticked up to its end.
struct Burst {
  bool lived = false;
  std::vector<Row> rows;
};

ApiRow api_row(const Row& row, Dictionary& dictionary) {
  ApiRow api;
  api.start = row.arrival - row.latency;
  api.received = row.arrival;
  api.latency = row.latency;
  api.source = dictionary.intern("gateway");
  api.route = dictionary.intern("POST /rides");
  api.status = row.status;
  api.user = row.user;
  const std::vector<Label> labels{{dictionary.intern("area"), dictionary.intern(row.name)}};
  api.labels = dictionary.intern_labels(labels);
  return api;
}

DeviceRow report(const Row& row, Dictionary& dictionary) {
  DeviceRow device;
  device.kind = MessageKind::kReport;
  device.time = device.received = row.arrival;
  device.payload = digest_of(std::to_string(row.arrival.time_since_epoch().count()));
  device.source = dictionary.intern("radio");
  device.device = dictionary.intern(row.name);
  return device;
}

class RefoldingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "slod_refolding_XXXXXX").string();
    dir_ = ::mkdtemp(name.data());
  }
  void TearDown() override {
    journal_.reset();
    std::filesystem::remove_all(dir_);
  }

  void begin(const std::string& text) {
    journal_.reset();
    std::filesystem::remove_all(dir_);
    std::filesystem::create_directory(dir_);
    dictionary_ = std::make_unique<Dictionary>();
    const auto loaded = config::load_text(text);
    ASSERT_NE(loaded.config, nullptr);
    config_ = loaded.config;
    journal::JournalOptions options;
    options.dir = dir_ + "/journal";
    auto opened = journal::open_sqlite_journal(options, *dictionary_);
    ASSERT_TRUE(opened) << opened.error().message;
    journal_ = std::move(*opened);
  }

  /// Bursts of about half an hour, with anything between nothing and three weeks behind each.
  static std::vector<Burst> bursts(test::Random& random, bool fleet) {
    std::vector<Burst> all;
    Time at = *parse_rfc3339("2026-01-01T00:00:30Z");
    for (int n = 0; n < 5; ++n) {
      Burst& burst = all.emplace_back();
      burst.lived = random.one_in(3) || n == 4;
      for (int i = 0; i < 30; ++i, at += seconds(random.between(1, 120))) {
        Row& row = burst.rows.emplace_back();
        row.arrival = at;
        row.report = fleet && random.one_in(3);
        row.status = random.one_in(3) ? 500 : 200;
        row.latency = Duration(random.between(1, 4000) * 1'000'000);
        row.user = static_cast<std::uint64_t>(random.between(1, 9));
        row.name = random.one_in(2) ? "east" : "west";
      }
      at += random.one_in(3) ? minutes(random.between(2, 200))
                             : hours(random.between(0, 24 * (fleet ? 5 : 20)));
    }
    return all;
  }

  /// As groups of a minute each; the time before was not watched.
  std::vector<journal::Group> groups_of(const Burst& burst, Dictionary& dictionary,
                                        std::optional<Time> last) const {
    std::vector<journal::Group> groups;
    for (const Row& row : burst.rows) {
      while (groups.empty() || groups.back().stamp < row.arrival) {
        const Time tick = groups.empty() ? floor_to(row.arrival, kInterval)
                                         : floor_to(groups.back().stamp, kInterval) + kInterval;
        journal::Group& group = groups.emplace_back();
        group.stamp = tick + kInterval - nanoseconds_one();
        if (groups.size() == 1 && last)
          group.controls.push_back({journal::ControlKind::kGap, tick, "", format_rfc3339(*last)});
        group.controls.push_back({journal::ControlKind::kTick, tick, "", ""});
      }
      if (row.report) {
        groups.back().device.push_back(report(row, dictionary));
      } else {
        groups.back().api.push_back(api_row(row, dictionary));
      }
    }
    return groups;
  }
  static constexpr Duration nanoseconds_one() { return Duration(1); }

  /// Into the journal, and into a history whose view is returned.
  std::shared_ptr<const HistoryView> write(const std::vector<Burst>& all) {
    auto history = History::open(
        {dir_ + "/history", {}, [] { return Time(hours(24 * 20000)); }, [](const std::string&) {}});
    EXPECT_TRUE(history) << history.error().message;
    (*history)->start();
    std::optional<Time> last;
    for (const Burst& burst : all) {
      if (!burst.lived) {
        put(**history, burst, false);
        put(**history, burst, true);
        continue;
      }
      for (journal::Group& group : groups_of(burst, *dictionary_, last)) {
        EXPECT_TRUE(journal_->append(group));
        last = group.stamp;
      }
    }
    return (*history)->view();
  }

  /// Its requests, or its reports: a block is of one source.
  static void put(History& history, const Burst& burst, bool reports) {
    Submission submission;
    submission.batch = std::make_unique<RecordBatch>();
    RecordBatch& batch = *submission.batch;
    batch.source = reports ? "radio" : "gateway";
    std::optional<Time> from;
    Time to;
    for (const Row& row : burst.rows) {
      if (row.report != reports) continue;
      if (reports) {
        batch.device.push_back(report(row, batch.dictionary));
      } else {
        batch.api.push_back(api_row(row, batch.dictionary));
      }
      from = from.value_or(row.arrival);
      to = row.arrival;
    }
    if (!from) return;
    const std::string answer = R"({"from":)" + std::to_string(from->time_since_epoch().count()) +
                               R"(,"to":)" + std::to_string(to.time_since_epoch().count()) + "}";
    submission.key = IdempotencyKey{batch.source + answer, digest_of(answer), answer};
    std::promise<CommitAnswer> promise;
    submission.done = [&](CommitAnswer given) { promise.set_value(std::move(given)); };
    ASSERT_TRUE(history.submit(submission));
    ASSERT_EQ(promise.get_future().get().result, Committed::kDurable);
  }

  /// Every tick of docs/meaning.md, one after the other.
  std::string walked(const std::vector<Burst>& all, const HistoryView& view) {
    JournalFold fold(config_, {}, *dictionary_);
    fold.cover(view.coverage);
    const auto deaf = [](TickOutcome&) {};
    std::optional<Time> next, last_history, last_live;
    journal::Position position = 0;
    for (const Burst& burst : all) {
      if (burst.lived) {
        for (journal::Group& group : groups_of(burst, fold.dictionary(), last_live)) {
          for (; last_history && *next + kInterval <= group.stamp && *next <= *last_history + kBehindHistory;
               *next += kInterval)
            fold.tick(*next, deaf);
          group.position = ++position;
          fold.apply_own(group, deaf);
          last_live = group.stamp;
          next = fold.last_tick() + kInterval;
        }
        continue;
      }
      for (const Row& row : burst.rows) {
        fold.history_begins(row.arrival);
        if (!next) next = floor_to(row.arrival, kInterval) + kInterval;
        for (; *next <= row.arrival; *next += kInterval) fold.tick(*next, deaf);
        last_history = row.arrival;
        if (row.report) {
          fold.engine().apply(report(row, fold.dictionary()));
        } else {
          fold.engine().apply(api_row(row, fold.dictionary()));
        }
      }
    }
    return says(fold);
  }

  RefoldingInput input(const std::shared_ptr<const HistoryView>& view) {
    return {config_,
            {},
            view,
            [this](Dictionary& dictionary) {
              return journal::read_sqlite_journal(dir_ + "/journal", 0, dictionary);
            },
            *dictionary_,
            {},
            [](double) { return true; }};
  }

  std::string refolded(const std::shared_ptr<const HistoryView>& view) {
    Refolding refolding(input(view));
    const Status run = refolding.run();
    EXPECT_TRUE(run) << run.error().message;
    return says(refolding.fold());
  }

  /// By SLO; the epoch: its whole window counts.
  std::map<std::string, Time> counts_since(const std::shared_ptr<const HistoryView>& view) {
    Refolding refolding(input(view));
    EXPECT_TRUE(refolding.run());
    std::map<std::string, Time> since;
    const auto snapshot = refolding.fold().snapshot();
    for (const engine::SloReading& reading : snapshot->slos)
      since[reading.config->name] = reading.counts_since.value_or(Time{});
    return since;
  }

  /// Everything but how much of the journal was read.
  std::string says(JournalFold& fold) {
    auto snapshot = fold.snapshot();
    for (const engine::SloReading& reading : snapshot->slos) {
      for (const engine::RuleStatus& rule : reading.alerts) fired_ += rule.firing ? 1U : 0U;
    }
    return serve::slos_json(*snapshot) + serve::slo_metrics_text(*snapshot);
  }

  /// `seeds` histories; how many rules fired at their ends.
  std::size_t compare(const std::string& text, std::uint64_t seeds) {
    fired_ = 0;
    const std::uint64_t first = test::first_seed();
    for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
      SCOPED_TRACE("SLOD_SEED=" + std::to_string(seed));
      test::Random random(seed);
      begin(text);
      const std::vector<Burst> all = bursts(random, config_->fleet.has_value());
      const auto view = write(all);
      const std::string quick = refolded(view);
      EXPECT_EQ(quick, walked(all, *view));
      if (HasFailure()) break;
    }
    return fired_;
  }

  std::string dir_;
  std::shared_ptr<const Config> config_;
  std::unique_ptr<Dictionary> dictionary_;
  std::unique_ptr<journal::Journal> journal_;
  std::size_t fired_ = 0;
};

TEST_F(RefoldingTest, PassingOverQuietTimeChangesNoNumberAndNoRuleOfJourneys) {
  EXPECT_GT(compare(kConfig, 4), 0U);
}

TEST_F(RefoldingTest, PassingOverQuietTimeChangesNoNumberAndNoRuleOfAFleet) {
  EXPECT_GT(compare(std::string(kConfig) + kFleet, 4), 0U);
}

TEST_F(RefoldingTest, AnSloCountsSinceTheHistoryOfItsOwnSourceAndNotOfAnother) {
  begin(std::string(kConfig) + kFleet);
  const Time start = *parse_rfc3339("2026-01-01T00:00:00Z");
  Burst past, present{true, {}};
  for (int i = 0; i < 20; ++i) {
    past.rows.push_back({start + minutes(i), false, 200, seconds(1), 1, "east"});
    present.rows.push_back({start + hours(4) + minutes(i), i % 2 == 1, 200, seconds(1), 1, "east"});
  }
  auto since = counts_since(write({past, present}));
  EXPECT_EQ(since["rides"], start);
  EXPECT_EQ(since["fast"], Time{}) << "3h: all of its window";
  EXPECT_GE(since["reachable"], start + hours(4)) << "nothing of the fleet was put in";
}

/// At full load a group has thousands of records, and a journal of a million of them a hundred groups.
TEST_F(RefoldingTest, OfFewLargeGroupsItSaysHowFarItIsAndLetsGoOfThemAtOnce) {
  constexpr journal::Position kGroups = 16;
  begin(kConfig);
  const Time start = *parse_rfc3339("2026-01-01T00:00:00Z");
  for (journal::Position n = 0; n < kGroups; ++n) {
    journal::Group group;
    group.stamp = start + seconds(static_cast<int>(n) + 1);
    group.api.assign(10'000, api_row({group.stamp, false, 200, seconds(0), n, "east"}, *dictionary_));
    ASSERT_TRUE(journal_->append(group));
  }
  std::vector<double> told;
  double enough = 2;
  RefoldingInput what = input(nullptr);
  what.last_position = [] { return kGroups; };
  what.progress = [&](double share) {
    told.push_back(share);
    return share < enough;
  };
  Refolding whole(what);
  ASSERT_TRUE(whole.run());
  EXPECT_TRUE(whole.finished());
  EXPECT_TRUE(std::is_sorted(told.begin(), told.end()));
  EXPECT_EQ(std::set<double>(told.begin(), told.end()).size(), kGroups + 1)
      << "each group, and the beginning";
  enough = 0.3;
  Refolding unwanted(what);
  ASSERT_TRUE(unwanted.run());
  EXPECT_FALSE(unwanted.finished());
  EXPECT_EQ(unwanted.position(), 5U) << "5 of 16 are the first that are 0.3";
}

}  // namespace
}  // namespace slod::daemon
