#include "totals_keeper.h"

#include <malloc.h>

#include <iterator>
#include <map>
#include <utility>

namespace slod::daemon {
namespace {

constexpr auto kAgain = std::chrono::seconds(1);
constexpr auto kPatience = std::chrono::seconds(10);
constexpr auto kLook = std::chrono::milliseconds(2);
constexpr std::size_t kMany = 256;
constexpr std::size_t kManyUnwritten = 32;
/// Hours of series: history that came at once.
constexpr std::size_t kLarge = 50'000;

/// What stretches in a row have added.
class Sum {
 public:
  explicit Sum(HourlyTotals first) { add(std::move(first)); }
  void add(HourlyTotals next) {
    until_ = next.until;
    position_ = next.position;
    for (MeasureHours& measure : next.measures) {
      auto& sums = measures_[std::move(measure.measure)];
      for (SeriesHours& series : measure.series) {
        auto& hours = sums[{series.of, std::move(series.name)}];
        for (const HourCount& one : series.hours) {
          HourCount& sum = hours.try_emplace(one.hour, HourCount{one.hour}).first->second;
          sum.good += one.good;
          sum.bad += one.bad;
        }
      }
    }
  }
  [[nodiscard]] HourlyTotals take() {
    HourlyTotals out{until_, position_, {}};
    for (auto& [measure, sums] : measures_) {
      MeasureHours& told = out.measures.emplace_back(MeasureHours{measure, {}});
      for (auto& [name, hours] : sums) {
        SeriesHours& series = told.series.emplace_back(SeriesHours{name.first, name.second, {}});
        for (const auto& one : hours) series.hours.push_back(one.second);
      }
    }
    return out;
  }

 private:
  using Name = std::pair<TotalOf, std::vector<std::string>>;
  std::map<std::string, std::map<Name, std::map<std::int64_t, HourCount>>> measures_;
  Time until_;
  std::uint64_t position_ = 0;
};

}  // namespace

Result<std::unique_ptr<TotalsKeeper>> TotalsKeeper::open(TotalsOptions options) {
  std::string set_aside;
  auto store = journal::TotalsStore::open(options.dir, options.keep, set_aside);
  if (!store) return store.error();
  if (!set_aside.empty()) options.log("error", "hourly totals: " + set_aside);
  return std::unique_ptr<TotalsKeeper>(new TotalsKeeper(std::move(options), std::move(*store)));
}

TotalsKeeper::TotalsKeeper(TotalsOptions options, std::unique_ptr<journal::TotalsStore> store)
    : options_(std::move(options)),
      store_(std::move(store)),
      kept_(store_->kept()),
      position_(kept_.position) {
  thread_ = std::thread([this] { loop(); });
}

TotalsKeeper::~TotalsKeeper() {
  stop();
}

void TotalsKeeper::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void TotalsKeeper::push(Work work) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(work));
  }
  changed_.notify_all();
}

void TotalsKeeper::add(HourlyTotals totals) {
  push(std::move(totals));
}

HoursTo TotalsKeeper::recount() {
  return {[this] { push(BeginRecount{}); },
          [this](HourlyTotals totals) { push(Recounted{std::move(totals)}); }};
}

void TotalsKeeper::publish(std::uint64_t edition, Time rows_since) {
  push(Publish{edition, rows_since});
}

journal::TotalsKept TotalsKeeper::kept() const {
  const std::lock_guard lock(mutex_);
  return kept_;
}

bool TotalsKeeper::reaches(std::uint64_t edition, Time until) {
  std::unique_lock lock(mutex_);
  const auto there = [&] { return kept_.edition == edition && kept_.until >= until; };
  return changed_.wait_for(lock, kPatience, [&] { return there() || failing_ || waiting_.empty(); }) &&
         there();
}

void TotalsKeeper::settle() {
  std::unique_lock lock(mutex_);
  static_cast<void>(changed_.wait_for(lock, kPatience, [&] { return failing_ || waiting_.empty(); }));
}

void TotalsKeeper::wait_for_room(const std::function<bool()>& goes_on) const {
  while (behind() && goes_on()) std::this_thread::sleep_for(kLook);
}

std::size_t TotalsKeeper::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

bool TotalsKeeper::behind() const {
  const std::lock_guard lock(mutex_);
  return !failing_ && waiting_.size() > kMany;
}

void TotalsKeeper::loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const Work& work = waiting_.front();  // others only add behind it
    lock.unlock();
    const Status done = write(work);
    lock.lock();
    note(done);
    if (done) {
      const auto* totals = std::get_if<HourlyTotals>(&work);
      const bool large = totals != nullptr && hours_in(*totals) > kLarge;
      waiting_.pop_front();
      kept_ = store_->kept();
      position_ = kept_.position;
      changed_.notify_all();
      if (!large) continue;
      lock.unlock();
      ::malloc_trim(0);  // that much is not needed again soon
      lock.lock();
    } else {
      changed_.notify_all();
      if (stopping_) return;
      if (waiting_.size() > kManyUnwritten) put_together(lock);
      changed_.wait_for(lock, kAgain, [&] { return stopping_; });
    }
  }
}

/// What cannot be written may be told for days, at every tick where room is short: the memory for it must not
/// grow with the ticks. Others tell meanwhile; it comes behind.
void TotalsKeeper::put_together(std::unique_lock<std::mutex>& lock) {
  std::deque<Work> all = std::exchange(waiting_, {});
  lock.unlock();
  all = together(std::move(all));
  lock.lock();
  std::move(waiting_.begin(), waiting_.end(), std::back_inserter(all));
  waiting_ = std::move(all);
}

std::deque<TotalsKeeper::Work> TotalsKeeper::together(std::deque<Work> all) {
  std::deque<Work> fewer;
  for (std::size_t i = 0; i < all.size();) {
    Work& first = fewer.emplace_back(std::move(all[i++]));
    // Not those of a recount: how far each reaches matters.
    auto* const totals = std::get_if<HourlyTotals>(&first);
    if (totals == nullptr || i == all.size() || !std::holds_alternative<HourlyTotals>(all[i])) continue;
    Sum sum(std::move(*totals));
    for (; i < all.size() && std::holds_alternative<HourlyTotals>(all[i]); ++i)
      sum.add(std::move(std::get<HourlyTotals>(all[i])));
    *totals = sum.take();
  }
  return fewer;
}

Status TotalsKeeper::write(const Work& work) {
  if (const auto* totals = std::get_if<HourlyTotals>(&work)) return store_->add(*totals);
  if (const auto* recounted = std::get_if<Recounted>(&work)) return store_->add_recount(recounted->totals);
  if (const auto* publish = std::get_if<Publish>(&work))
    return store_->publish_recount(publish->edition, publish->rows_since);
  return store_->begin_recount();
}

/// Told when it begins, and when it is over.
void TotalsKeeper::note(const Status& done) {
  if (!done) ++failures_;
  if (failing_ == !done) return;
  failing_ = !done;
  if (done) {
    options_.log("info", "hourly totals are written again");
  } else {
    options_.log("error",
                 "hourly totals cannot be written; they are kept in memory and tried again, and no "
                 "record leaves the journal meanwhile: " +
                     done.error().message);
  }
}

}  // namespace slod::daemon
