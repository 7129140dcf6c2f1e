// Counting: takes what the fold and the fleet book, decides which groups there are, and gives each booking to
// the shards that count it. One shard: on the engine's thread, at once. More: the first on the engine's
// thread, each other one on its own, a batch behind at most until a tick or a reading waits for it.
//
// Why the number of shards changes no number: each population is counted by one shard, which sees every
// booking of it in the order of the journal; what SLOs share (the caps on groups) is decided before, on the
// engine's thread; and at a tick every shard has taken all that was booked before it. Thread: the engine's.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <memory>

#include "slod/engine/booking_log.h"
#include "slod/engine/minute_ledger.h"
#include "worker.h"

namespace slod::engine {

class Counting final : public fold::BookingSink, public fleet::MinuteSink {
 public:
  /// Lifetime: config and dictionary outlive it.
  Counting(const Config& config, Dictionary& dictionary);

  /// Every booking is written there too. Lifetime: it outlives this.
  void record_to(BookingLog& log) { log_ = &log; }
  void record_to(MinuteLedger& ledger) { ledger_ = &ledger; }
  void book_event(const fold::Booking& event, int sign) override {
    if (log_ != nullptr) log_->event(event, sign);
    book(event, sign, BookedAs::kEvent);
  }
  void book_attempt(const fold::Booking& attempt, int sign) override {
    if (log_ != nullptr) log_->attempt(attempt, sign);
    book(attempt, sign, BookedAs::kAttempt);
  }
  void book_both(const fold::Booking& booking, int sign) override {
    if (log_ != nullptr) {
      log_->event(booking, sign);
      log_->attempt(booking, sign);
    }
    book(booking, sign, BookedAs::kBoth);
  }
  void expect(const fold::View& view, LabelSetId labels) const override;
  void book_minutes(const fleet::MinuteBooking& minutes, std::int64_t count) override {
    if (ledger_ != nullptr) ledger_->add(static_cast<std::size_t>(minutes.check), minutes, count);
    book_sealed(minutes, count);
  }
  /// The same without writing them down as minutes to be sealed.
  void book_sealed(const fleet::MinuteBooking& minutes, std::int64_t count);
  void book_unhealthy(const fleet::MinuteBooking& minute, StringId device, int sign) override {
    if (log_ != nullptr)
      log_->unhealthy(checks()[static_cast<std::size_t>(minute.check)], minute, device, sign);
  }
  /// Records of a source that were dropped in the slot without a signal to retry.
  void missing(const std::string& source, Slot slot, std::int64_t records);

  /// What the SLOs ask of the fold and of the fleet.
  [[nodiscard]] std::vector<fold::View> views() const;
  [[nodiscard]] const std::vector<std::string>& checks() const { return bookables_.checks; }

  /// Advances all windows and runs all rules; what changed, in the config's order.
  [[nodiscard]] std::vector<Transition> tick(const TickFacts& facts);
  /// By SLO, as of the last tick.
  [[nodiscard]] std::vector<SloReading> read();
  /// As Engine::keep_hours() and take_hours().
  void keep_hours();
  [[nodiscard]] std::vector<MeasureHours> take_hours();
  /// Whether another config's SLOs follow from what is kept; then they answer from here on. Nothing has
  /// changed if they do not. Requires: the configs differ in nothing but SLOs and policies, the windows stand
  /// at a tick. Lifetime: the config outlives this.
  [[nodiscard]] bool adopt(const Config& next);

  /// An archive fits the number of shards that it was written with.
  template <class A>
  void io(A& a) {
    on_all([](Shard&) {});  // nothing is under way now
    a(admission_);
    a.same(lanes_.size());
    for (Lane& lane : lanes_) a(lane.shard);
  }

 private:
  using Measures = std::vector<std::uint32_t>;
  /// A shard and its thread; the first shard's is the engine's own.
  struct Lane {
    Lane(const Config& config, const Dictionary& dictionary, const Plan& plan,
         const std::vector<std::uint32_t>& populations_in)
        : populations(populations_in), shard(config, dictionary, plan, populations) {}
    std::vector<std::uint32_t> populations;
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
  /// What decides whether a booking makes a group of a measure.
  struct Grouping {
    std::uint32_t measure = 0;
    bool fold = true;
    Actors actors;
    Criterion criterion;
    [[nodiscard]] bool counts(const fold::Booking& booking, BookedAs as) const {
      if (as == (fold ? BookedAs::kAttempt : BookedAs::kEvent) || !actors.concern(booking.actor))
        return false;
      const Verdict verdict = criterion.judge(booking);
      return verdict == Verdict::kGood || verdict == Verdict::kBad;
    }
  };

  void find_ways();
  void add_ways(Lane& lane, const PlannedPopulation& population);
  /// Who counts the bookings of one view.
  struct Way {
    std::vector<Grouping> groupings;
    Lanes lanes;
  };
  void book(const fold::Booking& booking, int sign, BookedAs as) {
    const Way& way = ways_[Bookables::place_of(booking.view)];
    for (const Grouping& one : way.groupings) {
      if (admission_.knows(one.measure, booking.labels) || !one.counts(booking, as)) continue;
      admit(booking, as, way.groupings);
      break;
    }
    for (Lane* lane : way.lanes) {
      if (lane->worker) {
        lane->worker->append(EventMessage{booking, sign, as});
      } else {
        lane->shard.book(booking, sign, as);
      }
    }
  }
  void admit(const fold::Booking& booking, BookedAs as, const std::vector<Grouping>& groupings);
  void admit(const Measures& measures, LabelSetId labels);
  void on_all(const std::function<void(Shard&)>& job);

  const Config* config_;
  BookingLog* log_ = nullptr;
  Plan plan_;
  MinuteLedger* ledger_ = nullptr;
  Bookables bookables_;
  Admission admission_;
  std::deque<Lane> lanes_;             ///< addresses are kept
  std::vector<Lane*> lane_of_;         ///< by measure
  std::vector<Way> ways_;              ///< by view
  std::vector<Lanes> lanes_of_check_;  ///< those that count something of it
  std::vector<Measures> grouped_of_check_;
  /// Expected bookings in two steps: a label set's place is fetched at once, what it names some bookings
  /// later.
  struct Expected {
    std::size_t view = 0;
    LabelSetId labels = 0;
  };
  static constexpr std::size_t kStep = fold::Fold::kLookAhead / 2;
  mutable std::array<Expected, kStep> expected_{};
  mutable std::size_t next_expected_ = 0;
};

}  // namespace slod::engine
