// Counting: takes what the fold and the fleet book, decides which groups there are, and gives each booking to
// the shards that count it. One shard: on the engine's thread, at once. More: the first on the engine's
// thread, each other one on its own, a batch behind at most until a tick or a reading waits for it.
//
// Why the number of shards changes no number: each SLO is counted by one shard, which sees every booking of
// the SLO in the order of the journal; what SLOs share (the caps on groups) is decided before, on the
// engine's thread; and at a tick every shard has taken all that was booked before it. Thread: the engine's.
#pragma once

#include <deque>
#include <functional>
#include <memory>

#include "slod/engine/booking_log.h"
#include "worker.h"

namespace slod::engine {

class Counting final : public fold::BookingSink, public fleet::MinuteSink {
 public:
  /// Lifetime: config and dictionary outlive it.
  Counting(const Config& config, Dictionary& dictionary);

  /// Every booking is written there too. Lifetime: it outlives this.
  void record_to(BookingLog& log) { log_ = &log; }
  void book_event(const fold::Booking& event, int sign) override {
    if (log_ != nullptr) log_->event(event, sign);
    book(event, sign, false);
  }
  void book_attempt(const fold::Booking& attempt, int sign) override {
    if (log_ != nullptr) log_->attempt(attempt, sign);
    book(attempt, sign, true);
  }
  void book_minutes(const fleet::MinuteBooking& minutes, std::int64_t count) override;
  void book_unhealthy(const fleet::MinuteBooking& minute, StringId device, int sign) override {
    if (log_ != nullptr)
      log_->unhealthy(checks()[static_cast<std::size_t>(minute.check)], minute, device, sign);
  }

  /// What the SLOs ask of the fold and of the fleet.
  [[nodiscard]] std::vector<fold::View> views() const;
  [[nodiscard]] const std::vector<std::string>& checks() const { return bookables_.checks; }

  /// Advances all windows and runs all rules; what changed, in the config's order.
  [[nodiscard]] std::vector<Transition> tick(const TickFacts& facts);
  /// By SLO, as of the last tick.
  [[nodiscard]] std::vector<SloReading> read();
  /// An archive fits the number of shards that it was written with.
  template <class A>
  void io(A& a) {
    on_all([](Shard&) {});  // nothing is under way now
    a(admission_);
    a.same(lanes_.size());
    for (Lane& lane : lanes_) a(lane.shard);
  }

 private:
  using Slos = std::vector<std::uint32_t>;
  /// A shard and its thread; the first shard's is the engine's own.
  struct Lane {
    Lane(const Config& config, const Dictionary& dictionary, const Bookables& bookables, const Slos& slos)
        : shard(config, dictionary, bookables, slos) {}
    Shard shard;
    std::unique_ptr<Worker> worker;

    template <typename One>
    void count(const One& message) {
      if (worker) {
        worker->append(message);
      } else {
        shard.take(message);
      }
    }
  };
  using Lanes = std::vector<Lane*>;

  void find_lanes();
  [[nodiscard]] std::vector<Slos> grouped(const std::vector<Slos>& all) const;
  void book(const fold::Booking& booking, int sign, bool attempt);
  void admit(std::uint32_t slo, LabelSetId labels);
  void on_all(const std::function<void(Shard&)>& job);

  const Config& config_;
  BookingLog* log_ = nullptr;
  Bookables bookables_;
  Admission admission_;
  std::vector<Criterion> criteria_;                    ///< by SLO
  std::deque<Lane> lanes_;                             ///< addresses are kept
  std::vector<Lane*> lane_of_;                         ///< by SLO
  std::vector<Lanes> lanes_of_view_, lanes_of_check_;  ///< those that count something of it
  std::vector<Slos> grouped_of_view_, grouped_of_check_;
};

}  // namespace slod::engine
