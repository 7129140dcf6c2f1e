// DeviceMinutes: what single rows and registry lines change in a device.
#include <algorithm>
#include <charconv>

#include "device_minutes.h"
#include "slod/core/result.h"

namespace slod::fleet {
namespace {

double parse_number(std::string_view text) {
  double value = 0;
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : kNoValue;
}

}  // namespace

DeviceMinutes::DeviceMinutes(const Config& config, Dictionary& dictionary,
                             const std::vector<RegistryEntry>& registry,
                             const std::vector<std::string>& asked, MinuteSink& sink)
    : config_(config),
      dictionary_(dictionary),
      sink_(sink),
      rules_(config, dictionary, asked),
      judge_(rules_, dictionary, asked, fleet_of(config).broker_down_is_unhealthy),
      devices_(rules_.value_checks()),
      has_registry_(!registry.empty() || !fleet_of(config).registry.empty()),
      reader_(rules_),
      values_(rules_.value_checks()) {
  learn_sources(config);
  for (const RegistryEntry& entry : registry) enroll(entry);
}

void DeviceMinutes::learn_sources(const Config& config) {
  for (const std::string& name : fleet_of(config).sources) {
    sources_.push_back(dictionary_.intern(name));
    PresenceWords& words = presence_.emplace_back();
    const SourceConfig* source = config.source(name);
    if (source == nullptr) continue;
    for (const MessageRule& rule : source->messages) {
      if (rule.is != MessageRule::Is::kPresence) continue;
      for (const std::string& word : rule.online) words.online.push_back(dictionary_.intern(word));
      for (const std::string& word : rule.offline) words.offline.push_back(dictionary_.intern(word));
    }
  }
}

void DeviceMinutes::enroll(const RegistryEntry& entry) {
  const DeviceIndex i = find_or_add(dictionary_.intern(entry.device));
  Device& device = devices_[i];
  device.registered = true;
  device.expected_from = entry.commissioned_at ? nanos(*entry.commissioned_at) : kAlways;
  device.expected_until = entry.decommissioned_at ? nanos(*entry.decommissioned_at) : kNever;
  device.now = {kAlways, dictionary_.intern(entry.state), rules_.intern(entry.labels)};
  device.history.base = device.now;
}

/// The first evidence of the fleet: from its minute on minutes are booked, and the clocks of silent devices
/// run.
void DeviceMinutes::start(Nanos at) {
  started_ = true;
  start_ = booked_end_ = minute_floor(at);
  now_ = std::max(now_, start_);
  for (DeviceIndex i = 0; i < devices_.size(); ++i) {
    Device& device = devices_[i];
    if (!device.registered) continue;
    const Rule& rule = rules_.rule(device.now.labels, device.now.state);
    device.silence.start(std::max(at, device.expected_from), rule.interval, rule.lost);
    refresh(i, now_ + 1, now_);
  }
}

DeviceIndex DeviceMinutes::find_or_add(StringId device) {
  const DeviceIndex known = devices_.find(device);
  if (known != Devices::kNone) return known;
  groups_.enter(0);
  const DeviceIndex i = devices_.add(device);
  devices_[i].hash = digest_of(dictionary_.text(device)).hi;
  return i;
}

/// Who says it, for the memory of what was said.
std::uint64_t DeviceMinutes::origin_of(const DeviceRow& row, const Device& device) {
  for (const auto& [id, hash] : source_hashes_) {
    if (id == row.source) return hash ^ device.hash;
  }
  const std::uint64_t hash = digest_of(dictionary_.text(row.source)).lo;
  source_hashes_.emplace_back(row.source, hash);
  return hash ^ device.hash;
}

void DeviceMinutes::read_values(const DeviceRow& row) {
  for (std::size_t k = 0; k < values_.size(); ++k) {
    const bool battery = k == 0 && rules_.has_battery();
    values_[k] = battery ? row.battery
                         : parse_number(dictionary_.text(dictionary_.value(row.values, rules_.field(k))));
  }
}

/// Takes in what the report says (values_ are its values), wherever its time belongs.
void DeviceMinutes::learn(DeviceIndex i, const Report& report) {
  Device& device = devices_[i];
  if (report.time < device.history.base.time) return;  // older than all that is kept
  if (device.history.insert(report, values_)) {
    step(rules_, device.now, devices_.checks(i), report, values_);
    return;
  }
  reader_.open(device.history);
  reader_.finish();
  device.now = reader_.fields();
  std::copy(reader_.checks().begin(), reader_.checks().end(), devices_.checks(i).begin());
}

/// A message that was not retained: the device exists, and silence after it counts.
void DeviceMinutes::meet(DeviceIndex i, Nanos at, StringId source) {
  Device& device = devices_[i];
  if (device.source == 0) {
    const auto known = std::find(sources_.begin(), sources_.end(), source);
    if (known != sources_.end()) device.source = static_cast<SourceIndex>(known - sources_.begin() + 1);
  }
  if (!has_registry_ && device.expected_from == kNever) device.expected_from = at;
  if (device.silence.evidence == kNever || (device.seen == kNever && at < device.silence.evidence)) {
    const Rule& rule = rules_.rule(device.now.labels, device.now.state);
    device.silence.start(at, rule.interval, rule.lost);
  }
  device.seen = device.seen == kNever ? at : std::max(device.seen, at);
}

/// Evidence of life: an outage that it ends is closed, the clock starts anew.
void DeviceMinutes::hear(DeviceIndex i, Nanos at) {
  Device& device = devices_[i];
  Silence& silence = device.silence;
  at = std::max(at, silence.evidence);
  const Nanos down = silence.down_since(at);
  if (down < at) device.history.closed.push_back({down, at});
  const Rule& rule = rules_.rule(device.now.labels, device.now.state);
  silence.start(at, rule.interval, rule.lost);
  silence.offline = kNever;
}

StringId DeviceMinutes::label(StringId id, std::string_view name, Nanos at) const {
  const DeviceIndex i = devices_.find(id);
  const StringId key = dictionary_.find(name);
  if (i == Devices::kNone || key == 0) return 0;
  const Device& device = devices_[i];
  if (at >= device.now.time) return dictionary_.value(device.now.labels, key);
  const std::vector<Report>& reports = device.history.reports;
  auto after = std::upper_bound(reports.begin(), reports.end(), at,
                                [](Nanos time, const Report& r) { return time < r.time; });
  while (after != reports.begin()) {
    --after;
    if (const StringId value = dictionary_.value(after->labels, key)) return value;
  }
  return dictionary_.value(device.history.base.labels, key);
}

}  // namespace slod::fleet
