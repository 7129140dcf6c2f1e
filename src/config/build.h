// From validated trees to Config, one function per part. Each reports the faults that need more than one
// value to see and goes on with what it has, so that one run shows them all; a Config with faults is thrown
// away by the loader.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "config/documents.h"
#include "config/faults.h"
#include "config/scalars.h"
#include "slod/config/config.h"

namespace slod::config {

struct Build {
  const Documents& documents;
  FaultList& faults;
  Config& config;
};

void build_process(Build& build);  ///< server, state, interval, engine, limits, language, areas
void build_sources(Build& build);
void build_messages(Build& build, const View& source, SourceConfig& out);
void build_actors(Build& build);
void build_journeys(Build& build);  ///< after sources, actors
void build_fleet(Build& build);     ///< after sources
void build_policies(Build& build);
void build_slos(Build& build);  ///< after journeys, fleet, policies
void build_destinations(Build& build);
void build_routes(Build& build);       ///< after slos, destinations
void build_maintenance(Build& build);  ///< after slos
void check_listeners(Build& build);    ///< after sources
void check_routes_of_journeys(Build& build);

/// `value` must be one of `names`: reports `unknown WHAT "x"; did you mean "y"?` and returns -1, else its
/// index.
int find_name(const View& value, const std::vector<std::string>& names, const std::string& what,
              FaultList& faults);
[[nodiscard]] LabelMatch read_match(const View& map);
/// Reports a duration that is not positive, or not a multiple of `step` (0: any).
bool check_multiple(const View& value, Duration step, FaultList& faults);

/// Reports a secret that is neither or both of { file } and { env }.
void check_secret(Build& build, const View& secret);

/// Labels that the sources' formats map, all of them together (for actors), sorted.
[[nodiscard]] std::vector<std::string> all_log_labels(const Config& config);
/// Labels that are known of devices: those of the fleet's reports, and what a registry or areas give. Sorted.
[[nodiscard]] std::vector<std::string> device_labels(const Config& config, const Documents& documents);
/// True if some message of the source is of that kind.
[[nodiscard]] bool has_message(const SourceConfig& source, MessageRule::Is is);

}  // namespace slod::config
