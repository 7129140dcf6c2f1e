#include "slod/daemon/route_days.h"

#include <algorithm>
#include <set>
#include <sstream>

#include "slod/core/hash.h"

namespace slod::daemon {
namespace {

std::set<std::string> routes_of(const JourneyConfig& journey) {
  std::set<std::string> routes;
  if (journey.api) routes.insert(journey.api->source + " " + journey.api->method + " " + journey.api->route);
  if (journey.device) routes.insert(journey.device->source + " command " + journey.device->command);
  return routes;
}

}  // namespace

std::string revision_of(const Config& config) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::uint64_t hash = hash_bytes(config.text);
  std::string text(12, '0');
  for (char& c : text) {
    c = kDigits[hash & 15U];
    hash >>= 4U;
  }
  return text;
}

std::string RouteDays::describe(const Config& config) {
  std::set<std::string> all;
  for (const JourneyConfig& journey : config.journeys) all.merge(routes_of(journey));
  if (config.fleet) {
    for (const std::string& source : config.fleet->sources) all.insert(source + " fleet");
  }
  std::string text;
  for (const std::string& route : all) text += route + "\n";
  return text;
}

void RouteDays::learn(const std::string& description, Time at) {
  const bool first = days_.empty();
  std::map<std::string, Time> days;
  std::istringstream lines(description);
  for (std::string route; std::getline(lines, route);) {
    const auto known = days_.find(route);
    days[route] = known != days_.end() ? known->second : first ? Time{} : at;
  }
  days_ = std::move(days);
}

Time RouteDays::since(const Config& config, const SloConfig& slo) const {
  std::set<std::string> routes;
  if (slo.journey >= 0) {
    routes = routes_of(config.journeys[static_cast<std::size_t>(slo.journey)]);
  } else {
    for (const std::string& source : config.fleet->sources) routes.insert(source + " fleet");
  }
  Time since{};
  for (const std::string& route : routes) {
    if (const auto known = days_.find(route); known != days_.end()) since = std::max(since, known->second);
  }
  return since;
}

}  // namespace slod::daemon
