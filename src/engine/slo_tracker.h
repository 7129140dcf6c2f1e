// SloTracker: one SLO, from bookings to a reading. It judges each booking by the SLO's own criterion, counts
// it in the SLO's series (and its group's), and at a tick reads the windows, the budget and the alert rules.
// Thread: the shard's.
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
#include "observation.h"
#include "slod/alert/burn_alert.h"
#include "slod/engine/snapshot.h"
#include "slod/fleet/fleet.h"
#include "slod/fold/fold.h"
#include "slod/window/slices.h"
#include "tables.h"

namespace slod::engine {

/// What the rules of one SLO need to know of a tick beside the counts.
struct TickView {
  Time at;
  bool source_down = false;
  const Observation& observation;
  const std::vector<std::string>& sources;  ///< those that the SLO lives on
};

class SloTracker {
 public:
  /// Lifetime: all outlive the tracker.
  SloTracker(const Config& config, const SloConfig& slo, Tables& tables);
  SloTracker(SloTracker&&) = default;

  /// What Admission decided; before the first booking with these labels.
  void learn(const Admitted& admitted);
  void on_event(const fold::Booking& event, int sign);
  void on_attempt(const fold::Booking& attempt, int sign);
  void on_minutes(const fleet::MinuteBooking& minutes, std::int64_t count);

  /// The tick, step 1, before the windows advance: calendar periods roll, slices are judged.
  void prepare(Time at);
  /// Step 2, after they have advanced: the alert rules.
  void run_rules(const TickView& tick, std::vector<Transition>& transitions);
  /// What the SLO says at the last tick. Requires: nothing was counted since.
  [[nodiscard]] SloReading read() const;
  [[nodiscard]] const SloConfig& slo() const { return slo_; }
  template <class A>
  void io(A& a);

 private:
  static constexpr std::size_t kOutcomes = static_cast<std::size_t>(fold::Outcome::kExcluded) + 1;
  /// Counted over the SLO window only, two to a series.
  enum Side : std::uint8_t { kAttempts, kSetAside, kLateBookings, kSideCount };
  struct Anchored {
    std::size_t window = 0;  ///< index into the series' windows
    const Window* config = nullptr;
    Time begin, end;
  };

  void add_slices();
  void count(const fold::Booking& booking, int sign);
  void count_group(LabelSetId labels, Slot slot, window::Counts delta);
  void record(window::SeriesId series, std::size_t book, Slot slot, window::Counts delta);
  /// The series that counts an outcome, new or known.
  window::SeriesId outcome_series(const std::string& outcome);
  window::SeriesId outcome_series(fold::Outcome outcome);
  window::SeriesId side(Side which);
  [[nodiscard]] window::SeriesSpec slo_window_spec() const;
  [[nodiscard]] std::size_t window_index(Duration length) const;
  void roll(Time at);
  /// A window of the whole SLO, as it is judged: with the cap on single devices, if there is one.
  [[nodiscard]] window::Counts judged(std::size_t window) const;
  void read_counts(SloReading& reading) const;
  void read_windows(SloReading& reading) const;
  void read_latency(SloReading& reading) const;
  void read_fleet(SloReading& reading) const;
  void read_also(SloReading& reading) const;
  void read_groups(SloReading& reading) const;
  [[nodiscard]] std::vector<RuleStatus> statuses(const std::vector<alert::BurnAlert>& alerts) const;
  /// A rule's windows: indices into the series' windows.
  struct RuleWindows {
    std::size_t long_window, short_window;
  };
  void run_rules_of(std::vector<alert::BurnAlert>& alerts, std::optional<std::size_t> group,
                    const TickView& tick, std::vector<Transition>& transitions);
  void add_unseen(const TickView& tick, window::SeriesId series, alert::RuleInput& input,
                  const BurnRule& rule) const;
  [[nodiscard]] Transition transition(const alert::BurnAlert& alert, Time at,
                                      std::optional<std::size_t> group);
  /// What every group has beside its series: slices, alerts, devices.
  void add_group(const Groups::Group& group);

  const Config& config_;
  const SloConfig& slo_;
  const AlertPolicy& policy_;
  Tables* tables_;
  Criterion criterion_;
  bool attempts_are_events_;  ///< no retry: each event is one attempt, so what is said of one holds for the
                              ///< other

  std::vector<Duration> policy_windows_;   ///< rising; indices 0.. of the series' windows
  std::vector<std::string> window_texts_;  ///< theirs: "5m"
  std::size_t slo_window_ = 0;             ///< index behind them; `also` windows follow
  window::SeriesSpec spec_;
  std::vector<Anchored> anchored_;
  window::SeriesId total_ = 0;
  std::array<std::optional<window::SeriesId>, kSideCount> sides_;
  std::map<std::string, window::SeriesId> outcomes_;
  std::array<std::optional<window::SeriesId>, kOutcomes> outcome_series_;  ///< the journeys' ones again
  std::optional<std::uint32_t> latency_;
  Groups groups_;
  std::vector<window::SliceBook> slices_;  ///< [0] the total's, [1 + g] the group's; empty without budgeting

  std::vector<alert::BurnAlert> alerts_;   ///< one per rule of the policy
  std::vector<RuleWindows> rule_windows_;  ///< likewise
  std::vector<std::vector<alert::BurnAlert>> group_alerts_;
  std::optional<DeviceCap> cap_;
  Exemplars exemplars_;
  BadDevices bad_devices_;
  std::vector<BadDevices> group_bad_devices_;
  std::map<std::string, std::string> episodes_;  ///< rule and group -> the episode that is open

  std::array<std::uint64_t, 3> booked_{}, withdrawn_{}, attempts_booked_{};
  LatencyBuckets buckets_;
};

template <class A>
void SloTracker::io(A& a) {
  for (const window::WindowSpec& window : spec_.windows) a.same(window.length.count());
  for (window::WindowSpec& window : spec_.windows) a(window.since);
  for (Anchored& anchored : anchored_) a(anchored.begin, anchored.end);
  a.same(total_);
  a(sides_, outcomes_, outcome_series_, groups_);
  if constexpr (A::kReads) {
    if (!a.good() || !group_alerts_.empty()) return a.fail();
    for (const Groups::Group& group : groups_.all()) add_group(group);
  }
  archive::in_place(a, slices_);
  archive::in_place(a, alerts_);
  for (auto& alerts : group_alerts_) archive::in_place(a, alerts);
  a.same(cap_.has_value());
  if (cap_) a(*cap_);
  a(exemplars_, bad_devices_, group_bad_devices_, episodes_);
  a(booked_, withdrawn_, attempts_booked_, buckets_.sum);
  archive::in_place(a, buckets_.counts);
}

}  // namespace slod::engine
