// Shard: some of the SLOs with their windows. Which ones follows from the config alone, and no SLO knows of
// another, so the number of shards changes no number. Thread: one owner, the engine's or a Worker's.
#pragma once

#include <deque>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "admission.h"
#include "slo_tracker.h"
#include "slod/core/archive.h"

namespace slod::engine {

/// The trackers' indices by what is booked: fold::View and the fleet's checks.
class Bookables {
 public:
  Bookables(const Config& config, std::vector<std::string> checks);
  static std::size_t place_of(const fold::View& view) {
    constexpr std::size_t kLegs = 3;  // of fold::View: all, api, device
    return static_cast<std::size_t>(view.journey) * kLegs + static_cast<std::size_t>(view.leg);
  }
  /// SLOs by place_of(view), and by index of the check, in the config's order.
  std::vector<std::vector<std::uint32_t>> of_view, of_check;
  const std::vector<std::string> checks;  ///< what the SLOs ask of the fleet
};

struct EventMessage {
  fold::Booking booking;
  int sign = 0;
  bool attempt = false;
};
struct MinutesMessage {
  fleet::MinuteBooking minutes;
  std::int64_t count = 0;
};
using Message = std::variant<EventMessage, MinutesMessage, Admitted>;

/// What all shards need to know of one tick.
struct TickFacts {
  Time at;
  const Observation& observation;
  const std::vector<bool>& source_down;                  ///< by SLO
  const std::vector<std::vector<std::string>>& sources;  ///< by SLO
};

class Shard {
 public:
  /// `slos`: those that it counts, rising. Lifetime: all outlive the shard.
  Shard(const Config& config, const Dictionary& dictionary, const Bookables& bookables,
        const std::vector<std::uint32_t>& slos);
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  void event(const fold::Booking& booking, int sign) {
    for (SloTracker* tracker : of_view_[Bookables::place_of(booking.view)]) tracker->on_event(booking, sign);
  }
  void attempt(const fold::Booking& booking, int sign) {
    for (SloTracker* tracker : of_view_[Bookables::place_of(booking.view)])
      tracker->on_attempt(booking, sign);
  }
  void take(const EventMessage& message) {
    message.attempt ? attempt(message.booking, message.sign) : event(message.booking, message.sign);
  }
  void take(const MinutesMessage& message) {
    for (SloTracker* tracker : of_check_[static_cast<std::size_t>(message.minutes.check)]) {
      tracker->on_minutes(message.minutes, message.count);
    }
  }
  void take(const Admitted& admitted) { by_slo_[admitted.slo]->learn(admitted); }

  [[nodiscard]] bool has(std::uint32_t slo) const { return by_slo_[slo] != nullptr; }

  /// Advances the windows and runs the rules; transitions() are then those of this tick.
  void tick(const TickFacts& facts);
  [[nodiscard]] const std::vector<std::pair<std::uint32_t, Transition>>& transitions() const {
    return transitions_;
  }
  /// Fills in its SLOs' places.
  void read(std::vector<SloReading>& by_slo) const;
  template <class A>
  void io(A& a) {
    a(tables_);
    archive::in_place(a, trackers_);
  }

 private:
  Tables tables_;
  std::vector<std::uint32_t> slos_;
  std::deque<SloTracker> trackers_;  // in the order of slos_; addresses are kept
  std::vector<SloTracker*> by_slo_;  // null: another shard's
  std::vector<std::vector<SloTracker*>> of_view_, of_check_;
  std::vector<std::pair<std::uint32_t, Transition>> transitions_;  // with the SLO's index
};

/// The SLOs of each of `shards` shards: as even as can be, with less for the first, whose thread folds too.
[[nodiscard]] std::vector<std::vector<std::uint32_t>> spread(const Config& config);

}  // namespace slod::engine
