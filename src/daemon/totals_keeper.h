// TotalsKeeper: makes hourly totals durable in the order in which it is told of them, on a thread of its own,
// so that neither the engine nor the ledger waits for a disk. What cannot be written waits in memory, as one
// sum of all that was told, and is tried again; meanwhile no row leaves the journal that is not counted, and
// no checkpoint is saved that holds more. Every call from any thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <variant>

#include "slod/daemon/refolding.h"
#include "slod/journal/totals.h"

namespace slod::daemon {

struct TotalsOptions {
  std::string dir;  ///< <state>/journal
  Duration keep = hours(24 * 1096);
  std::function<void(const std::string& level, const std::string& message)> log;
};

class TotalsKeeper {
 public:
  /// Errors: what is there cannot be used, and what to do.
  [[nodiscard]] static Result<std::unique_ptr<TotalsKeeper>> open(TotalsOptions options);
  ~TotalsKeeper();
  TotalsKeeper(const TotalsKeeper&) = delete;
  TotalsKeeper& operator=(const TotalsKeeper&) = delete;
  /// Writes what waits, then stops; what cannot be written is counted anew by the next start.
  void stop();

  void add(HourlyTotals totals);
  /// For a fold from the beginning.
  [[nodiscard]] HoursTo recount();
  /// See TotalsStore::publish_recount().
  void publish(std::uint64_t edition, Time rows_since);

  /// What is durable.
  [[nodiscard]] journal::TotalsKept kept() const;
  [[nodiscard]] std::uint64_t position() const { return position_.load(std::memory_order_relaxed); }
  /// Whether this edition is durable up to `until`; waits for it, but not long.
  [[nodiscard]] bool reaches(std::uint64_t edition, Time until);
  /// Waits until all that it was told is durable, but not long.
  void settle();
  /// A recount waits here, so that what it tells does not pile up.
  void wait_for_room(const std::function<bool()>& goes_on) const;
  /// Pieces of work that wait.
  [[nodiscard]] std::size_t waiting() const;
  [[nodiscard]] std::uint64_t failures() const { return failures_.load(std::memory_order_relaxed); }

 private:
  struct BeginRecount {};
  struct Recounted {
    HourlyTotals totals;
  };
  struct Publish {
    std::uint64_t edition = 0;
    Time rows_since;
  };
  using Work = std::variant<HourlyTotals, BeginRecount, Recounted, Publish>;

  TotalsKeeper(TotalsOptions options, std::unique_ptr<journal::TotalsStore> store);
  void push(Work work);
  [[nodiscard]] bool behind() const;
  void loop();
  void put_together(std::unique_lock<std::mutex>& lock);
  static std::deque<Work> together(std::deque<Work> all);
  Status write(const Work& work);
  void note(const Status& done);

  TotalsOptions options_;
  std::unique_ptr<journal::TotalsStore> store_;  ///< the thread's
  mutable std::mutex mutex_;                     ///< guards the next four; off the event path: hourly
  std::condition_variable changed_;
  std::deque<Work> waiting_;
  journal::TotalsKept kept_;
  bool stopping_ = false;
  bool failing_ = false;
  std::atomic<std::uint64_t> position_{0}, failures_{0};
  std::thread thread_;
};

}  // namespace slod::daemon
