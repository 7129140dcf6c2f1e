#include "cli/simulate/incident.h"

#include <algorithm>

#include "cli/simulate/simulate.h"

namespace slod::cli {

const std::vector<IncidentName>& incident_names() {
  static const std::vector<IncidentName> kNames = {
      {IncidentKind::kUnlockErrors, "unlock-errors",
       "the API answers most unlocks with 503; riders try again"},
      {IncidentKind::kRideErrors, "ride-errors", "the API answers half of the ride starts with 500"},
      {IncidentKind::kSlowUnlock, "slow-unlock",
       "unlocks and their acknowledgements take many times as long"},
      {IncidentKind::kDeviceTimeouts, "device-timeouts", "two fifths of the machines acknowledge no command"},
      {IncidentKind::kBrokerFlap, "broker-flap", "the MQTT connection breaks for 5 s in every 10 s"},
      {IncidentKind::kBatteryDrain, "battery-drain",
       "a quarter of the machines report a battery that runs empty"},
      {IncidentKind::kOpsRetries, "ops-retries", "operators hammer one machine with unlocks that fail"},
      {IncidentKind::kAreaOutage, "area-outage", "every machine of one area falls silent"},
  };
  return kNames;
}

std::string incident_help() {
  std::string help;
  for (const IncidentName& entry : incident_names()) {
    help += "  " + std::string(entry.name) + std::string(18 - std::string_view(entry.name).size(), ' ') +
            entry.what + "\n";
  }
  return help;
}

Result<Incident> parse_incident(std::string_view text) {
  const std::string shown(text);
  const std::size_t at = text.find('@');
  const std::size_t plus = at == std::string_view::npos ? at : text.find('+', at);
  const std::string_view name = text.substr(0, at);
  const auto& names = incident_names();
  const auto known =
      std::find_if(names.begin(), names.end(), [&](const auto& entry) { return name == entry.name; });
  if (known == names.end()) {
    return Error{"--incident " + shown + ": there is no incident '" + std::string(name) + "'. Known are:\n" +
                 incident_help()};
  }
  if (plus == std::string_view::npos) {
    return Error{"--incident " + shown + ": write NAME@START+LENGTH, for example " + std::string(name) +
                 "@20s+30s"};
  }
  const auto from = text.substr(at + 1, plus - at - 1);
  const auto start = from == "0" ? std::optional<Duration>(Duration(0)) : parse_duration(from);
  const auto length = parse_duration(text.substr(plus + 1));
  if (!start || !length || length->count() <= 0) {
    return Error{"--incident " + shown + ": START and LENGTH need a unit, for example " + std::string(name) +
                 "@20s+30s"};
  }
  return Incident{known->kind, *start, *length};
}

}  // namespace slod::cli
