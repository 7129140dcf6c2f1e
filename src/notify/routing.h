// Which destinations hear of an incident: the config's routes, first match wins unless `continue: true`.
#pragma once

#include <string>
#include <vector>

#include "slod/config/config.h"

namespace slod::notify {

struct RoutedFact {
  std::string severity, kind, owner, service, slo;
};

/// Names of destinations, each once, in the order of the routes.
[[nodiscard]] std::vector<std::string> destinations_for(const Config& config, const RoutedFact& fact);

}  // namespace slod::notify
