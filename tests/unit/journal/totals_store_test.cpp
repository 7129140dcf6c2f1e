#include <gtest/gtest.h>

#include <filesystem>

#include "journal/day_totals.h"
#include "slod/journal/totals.h"
#include "slod/sqlite/copy.h"
#include "slod/sqlite/sqlite.h"
#include "support/histories.h"
#include "unit/window/seed.h"

namespace slod::journal {
namespace {

using slod::test::Random;

constexpr std::int64_t kDay = 20'000;  // days since the epoch
constexpr std::int64_t kHour = kDay * 24;

Time at_hour(std::int64_t hour) {
  return Time(hour * hours(1));
}

SeriesHours whole(std::int64_t hour, std::int64_t good, std::int64_t bad) {
  return {TotalOf::kWhole, {}, {{hour, good, bad}}};
}
SeriesHours group(const std::string& name, std::int64_t hour, std::int64_t good, std::int64_t bad) {
  return {TotalOf::kGroup, {name}, {{hour, good, bad}}};
}

class TotalsStoreTest : public ::testing::Test {
 protected:
  TotalsStoreTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "slod-totals-XXXXXX";
    dir_ = ::mkdtemp(pattern.data());
    reopen();
  }
  ~TotalsStoreTest() override {
    store_.reset();
    std::filesystem::remove_all(dir_);
  }
  void reopen() {
    store_.reset();
    auto opened = TotalsStore::open(dir_, hours(24 * 1096), set_aside_);
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
  }
  static HourlyTotals told(std::int64_t until, std::vector<SeriesHours> series,
                           const std::string& measure = "rides") {
    return {at_hour(until), static_cast<std::uint64_t>(until - kHour) * 10, {{measure, std::move(series)}}};
  }
  std::vector<SeriesHours> read(const std::string& measure = "rides", std::int64_t from = kHour - 24 * 3000,
                                std::int64_t to = kHour + 24 * 3000) {
    const auto found = read_totals(dir_, {measure, from, to});
    EXPECT_TRUE(found) << found.error().message;
    return found ? found->series : std::vector<SeriesHours>{};
  }
  /// Good and bad of the whole in one hour.
  std::pair<std::int64_t, std::int64_t> of(std::int64_t hour, const std::string& measure = "rides") {
    for (const SeriesHours& series : read(measure, hour, hour + 1)) {
      if (series.of == TotalOf::kWhole) return {series.hours[0].good, series.hours[0].bad};
    }
    return {};
  }
  using Pair = std::pair<std::int64_t, std::int64_t>;
  /// Leaves the file as a machine does that stops in the middle of a transaction.
  void stop_while_writing() {
    const std::string path = totals_path(dir_);
    store_.reset();
    {
      auto database = sqlite::Database::open(path, sqlite::Database::Mode::kReadWrite);
      ASSERT_TRUE(database);
      // More than fits in the cache, so that it is in the file before it is committed.
      const Status begun = database->exec(
          "PRAGMA cache_size=2; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<200)"
          " INSERT INTO totals SELECT i,i,zeroblob(3000) FROM n;"
          " BEGIN; UPDATE totals SET hours=zeroblob(2000) WHERE day>100; UPDATE state SET edition=9");
      ASSERT_TRUE(begun) << begun.error().message;
      for (const char* part : {"", "-journal"})
        std::filesystem::copy_file(path + part, dir_ + "/kept" + part);
    }
    for (const char* part : {"", "-journal"}) std::filesystem::rename(dir_ + "/kept" + part, path + part);
  }
  static std::int64_t count_in(const std::string& path, const std::string& query) {
    auto database = sqlite::Database::open(path, sqlite::Database::Mode::kReadOnly);
    const Result<std::int64_t> found = database->integer(query);
    EXPECT_TRUE(found) << found.error().message;
    return found ? *found : -1;
  }

