// When a fold tells its hours, and how they become durable.
#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "daemon/totals_keeper.h"
#include "slod/config/load.h"
#include "slod/daemon/journal_fold.h"
#include "slod/sqlite/sqlite.h"

namespace slod::daemon {
namespace {

namespace fs = std::filesystem;

constexpr const char* kConfig =
    "sources:\n"
    "  gateway:\n"
    "    http: {}\n"
    "    format: json\n"
    "    fields: { time: /t, method: /m, path: /p, status: /s }\n"
    "journeys:\n"
    "  Ride: { api: { source: gateway, method: POST, route: /rides } }\n"
    "slos:\n"
    "  - { name: rides, journey: Ride, objective: 90, window: 6h }\n";
const Time kNoon = *parse_rfc3339("2026-11-22T12:00:00Z");

class FoldHoursTest : public testing::Test {
 protected:
  FoldHoursTest() : config_(config::load_text(kConfig).config), fold_(new_fold()) {}

  std::unique_ptr<JournalFold> new_fold() {
    auto fold = std::make_unique<JournalFold>(config_, std::vector<fleet::RegistryEntry>{}, dictionary_);
    fold->keep_hours([this](HourlyTotals totals) { told_.push_back(std::move(totals)); });
    return fold;
  }
  void apply(Time at, int rides, std::vector<journal::Control> controls = {}) {
    journal::Group group;
    group.position = ++position_;
    group.stamp = at;
    group.controls = std::move(controls);
    for (int i = 0; i < rides; ++i) {
      ApiRow row;
      row.start = row.received = at;
      row.source = dictionary_.intern("gateway");
      row.route = dictionary_.intern("POST /rides");
      row.status = 200;
      group.api.push_back(row);
    }
    fold_->apply(group, [](TickOutcome&) {});
  }
  void tick(Time at, bool seal = false) {
    std::vector<journal::Control> controls = {{journal::ControlKind::kTick, at, {}, {}}};
    if (seal) controls.push_back({journal::ControlKind::kSealNow, at, {}, "1"});
    apply(at, 0, std::move(controls));
  }
  /// (until, position, good of the whole)
  [[nodiscard]] std::vector<std::tuple<Time, std::uint64_t, std::int64_t>> told() const {
    std::vector<std::tuple<Time, std::uint64_t, std::int64_t>> out;
    for (const HourlyTotals& totals : told_) {
      std::int64_t good = 0;
      for (const SeriesHours& series : totals.measures.at(0).series) {
        for (const HourCount& hour : series.hours) good += series.of == TotalOf::kWhole ? hour.good : 0;
      }
      out.emplace_back(totals.until, totals.position, good);
    }
    return out;
  }
  using Told = std::vector<std::tuple<Time, std::uint64_t, std::int64_t>>;

