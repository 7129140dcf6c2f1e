// Measure: what is counted for one or more SLOs, by slot: good and bad of the whole and of each group,
// outcomes, what is set aside, what is missing. It judges each booking by its criterion once, however many
// SLOs look at it. Nothing here knows an objective, a policy or a name. Thread: the shard's.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bad_devices.h"
#include "criterion.h"
#include "device_cap.h"
#include "exemplars.h"
#include "groups.h"
#include "measure_windows.h"
#include "slod/core/hash.h"
#include "slod/core/totals.h"
#include "slod/fleet/fleet.h"
#include "slod/fold/fold.h"
#include "slod/window/slices.h"
#include "tables.h"

namespace slod::engine {

class Measure {
 public:
  /// What is counted beside good and bad. Two to a series, of all windows or of the SLO windows only.
  enum Side : std::uint8_t { kAttempts, kSetAside, kMissing, kLateBookings, kSideCount };

  /// Lifetime: the tables outlive the measure.
  Measure(const PopulationSpec& population, const PlannedMeasure& planned, Tables& tables);
  Measure(Measure&&) = default;

  [[nodiscard]] const std::string& key() const { return spec_.key; }
  [[nodiscard]] const MeasureSpec& spec() const { return spec_; }
  /// What Admission decided; before the first booking with these labels. True: a new group.
  bool learn(const Admitted& admitted);

  // What is booked. Requires: it concerns the population.
  void event(const fold::Booking& event, int sign) { this->event(event, criterion_.judge(event), sign); }
  void attempt(const fold::Booking& attempt, int sign) {
    this->attempt(attempt, criterion_.judge(attempt), sign);
  }
  /// An attempt that is an event by itself.
  void both(const fold::Booking& booking, int sign) {
    const Verdict verdict = criterion_.judge(booking);
    event(booking, verdict, sign);
    const bool valid = verdict == Verdict::kGood || verdict == Verdict::kBad;
    if (valid && attempts_are_events_) {
      attempts_booked_[verdict == Verdict::kGood ? 0 : 1] += sign > 0 ? 1 : 0;
    } else {
      attempt(booking, verdict, sign);
    }
  }
  void minutes(const fleet::MinuteBooking& minutes, std::int64_t count);
  /// Hints: a booking with these labels comes soon; and, some time after that, sooner.
  void expect(LabelSetId labels) const {
    if (grouped_) groups_.prefetch(labels);
  }
  void expect_soon(LabelSetId labels) const {
    if (grouped_) tables_->windows.prefetch(groups_.series_of(labels));
  }
  /// Records of a source that the measure lives on, dropped without a signal to retry.
  void missing(Slot slot, std::int64_t records);

  /// The tick, before the tables advance: calendar periods roll, slices are judged.
  void prepare(Time at);
  /// Behind prepare(): what is too old for every view goes.
  void forget(Time at);

  // What the views read, at the last tick. `window`: a place in windows().all(), or among the SLO windows.
  [[nodiscard]] const MeasureWindows& windows() const { return windows_; }
  [[nodiscard]] window::Counts sum(std::size_t window) const { return tables_->windows.read(total_, window); }
  [[nodiscard]] window::Counts group_sum(std::size_t group, std::size_t window) const {
    return tables_->windows.read(groups_.all()[group].series, window);
  }
  /// Bad events that do not count at this share. Requires: caps are kept.
  [[nodiscard]] std::int64_t capped(std::size_t window, Ppm share) const {
    return caps_.front().capped(window, sum(window), share);
  }
  [[nodiscard]] std::int64_t group_capped(std::size_t group, std::size_t window, Ppm share) const {
    return caps_[1 + group].capped(window, group_sum(group, window), share);
  }
  /// kAttempts good and bad; kSetAside excluded and unobserved; kMissing, of all windows.
  [[nodiscard]] window::Counts side(Side which, std::size_t window) const;
  [[nodiscard]] std::int64_t booked_late(std::size_t slo_window) const;
  [[nodiscard]] std::map<std::string, std::int64_t> outcomes(std::size_t slo_window) const;
  [[nodiscard]] const std::vector<Groups::Group>& groups() const { return groups_.all(); }
  [[nodiscard]] bool attempts_are_events() const { return attempts_are_events_; }
  [[nodiscard]] const Exemplars& exemplars() const { return exemplars_; }
  [[nodiscard]] const BadDevices& bad_devices() const { return bad_devices_; }
  [[nodiscard]] const BadDevices& bad_devices(std::size_t group) const { return group_bad_devices_[group]; }
  // Since the beginning: good, bad, excluded.
  [[nodiscard]] const std::array<std::uint64_t, 3>& booked() const { return booked_; }
  [[nodiscard]] const std::array<std::uint64_t, 3>& withdrawn() const { return withdrawn_; }
  [[nodiscard]] const std::array<std::uint64_t, 3>& attempts_booked() const { return attempts_booked_; }

