// The faults that a simulated fleet can be given, each in a window of its own. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "slod/core/result.h"
#include "slod/core/time.h"

namespace slod::cli {

enum class IncidentKind {
  kUnlockErrors,
  kRideErrors,
  kSlowUnlock,
  kDeviceTimeouts,
  kBrokerFlap,
  kBatteryDrain,
  kOpsRetries,
  kAreaOutage
};

struct Incident {
  IncidentKind kind = IncidentKind::kUnlockErrors;
  Duration from{0}, lasts{0};  ///< from the simulation's start
  [[nodiscard]] bool covers(Duration at) const { return at >= from && at < from + lasts; }
};

struct IncidentName {
  IncidentKind kind;
  const char* name;
  const char* what;
};
[[nodiscard]] const std::vector<IncidentName>& incident_names();

/// "unlock-errors@20s+30s". Errors name the fault, and the known names where the name is unknown.
[[nodiscard]] Result<Incident> parse_incident(std::string_view text);

}  // namespace slod::cli
