// SloView: what an SLO says.
#include <algorithm>

#include "slo_view.h"

namespace slod::engine {

using window::Counts;

SloReading SloView::read() const {
  SloReading reading;
  reading.config = &slo_;
  read_counts(reading);
  read_windows(reading);
  read_latency(reading);
  read_fleet(reading);
  read_also(reading);
  read_groups(reading);
  reading.alerts = statuses(alerts_);
  reading.exemplars = measure_.exemplars().read(config_, *tables_.dictionary);
  return reading;
}

/// Accepted are an SLO's own records: attempts with a result and excluded ones (of a fleet: device-minutes).
/// What a dropped record was nobody knows, so that it counts as missing in every SLO of its source.
Missing SloView::missing(std::size_t window) const {
  const Counts set_aside = measure_.side(Measure::kSetAside, window);
  const bool sum_is_seen = slo_.budgeting ? false : slo_.journey < 0 || measure_.attempts_are_events();
  const Counts seen = sum_is_seen ? measure_.sum(window) : measure_.side(Measure::kAttempts, window);
  Missing missing;
  missing.unobserved = set_aside.bad;
  missing.shed = measure_.side(Measure::kMissing, window).good;
  const std::int64_t accepted = seen.valid() + set_aside.good;
  const std::int64_t due = accepted + missing.all();
  if (due > 0) missing.completeness = static_cast<double>(accepted) / static_cast<double>(due);
  return missing;
}

void SloView::read_counts(SloReading& reading) const {
  const Counts sum = judged(slo_window_);
  const Counts uncapped = measure_.sum(slo_window_);
  if (slo_.max_share_per_device > 0) reading.capped = uncapped.bad - sum.bad;
  const Counts attempts =
      measure_.attempts_are_events() ? uncapped : measure_.side(Measure::kAttempts, slo_window_);
  reading.good = sum.good;
  reading.bad = sum.bad;
  reading.excluded = measure_.side(Measure::kSetAside, slo_window_).good;
  reading.missing = missing(slo_window_);
  if (slo_.journey >= 0) {
    reading.attempts = attempts.valid();
    reading.attempts_good = attempts.good;
    reading.unknown_actor = population_.left_out(slo_.window);
  }
  reading.booked_late = measure_.booked_late(among_slo_windows_);
  reading.sli = slo::sli(sum.good, sum.valid());
  reading.sli_raw = slo_.journey >= 0 ? slo::sli(attempts.good, attempts.valid()) : reading.sli;
  reading.budget = slo::budget(slo_.objective, sum.bad, sum.valid());
  reading.has_data = sum.valid() > 0;
  reading.outcomes = measure_.outcomes(among_slo_windows_);
  reading.booked = measure_.booked();
  reading.withdrawn = measure_.withdrawn();
  reading.attempts_booked = measure_.attempts_booked();
  reading.latency_buckets = population_.buckets(measure_);
}

void SloView::read_windows(SloReading& reading) const {
  reading.windows.reserve(policy_windows_.size());
  for (const Place& place : policy_windows_) {
    const Counts sum = judged(place.window);
    reading.windows.push_back({place.text, sum, slo::burn_rate(slo_.objective, sum.bad, sum.valid()),
                               slo::sli(sum.good, sum.valid()), missing(place.window)});
  }
}

void SloView::read_latency(SloReading& reading) const {
  if (slo_.journey < 0) return;
  using window::LatencyWindows;
  const auto all = [&](LatencyWindows::Span span) { return population_.quantiles(slo_.window, span); };
  reading.quantiles["1h"] = all(LatencyWindows::kHour);
  reading.quantiles["1d"] = all(LatencyWindows::kDaySpan);
  const auto whole = all(LatencyWindows::kSloWindow);
  reading.quantiles[slo_.window.text] = whole;
  reading.p50 = whole[0];
  reading.p90 = whole[1];
  reading.p99 = whole[2];
}

void SloView::read_fleet(SloReading& reading) const {
  if (slo_.journey >= 0) return;
  const std::int64_t observed = slo_.budgeting ? measure_.side(Measure::kAttempts, slo_window_).valid()
                                               : measure_.sum(slo_window_).valid();
  const std::int64_t due = observed + reading.missing.unobserved;
  reading.expected = due + reading.excluded;
  if (due > 0) reading.coverage = static_cast<double>(observed) / static_cast<double>(due);
}

void SloView::read_also(SloReading& reading) const {
  for (std::size_t i = 0; i < also_.size(); ++i) {
    const MeasureWindows::Kept& kept = measure_.windows().all()[also_[i].window];
    const Counts sum = judged(also_[i].window);
    AlsoReading also;
    also.window = also_[i].text;
    also.since = kept.since ? slot_start(*kept.since) : tables_.windows.now() - kept.rolling;
    also.good = sum.good;
    also.bad = sum.bad;
    also.sli = slo::sli(sum.good, sum.valid());
    also.budget = slo::budget(slo_.objective, sum.bad, sum.valid());
    also.missing = missing(also_[i].window);
    reading.also.push_back(std::move(also));
  }
}

void SloView::add_to(GroupReading& reading, std::size_t group) const {
  const Counts sum = judged_group(group, slo_window_);
  reading.good += sum.good;
  reading.bad += sum.bad;
  if (slo_.max_share_per_device > 0)
    reading.capped = reading.capped.value_or(0) + measure_.group_sum(group, slo_window_).bad - sum.bad;
}

void SloView::read_groups(SloReading& reading) const {
  GroupReading overflow{labels(nullptr), 0, 0, slo_.objective, {}, {}};
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    if (!groups_[g].member) {
      add_to(overflow, g);
      continue;
    }
    GroupReading one{{}, 0, 0, groups_[g].objective, statuses(groups_[g].alerts), {}};
    add_to(one, g);
    const bool firing =
        std::any_of(one.alerts.begin(), one.alerts.end(), [](const RuleStatus& rule) { return rule.firing; });
    if (one.good + one.bad == 0 && !firing) continue;  // undefined is absent
    one.labels = labels(&measure_.groups()[g].values);
    reading.groups.push_back(std::move(one));
  }
  if (overflow.good + overflow.bad != 0) reading.groups.push_back(std::move(overflow));
  std::sort(reading.groups.begin(), reading.groups.end(),
            [](const GroupReading& a, const GroupReading& b) { return a.labels < b.labels; });
}

std::vector<RuleStatus> SloView::statuses(const std::vector<alert::BurnAlert>& alerts) const {
  std::vector<RuleStatus> statuses;
  statuses.reserve(alerts.size());
  for (std::size_t i = 0; i < alerts.size(); ++i) {  // one per rule of the policy, in its order
    const BurnRule& rule = alerts[i].rule();
    statuses.push_back({rule.severity, policy_windows_[rule_windows_[i].long_window].text,
                        policy_windows_[rule_windows_[i].short_window].text, rule.burn,
                        alerts[i].state() == alert::State::kFiring, alerts[i].held(), alerts[i].since(),
                        alerts[i].burning(), false});
  }
  return statuses;
}

}  // namespace slod::engine
