#include "measure.h"

#include <algorithm>

namespace slod::engine {
namespace {

using window::Counts;

std::size_t result_index(Verdict verdict) {
  return verdict == Verdict::kGood ? 0 : verdict == Verdict::kBad ? 1 : 2;
}

}  // namespace

Measure::Measure(const PopulationSpec& population, const PlannedMeasure& planned, Tables& tables)
    : spec_(planned.spec),
      tables_(&tables),
      criterion_(planned.spec),
      attempts_are_events_(population.journey >= 0 && !planned.spec.slices && !population.retries),
      grouped_(!planned.spec.group_by.empty()),
      windows_(planned.needs),
      total_(tables.windows.add(windows_.spec())),
      slices_keep_(planned.needs.slices),
      bad_devices_keep_(planned.needs.bad_devices) {
  if (planned.needs.caps) caps_.emplace_back(windows_.spec());
  if (spec_.slices) slices_.emplace_back(spec_.slices->slice, spec_.slices->target, slices_keep_);
}

bool Measure::learn(const Admitted& admitted) {
  if (!groups_.learn(admitted)) return false;
  groups_.series_of_newest(tables_->windows.add(windows_.spec()));
  add_group_parts();
  return true;
}

void Measure::add_group_parts() {
  if (spec_.slices) slices_.emplace_back(spec_.slices->slice, spec_.slices->target, slices_keep_);
  if (!caps_.empty()) {
    // As the whole's windows stand: rolled, and advanced to the last tick.
    DeviceCap& cap = caps_.emplace_back(windows_.spec());
    cap.advance(slot_of(tables_->windows.now()));
  }
  group_bad_devices_.emplace_back();
}

// ---- counting
// ------------------------------------------------------------------------------------------------------

void Measure::event(const fold::Booking& booking, Verdict verdict, int sign) {
  if (verdict == Verdict::kUnobserved) {
    tables_->windows.record(series_of(kSetAside), booking.slot, {0, sign});
    return;
  }
  ++(sign > 0 ? booked_ : withdrawn_)[result_index(verdict)];
  if (verdict == Verdict::kExcluded) return;
  const bool good = verdict == Verdict::kGood;
  count(booking.slot, booking.labels, {good ? sign : 0, good ? 0 : sign});
  tables_->windows.record(outcome_series(booking.outcome), booking.slot, {sign, 0});
  if (booking.late) tables_->windows.record(series_of(kLateBookings), booking.slot, {sign, 0});
  if (!good) count_bad(booking, sign);
}

void Measure::count_in_slices(Slot slot, LabelSetId labels, Counts delta) {
  slices_[0].record(slot, delta);
  if (grouped_) slices_[1 + groups_.of(labels)].record(slot, delta);
}

void Measure::count_bad(const fold::Booking& booking, int sign) {
  exemplars_.record(booking, sign);
  const bool by_device = !caps_.empty() || bad_devices_keep_ > Duration(0);
  if (!by_device) return;
  if (!caps_.empty()) caps_.front().record(booking.device, booking.slot, sign);
  if (bad_devices_keep_ > Duration(0)) bad_devices_.record(booking.device, booking.slot, sign);
  if (!grouped_) return;
  const Groups::Index index = groups_.of(booking.labels);
  if (!caps_.empty()) caps_[1 + index].record(booking.device, booking.slot, sign);
  if (bad_devices_keep_ > Duration(0)) group_bad_devices_[index].record(booking.device, booking.slot, sign);
}

void Measure::attempt(const fold::Booking& attempt, Verdict verdict, int sign) {
  if (verdict == Verdict::kUnobserved) return;
  if (sign > 0) ++attempts_booked_[result_index(verdict)];
  if (verdict == Verdict::kExcluded) {
    tables_->windows.record(series_of(kSetAside), attempt.slot, {sign, 0});
  } else if (!attempts_are_events_) {
    const bool good = verdict == Verdict::kGood;
    tables_->windows.record(series_of(kAttempts), attempt.slot, {good ? sign : 0, good ? 0 : sign});
  }
}

void Measure::minutes(const fleet::MinuteBooking& minutes, std::int64_t count_of) {
  using fleet::MinuteState;
  if (minutes.state == MinuteState::kUnobserved) {
    tables_->windows.record(series_of(kSetAside), minutes.slot, {0, count_of});
    return;
  }
  std::size_t result = 2;
  if (minutes.state == MinuteState::kExcluded) {
    tables_->windows.record(series_of(kSetAside), minutes.slot, {count_of, 0});
  } else {
    const bool good = minutes.state == MinuteState::kHealthy;
    result = good ? 0 : 1;
    const Counts delta{good ? count_of : 0, good ? 0 : count_of};
    count(minutes.slot, minutes.labels, delta);
    if (!slices_.empty()) tables_->windows.record(series_of(kAttempts), minutes.slot, delta);
    const std::string outcome = good ? "healthy" : std::string(tables_->dictionary->text(minutes.reason));
    tables_->windows.record(outcome_series(outcome), minutes.slot, {count_of, 0});
  }
  if (count_of > 0) booked_[result] += static_cast<std::uint64_t>(count_of);
  if (count_of < 0) withdrawn_[result] += static_cast<std::uint64_t>(-count_of);
}

void Measure::missing(Slot slot, std::int64_t records) {
  tables_->windows.record(series_of(kMissing), slot, {records, 0});
}

window::SeriesId Measure::outcome_series(const std::string& outcome) {
  auto known = outcomes_.find(outcome);
  if (known == outcomes_.end())
    known = outcomes_.emplace(outcome, tables_->windows.add(windows_.slo_spec())).first;
  return known->second;
}

window::SeriesId Measure::new_outcome_series(fold::Outcome outcome) {
  return *(outcome_series_[static_cast<std::size_t>(outcome)] = outcome_series(fold::outcome_name(outcome)));
}

window::SeriesId Measure::series_of(Side which) {
  auto& series = sides_[which];
  if (!series) series = tables_->windows.add(over_all_windows(which) ? windows_.spec() : windows_.slo_spec());
  return *series;
}

// ---- reading
// -------------------------------------------------------------------------------------------------------

Counts Measure::side(Side which, std::size_t window) const {
  return sides_[which] ? tables_->windows.read(*sides_[which], window) : Counts{};
}

std::int64_t Measure::booked_late(std::size_t slo_window) const {
  return side(kLateBookings, slo_window).good;
}

std::map<std::string, std::int64_t> Measure::outcomes(std::size_t slo_window) const {
  std::map<std::string, std::int64_t> counts;
  for (const auto& [outcome, series] : outcomes_) {
    const std::int64_t count = tables_->windows.read(series, slo_window).good;
    if (count != 0 && outcome != "healthy") counts[outcome] = count;
  }
  return counts;
}

}  // namespace slod::engine
