// The labels that a journey's events keep: those of the record that the journey names, and device.* as the
// fleet knew them at the event's time. Cached per label set; owned by the fold.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <optional>
#include <string>
#include <vector>

#include "slod/fold/fold.h"

namespace slod::fold {

class JourneyLabels {
 public:
  JourneyLabels(const std::vector<std::string>& keys, Dictionary& dictionary, const DeviceDirectory& devices);

  LabelSetId of(LabelSetId record, StringId device, Time at) {
    const LabelSetId own = record < kept_.size() && kept_[record] != kUnasked ? kept_[record] : keep(record);
    return from_device_.empty() ? own : add_device_labels(own, device, at);
  }

  /// A guess at of(), without the device's labels; nothing for a label set that is new.
  [[nodiscard]] std::optional<LabelSetId> guess(LabelSetId record) const {
    if (record >= kept_.size() || kept_[record] == kUnasked) return std::nullopt;
    return kept_[record];
  }

 private:
  static constexpr LabelSetId kUnasked = 0xffffffff;
  struct DeviceLabel {
    StringId key = 0;                                           // "device.model"
    std::string name;                                           // "model", as the directory calls it
    boost::unordered_flat_map<std::uint64_t, LabelSetId> with;  // (set, value) -> the set with the value
  };
  LabelSetId keep(LabelSetId record);
  LabelSetId add_device_labels(LabelSetId set, StringId device, Time at);
  LabelSetId extended(DeviceLabel& label, LabelSetId set, StringId value);

  Dictionary& dictionary_;
  const DeviceDirectory& devices_;
  std::vector<StringId> from_record_;
  std::vector<DeviceLabel> from_device_;
  std::vector<LabelSetId> kept_;
};

}  // namespace slod::fold
