// Totals against a naive count: whatever crashes, is trimmed and counted anew, every event of constant rules
// is in its hour once, for as long as anything is kept of it.
#include <gtest/gtest.h>

#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>

#include "slod/journal/totals.h"
#include "support/histories.h"
#include "unit/window/seed.h"

namespace slod::journal {
namespace {

using slod::test::Random;
using Hours = std::map<std::int64_t, std::int64_t>;

const Time kBegin = Time(hours(24 * 20'000));

struct Event {
  Time at;
  std::int64_t good = 0;
};
struct Told {
  bool recount = false;
  HourlyTotals totals;
};
/// As a journal has it: a tick comes before the events of its group.
struct Row {
  std::uint64_t position = 0;
  Time stamp;
  bool tick = false, at_once = false;
  std::vector<Event> events;
};

/// Like JournalFold: counts what is before the tick, tells at the first tick of an hour.
struct Fold {
  std::uint64_t position = 0;
  Time last_tick, told;
  std::vector<Event> waiting;

  std::optional<HourlyTotals> apply(const Row& row) {
    position = row.position;
    std::optional<HourlyTotals> out;
    const bool tells =
        row.tick && row.stamp > told && (row.at_once || hour_of(last_tick) != hour_of(row.stamp));
    if (row.tick) last_tick = row.stamp;
    if (tells) out = tell(row.stamp);
    waiting.insert(waiting.end(), row.events.begin(), row.events.end());
    return out;
  }
  HourlyTotals tell(Time at) {
    Hours sums;
    for (const Event& event : waiting) {
      if (event.at < at) sums[hour_of(event.at)] += event.good;
    }
    std::erase_if(waiting, [&](const Event& event) { return event.at < at; });
    told = at;
    SeriesHours series{TotalOf::kWhole, {}, {}};
    for (const auto& [hour, good] : sums) series.hours.push_back({hour, good, 0});
    return {at, position - 1, {{"rides", {series}}}};
  }
};

class World {
 public:
  explicit World(std::uint64_t seed) : random_(seed) {
    std::string pattern = std::filesystem::temp_directory_path() / "slod-totals-XXXXXX";
    dir_ = ::mkdtemp(pattern.data());
    open();
  }
  ~World() {
    store_.reset();
    std::filesystem::remove_all(dir_);
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  void live() {
    for (std::int64_t n = random_.between(1, 60); n > 0; --n) {
      now_ += minutes(random_.between(1, 90));
      Row row{++position_, now_, random_.between(0, 3) > 0, random_.between(0, 9) == 0, {}};
      for (std::int64_t events = random_.between(0, 3); events > 0; --events) {
        const bool late = random_.between(0, 9) == 0;
        const Event event{now_ + minutes(random_.between(late ? -3000 : -20, 5)), random_.between(1, 9)};
        row.events.push_back(event);
        truth_[hour_of(event.at)] += event.good;
      }
      journal_.push_back(row);
      step(fold_, row, false);
      if (recount_ && random_.between(0, 1) == 0) catch_up();  // as fast as the live fold, or behind it
    }
  }
  /// What waits is written, or some of it.
  void write(std::size_t left = 0) {
    for (; queue_.size() > left; queue_.pop_front()) {
      const auto& work = queue_.front();
      const bool done = work.recount ? !!store_->add_recount(work.totals) : !!store_->add(work.totals);
      ASSERT_TRUE(done);
    }
    if (store_->kept().until >= fold_.told) saved_ = fold_;
  }
  void write_some() { write(queue_.size() * static_cast<std::size_t>(random_.between(0, 3)) / 3); }
  void trim() {
    const Time old = std::min(now_ - hours(random_.between(2, 60)), store_->kept().until - hours(2));
    while (journal_.size() > 1 && journal_.front().stamp < old &&
           journal_.front().position <= store_->kept().position) {
      rows_since_ = journal_.front().stamp;
      journal_.pop_front();
    }
  }
  void crash() {
    queue_.clear();
    recount_.reset();
    store_.reset();
    open();
    const bool fits =
        saved_ && saved_->position + 1 >= journal_.front().position && random_.between(0, 1) == 0;
    if (fits) {
      fold_ = *saved_;
      for (const Row& row : journal_) {
        if (row.position > fold_.position) step(fold_, row, false);
      }
      return;
    }
    begin_recount();
    catch_up();
    publish();
  }
  void begin_recount() {
    write();
    ASSERT_TRUE(store_->begin_recount());
    recount_.emplace();
  }
  void catch_up() {
    for (const Row& row : journal_) {
      if (row.position > recount_->position) step(*recount_, row, true);
    }
  }
  void publish() {
    catch_up();
    write();
    ASSERT_TRUE(store_->publish_recount(store_->kept().edition + 1, rows_since_));
    fold_ = *recount_;
    recount_.reset();
    saved_.reset();
  }
  void reload() {
    begin_recount();
    catch_up();
    live();
    publish();
  }
  [[nodiscard]] Hours wrong() {
    position_ += 1;
    now_ = std::max(now_, kBegin) + hours(2);
    journal_.push_back({position_, now_, true, true, {}});
    step(fold_, journal_.back(), false);
    write();
    Hours off = truth_;
    const auto read = read_totals(dir_, {"rides", 0, hour_of(now_) + 10});
    for (const SeriesHours& series : read->series) {
      for (const HourCount& one : series.hours) off[one.hour] -= one.good;
    }
    std::erase_if(off, [](const auto& one) { return one.second == 0; });
    return off;
  }
  Random& random() { return random_; }

 private:
  void open() {
    std::string aside;
    store_ = std::move(*TotalsStore::open(dir_, hours(24 * 1096), aside));
  }
  void step(Fold& fold, const Row& row, bool recount) {
    if (auto told = fold.apply(row)) queue_.push_back({recount, std::move(*told)});
  }

  Random random_;
  std::string dir_;
  std::unique_ptr<TotalsStore> store_;
  std::deque<Row> journal_;
  std::deque<Told> queue_;
  Fold fold_;
  std::optional<Fold> saved_, recount_;
  Hours truth_;
  Time now_ = kBegin, rows_since_;
  std::uint64_t position_ = 0;
};

TEST(TotalsProperty, EveryEventIsInItsHourOnceWhateverCrashesIsTrimmedOrCountedAnew) {
  for (std::uint64_t i = 0; i < slod::test::histories(15); ++i) {
    const std::uint64_t seed = slod::test::first_seed() + i;
    World world(seed);
    for (int step = 0; step < 12; ++step) {
      world.live();
      switch (world.random().between(0, 5)) {
        case 0:
          world.write_some();
          world.crash();
          break;
        case 1:
          world.reload();
          break;
        case 2:
          world.trim();
          break;
        default:
          world.write_some();
          world.trim();
      }
      ASSERT_FALSE(::testing::Test::HasFatalFailure()) << "SLOD_SEED=" << seed;
    }
    const Hours wrong = world.wrong();
    ASSERT_TRUE(wrong.empty()) << "SLOD_SEED=" << seed << ": " << wrong.size() << " hours, the first "
                               << format_rfc3339(Time(wrong.begin()->first * hours(1))) << " lacks "
                               << wrong.begin()->second;
  }
}

}  // namespace
}  // namespace slod::journal
