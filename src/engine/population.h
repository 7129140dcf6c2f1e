// Population: the bookings of one journey's leg by some actors (or of one fleet check), and everything that
// is counted of them: its measures, and what does not depend on a criterion and so is counted once for all of
// them: latencies, and how many events of actor `unknown` it leaves out. Thread: the shard's.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "measure.h"
#include "slod/engine/snapshot.h"

namespace slod::engine {

class Population {
 public:
  /// `slo_windows`: of all its SLOs. Lifetime: measures and tables outlive it.
  Population(PopulationSpec spec, std::vector<Measure*> measures, const std::vector<Window>& slo_windows,
             Tables& tables);

  [[nodiscard]] const PopulationSpec& spec() const { return spec_; }
  [[nodiscard]] const std::vector<Measure*>& measures() const { return measures_; }
  void set_measures(std::vector<Measure*> measures) { measures_ = std::move(measures); }

  void event(const fold::Booking& event, int sign) {
    if (!spec_.fold) return;
    actors_.concern(event.actor) ? book(event, sign) : leave_out(event, sign);
  }
  void attempt(const fold::Booking& attempt, int sign) {
    if (!actors_.concern(attempt.actor)) {
      if (!spec_.fold) leave_out(attempt, sign);
      return;
    }
    for (Measure* measure : measures_) measure->attempt(attempt, sign);
    if (!spec_.fold) book(attempt, sign);
  }
  /// An attempt that is an event by itself: to those who count events and to those who count attempts.
  void both(const fold::Booking& booking, int sign) {
    if (!actors_.concern(booking.actor)) return leave_out(booking, sign);
    for (Measure* measure : measures_) measure->both(booking, sign);
    if (booking.latency != kNoLatency) record_latency(booking, sign);
  }
  void minutes(const fleet::MinuteBooking& minutes, std::int64_t count) {
    for (Measure* measure : measures_) measure->minutes(minutes, count);
  }

  void prepare(Time at);

  /// Seconds. Nothing without values; nothing at all for a fleet.
  [[nodiscard]] std::array<std::optional<double>, 3> quantiles(const Window& slo_window,
                                                               window::LatencyWindows::Span span) const;
  /// Valid events of actor `unknown` in the window, where the population leaves them out.
  [[nodiscard]] std::optional<std::int64_t> left_out(const Window& slo_window) const;
  /// As of a measure of it: with the threshold among the bounds, if there is one.
  [[nodiscard]] LatencyBuckets buckets(const Measure& measure) const;

  [[nodiscard]] bool can_serve(const std::vector<Window>& slo_windows) const;
  /// Requires: can_serve().
  void serve(const std::vector<Window>& slo_windows);
  template <class A>
  void io(A& a) {
    a.same(hash_bytes(spec_.key));
    a(windows_, latency_, unknown_, bucket_counts_, bucket_sum_);
    if (a.good() && latency_.size() != (spec_.journey >= 0 ? windows_.all().size() : 0)) a.fail();
  }

 private:
  static constexpr std::array<double, 13> kBounds = {0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
                                                     2.5,  5,     10,   20,  30,   60};
  void book(const fold::Booking& booking, int sign);
  void record_latency(const fold::Booking& booking, int sign);
  void leave_out(const fold::Booking& booking, int sign);

  PopulationSpec spec_;
  std::vector<Measure*> measures_;
  Tables* tables_;
  Actors actors_;
  MeasureWindows windows_;              ///< the SLO windows of all its SLOs
  std::vector<std::uint32_t> latency_;  ///< by window
  std::optional<window::SeriesId> unknown_;
  std::array<std::uint64_t, kBounds.size() + 1> bucket_counts_{};
  double bucket_sum_ = 0;
};

}  // namespace slod::engine
