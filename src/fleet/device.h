// One device as the fleet holds it. What the live path reads lies here; what only late data needs is its
// history.
#pragma once

#include "cells.h"
#include "history.h"
#include "silence.h"
#include "timers.h"

namespace slod::fleet {

struct Device {
  Fields now;  ///< after every report, those stamped in the future included
  Silence silence;
  Nanos expected_from = kNever;   ///< commissioned, or first seen where there is no registry
  Nanos expected_until = kNever;  ///< decommissioned
  Nanos seen = kNever;            ///< last non-retained report or presence
  std::int64_t armed = kUnarmed;
  std::uint64_t hash = 0;  ///< of its name: the same whatever the dictionary
  StringId id = 0;
  Groups::Index group = 0;
  SourceIndex source = 0;  ///< that of its first non-retained message, for ever
  bool registered = false;
  History history;
  template <class A>
  void io(A& a) {
    a(now, silence, expected_from, expected_until, seen, armed, hash, id, group, source, registered, history);
  }
};

/// Devices whose current cell is not healthy. Order: of the calls.
class Unhealthy {
 public:
  void note(DeviceIndex i, bool is) {
    if (i >= places_.size()) places_.resize(i + 1, kNowhere);
    if (is == (places_[i] != kNowhere)) return;
    if (is) {
      places_[i] = static_cast<DeviceIndex>(all_.size());
      all_.push_back(i);
    } else {
      all_[places_[i]] = all_.back();
      places_[all_.back()] = places_[i];
      places_[i] = kNowhere;
      all_.pop_back();
    }
  }
  [[nodiscard]] const std::vector<DeviceIndex>& all() const { return all_; }

 private:
  static constexpr DeviceIndex kNowhere = std::numeric_limits<DeviceIndex>::max();
  std::vector<DeviceIndex> all_, places_;
};

/// The devices, and beside them the current state of their value checks.
class Devices {
 public:
  explicit Devices(std::size_t value_checks) : stride_(value_checks) {}

  [[nodiscard]] std::size_t size() const { return devices_.size(); }
  Device& operator[](DeviceIndex i) { return devices_[i]; }
  const Device& operator[](DeviceIndex i) const { return devices_[i]; }
  std::span<CheckState> checks(DeviceIndex i) { return {checks_.data() + i * stride_, stride_}; }

  [[nodiscard]] std::span<const CheckState> checks(DeviceIndex i) const {
    return {checks_.data() + i * stride_, stride_};
  }

  static constexpr DeviceIndex kNone = std::numeric_limits<DeviceIndex>::max();
  /// kNone if there is no such device.
  [[nodiscard]] DeviceIndex find(StringId id) const { return id < index_.size() ? index_[id] : kNone; }
  DeviceIndex add(StringId id) {
    if (id >= index_.size()) index_.resize(std::max<std::size_t>(id + 1, index_.size() * 2), kNone);
    const auto i = static_cast<DeviceIndex>(devices_.size());
    index_[id] = i;
    devices_.emplace_back().id = id;
    checks_.resize(checks_.size() + stride_);
    return i;
  }
  /// `strings`: of the dictionary; ids are below.
  template <class A>
  void io(A& a, StringId strings) {
    a.same(stride_);
    a(devices_, checks_);
    if constexpr (A::kReads) {
      if (checks_.size() != devices_.size() * stride_) a.fail();
      index_.assign(strings, kNone);
      for (std::size_t i = 0; i < devices_.size() && a.good(); ++i) {
        if (devices_[i].id >= strings) return a.fail();
        index_[devices_[i].id] = static_cast<DeviceIndex>(i);
      }
    }
  }

 private:
  std::size_t stride_;
  std::vector<Device> devices_;
  std::vector<CheckState> checks_;
  std::vector<DeviceIndex> index_;  // by StringId, which is dense
};

}  // namespace slod::fleet
