// Timers of devices in buckets of 10 s. A device has at most one that counts (its `armed` bucket); an older,
// later one is left where it lies and passed over. A timer at T is due at a tick after T, never at T.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "times.h"

namespace slod::fleet {

using DeviceIndex = std::uint32_t;
inline constexpr std::int64_t kUnarmed = std::numeric_limits<std::int64_t>::max();

class Timers {
 public:
  /// Makes sure that `device` comes up by the first tick after `at`; a timer that is armed for earlier stays.
  void arm(DeviceIndex device, std::int64_t& armed, Nanos at) {
    if (at == kNever) return;
    const std::int64_t bucket = floor_div(at, kSlotLength.count());
    if (bucket >= armed) return;
    armed = bucket;
    buckets_[bucket].push_back(device);
  }
  /// The devices whose timer may be before `now`, each once, now unarmed. `armed(device)`: a reference to its
  /// `armed`.
  template <typename Armed>
  std::vector<DeviceIndex> take_due(Nanos now, Armed&& armed) {
    std::vector<DeviceIndex> due;
    while (!buckets_.empty() && buckets_.begin()->first * kSlotLength.count() < now) {
      for (const DeviceIndex device : buckets_.begin()->second) {
        if (armed(device) != buckets_.begin()->first) continue;
        armed(device) = kUnarmed;
        due.push_back(device);
      }
      buckets_.erase(buckets_.begin());
    }
    return due;
  }

  template <class A>
  void io(A& a) {
    a(buckets_);
  }

 private:
  std::map<std::int64_t, std::vector<DeviceIndex>> buckets_;
};

}  // namespace slod::fleet
