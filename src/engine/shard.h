// Shard: some of the populations with their measures, windows and SLOs. Which ones follows from what is
// counted, and no population knows of another, so the number of shards changes no number. Thread: one owner,
// the engine's or a Worker's.
#pragma once

#include <deque>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "admission.h"
#include "slo_view.h"
#include "slod/core/archive.h"

namespace slod::engine {

/// Bookings by what they are of: fold::View and the fleet's checks.
struct Bookables {
  static std::size_t place_of(const fold::View& view) {
    constexpr std::size_t kLegs = 3;  // of fold::View: all, api, device
    return static_cast<std::size_t>(view.journey) * kLegs + static_cast<std::size_t>(view.leg);
  }
  explicit Bookables(const Config& config);
  /// Where a population's bookings are; nothing: nobody books it.
  [[nodiscard]] std::optional<std::size_t> view_of(const PopulationSpec& population) const;
  [[nodiscard]] std::optional<std::size_t> check_of(const PopulationSpec& population) const;
  std::size_t views = 0;            ///< places
  std::vector<std::string> checks;  ///< what the SLOs ask of the fleet, in the config's order
};

/// What a booking is booked as. kBoth: an attempt that is an event by itself.
enum class BookedAs : std::uint8_t { kEvent, kAttempt, kBoth };
struct EventMessage {
  fold::Booking booking;
  int sign = 0;
  BookedAs as = BookedAs::kEvent;
};
struct MinutesMessage {
  fleet::MinuteBooking minutes;
  std::int64_t count = 0;
};
/// Records of a source that were dropped.
struct MissingMessage {
  std::uint32_t source = 0;  ///< place in the config
  Slot slot = 0;
  std::int64_t records = 0;
};
using Message = std::variant<EventMessage, MinutesMessage, MissingMessage, Admitted>;

/// What all shards need to know of one tick.
struct TickFacts {
  Time at;
  const Observation& observation;
  const std::vector<bool>& source_down;                  ///< by SLO
  const std::vector<std::vector<std::string>>& sources;  ///< by SLO
};

class Shard {
 public:
  /// `populations`: those that it counts, rising. Lifetime: config and dictionary outlive the shard.
  Shard(const Config& config, const Dictionary& dictionary, const Plan& plan,
        const std::vector<std::uint32_t>& populations);
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  void book(const fold::Booking& booking, int sign, BookedAs as) {
    for (Population* one : of_view_[Bookables::place_of(booking.view)]) {
      if (as == BookedAs::kBoth) {
        one->both(booking, sign);
      } else {
        as == BookedAs::kEvent ? one->event(booking, sign) : one->attempt(booking, sign);
      }
    }
  }
  /// Hints. `view`: a place.
  void expect(std::size_t view, LabelSetId labels) const {
    for (const Population* one : of_view_[view]) {
      for (const Measure* measure : one->measures()) measure->expect(labels);
    }
  }
  void expect_soon(std::size_t view, LabelSetId labels) const {
    for (const Population* one : of_view_[view]) {
      for (const Measure* measure : one->measures()) measure->expect_soon(labels);
    }
  }
  void take(const EventMessage& message) { book(message.booking, message.sign, message.as); }
  void take(const MinutesMessage& message) {
    for (Population* one : of_check_[static_cast<std::size_t>(message.minutes.check)])
      one->minutes(message.minutes, message.count);
  }
  void take(const MissingMessage& message) {
    for (Population* one : of_source_[message.source]) {
      for (Measure* measure : one->measures()) measure->missing(message.slot, message.records);
    }
  }
  void take(const Admitted& admitted);

  /// Advances the windows and runs the rules; transitions() are then those of this tick.
  void tick(const TickFacts& facts);
  [[nodiscard]] const std::vector<std::pair<std::uint32_t, Transition>>& transitions() const {
    return transitions_;
  }
  /// Fills in its SLOs' places.
  void read(std::vector<SloReading>& by_slo);

  void keep_hours() { tables_.windows.keep_hours(); }
  /// Of its measures, since it was last asked.
  [[nodiscard]] std::vector<MeasureHours> take_hours();

  /// Whether another config's SLOs can be answered from what is kept. Requires: its plan counts the same.
  [[nodiscard]] bool can_adopt(const Plan& plan) const;
  /// Requires: can_adopt(). Lifetime: the config outlives the shard.
  void adopt(const Config& config, const Plan& plan);
  template <class A>
  void io(A& a) {
    a(tables_);
    archive::in_place(a, measures_);
    archive::in_place(a, populations_);
    archive::in_place(a, views_);
  }

 private:
  void add_population(const PlannedPopulation& planned, const Plan& plan);
  void find_ways(const Config& config);
  [[nodiscard]] std::deque<SloView> make_views(const Config& config, const Plan& plan);
  [[nodiscard]] const SloView* view_of(std::uint32_t slo) const;
  static void hand_over(const std::vector<SloView*>& from, const std::vector<SloView*>& to);

  Tables tables_;
  std::vector<std::uint32_t> mine_;     // populations, as the plan numbers them
  std::deque<Measure> measures_;        // addresses are kept
  std::deque<Population> populations_;  // likewise; in the order of mine_
  std::vector<Measure*> by_measure_;    // as the plan numbers them; null: another shard's
  std::vector<std::uint32_t> slos_;     // those of views_, rising
  std::deque<SloView> views_;
  std::vector<std::vector<SloView*>> views_of_measure_;
  std::vector<std::vector<Population*>> of_view_, of_check_, of_source_;
  std::vector<std::pair<std::uint32_t, Transition>> transitions_;  // with the SLO's index
};

/// The populations of each of `shards` shards: as even as can be, with less for the first, whose thread folds
/// too.
[[nodiscard]] std::vector<std::vector<std::uint32_t>> spread(const Plan& plan, int shards);

}  // namespace slod::engine
