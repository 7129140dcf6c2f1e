#include "slo_tracker.h"

#include <algorithm>

#include "slod/slo/period.h"

namespace slod::engine {
namespace {

using window::Counts;

std::vector<Duration> windows_of(const AlertPolicy& policy) {
  std::vector<Duration> lengths;
  for (const BurnRule& rule : policy.rules) {
    lengths.push_back(rule.short_window);
    lengths.push_back(rule.long_window);
  }
  std::sort(lengths.begin(), lengths.end());
  lengths.erase(std::unique(lengths.begin(), lengths.end()), lengths.end());
  return lengths;
}

/// How long slices are kept: the longest that a period of the window can be, daylight saving included.
Duration longest(const Window& window) {
  switch (window.calendar) {
    case Window::Calendar::kDay:
      return hours(25);
    case Window::Calendar::kWeek:
      return hours(7 * 24 + 1);
    case Window::Calendar::kMonth:
      return hours(31 * 24 + 1);
    case Window::Calendar::kQuarter:
      return hours(92 * 24 + 1);
    case Window::Calendar::kNone:
      break;
  }
  return window.rolling;
}

window::WindowSpec spec_of(const Window& window) {
  // A calendar window is anchored at the first tick, before anything enters it.
  if (window.calendar != Window::Calendar::kNone) return {.length = window.rolling, .since = 0};
  return {.length = window.rolling, .since = {}};
}

std::vector<double> bucket_bounds(Duration threshold) {
  std::vector<double> bounds = {0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60};
  if (threshold.count() > 0) bounds.push_back(to_seconds(threshold));
  std::sort(bounds.begin(), bounds.end());
  bounds.erase(std::unique(bounds.begin(), bounds.end()), bounds.end());
  return bounds;
}

std::size_t result_index(Verdict verdict) {
  return verdict == Verdict::kGood ? 0 : verdict == Verdict::kBad ? 1 : 2;
}

}  // namespace

SloTracker::SloTracker(const Config& config, const SloConfig& slo, Tables& tables)
    : config_(config),
      slo_(slo),
      policy_(config.policies[static_cast<std::size_t>(slo.alert_policy)]),
      tables_(&tables),
      criterion_(config, slo),
      attempts_are_events_(slo.journey >= 0 && !slo.budgeting &&
                           !config.journeys[static_cast<std::size_t>(slo.journey)].retry),
      policy_windows_(windows_of(policy_)),
      slo_window_(policy_windows_.size()),
      groups_(slo, tables) {
  for (const Duration length : policy_windows_) {
    spec_.windows.push_back({length, {}});
    window_texts_.push_back(format_duration(length));
  }
  spec_.windows.push_back(spec_of(slo.window));
  if (slo.window.calendar != Window::Calendar::kNone) anchored_.push_back({slo_window_, &slo.window, {}, {}});
  for (const Window& also : slo.also) {
    if (also.calendar != Window::Calendar::kNone) anchored_.push_back({spec_.windows.size(), &also, {}, {}});
    spec_.windows.push_back(spec_of(also));
  }
  total_ = tables.windows.add(spec_);
  if (slo.max_share_per_device > 0) cap_.emplace(slo.max_share_per_device, spec_);
  if (slo.journey >= 0) {
    const bool calendar = slo.window.calendar != Window::Calendar::kNone;
    latency_ = tables.latency.add(slo.window.rolling, calendar ? std::optional<Slot>(0) : std::nullopt);
    buckets_.bounds = bucket_bounds(slo.threshold);
    buckets_.counts.resize(buckets_.bounds.size() + 1);
  }
  if (slo.budgeting) add_slices();
  for (const BurnRule& rule : policy_.rules) {
    alerts_.emplace_back(rule, policy_, slo.objective);
    rule_windows_.push_back({window_index(rule.long_window), window_index(rule.short_window)});
  }
}

/// Late counts may change a slice for as long as any window holds it.
void SloTracker::add_slices() {
  Duration keep = longest(slo_.window);
  for (const Window& also : slo_.also) keep = std::max(keep, longest(also));
  if (!policy_windows_.empty()) keep = std::max(keep, policy_windows_.back());
  slices_.emplace_back(slo_.budgeting->slice, slo_.budgeting->target, std::max(keep, slo_.budgeting->slice));
}

// ---- judging and counting
// -----------------------------------------------------------------------------------------

void SloTracker::on_event(const fold::Booking& event, int sign) {
  if (slo_.fold && criterion_.concerns(event)) count(event, sign);
}

void SloTracker::on_attempt(const fold::Booking& attempt, int sign) {
  if (!criterion_.concerns(attempt)) return;
  const Verdict verdict = criterion_.judge(attempt);
  if (verdict == Verdict::kExcluded) {
    tables_->windows.record(side(kSetAside), attempt.slot, {sign, 0});
  } else if (verdict != Verdict::kUnobserved && !attempts_are_events_) {
    const bool good = verdict == Verdict::kGood;
    tables_->windows.record(side(kAttempts), attempt.slot, {good ? sign : 0, good ? 0 : sign});
  }
  if (sign > 0 && verdict != Verdict::kUnobserved) ++attempts_booked_[result_index(verdict)];
  if (!slo_.fold) count(attempt, sign);
}

void SloTracker::count(const fold::Booking& booking, int sign) {
  const Verdict verdict = criterion_.judge(booking);
  if (verdict == Verdict::kUnobserved) {
    tables_->windows.record(side(kSetAside), booking.slot, {0, sign});
    return;
  }
  ++(sign > 0 ? booked_ : withdrawn_)[result_index(verdict)];
  if (verdict == Verdict::kExcluded) return;
  const bool good = verdict == Verdict::kGood;
  const Counts delta{good ? sign : 0, good ? 0 : sign};
  record(total_, 0, booking.slot, delta);
  count_group(booking.labels, booking.slot, delta);
  tables_->windows.record(outcome_series(booking.outcome), booking.slot, {sign, 0});
  if (booking.late) tables_->windows.record(side(kLateBookings), booking.slot, {sign, 0});
  if (!good) exemplars_.record(booking, sign);
  if (!good && cap_) cap_->record(booking.device, booking.slot, sign);
  if (policy_.min_devices > 1 && !good) {
    bad_devices_.record(booking.device, booking.slot, sign);
    if (groups_.on())
      group_bad_devices_[groups_.of(booking.labels)].record(booking.device, booking.slot, sign);
  }
  if (booking.timed_out || booking.latency == kNoLatency) return;
  tables_->latency.record(*latency_, booking.slot, booking.latency, sign);
  if (sign > 0) {
    const double value = to_seconds(booking.latency);
    const auto bound = std::lower_bound(buckets_.bounds.begin(), buckets_.bounds.end(), value);
    ++buckets_.counts[static_cast<std::size_t>(bound - buckets_.bounds.begin())];
    buckets_.sum += value;
  }
}

void SloTracker::on_minutes(const fleet::MinuteBooking& minutes, std::int64_t count) {
  using fleet::MinuteState;
  switch (minutes.state) {
    case MinuteState::kExcluded:
      tables_->windows.record(side(kSetAside), minutes.slot, {count, 0});
      break;
    case MinuteState::kUnobserved:
      tables_->windows.record(side(kSetAside), minutes.slot, {0, count});
      break;
    case MinuteState::kHealthy:
    case MinuteState::kUnhealthy: {
      const bool good = minutes.state == MinuteState::kHealthy;
      const Counts delta{good ? count : 0, good ? 0 : count};
      record(total_, 0, minutes.slot, delta);
      count_group(minutes.labels, minutes.slot, delta);
      const std::string outcome = good ? "healthy" : std::string(tables_->dictionary->text(minutes.reason));
      tables_->windows.record(outcome_series(outcome), minutes.slot, {count, 0});
      break;
    }
  }
  const auto index = minutes.state == MinuteState::kHealthy     ? 0U
                     : minutes.state == MinuteState::kUnhealthy ? 1U
                                                                : 2U;
  if (minutes.state == MinuteState::kUnobserved) return;
  if (count > 0) booked_[index] += static_cast<std::uint64_t>(count);
  if (count < 0) withdrawn_[index] += static_cast<std::uint64_t>(-count);
}

void SloTracker::learn(const Admitted& admitted) {
  if (groups_.learn(admitted, spec_)) add_group(groups_.all().back());
}

void SloTracker::add_group(const Groups::Group& group) {
  if (slo_.budgeting) add_slices();
  group_alerts_.emplace_back();
  if (policy_.per_group && !group.overflow) {
    for (const BurnRule& rule : policy_.rules)
      group_alerts_.back().emplace_back(rule, policy_, group.objective);
  }
  group_bad_devices_.emplace_back();
}

void SloTracker::count_group(LabelSetId labels, Slot slot, Counts delta) {
  if (!groups_.on()) return;
  const Groups::Index index = groups_.of(labels);
  record(groups_.all()[index].series, 1 + index, slot, delta);
}

void SloTracker::record(window::SeriesId series, std::size_t book, Slot slot, Counts delta) {
  if (slices_.empty()) {
    tables_->windows.record(series, slot, delta);
  } else {
    slices_[book].record(slot, delta);
  }
}

window::SeriesId SloTracker::outcome_series(const std::string& outcome) {
  auto known = outcomes_.find(outcome);
  if (known == outcomes_.end())
    known = outcomes_.emplace(outcome, tables_->windows.add(slo_window_spec())).first;
  return known->second;
}

window::SeriesId SloTracker::outcome_series(fold::Outcome outcome) {
  auto& known = outcome_series_[static_cast<std::size_t>(outcome)];
  if (!known) known = outcome_series(fold::outcome_name(outcome));
  return *known;
}

window::SeriesId SloTracker::side(Side which) {
  auto& series = sides_[which];
  if (!series) series = tables_->windows.add(slo_window_spec());
  return *series;
}

window::SeriesSpec SloTracker::slo_window_spec() const {
  return {{spec_.windows[slo_window_]}};
}

// ---- the tick
// -----------------------------------------------------------------------------------------------------

void SloTracker::prepare(Time at) {
  roll(at);
  if (cap_) cap_->advance(slot_of(at));
  std::vector<std::pair<Slot, Counts>> deltas;
  for (std::size_t book = 0; book < slices_.size(); ++book) {
    deltas.clear();
    slices_[book].advance(at, deltas);
    const window::SeriesId series = book == 0 ? total_ : groups_.all()[book - 1].series;
    for (const auto& [slot, delta] : deltas) tables_->windows.record(series, slot, delta);
  }
}

void SloTracker::roll(Time at) {
  for (Anchored& anchored : anchored_) {
    if (at >= anchored.begin && at < anchored.end) continue;
    // The loader has checked the zone; an unknown one cannot come this far.
    const auto period = slo::period_at(anchored.config->calendar, anchored.config->time_zone, at);
    SLOD_ASSERT(period.has_value());
    anchored.begin = period->begin;
    anchored.end = period->end;
    const Slot since = slot_of(period->begin);
    spec_.windows[anchored.window].since = since;
    tables_->windows.reanchor(total_, anchored.window, since);
    if (cap_) cap_->reanchor(anchored.window, since);
    for (const Groups::Group& group : groups_.all())
      tables_->windows.reanchor(group.series, anchored.window, since);
    if (anchored.window != slo_window_) continue;
    if (latency_) tables_->latency.reanchor(*latency_, since);
    for (const auto& series : sides_) {
      if (series) tables_->windows.reanchor(*series, 0, since);
    }
    for (const auto& [outcome, series] : outcomes_) tables_->windows.reanchor(series, 0, since);
  }
}

SloReading SloTracker::read() const {
  SloReading reading;
  reading.config = &slo_;
  read_counts(reading);
  read_windows(reading);
  read_latency(reading);
  read_fleet(reading);
  read_also(reading);
  read_groups(reading);
  reading.alerts = statuses(alerts_);
  reading.exemplars = exemplars_.read(config_, *tables_->dictionary);
  return reading;
}

Counts SloTracker::judged(std::size_t window) const {
  Counts sum = tables_->windows.read(total_, window);
  if (cap_) sum.bad -= cap_->capped(window, sum);
  return sum;
}

void SloTracker::read_counts(SloReading& reading) const {
  const Counts sum = judged(slo_window_);
  const Counts uncapped = tables_->windows.read(total_, slo_window_);
  if (cap_) reading.capped = uncapped.bad - sum.bad;
  const auto side_sum = [&](Side which) {
    return sides_[which] ? tables_->windows.read(*sides_[which], 0) : Counts{};
  };
  const Counts attempts = attempts_are_events_ ? uncapped : side_sum(kAttempts);
  const Counts set_aside = side_sum(kSetAside);
  reading.good = sum.good;
  reading.bad = sum.bad;
  reading.excluded = set_aside.good;
  reading.unobserved = set_aside.bad;
  reading.attempts = attempts.valid();
  reading.attempts_good = attempts.good;
  reading.booked_late = side_sum(kLateBookings).good;
  reading.sli = slo::sli(sum.good, sum.valid());
  reading.sli_raw = slo_.journey >= 0 ? slo::sli(attempts.good, attempts.valid()) : reading.sli;
  reading.budget = slo::budget(slo_.objective, sum.bad, sum.valid());
  reading.has_data = sum.valid() > 0;
  for (const auto& [outcome, series] : outcomes_) {
    const std::int64_t count = tables_->windows.read(series, 0).good;
    if (count != 0 && outcome != "healthy") reading.outcomes[outcome] = count;
  }
  const std::int64_t seen = (slo_.journey >= 0 ? attempts.valid() : sum.valid()) + reading.excluded;
  const std::int64_t due = seen + reading.unobserved;
  reading.completeness = due == 0 ? 1.0 : static_cast<double>(seen) / static_cast<double>(due);
  reading.booked = booked_;
  reading.withdrawn = withdrawn_;
  reading.attempts_booked = attempts_booked_;
  reading.latency_buckets = buckets_;
}

void SloTracker::read_windows(SloReading& reading) const {
  reading.windows.reserve(policy_windows_.size());
  for (std::size_t i = 0; i < policy_windows_.size(); ++i) {
    const Counts sum = judged(i);
    reading.windows.push_back({window_texts_[i], sum, slo::burn_rate(slo_.objective, sum.bad, sum.valid()),
                               slo::sli(sum.good, sum.valid())});
  }
}

void SloTracker::read_latency(SloReading& reading) const {
  if (!latency_) return;
  using window::LatencyWindows;
  const auto value = [&](LatencyWindows::Span span, double q) -> std::optional<double> {
    const auto latency = tables_->latency.quantile(*latency_, span, q);
    return latency ? std::optional(to_seconds(*latency)) : std::nullopt;
  };
  const auto all = [&](LatencyWindows::Span span) {
    return std::array{value(span, 0.5), value(span, 0.9), value(span, 0.99)};
  };
  reading.quantiles["1h"] = all(LatencyWindows::kHour);
  reading.quantiles["1d"] = all(LatencyWindows::kDaySpan);
  const auto whole = all(LatencyWindows::kSloWindow);
  reading.quantiles[slo_.window.text] = whole;
  reading.p50 = whole[0];
  reading.p90 = whole[1];
  reading.p99 = whole[2];
}

void SloTracker::read_fleet(SloReading& reading) const {
  if (slo_.journey >= 0) return;
  const std::int64_t observed = reading.good + reading.bad;
  const std::int64_t expected = observed + reading.excluded + reading.unobserved;
  reading.expected = expected;
  const std::int64_t due = expected - reading.excluded;
  if (due > 0) reading.coverage = static_cast<double>(observed) / static_cast<double>(due);
}

void SloTracker::read_also(SloReading& reading) const {
  for (std::size_t i = 0; i < slo_.also.size(); ++i) {
    const std::size_t index = slo_window_ + 1 + i;
    const Counts sum = judged(index);
    AlsoReading also;
    also.window = slo_.also[i].text;
    also.since = spec_.windows[index].since ? slot_start(*spec_.windows[index].since)
                                            : tables_->windows.now() - slo_.also[i].rolling;
    also.good = sum.good;
    also.bad = sum.bad;
    also.sli = slo::sli(sum.good, sum.valid());
    also.budget = slo::budget(slo_.objective, sum.bad, sum.valid());
    reading.also.push_back(std::move(also));
  }
}

void SloTracker::read_groups(SloReading& reading) const {
  for (std::size_t g = 0; g < groups_.all().size(); ++g) {
    const Groups::Group& group = groups_.all()[g];
    const Counts sum = tables_->windows.read(group.series, slo_window_);
    std::vector<RuleStatus> alerts = statuses(group_alerts_[g]);
    const bool firing =
        std::any_of(alerts.begin(), alerts.end(), [](const RuleStatus& rule) { return rule.firing; });
    if (sum.valid() == 0 && !firing) continue;  // undefined is absent
    reading.groups.push_back({groups_.labels(group), sum.good, sum.bad, group.objective, std::move(alerts)});
  }
  std::sort(reading.groups.begin(), reading.groups.end(),
            [](const GroupReading& a, const GroupReading& b) { return a.labels < b.labels; });
}

std::vector<RuleStatus> SloTracker::statuses(const std::vector<alert::BurnAlert>& alerts) const {
  std::vector<RuleStatus> statuses;
  statuses.reserve(alerts.size());
  for (std::size_t i = 0; i < alerts.size(); ++i) {  // one per rule of the policy, in its order
    const BurnRule& rule = alerts[i].rule();
    statuses.push_back({rule.severity, window_texts_[rule_windows_[i].long_window],
                        window_texts_[rule_windows_[i].short_window], rule.burn,
                        alerts[i].state() == alert::State::kFiring, alerts[i].held(), alerts[i].since(),
                        alerts[i].burning(), false});
  }
  return statuses;
}

// ---- alerts
// -------------------------------------------------------------------------------------------------------

std::size_t SloTracker::window_index(Duration length) const {
  const auto found = std::lower_bound(policy_windows_.begin(), policy_windows_.end(), length);
  return static_cast<std::size_t>(found - policy_windows_.begin());
}

void SloTracker::run_rules(const TickView& tick, std::vector<Transition>& transitions) {
  if (policy_.min_devices > 1 && !policy_windows_.empty()) {
    const Slot oldest = window::left_edge(policy_windows_.back() / kSlotLength, slot_of(tick.at));
    bad_devices_.forget_before(oldest);
    for (BadDevices& devices : group_bad_devices_) devices.forget_before(oldest);
  }
  run_rules_of(alerts_, std::nullopt, tick, transitions);
  for (std::size_t g = 0; g < group_alerts_.size(); ++g) run_rules_of(group_alerts_[g], g, tick, transitions);
}

void SloTracker::run_rules_of(std::vector<alert::BurnAlert>& alerts, std::optional<std::size_t> group,
                              const TickView& tick, std::vector<Transition>& transitions) {
  const window::SeriesId series = group ? groups_.all()[*group].series : total_;
  for (std::size_t i = 0; i < alerts.size(); ++i) {
    const BurnRule& rule = alerts[i].rule();
    alert::RuleInput input;
    input.at = tick.at;
    input.source_down = tick.source_down;
    const auto sum = [&](std::size_t window) {
      return group ? tables_->windows.read(series, window) : judged(window);
    };
    input.long_window = sum(rule_windows_[i].long_window);
    input.short_window = sum(rule_windows_[i].short_window);
    if (policy_.min_devices > 1) {
      const Slot now = slot_of(tick.at);
      const BadDevices& devices = group ? group_bad_devices_[*group] : bad_devices_;
      input.bad_devices = devices.count(window::left_edge(rule.long_window / kSlotLength, now), now);
    }
    add_unseen(tick, series, input, rule);
    if (alerts[i].evaluate(input)) transitions.push_back(transition(alerts[i], tick.at, group));
  }
}

void SloTracker::add_unseen(const TickView& tick, window::SeriesId series, alert::RuleInput& input,
                            const BurnRule& rule) const {
  const auto unseen = [&](Duration length) {
    return tick.observation.unseen(tick.sources, tick.at - length, tick.at);
  };
  const Duration unseen_long = unseen(rule.long_window);
  if (unseen_long == Duration(0)) return;
  Duration whole = slo_.window.rolling;
  if (!anchored_.empty() && anchored_.front().window == slo_window_)
    whole = tick.at - anchored_.front().begin;
  const std::int64_t valid = tables_->windows.read(series, slo_window_).valid();
  const Duration seen = whole - unseen(whole);
  input.long_unseen = expected_events(valid, seen, unseen_long);
  input.short_unseen = expected_events(valid, seen, unseen(rule.short_window));
}

Transition SloTracker::transition(const alert::BurnAlert& alert, Time at, std::optional<std::size_t> group) {
  Transition change;
  change.at = at;
  change.slo = slo_.name;
  change.severity = alert.rule().severity;
  change.long_window = format_duration(alert.rule().long_window);
  change.short_window = format_duration(alert.rule().short_window);
  const bool firing = alert.state() == alert::State::kFiring;
  change.from = alert::state_name(firing ? alert::State::kInactive : alert::State::kFiring);
  change.to = alert::state_name(alert.state());
  if (group) change.labels = groups_.labels(groups_.all()[*group]);
  std::string key = slo_.name + "/" + change.severity + "/" + change.long_window + "-" + change.short_window;
  for (const auto& [name, value] : change.labels) key += "/" + name + "=" + value;
  std::string& episode = episodes_[key];
  if (firing) episode = key + "/" + std::to_string(slot_of(at));
  change.episode = episode;
  return change;
}

}  // namespace slod::engine
