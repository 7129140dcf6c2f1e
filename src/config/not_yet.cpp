// Keys that are read and checked but have no effect in this version: a person who writes one must hear that,
// and not find out at night. A key leaves this list with its feature.
#include <algorithm>

#include "slod/config/load.h"

namespace slod::config {

std::vector<std::string> not_yet(const Config& config) {
  std::vector<std::string> notes;
  const auto note = [&](bool written, const std::string& what) {
    if (written) notes.push_back(what);
  };
  const auto& sources = config.sources;
  note(config.heartbeat.has_value(), "heartbeat: it is not sent");
  note(!config.areas_geojson.empty(), "areas: positions do not become `area`");
  note(config.language != "en", "language: alert texts are in English only");
  note(!config.maintenance.empty(), "maintenance: it neither silences nor excludes");
  note(std::any_of(sources.begin(), sources.end(), [](const auto& s) { return s.silent_after.has_value(); }),
       "silent_after: a silent source's minutes are not made unobserved");
  note(std::any_of(config.policies.begin(), config.policies.end(),
                   [](const auto& p) { return p.quiet_outage.has_value(); }),
       "quiet_outage: it is not alerted on");
  note(std::any_of(config.destinations.begin(), config.destinations.end(),
                   [](const auto& d) { return !d.fallback.empty(); }),
       "fallback: a destination that fails is tried again, nobody else is told");
  for (const SloConfig& slo : config.slos) {
    note(slo.sli == SliKind::kDeviceShare,
         "sli: device-share: " + slo.name + " has no numbers; without `sli` it counts device-minutes");
  }
  return notes;
}

}  // namespace slod::config