  /// What its series counted, of what the table gave; those that counted nothing are left out.
  [[nodiscard]] MeasureHours hours(const std::vector<window::SeriesHour>& all) const;

  /// Whether everything that other views ask for follows exactly from what is kept.
  [[nodiscard]] bool can_serve(const MeasureNeeds& needs) const;
  /// Requires: can_serve().
  void serve(const MeasureNeeds& needs);

  template <class A>
  void io(A& a);

 private:
  static constexpr std::size_t kOutcomes = static_cast<std::size_t>(fold::Outcome::kExcluded) + 1;

  void event(const fold::Booking& booking, Verdict verdict, int sign);
  void attempt(const fold::Booking& attempt, Verdict verdict, int sign);
  void count(Slot slot, LabelSetId labels, window::Counts delta) {
    if (!slices_.empty()) return count_in_slices(slot, labels, delta);
    tables_->windows.record(total_, slot, delta);
    if (grouped_) tables_->windows.record(groups_.series_of(labels), slot, delta);
  }
  void count_in_slices(Slot slot, LabelSetId labels, window::Counts delta);
  void count_bad(const fold::Booking& booking, int sign);
  void add_group_parts();
  [[nodiscard]] std::vector<std::string> name(const Groups::Group& group) const;
  void add_window(const Window& window);
  void add_slo_window(const Window& window);
  void reanchor(std::size_t window);
  [[nodiscard]] bool could_add(const window::SeriesSpec& kept, const Window& window) const;
  /// The series that counts an outcome, new or known.
  window::SeriesId outcome_series(const std::string& outcome);
  window::SeriesId outcome_series(fold::Outcome outcome) {
    const auto& known = outcome_series_[static_cast<std::size_t>(outcome)];
    return known ? *known : new_outcome_series(outcome);
  }
  window::SeriesId new_outcome_series(fold::Outcome outcome);
  window::SeriesId series_of(Side which);
  static bool over_all_windows(std::size_t which) { return which != kLateBookings; }

  MeasureSpec spec_;
  Tables* tables_;
  Criterion criterion_;
  bool attempts_are_events_;  ///< each event is one attempt, so what is said of one holds for the other
  bool grouped_;
  MeasureWindows windows_;
  window::SeriesId total_ = 0;
  std::array<std::optional<window::SeriesId>, kSideCount> sides_;
  std::map<std::string, window::SeriesId> outcomes_;
  std::array<std::optional<window::SeriesId>, kOutcomes> outcome_series_;  ///< the journeys' ones again
  Groups groups_;
  Duration slices_keep_{0};
  std::vector<window::SliceBook> slices_;  ///< [0] the total's, [1 + g] the group's; empty without budgeting
  std::vector<DeviceCap> caps_;            ///< likewise; empty: nobody caps
  Duration bad_devices_keep_{0};           ///< 0: not kept
  Exemplars exemplars_;
  BadDevices bad_devices_;
  std::vector<BadDevices> group_bad_devices_;
  std::array<std::uint64_t, 3> booked_{}, withdrawn_{}, attempts_booked_{};
};

template <class A>
void Measure::io(A& a) {
  a.same(hash_bytes(spec_.key));
  a(windows_, total_, sides_, outcomes_, outcome_series_, groups_, slices_keep_, bad_devices_keep_);
  std::uint8_t caps = caps_.empty() ? 0 : 1;
  a(caps);
  if constexpr (A::kReads) {
    if (!a.good() || !group_bad_devices_.empty()) return a.fail();
    if (!groups_.find_places(tables_->dictionary->label_set_count())) return a.fail();
    caps_.clear();
    slices_.clear();
    if (caps != 0) caps_.emplace_back(windows_.spec());
    if (spec_.slices && slices_keep_ < spec_.slices->slice) return a.fail();
    if (spec_.slices) slices_.emplace_back(spec_.slices->slice, spec_.slices->target, slices_keep_);
    for (std::size_t g = 0; g < groups_.all().size(); ++g) add_group_parts();
  }
  archive::in_place(a, slices_);
  archive::in_place(a, caps_);
  a(exemplars_, bad_devices_, group_bad_devices_);
  a(booked_, withdrawn_, attempts_booked_);
}

}  // namespace slod::engine
