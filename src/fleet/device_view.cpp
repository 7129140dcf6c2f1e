// DeviceMinutes: what people and metrics ask.
#include <algorithm>

#include "device_minutes.h"

namespace slod::fleet {
namespace {

const char* word(MinuteState state) {
  switch (state) {
    case MinuteState::kHealthy:
      return "healthy";
    case MinuteState::kUnhealthy:
      return "unhealthy";
    case MinuteState::kExcluded:
      return "excluded";
    case MinuteState::kUnobserved:
      return "unobserved";
  }
  return "";
}

}  // namespace

FleetCounts DeviceMinutes::counts() const {
  FleetCounts counts;
  counts.duplicates = duplicates_;
  for (const Groups::Group& group : groups_.all()) {
    if (group.devices == 0 || !Status::expected(group.cell.status)) continue;
    const MinuteOutcome outcome = judge_.any(group.cell.status);
    const std::string reason(dictionary_.text(outcome.reason));
    counts.devices[{word(outcome.state), reason}] += group.devices;
  }
  const Nanos missing_after = fleet_of(config_).missing_after.count();
  for (DeviceIndex i = 0; i < devices_.size(); ++i) {
    const Device& device = devices_[i];
    if (!device.registered && device.seen == kNever) continue;
    ++counts.known;
    const bool expected = Status::expected(groups_.cell(device.group).status);
    if (expected && now_ > later(device.silence.evidence, missing_after)) ++counts.missing;
  }
  return counts;
}

std::vector<DeviceNow> DeviceMinutes::unhealthy_now(std::size_t limit) const {
  std::vector<std::pair<Nanos, DeviceIndex>> found;  // unhealthy since
  for (DeviceIndex i = 0; i < devices_.size(); ++i) {
    const std::uint64_t status = groups_.cell(devices_[i].group).status;
    if (!Status::expected(status) || judge_.any(status).state != MinuteState::kUnhealthy) continue;
    found.emplace_back(unhealthy_since(i, status), i);
  }
  limit = std::min(limit, found.size());
  const auto middle = found.begin() + static_cast<std::ptrdiff_t>(limit);
  std::partial_sort(found.begin(), middle, found.end());
  std::vector<DeviceNow> devices;
  for (auto it = found.begin(); it != middle; ++it) devices.push_back(describe(devices_[it->second]));
  return devices;
}

Nanos DeviceMinutes::unhealthy_since(DeviceIndex i, std::uint64_t status) const {
  if (Status::down(status)) return devices_[i].silence.down_since(now_);
  const std::span<const CheckState> checks = devices_.checks(i);
  for (std::size_t k = 0; k < checks.size(); ++k) {
    if (Status::check(status, k) == CheckStatus::kUnhealthy) return checks[k].since;
  }
  return kNever;
}

DeviceNow DeviceMinutes::describe(const Device& device) const {
  DeviceNow now;
  now.device = dictionary_.text(device.id);
  now.state = dictionary_.text(device.now.state);
  now.reason = dictionary_.text(judge_.any(groups_.cell(device.group).status).reason);
  if (device.seen != kNever) now.last_seen = from_nanos(device.seen);
  if (!rules_.has_battery()) return now;
  const std::vector<double>& values = device.history.values;
  for (std::size_t r = device.history.reports.size(); r-- > 0;) {
    const double battery = values[r * rules_.value_checks()];
    if (battery != battery) continue;
    now.battery = battery;
    break;
  }
  return now;
}

}  // namespace slod::fleet
