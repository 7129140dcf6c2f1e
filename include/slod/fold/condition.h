// How a device stood when a journey of it failed: what tells "unlock timed out, device silent for 14 min"
// from "device connected and refused". Numbers only, so that a booking carries it; words are made where it
// is shown. Plain value.
#pragma once

#include <cstdint>
#include <limits>

namespace slod::fold {

struct DeviceCondition {
  enum class Link : std::uint8_t {
    kNone,       ///< not asked: nothing failed, no device, no fleet, or the journey is not told by device
    kUnknown,    ///< never heard of, or nobody watched in that minute
    kConnected,  ///< in reach, as the fleet's connectivity has it
    kSilent,     ///< in an outage: reports were missing
    kOffline     ///< its presence said so
  };
  static constexpr std::int16_t kNoBattery = -1;
  static constexpr std::int32_t kNotHeard = std::numeric_limits<std::int32_t>::min();
  static constexpr std::uint8_t kBattery = 1;  ///< of `check`
  static constexpr std::uint8_t kFirstCheck = 2;

  Link link = Link::kNone;
  std::uint8_t check = 0;             ///< failing: 0 none, kBattery, kFirstCheck + i: FleetConfig::checks[i]
  std::int16_t battery = kNoBattery;  ///< tenths of a percent, the last reported until then
  std::int32_t out_seconds = 0;       ///< silent, offline: how long it had been out of reach at the start
  std::int32_t heard_seconds = kNotHeard;  ///< last evidence of life, before the start; negative: after it
  friend bool operator==(const DeviceCondition&, const DeviceCondition&) = default;
};

}  // namespace slod::fold
