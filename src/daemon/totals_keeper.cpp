#include "totals_keeper.h"

#include <utility>

namespace slod::daemon {
namespace {

constexpr auto kAgain = std::chrono::seconds(1);
constexpr auto kPatience = std::chrono::seconds(10);
constexpr auto kLook = std::chrono::milliseconds(2);
constexpr std::size_t kMany = 256;

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
      waiting_.pop_front();
      kept_ = store_->kept();
      position_ = kept_.position;
      changed_.notify_all();
    } else {
      changed_.notify_all();
      if (stopping_) return;
      changed_.wait_for(lock, kAgain, [&] { return stopping_; });
    }
  }
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