  std::shared_ptr<const Config> config_;
  Dictionary dictionary_;
  std::vector<HourlyTotals> told_;
  std::unique_ptr<JournalFold> fold_;
  journal::Position position_ = 0;
};

TEST_F(FoldHoursTest, AreToldAtTheFirstTickOfAnHourUpToTheGroupBeforeIt) {
  apply(kNoon + seconds(1), 3);
  tick(kNoon + seconds(10));
  tick(kNoon + seconds(20));
  apply(kNoon + minutes(30), 4);
  tick(kNoon + minutes(59));
  tick(kNoon + minutes(61));
  tick(kNoon + minutes(62));
  EXPECT_EQ(told(), (Told{{kNoon + seconds(10), 1, 3}, {kNoon + minutes(61), 5, 4}}));
}

TEST_F(FoldHoursTest, AreToldAtOnceWhereRoomIsShort) {
  tick(kNoon + seconds(10));
  apply(kNoon + seconds(11), 5);
  tick(kNoon + seconds(20), true);
  tick(kNoon + hours(1), true);
  EXPECT_EQ(told(),
            (Told{{kNoon + seconds(10), 0, 0}, {kNoon + seconds(20), 2, 5}, {kNoon + hours(1), 3, 0}}));
}

TEST_F(FoldHoursTest, ARestoredFoldTellsWhatTheOtherWouldHave) {
  tick(kNoon + seconds(10));
  apply(kNoon + seconds(11), 5);
  tick(kNoon + seconds(20));
  const std::string bytes = fold_->archived(0);
  fold_ = new_fold();
  ASSERT_TRUE(fold_->restore(bytes));
  EXPECT_EQ(fold_->told_hours(), kNoon + seconds(10));
  tick(kNoon + hours(1));
  EXPECT_EQ(told().back(), Told::value_type(kNoon + hours(1), 3, 5));
}

class TotalsKeeperTest : public testing::Test {
 protected:
  TotalsKeeperTest() {
    std::string pattern = fs::temp_directory_path() / "slod-keeper-XXXXXX";
    dir_ = ::mkdtemp(pattern.data());
    open();
  }
  ~TotalsKeeperTest() override {
    keeper_.reset();
    fs::remove_all(dir_);
  }
  void open() {
    keeper_.reset();
    auto opened = TotalsKeeper::open({dir_, hours(24 * 1000), [this](const std::string& level, const auto&) {
                                        (level == "error" ? errors_ : others_) += 1;
                                      }});
    ASSERT_TRUE(opened) << opened.error().message;
    keeper_ = std::move(*opened);
  }
  static HourlyTotals hour(int number, std::int64_t good) {
    const std::int64_t hour = hour_of(kNoon) + number - 1;
    return {kNoon + hours(number),
            static_cast<std::uint64_t>(number),
            {{"rides", {{TotalOf::kWhole, {}, {{hour, good, 0}}}}}}};
  }
  std::int64_t good() { return good(hour_of(kNoon) - 100, hour_of(kNoon) + 10'000); }
  std::int64_t good(std::int64_t hour) { return good(hour, hour + 1); }
  std::int64_t good(std::int64_t from, std::int64_t to) {
    const auto read = journal::read_totals(dir_, {"rides", from, to});
    std::int64_t sum = 0;
    for (const SeriesHours& series : read->series) {
      for (const HourCount& one : series.hours) sum += one.good;
    }
    return sum;
  }
  void exec(const std::string& sql) {
    auto database = sqlite::Database::open(journal::totals_path(dir_), sqlite::Database::Mode::kReadWrite);
    ASSERT_TRUE(database);
    const Status done = database->exec(sql);
    ASSERT_TRUE(done) << done.error().message;
  }

  std::string dir_;
  std::atomic<int> errors_{0}, others_{0};
  std::unique_ptr<TotalsKeeper> keeper_;
};

TEST_F(TotalsKeeperTest, WritesInOrderAndSaysHowFarItIs) {
  EXPECT_FALSE(keeper_->reaches(0, kNoon + hours(1)));
  for (int number = 1; number <= 5; ++number) keeper_->add(hour(number, number));
  EXPECT_TRUE(keeper_->reaches(0, kNoon + hours(5)));
  EXPECT_FALSE(keeper_->reaches(1, kNoon + hours(5))) << "another edition";
  EXPECT_EQ(keeper_->position(), 5U);
  EXPECT_EQ(good(), 15);
}

TEST_F(TotalsKeeperTest, ARecountAndWhatIsCountedMeanwhileDoNotMix) {
  keeper_->add(hour(1, 1));
  const HoursTo recount = keeper_->recount();
  recount.begins();
  recount.tell(hour(1, 100));
  keeper_->add(hour(2, 2));
  recount.begins();  // it had to begin anew
  recount.tell(hour(1, 100));
  recount.tell(hour(2, 200));
  keeper_->publish(1, Time{});
  keeper_->add(hour(3, 3));
  EXPECT_TRUE(keeper_->reaches(1, kNoon + hours(3)));
  EXPECT_EQ(good(), 303);
}

TEST_F(TotalsKeeperTest, WhatCannotBeWrittenWaitsAndLeavesTheJournalWhereItIs) {
  keeper_->add(hour(1, 1));
  ASSERT_TRUE(keeper_->reaches(0, kNoon + hours(1)));
  exec("CREATE TABLE aside AS SELECT * FROM totals; UPDATE totals SET hours=x'00'");
  keeper_->add(hour(2, 2));
  keeper_->add(hour(3, 4));
  while (keeper_->failures() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_FALSE(keeper_->reaches(0, kNoon + hours(2)));
  EXPECT_EQ(keeper_->position(), 1U);
  EXPECT_EQ(errors_, 1) << "told once";
  exec("UPDATE totals SET hours=(SELECT hours FROM aside)");
  while (keeper_->position() != 3) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(good(), 7);
  EXPECT_EQ(others_, 1) << "and when it was over";
}

TEST_F(TotalsKeeperTest, WhatWaitsIsOneSumHoweverOftenItIsTold) {
  keeper_->add(hour(1, 1));
  ASSERT_TRUE(keeper_->reaches(0, kNoon + hours(1)));
  exec("CREATE TABLE aside AS SELECT * FROM totals; UPDATE totals SET hours=x'00'");
  constexpr int kTold = 1000, kRecounted = 20;
  for (int number = 2; number <= kTold; ++number) keeper_->add(hour(number, number));
  const HoursTo recount = keeper_->recount();
  recount.begins();
  for (int number = 1; number <= kRecounted; ++number) recount.tell(hour(number, 10 * number));
  while (keeper_->failures() < 1 || keeper_->waiting() > 50)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  keeper_->add(hour(kTold + 1, 1));
  exec("UPDATE totals SET hours=(SELECT hours FROM aside)");
  while (keeper_->position() != kTold + 1) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(good(hour_of(kNoon) + 10), 11);
  EXPECT_EQ(good(), kTold * (kTold + 1) / 2 + 1);
  keeper_->publish(1, Time{});
  EXPECT_TRUE(keeper_->reaches(1, kNoon + hours(kRecounted)));
  EXPECT_EQ(keeper_->position(), kRecounted);
  EXPECT_EQ(good(), 10 * kRecounted * (kRecounted + 1) / 2);
  EXPECT_EQ(good(hour_of(kNoon) + 10), 110);
}

TEST_F(TotalsKeeperTest, AStopWritesWhatWaits) {
  for (int number = 1; number <= 50; ++number) keeper_->add(hour(number, 1));
  open();
  EXPECT_EQ(keeper_->kept().until, kNoon + hours(50));
  EXPECT_EQ(good(), 50);
}

}  // namespace
}  // namespace slod::daemon
