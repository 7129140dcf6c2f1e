// Fleet: what is known of each device, and its device-minutes. Each minute of each device is exactly one of
// healthy, unhealthy(reason), excluded(reason), unobserved; it is booked at the first tick at or after its
// end and rewritten (withdrawn and booked anew) when later knowledge changes it. A pure function of (config,
// registry, rows, ticks). Thread: one owner. The rules are docs/meaning.md, "Device-minutes".
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "slod/config/config.h"
#include "slod/core/archive.h"
#include "slod/core/record.h"
#include "slod/core/sealed.h"
#include "slod/fold/fold.h"

namespace slod::fleet {

enum class MinuteState : std::uint8_t { kHealthy, kUnhealthy, kExcluded, kUnobserved };

/// `count` device-minutes of minute [slot, slot + 6 slots), all with the same labels, state and reason.
struct MinuteBooking {
  int check = 0;  ///< index into the checks given to the constructor
  Slot slot = 0;  ///< first slot of the minute
  MinuteState state = MinuteState::kHealthy;
  StringId reason = 0;    ///< "connectivity", "battery", a check's name; excluded: why
  LabelSetId labels = 0;  ///< the device's labels just before the minute's end
};

class MinuteSink {
 public:
  virtual ~MinuteSink() = default;
  /// `count` may be negative: withdraws what was booked.
  virtual void book_minutes(const MinuteBooking& booking, std::int64_t count) = 0;
  /// Of the unhealthy minutes among those, each one's device. `sign` -1: withdraws it.
  virtual void book_unhealthy(const MinuteBooking& booking, StringId device, int sign) {
    static_cast<void>(booking), static_cast<void>(device), static_cast<void>(sign);
  }
};

/// One line of the registry file: device,model,firmware,area,state,commissioned_at,decommissioned_at.
struct RegistryEntry {
  std::string device, state;
  std::map<std::string, std::string> labels;  ///< model, firmware, area and any further column
  std::optional<Time> commissioned_at, decommissioned_at;
};

/// Counts for slod_fleet_devices{state,reason}, as of the last tick.
struct FleetCounts {
  std::map<std::pair<std::string, std::string>, std::int64_t>
      devices;  ///< (healthy|unhealthy|excluded|unobserved, reason)
  std::int64_t known = 0;
  std::int64_t missing = 0;  ///< silent for longer than missing_after
  std::uint64_t duplicates = 0;
};

/// Longest outages and the like for people: a device and why it is not healthy now.
struct DeviceNow {
  std::string device, state, reason;
  Time last_seen;
  std::optional<double> battery;
};

class Fleet : public fold::DeviceDirectory {
 public:
  /// `checks`: what the SLOs ask for: "connectivity", "battery", a check's name, "any". `replay`: a replay
  /// has no downtime. Lifetime: everything referred to outlives the fleet.
  Fleet(const Config& config, Dictionary& dictionary, const std::vector<RegistryEntry>& registry,
        const std::vector<std::string>& checks, MinuteSink& sink);
  ~Fleet() override;

  /// One report or presence message in journal order. Returns false for a duplicate (counted).
  bool apply(const DeviceRow& row);
  /// Books the minutes that ended at or before `at`.
  void tick(Time at);
  /// A source, or slod itself, saw nothing in [from, to): its minutes are unobserved and silence clocks
  /// restart at `to`.
  void unobserved(StringId source, Time from, Time to);

  [[nodiscard]] StringId label(StringId device, std::string_view name, Time at) const override;
  /// Connectivity and battery as of `at`; a check's hysteresis is read back over at most 64 reports, its
  /// dwell only where `at` is not before the device's last report.
  [[nodiscard]] fold::DeviceCondition condition(StringId device, Time at, Time known) const override;
  [[nodiscard]] FleetCounts counts() const;
  /// Unhealthy devices, longest first, at most `limit`.
  [[nodiscard]] std::vector<DeviceNow> unhealthy_now(std::size_t limit) const;

  /// What is known now: enough to go on from `until`, the end of the last minute that is booked, without the
  /// rows up to here. Reports stamped before `until` that come later are in seal()'s facts. No sources.
  [[nodiscard]] SealedFleet facts(Time until);
  /// The minutes up to `until` are final from here on. `facts` (those of `until`) are brought up to date with
  /// what has been learned since. The history of the devices before `until` is forgotten.
  void seal(Time until, SealedFleet& facts);
  /// Into a fleet that has booked nothing: goes on from `until`, at the tick `now`.
  void restore(const SealedFleet& facts, Time until, Time now);
  void io(archive::Writer& a);
  void io(archive::Reader& a);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace slod::fleet