  std::string dir_, set_aside_;
  std::unique_ptr<TotalsStore> store_;
};

TEST_F(TotalsStoreTest, WhatIsToldAddsUpAndAStretchThatIsToldAgainIsPassedOver) {
  ASSERT_TRUE(store_->add(told(kHour + 1, {whole(kHour, 5, 1), group("kyoto", kHour, 2, 1)})));
  ASSERT_TRUE(store_->add(told(kHour + 2, {whole(kHour, 1, 0), whole(kHour + 1, 7, 0)})));
  ASSERT_TRUE(store_->add(told(kHour + 2, {whole(kHour + 1, 7, 0)})));
  reopen();
  ASSERT_TRUE(store_->add(told(kHour + 1, {whole(kHour, 5, 1)})));
  EXPECT_EQ(store_->kept().until, at_hour(kHour + 2));
  EXPECT_EQ(store_->kept().position, 20u);
  EXPECT_EQ(read(), (std::vector<SeriesHours>{{TotalOf::kWhole, {}, {{kHour, 6, 1}, {kHour + 1, 7, 0}}},
                                              {TotalOf::kGroup, {"kyoto"}, {{kHour, 2, 1}}}}));
  EXPECT_EQ(read("rides", kHour + 1, kHour + 2)[0].hours, (std::vector<HourCount>{{kHour + 1, 7, 0}}));
  EXPECT_TRUE(read("locks").empty());
}

TEST_F(TotalsStoreTest, WhatIsWithdrawnLeavesNothing) {
  ASSERT_TRUE(store_->add(told(kHour + 1, {whole(kHour, 1, 1)})));
  ASSERT_TRUE(store_->add(told(kHour + 2, {whole(kHour, -1, -1), whole(kHour + 1, 0, 1)})));
  EXPECT_EQ(read()[0].hours, (std::vector<HourCount>{{kHour + 1, 0, 1}}));
}

TEST_F(TotalsStoreTest, ARecountOfEverythingTakesThePlaceOfWhatThereWas) {
  ASSERT_TRUE(store_->add(told(kHour + 1, {whole(kHour, 5, 5), group("old", kHour, 5, 5)})));
  ASSERT_TRUE(store_->begin_recount());
  ASSERT_TRUE(store_->add_recount(told(kHour + 1, {whole(kHour, 9, 1)})));
  ASSERT_TRUE(store_->add(told(kHour + 2, {whole(kHour + 1, 100, 0)})));  // meanwhile, by the old rules
  EXPECT_EQ(of(kHour), Pair(5, 5)) << "until it is published";
  ASSERT_TRUE(store_->add_recount(told(kHour + 2, {whole(kHour + 1, 50, 50)})));
  ASSERT_TRUE(store_->publish_recount(7, Time{}));
  EXPECT_EQ(read(), (std::vector<SeriesHours>{{TotalOf::kWhole, {}, {{kHour, 9, 1}, {kHour + 1, 50, 50}}}}));
  EXPECT_EQ(store_->kept().edition, 7u);
  EXPECT_EQ(store_->kept().until, at_hour(kHour + 2));
  ASSERT_TRUE(store_->add(told(kHour + 3, {whole(kHour + 2, 1, 0)})));
  EXPECT_EQ(of(kHour + 2), Pair(1, 0)) << "and it goes on from there";
}

TEST_F(TotalsStoreTest, ARecountKeepsTheDaysWhoseRowsAreGone) {
  ASSERT_TRUE(
      store_->add(told(kHour + 49, {whole(kHour, 5, 5), whole(kHour + 24, 6, 6), whole(kHour + 48, 7, 7)})));
  ASSERT_TRUE(store_->add(told(kHour + 50, {whole(kHour + 48, 3, 3)}, "locks")));
  ASSERT_TRUE(store_->begin_recount());
  // Rows begin in the middle of the second day: of it and of the first it has seen but a part.
  ASSERT_TRUE(store_->add_recount(told(kHour + 50, {whole(kHour - 24, 4, 4), whole(kHour, 1, 0),
                                                    whole(kHour + 24, 1, 0), whole(kHour + 48, 8, 0)})));
  ASSERT_TRUE(store_->publish_recount(1, at_hour(kHour + 30)));
  EXPECT_EQ(of(kHour), Pair(5, 5));
  EXPECT_EQ(of(kHour + 24), Pair(6, 6));
  EXPECT_EQ(of(kHour + 48), Pair(8, 0));
  EXPECT_EQ(of(kHour - 24), Pair(4, 4)) << "a day that nobody had counted";
  EXPECT_EQ(of(kHour + 48, "locks"), Pair(3, 3)) << "nobody asks for it now: what was counted stays";
  EXPECT_EQ(store_->kept().recounted_from, at_hour(kHour + 48));
}

TEST_F(TotalsStoreTest, ToDaysThatARecountKeepsComesWhatWasNotCountedYet) {
  ASSERT_TRUE(store_->add(told(kHour + 1, {whole(kHour, 5, 5)})));
  ASSERT_TRUE(store_->begin_recount());
  // Rows begin in the middle of the first hour. The second was told, and a crash came before it was written.
  ASSERT_TRUE(store_->add_recount(told(kHour + 1, {whole(kHour, 1, 0)})));
  ASSERT_TRUE(store_->add_recount(
      told(kHour + 2, {whole(kHour - 24, 4, 0), whole(kHour, 2, 1), whole(kHour + 1, 3, 0)})));
  ASSERT_TRUE(store_->publish_recount(1, at_hour(kHour)));
  EXPECT_EQ(of(kHour), Pair(7, 6));
  EXPECT_EQ(of(kHour + 1), Pair(3, 0));
  EXPECT_EQ(of(kHour - 24), Pair(4, 0)) << "a day that nobody had counted";
  // Another recount is ahead of the counting beside it: that tells the same before the recount is published.
  ASSERT_TRUE(store_->begin_recount());
  ASSERT_TRUE(store_->add_recount(told(kHour + 3, {whole(kHour, 1, 0), whole(kHour + 2, 8, 0)})));
  ASSERT_TRUE(store_->add(told(kHour + 3, {whole(kHour + 2, 8, 0)})));
  ASSERT_TRUE(store_->publish_recount(2, at_hour(kHour)));
  EXPECT_EQ(of(kHour), Pair(7, 6));
  EXPECT_EQ(of(kHour + 2), Pair(8, 0));
  // It tells in one what is there in part: not twice.
  ASSERT_TRUE(store_->begin_recount());
  ASSERT_TRUE(store_->add_recount(told(kHour + 4, {whole(kHour + 2, 8, 0), whole(kHour + 3, 2, 0)})));
  ASSERT_TRUE(store_->publish_recount(3, at_hour(kHour)));
  EXPECT_EQ(of(kHour + 2), Pair(8, 0));
}

TEST_F(TotalsStoreTest, ADayIsWholeOnlyIfNoRowThatIsGoneCanHaveToldOfIt) {
  const auto recount = [&](Duration before) {
    ASSERT_TRUE(store_->begin_recount());
    ASSERT_TRUE(store_->add_recount(told(kHour + 1, {whole(kHour, 3, 0)})));
    ASSERT_TRUE(store_->publish_recount(1, at_hour(kHour) - before));
  };
  ASSERT_TRUE(store_->add(told(kHour + 1, {whole(kHour, 5, 5)})));
  recount(minutes(59));
  EXPECT_EQ(of(kHour), Pair(5, 5));
  recount(minutes(61));
  EXPECT_EQ(of(kHour), Pair(3, 0));
}

TEST_F(TotalsStoreTest, AMeasureThatNothingMatchesAnyMoreIsEmptyAfterARecount) {
  ASSERT_TRUE(store_->add(told(kHour + 1, {whole(kHour, 5, 5)})));
  ASSERT_TRUE(store_->begin_recount());
  ASSERT_TRUE(store_->add_recount(told(kHour + 1, {})));
  ASSERT_TRUE(store_->publish_recount(1, Time{}));
  EXPECT_TRUE(read().empty());
}

TEST_F(TotalsStoreTest, HistoryOfManyDaysInOneTellIsWholeInAnAdditionAndInARecount) {
  HourlyTotals all = told(kHour + 1, {whole(kHour, 1, 0)});
  for (int name = 0; name < 100; ++name) {
    SeriesHours one{TotalOf::kGroup, {std::to_string(name)}, {}};
    for (std::int64_t hour = kHour - 600; hour < kHour; ++hour) one.hours.push_back({hour, hour % 24, name});
    all.measures[0].series.push_back(std::move(one));
  }
  ASSERT_TRUE(store_->add(all));
  const std::vector<SeriesHours> added = read();
  std::size_t hours_of = 0;
  for (const SeriesHours& series : added) hours_of += series.hours.size();
  EXPECT_EQ(hours_of, 1 + 100 * 600 - 25U) << "name 0 has nothing in the first hour of a day";

  ASSERT_TRUE(store_->begin_recount());
  ASSERT_TRUE(store_->add_recount(told(kHour - 1, {whole(kHour, 2, 0)})));
  ASSERT_TRUE(store_->add_recount(all));
  ASSERT_TRUE(store_->add_recount(told(kHour + 2, {whole(kHour, -2, 0)})));
  ASSERT_TRUE(store_->publish_recount(1, {}));
  EXPECT_EQ(read(), added);
}

TEST_F(TotalsStoreTest, ARecountThatWasNotPublishedIsForgotten) {
  ASSERT_TRUE(store_->add(told(kHour + 1, {whole(kHour, 5, 5)})));
  ASSERT_TRUE(store_->begin_recount());
  ASSERT_TRUE(store_->add_recount(told(kHour + 1, {whole(kHour, 1, 0)})));
  reopen();
  EXPECT_EQ(of(kHour), Pair(5, 5));
  ASSERT_TRUE(store_->begin_recount());
  ASSERT_TRUE(store_->add_recount(told(kHour + 1, {whole(kHour, 2, 0)})));
  ASSERT_TRUE(store_->publish_recount(1, Time{}));
  EXPECT_EQ(of(kHour), Pair(2, 0));
}

TEST_F(TotalsStoreTest, DaysOlderThanThreeYearsGo) {
  const std::int64_t old = kHour - 1097 * 24;
  ASSERT_TRUE(store_->add(told(kHour, {whole(old - 24, 1, 0), whole(old + 24, 2, 0)})));
  EXPECT_EQ(of(old - 24), Pair(0, 0));
  EXPECT_EQ(of(old + 24), Pair(2, 0));
  ASSERT_TRUE(store_->add(told(kHour + 23, {whole(old, 3, 0)})));
  EXPECT_EQ(of(old + 24), Pair(2, 0));
  ASSERT_TRUE(store_->add(told(kHour + 24, {})));
  EXPECT_TRUE(read().empty()) << "at the first telling of a day";
}

TEST_F(TotalsStoreTest, HoursOfAStepAreToldAsOneAndGroupsOnlyIfAsked) {
  for (std::int64_t hour = 0; hour < 50; ++hour)
    ASSERT_TRUE(store_->add(
        told(kHour + hour + 1, {whole(kHour + hour, 1, hour % 2), group("kyoto", kHour + hour, 1, 0)})));
  const auto days = read_totals(dir_, {"rides", kHour, kHour + 48, 24});
  ASSERT_TRUE(days) << days.error().message;
  EXPECT_EQ(days->series,
            (std::vector<SeriesHours>{{TotalOf::kWhole, {}, {{kHour, 24, 12}, {kHour + 24, 24, 12}}},
                                      {TotalOf::kGroup, {"kyoto"}, {{kHour, 24, 0}, {kHour + 24, 24, 0}}}}));
  const auto ungrouped = read_totals(dir_, {"rides", kHour + 2, kHour + 4, 24, false});
  EXPECT_EQ(ungrouped->series, (std::vector<SeriesHours>{{TotalOf::kWhole, {}, {{kHour, 2, 1}}}}));
  EXPECT_FALSE(days->cut || ungrouped->cut);
}

TEST_F(TotalsStoreTest, NotMoreGroupsAreReadThanAnAnswerHolds) {
  for (std::int64_t day = 0; day < 30; ++day) {
    std::vector<SeriesHours> series;
    for (int i = 0; i < 10; ++i) series.push_back(group("area " + std::to_string(i), kHour + day * 24, 1, 0));
    ASSERT_TRUE(store_->add(told(kHour + day * 24 + 1, std::move(series))));
  }
  const auto read = [&](std::int64_t step, std::size_t most) {
    return read_totals(dir_, {"rides", kHour, kHour + 30 * 24, step, true, most});
  };
  EXPECT_FALSE(read(1, 300)->cut);
  EXPECT_TRUE(read(1, 299)->cut);
  EXPECT_TRUE(read(1, 100)->cut);
  std::size_t counts = 0;
  const auto some = read(1, 100);
  for (const SeriesHours& one : some->series) counts += one.hours.size();
  EXPECT_LE(counts, 110U) << "and then reading ends";
  EXPECT_FALSE(read(std::int64_t{24} * 366, 20)->cut) << "a longer step needs less";
}

TEST_F(TotalsStoreTest, ADamagedDayIsNamedAndNothingIsAddedToIt) {
  ASSERT_TRUE(store_->add(told(kHour + 1, {whole(kHour, 5, 5)})));
  {
    auto database = sqlite::Database::open(totals_path(dir_), sqlite::Database::Mode::kReadWrite);
    ASSERT_TRUE(database);
    ASSERT_TRUE(database->exec("UPDATE totals SET hours=substr(hours,1,length(hours)-1)||x'ff'"));
  }
  const auto found = read_totals(dir_, {"rides", kHour, kHour + 1});
  ASSERT_FALSE(found);
  EXPECT_NE(found.error().message.find("2024-10-04"), std::string::npos) << found.error().message;
  EXPECT_FALSE(store_->add(told(kHour + 2, {whole(kHour, 1, 0)})));
  EXPECT_EQ(store_->kept().until, at_hour(kHour + 1));
  ASSERT_TRUE(store_->add(told(kHour + 2, {whole(kHour + 24, 1, 0)}))) << "another day is well";
}

TEST_F(TotalsStoreTest, AForeignFileIsRefused) {
  store_.reset();
  std::filesystem::remove(totals_path(dir_));
  {
    auto database = sqlite::Database::open(totals_path(dir_), sqlite::Database::Mode::kCreate);
    ASSERT_TRUE(database->exec("CREATE TABLE t(x)"));
  }
  EXPECT_FALSE(TotalsStore::open(dir_, hours(24), set_aside_));
  EXPECT_EQ(set_aside_, "");
}

TEST_F(TotalsStoreTest, TheRollbackJournalOfAFileThatIsGoneIsNotTakenForTheNewOnes) {
  const std::string path = totals_path(dir_);
  stop_while_writing();
  std::filesystem::remove(path);
  reopen();
  ASSERT_TRUE(store_->add(told(kHour + 1, {whole(kHour, 5, 1)})));
  reopen();
  EXPECT_EQ(of(kHour), Pair(5, 1));
  EXPECT_EQ(set_aside_, "");
  EXPECT_EQ(count_in(path, "SELECT count(*) FROM totals"), 1);
}

TEST_F(TotalsStoreTest, AFileThatWasBeingWrittenIsCopiedAsItWasBefore) {
  const std::string path = totals_path(dir_), copy = dir_ + "/copy.db";
  stop_while_writing();
  const Status copied = sqlite::copy_database(path, copy);
  ASSERT_TRUE(copied) << copied.error().message;
  EXPECT_EQ(count_in(copy, "SELECT count(*) FROM totals WHERE length(hours)=3000"), 200);
  EXPECT_EQ(count_in(copy, "SELECT edition FROM state"), 0);
}

TEST_F(TotalsStoreTest, AFileDamagedBeyondUseIsSetAsideAndANewOneBegins) {
  ASSERT_TRUE(store_->add(told(kHour + 1, {whole(kHour, 5, 5)})));
  store_.reset();
  std::filesystem::resize_file(totals_path(dir_), 5000);
  reopen();
  EXPECT_NE(set_aside_.find("totals.db.damaged-1"), std::string::npos) << set_aside_;
  EXPECT_TRUE(std::filesystem::exists(totals_path(dir_) + ".damaged-1"));
  EXPECT_EQ(store_->kept().until, Time{});
  ASSERT_TRUE(store_->add(told(kHour + 1, {whole(kHour, 1, 0)})));
  EXPECT_EQ(of(kHour), Pair(1, 0));
}

TEST(DayTotalsProperty, BytesTellWhatWasAddedAndCutBytesAreRefused) {
  for (std::uint64_t i = 0; i < slod::test::histories(300); ++i) {
    const std::uint64_t seed = slod::test::first_seed() + i;
    Random random(seed);
    DayTotals day;
    for (std::int64_t n = random.between(0, 40); n > 0; --n) {
      std::vector<std::string> name;
      for (std::int64_t words = random.between(0, 2); words > 0; --words)
        name.push_back(
            std::string(static_cast<std::size_t>(random.between(0, 5)), 'a' + static_cast<char>(n % 20)));
      day.add({static_cast<TotalOf>(random.between(1, 7)), name}, random.between(0, 23),
              random.between(-1'000'000'000'000, 1'000'000'000'000), random.between(-3, 3));
    }
    const std::string bytes = day.encode();
    DayTotals read;
    ASSERT_TRUE(read.decode(bytes)) << "SLOD_SEED=" << seed;
    EXPECT_EQ(read.encode(), bytes) << "SLOD_SEED=" << seed;
    DayTotals cut;
    EXPECT_FALSE(cut.decode(std::string_view(bytes).substr(0, bytes.size() - 1))) << "SLOD_SEED=" << seed;
  }
}

}  // namespace
}  // namespace slod::journal
