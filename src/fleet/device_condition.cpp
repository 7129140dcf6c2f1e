// DeviceMinutes: how a device stood at a time, for a journey of it that failed.
#include <algorithm>
#include <cmath>

#include "device_minutes.h"

namespace slod::fleet {
namespace {

using fold::DeviceCondition;

constexpr std::size_t kLookBack = 64;  // reports
constexpr Nanos kSecond = 1'000'000'000;

std::int32_t whole_seconds(Nanos span) {
  constexpr Nanos kMost = std::numeric_limits<std::int32_t>::max();
  return static_cast<std::int32_t>(std::clamp(span / kSecond, -kMost, kMost));
}

/// The reports until `at`, the newest of them last.
std::size_t reports_until(const History& history, Nanos at) {
  const auto after = std::upper_bound(history.reports.begin(), history.reports.end(), at,
                                      [](Nanos time, const Report& r) { return time < r.time; });
  return static_cast<std::size_t>(after - history.reports.begin());
}

}  // namespace

DeviceCondition DeviceMinutes::condition(StringId id, Nanos at, Nanos known_at) const {
  DeviceCondition condition;
  condition.link = DeviceCondition::Link::kUnknown;
  const DeviceIndex i = devices_.find(id);
  if (i == Devices::kNone) return condition;
  tell_link(devices_[i], at, std::max(known_at, now_), condition);
  tell_checks(i, at, condition);
  return condition;
}

void DeviceMinutes::tell_link(const Device& device, Nanos at, Nanos known_at,
                              DeviceCondition& condition) const {
  using Link = DeviceCondition::Link;
  const Silence& silence = device.silence;
  if (silence.evidence == kNever) return;
  // A last will is the broker's, a clock started anew is ours: neither was said by the device.
  if (device.seen != kNever)
    condition.heard_seconds = whole_seconds(at - std::min(device.seen, silence.evidence));
  if (gaps_.cover(device.source, first_end_after(at))) return;
  condition.link = Link::kConnected;
  const std::vector<Outage>& closed = device.history.closed;
  if (!is_down(silence, closed, at + 1, known_at)) return;
  Nanos since = silence.down_since(known_at);
  condition.link = since == silence.offline ? Link::kOffline : Link::kSilent;
  if (at < silence.evidence) {
    const auto outage = std::lower_bound(closed.begin(), closed.end(), at + 1,
                                         [](const Outage& o, Nanos end) { return o.to < end; });
    since = outage->from;
    condition.link = Link::kSilent;
  }
  condition.out_seconds = whole_seconds(at - since);
}

void DeviceMinutes::tell_checks(DeviceIndex i, Nanos at, DeviceCondition& condition) const {
  const Device& device = devices_[i];
  const History& history = device.history;
  const std::size_t checks = rules_.value_checks();
  std::size_t r = reports_until(history, at);
  const std::size_t oldest = r > kLookBack ? r - kLookBack : 0;
  for (; rules_.has_battery() && r > oldest; --r) {
    const double battery = history.values[(r - 1) * checks];
    if (std::isnan(battery)) continue;
    condition.battery = static_cast<std::int16_t>(std::lround(std::clamp(battery, 0.0, 100.0) * 10));
    break;
  }
  for (std::size_t k = 0; k < checks && condition.check == 0; ++k) {
    const bool failing = device.now.time <= at
                             ? devices_.checks(i)[k].at(at + 1, rules_.dwell(k)) == CheckStatus::kUnhealthy
                             : was_unhealthy(device, k, at);
    const std::size_t first = rules_.has_battery() ? DeviceCondition::kBattery : DeviceCondition::kFirstCheck;
    if (failing) condition.check = static_cast<std::uint8_t>(first + k);
  }
}

/// By the values reported until `at`: the last one outside the band between the thresholds decides.
bool DeviceMinutes::was_unhealthy(const Device& device, std::size_t check, Nanos at) const {
  const History& history = device.history;
  const CheckRule& rule = rules_.rule(device.now.labels, device.now.state).checks[check];
  const std::size_t newest = reports_until(history, at);
  const std::size_t oldest = newest > kLookBack ? newest - kLookBack : 0;
  bool fresh = false;
  for (std::size_t r = newest; r > oldest; --r) {
    const double value = history.values[(r - 1) * rules_.value_checks() + check];
    if (std::isnan(value)) continue;
    if (!fresh && at > later(history.reports[r - 1].time, rule.max_age)) return false;
    fresh = true;
    const CheckState::Condition condition = condition_of(rule, value);
    if (condition != CheckState::Condition::kBetween) return condition == CheckState::Condition::kUnhealthy;
  }
  return false;
}

}  // namespace slod::fleet
