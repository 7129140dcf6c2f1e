// Distinct devices with bad events in a trailing window, for policies that want evidence from more than one
// device. Exact; memory is one entry per (device, slot) with bad events in the longest window. Engine thread.
#pragma once

#include <map>

#include "slod/core/dictionary.h"
#include "slod/core/time.h"

namespace slod::engine {

class BadDevices {
 public:
  void record(StringId device, Slot slot, int sign) {
    if (device == 0) return;
    auto& slots = devices_[device];
    if ((slots[slot] += sign) == 0) slots.erase(slot);
    if (slots.empty()) devices_.erase(device);
  }
  void forget_before(Slot oldest) {
    for (auto device = devices_.begin(); device != devices_.end();) {
      device->second.erase(device->second.begin(), device->second.lower_bound(oldest));
      device = device->second.empty() ? devices_.erase(device) : std::next(device);
    }
  }
  /// Distinct devices with bad events in [from, to); -1 where none of these events named a device.
  [[nodiscard]] std::int64_t count(Slot from, Slot to) const {
    std::int64_t found = 0;
    for (const auto& [device, slots] : devices_) {
      const auto first = slots.lower_bound(from);
      if (first != slots.end() && first->first < to) ++found;
    }
    return found == 0 ? -1 : found;
  }

  template <class A>
  void io(A& a) {
    a(devices_);
  }

 private:
  std::map<StringId, std::map<Slot, int>> devices_;
};

}  // namespace slod::engine
