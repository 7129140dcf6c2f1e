#include "device_minutes.h"

#include <algorithm>

namespace slod::fleet {
namespace {

MinuteBooking booking_of(std::size_t check, Nanos end, const MinuteOutcome& outcome, LabelSetId labels) {
  MinuteBooking booking;
  booking.check = static_cast<int>(check);
  booking.slot = slot_of(from_nanos(end - kMinute));
  booking.state = outcome.state;
  booking.reason = outcome.reason;
  booking.labels = labels;
  return booking;
}

}  // namespace

template <typename Change>
void DeviceMinutes::rebook(DeviceIndex i, Nanos from, Nanos known_at, Change&& change) {
  if (!started_) return change();
  const Nanos floor = std::max(final_until(), devices_[i].history.base.time);
  const Nanos first_end = first_end_after(std::max(from, floor));
  if (first_end > booked_end_) return change();
  read_cells(i, first_end, now_, gaps_, before_);
  change();
  read_cells(i, first_end, known_at, gaps_, after_);
  book_difference(i, first_end);
}

/// The cells of the booked minutes from the one that ends at `first_end` on.
void DeviceMinutes::read_cells(DeviceIndex i, Nanos first_end, Nanos known_at, const Gaps& gaps, Cells& out) {
  out.clear();
  const Device& device = devices_[i];
  const bool late = device.now.time >= first_end;
  if (late) reader_.open(device.history);
  for (Nanos end = first_end; end <= booked_end_; end += kMinute) {
    if (late) reader_.advance(end);
    const Cell cell = late ? cell_of(device, reader_.fields(), reader_.checks(), end, known_at)
                           : cell_of(device, device.now, devices_.checks(i), end, known_at);
    out.push_back({cell, gaps.cover(cell.source, end)});
  }
}

void DeviceMinutes::book_difference(DeviceIndex i, Nanos first_end) {
  Nanos end = first_end;
  for (std::size_t m = 0; m < before_.size(); ++m, end += kMinute) {
    const auto& [old_cell, old_gap] = before_[m];
    const auto& [new_cell, new_gap] = after_[m];
    const bool was = Status::expected(old_cell.status), is = Status::expected(new_cell.status);
    for (std::size_t c = 0; c < judge_.asked(); ++c) {
      const MinuteOutcome old_outcome = was ? judge_.outcome(c, old_cell.status, old_gap) : MinuteOutcome{};
      const MinuteOutcome new_outcome = is ? judge_.outcome(c, new_cell.status, new_gap) : MinuteOutcome{};
      if (was == is && old_outcome == new_outcome && old_cell.labels == new_cell.labels) continue;
      if (was) rebook_one(i, booking_of(c, end, old_outcome, old_cell.labels), -1);
      if (is) rebook_one(i, booking_of(c, end, new_outcome, new_cell.labels), +1);
    }
  }
}

void DeviceMinutes::rebook_one(DeviceIndex i, const MinuteBooking& booking, int sign) {
  sink_.book_minutes(booking, sign);
  if (booking.state == MinuteState::kUnhealthy) sink_.book_unhealthy(booking, devices_[i].id, sign);
}

void DeviceMinutes::book_minute(Nanos end) {
  bool any_gap = false;
  for (const Groups::Group& group : groups_.all()) {
    if (group.devices == 0 || !Status::expected(group.cell.status)) continue;
    const bool gap = gaps_.cover(group.cell.source, end);
    any_gap = any_gap || gap;
    for (std::size_t c = 0; c < judge_.asked(); ++c) {
      sink_.book_minutes(booking_of(c, end, judge_.outcome(c, group.cell.status, gap), group.cell.labels),
                         group.devices);
    }
  }
  if (any_gap && fleet_of(config_).broker_down_is_unhealthy) {  // then everybody may be
    for (DeviceIndex i = 0; i < devices_.size(); ++i) tell_unhealthy(end, i);
  } else {
    for (const DeviceIndex i : unhealthy_.all()) tell_unhealthy(end, i);
  }
}

/// Which checks the device's minute is unhealthy by.
void DeviceMinutes::tell_unhealthy(Nanos end, DeviceIndex i) {
  const Cell& cell = groups_.cell(devices_[i].group);
  if (!Status::expected(cell.status)) return;
  const bool gap = gaps_.cover(cell.source, end);
  for (std::size_t c = 0; c < judge_.asked(); ++c) {
    const MinuteOutcome outcome = judge_.outcome(c, cell.status, gap);
    if (outcome.state == MinuteState::kUnhealthy)
      sink_.book_unhealthy(booking_of(c, end, outcome, cell.labels), devices_[i].id, +1);
  }
}

void DeviceMinutes::place(DeviceIndex i, const Cell& cell) {
  devices_[i].group = groups_.move(devices_[i].group, cell);
  unhealthy_.note(i, Status::unhealthy(cell.status, rules_.value_checks()));
}

void DeviceMinutes::find_unhealthy() {
  unhealthy_ = {};
  for (DeviceIndex i = 0; i < devices_.size(); ++i) {
    if (devices_[i].group < groups_.all().size())
      unhealthy_.note(i, Status::unhealthy(groups_.cell(devices_[i].group).status, rules_.value_checks()));
  }
}

void DeviceMinutes::tick(Nanos at) {
  if (started_) advance(at);
  if (started_ && at > now_) fire(at);
  now_ = std::max(now_, at);
}

/// Books every minute that ended at or before `at`.
void DeviceMinutes::advance(Nanos at) {
  for (Nanos end = booked_end_ + kMinute; end <= at; end += kMinute) {
    if (end > now_) fire(end);
    book_minute(end);
    booked_end_ = end;
  }
}

/// Time passes from now_ to `at`: silences that trip rewrite the past, and devices whose timer is due are
/// looked at.
void DeviceMinutes::fire(Nanos at) {
  for (const DeviceIndex i : timers_.take_due(
           at, [&](DeviceIndex d) -> auto& { return devices_[d].armed; })) {
    const Silence& silence = devices_[i].silence;
    if (silence.next_trip(now_) < at) rebook(i, silence.down_since(at), at, [] {});
    refresh(i, at, at);
  }
  now_ = at;
}

/// Puts the device into the group of its cell at `end` and arms its next timer.
void DeviceMinutes::refresh(DeviceIndex i, Nanos end, Nanos known_at) {
  if (!started_) return;
  Device& device = devices_[i];
  if (device.now.time < end) {
    place(i, cell_of(device, device.now, devices_.checks(i), end, known_at));
    timers_.arm(i, device.armed, next_change(device, devices_.checks(i), end, known_at));
    return;
  }
  reader_.open(device.history);  // a report from the future waits for its time
  reader_.advance(end);
  place(i, cell_of(device, reader_.fields(), reader_.checks(), end, known_at));
  const Nanos next = next_change(device, reader_.checks(), end, known_at);
  timers_.arm(i, device.armed, std::min(next, reader_.next_time()));
}

Cell DeviceMinutes::cell_of(const Device& device, const Fields& fields, std::span<const CheckState> checks,
                            Nanos end, Nanos known_at) {
  if (device.registered != has_registry_ || device.expected_from >= end || end > device.expected_until)
    return {};
  if (!rules_.rule(fields.labels, fields.state).in_service) return {};
  const bool down = is_down(device.silence, device.history.closed, end, known_at);
  return {fields.labels, device.source, Status::pack(down, checks, rules_, end)};
}

/// The first time past which the cell may differ from the one at `end`, if nothing more is heard.
Nanos DeviceMinutes::next_change(const Device& device, std::span<const CheckState> checks, Nanos end,
                                 Nanos known_at) const {
  Nanos next = device.silence.next_trip(known_at);
  const auto consider = [&](Nanos at) {
    if (at >= end) next = std::min(next, at);
  };
  consider(device.expected_from);
  consider(device.expected_until);
  for (std::size_t k = 0; k < checks.size(); ++k) {
    consider(checks[k].holds_until);
    consider(checks[k].turns_at(rules_.dwell(k)));
  }
  return next;
}

Nanos DeviceMinutes::horizon() const {
  const Nanos keep = config_.state.keep_fleet.count();
  return now_ < kAlways + keep ? kAlways : now_ - keep;
}

void DeviceMinutes::unobserved(StringId source, Nanos from, Nanos to) {
  const auto known = std::find(sources_.begin(), sources_.end(), source);
  if (from >= to || (source != 0 && known == sources_.end())) return;
  const auto index = source == 0 ? SourceIndex{0} : static_cast<SourceIndex>(known - sources_.begin() + 1);
  if (started_) advance(from);
  const Gap gap{from, to, index};
  Gaps all = gaps_;
  all.add(gap, horizon());
  for (DeviceIndex i = 0; i < devices_.size(); ++i) {
    Device& device = devices_[i];
    if (!gap.touches(device.source)) continue;
    const Nanos first_end = first_end_after(std::max({from, final_until(), device.history.base.time}));
    read_cells(i, first_end, now_, gaps_, before_);
    restart(device.silence, device.history.closed, {from, to});
    read_cells(i, first_end, now_, all, after_);
    book_difference(i, first_end);
    refresh(i, std::max(now_, from) + 1, now_);
  }
  gaps_ = std::move(all);
}

// ---- rows: here, because rebook() is theirs
// ----------------------------------------------------------------------

bool DeviceMinutes::apply(const DeviceRow& row) {
  const bool ours = row.kind == MessageKind::kReport || row.kind == MessageKind::kPresence;
  if (!ours || row.device == 0) return true;
  const DeviceIndex i = find_or_add(row.device);
  if (row.kind == MessageKind::kReport) {
    const Fields& fields = devices_[i].now;
    if (!dedup_.first(row, origin_of(row, devices_[i]), rules_.rule(fields.labels, fields.state).interval)) {
      ++duplicates_;
      return false;
    }
  }
  if (!row.retained && !started_) start(nanos(row.received));
  if (started_) advance(nanos(row.received));
  row.kind == MessageKind::kReport ? apply_report(row) : apply_presence(row);
  return true;
}

/// The earliest time at which a message received at `at` changes connectivity.
Nanos DeviceMinutes::first_effect(const Device& device, Nanos at, bool evidence) const {
  if (device.source == 0 && !gaps_.empty()) return kAlways;  // its source decides which gaps touch it
  return evidence ? std::min(at, device.silence.down_since(at)) : at;
}

void DeviceMinutes::apply_report(const DeviceRow& row) {
  const DeviceIndex i = find_or_add(row.device);
  const Nanos at = nanos(row.received);
  Report report{row.has_time ? nanos(row.time) : at, row.word, row.labels};
  if (report.time - at > kMaxAhead) report.time = at;
  read_values(row);
  Nanos from = report.time;
  if (!row.retained) from = std::min(from, first_effect(devices_[i], at, true));
  rebook(i, from, now_, [&] {
    learn(i, report);
    if (row.retained) return;
    meet(i, at, row.source);
    hear(i, at);
  });
  refresh(i, std::max(now_, at) + 1, now_);
  const std::size_t cap = std::clamp<std::size_t>(kReportsOfFleet / devices_.size(), kMinReports, 1u << 16);
  devices_[i].history.trim(rules_, boundaries_.empty() ? horizon() : std::min(horizon(), boundaries_.front()),
                           cap);
}

void DeviceMinutes::apply_presence(const DeviceRow& row) {
  if (row.retained) return;
  const DeviceIndex i = find_or_add(row.device);
  const Nanos at = nanos(row.received);
  const auto known = std::find(sources_.begin(), sources_.end(), row.source);
  const auto says = [&](std::vector<StringId> PresenceWords::*words) {
    if (known == sources_.end()) return false;
    const std::vector<StringId>& list = presence_[static_cast<std::size_t>(known - sources_.begin())].*words;
    return std::find(list.begin(), list.end(), row.word) != list.end();
  };
  const bool online = says(&PresenceWords::online);
  const bool offline = !online && says(&PresenceWords::offline);
  rebook(i, first_effect(devices_[i], at, online), now_, [&] {
    meet(i, at, row.source);
    Silence& silence = devices_[i].silence;
    if (online) hear(i, at);
    if (offline && silence.offline == kNever) silence.offline = std::max(at, silence.evidence);
  });
  refresh(i, std::max(now_, at) + 1, now_);
}

}  // namespace slod::fleet
