#include "fold/journey_labels.h"

#include <string_view>

namespace slod::fold {

JourneyLabels::JourneyLabels(const std::vector<std::string>& keys, Dictionary& dictionary,
                             const DeviceDirectory& devices)
    : dictionary_(dictionary), devices_(devices) {
  constexpr std::string_view kDevice = "device.";
  for (const std::string& key : keys) {
    const StringId id = dictionary.intern(key);
    if (key.starts_with(kDevice)) {
      from_device_.push_back({id, key.substr(kDevice.size()), {}});
    } else {
      from_record_.push_back(id);
    }
  }
}

LabelSetId JourneyLabels::keep(LabelSetId record) {
  std::vector<Label> kept;
  for (const StringId key : from_record_) kept.push_back({key, dictionary_.value(record, key)});
  if (record >= kept_.size()) kept_.resize(record + 1, kUnasked);
  return kept_[record] = dictionary_.intern_labels(kept);
}

LabelSetId JourneyLabels::add_device_labels(LabelSetId set, StringId device, Time at) {
  if (device == 0) return set;
  for (DeviceLabel& label : from_device_) {
    const StringId value = devices_.label(device, label.name, at);
    if (value != 0) set = extended(label, set, value);
  }
  return set;
}

LabelSetId JourneyLabels::extended(DeviceLabel& label, LabelSetId set, StringId value) {
  const auto [known, is_new] = label.with.try_emplace((std::uint64_t{set} << 32) | value, 0);
  if (is_new) {
    const std::span<const Label> old = dictionary_.labels(set);
    std::vector<Label> all(old.begin(), old.end());
    all.push_back({label.key, value});
    known->second = dictionary_.intern_labels(all);
  }
  return known->second;
}

}  // namespace slod::fold
