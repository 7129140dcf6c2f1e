// DeviceMinutes: what must be known at a boundary to go on without the rows before it.
#include <algorithm>
#include <tuple>

#include "device_minutes.h"

namespace slod::fleet {
namespace {

SealedCheck sealed(const CheckState& check) {
  return {check.since, check.holds_until, static_cast<std::uint8_t>(check.condition),
          static_cast<std::uint8_t>(check.unhealthy ? 1 : 0)};
}

CheckState restored(const SealedCheck& check) {
  CheckState state;
  state.since = check.since;
  state.holds_until = check.holds_until;
  state.condition = static_cast<CheckState::Condition>(check.condition & 3u);
  state.unhealthy = check.unhealthy != 0;
  return state;
}

}  // namespace

SealedFleet DeviceMinutes::facts(Nanos until) {
  SealedFleet facts;
  const std::size_t checks = rules_.value_checks();
  for (std::size_t k = 0; k < checks; ++k) facts.checks.push_back(rules_.reason(k));
  if (!started_) return facts;
  facts.devices.resize(devices_.size());
  facts.states.resize(devices_.size() * checks);
  for (DeviceIndex i = 0; i < devices_.size(); ++i) {
    const Device& device = devices_[i];
    SealedDevice& out = facts.devices[i];
    out.device = device.id;
    if (device.source != 0) out.source = sources_[device.source - 1U];
    out.seen = device.seen;
    out.expected_from = device.expected_from;
    const Silence& silence = device.silence;
    out.evidence = silence.evidence, out.missed = silence.missed;
    out.lost = silence.lost, out.offline = silence.offline;
    state_of(i, until, facts);
    const History& history = device.history;
    for (std::size_t r = 0; r < history.reports.size(); ++r) {
      const Report& report = history.reports[r];
      if (report.time < until) continue;
      facts.ahead.push_back({i, report.time, report.state, report.labels});
      for (std::size_t k = 0; k < checks; ++k) facts.values.push_back(history.values[r * checks + k]);
    }
  }
  std::tie(facts.recent, facts.older) = dedup_.seen();
  facts.duplicates = duplicates_;
  boundaries_.push_back(until);
  return facts;
}

/// Its fields and checks by the reports stamped before `until`, as far as they are known now.
void DeviceMinutes::state_of(DeviceIndex i, Nanos until, SealedFleet& facts) {
  reader_.open(devices_[i].history);
  reader_.advance(until);
  SealedDevice& out = facts.devices[i];
  out.time = reader_.fields().time;
  out.state = reader_.fields().state;
  out.labels = reader_.fields().labels;
  const std::size_t checks = reader_.checks().size();
  for (std::size_t k = 0; k < checks; ++k) facts.states[i * checks + k] = sealed(reader_.checks()[k]);
}

void DeviceMinutes::seal(Nanos until, SealedFleet& facts) {
  sealed_ = std::max(sealed_, until);
  std::erase_if(boundaries_, [&](Nanos boundary) { return boundary <= until; });
  for (DeviceIndex i = 0; i < devices_.size(); ++i) {
    History& history = devices_[i].history;
    // A fleet that is large for its memory has folded later reports already: what was known then stands.
    if (i < facts.devices.size() && history.base.time < until) state_of(i, until, facts);
    history.close(rules_, until);
  }
}

void DeviceMinutes::restore(const SealedFleet& facts, Nanos until, Nanos now) {
  started_ = true;
  start_ = booked_end_ = sealed_ = until;
  now_ = std::max(now_, now);
  for (std::size_t d = 0; d < facts.devices.size(); ++d) restore(facts, d, until);
  restore_ahead(facts);
  for (DeviceIndex i = 0; i < devices_.size(); ++i) {
    Device& device = devices_[i];
    if (device.registered && device.silence.evidence == kNever) {  // new in the registry
      const Rule& rule = rules_.rule(device.now.labels, device.now.state);
      device.silence.start(std::max(now, device.expected_from), rule.interval, rule.lost);
    }
    refresh(i, now_ + 1, now_);
  }
  dedup_.restore(facts.recent, facts.older);
  duplicates_ = facts.duplicates;
}

void DeviceMinutes::restore(const SealedFleet& facts, std::size_t d, Nanos until) {
  const SealedDevice& from = facts.devices[d];
  Device& device = devices_[find_or_add(from.device)];
  const auto known = std::find(sources_.begin(), sources_.end(), from.source);
  if (known != sources_.end()) device.source = static_cast<SourceIndex>(known - sources_.begin() + 1);
  device.seen = from.seen;
  if (!has_registry_) device.expected_from = from.expected_from;
  device.silence = {from.evidence, from.missed, from.lost, from.offline};
  device.history = {};
  History& history = device.history;
  // Without a report it is what the registry says now.
  history.base =
      from.time == kAlways && device.registered ? device.now : Fields{from.time, from.state, from.labels};
  if (history.base.time != kAlways) history.base.time = until - 1;
  history.base_checks.resize(rules_.value_checks());
  for (std::size_t k = 0; k < facts.checks.size(); ++k) {
    const int mine = rules_.find_check(dictionary_.text(facts.checks[k]));
    if (mine < 0) continue;
    history.base_checks[static_cast<std::size_t>(mine)] = restored(facts.states[d * facts.checks.size() + k]);
  }
  device.now = history.base;
  const DeviceIndex i = devices_.find(from.device);
  std::copy(history.base_checks.begin(), history.base_checks.end(), devices_.checks(i).begin());
}

void DeviceMinutes::restore_ahead(const SealedFleet& facts) {
  const std::size_t checks = facts.checks.size();
  for (std::size_t r = 0; r < facts.ahead.size(); ++r) {
    const SealedReport& report = facts.ahead[r];
    std::fill(values_.begin(), values_.end(), kNoValue);
    for (std::size_t k = 0; k < checks; ++k) {
      const int mine = rules_.find_check(dictionary_.text(facts.checks[k]));
      if (mine >= 0) values_[static_cast<std::size_t>(mine)] = facts.values[r * checks + k];
    }
    learn(devices_.find(facts.devices[report.device].device), {report.time, report.state, report.labels});
  }
}

}  // namespace slod::fleet
