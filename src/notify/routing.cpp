#include "routing.h"

#include <algorithm>

namespace slod::notify {
namespace {

const std::string* field(const RoutedFact& fact, const std::string& key) {
  if (key == "severity") return &fact.severity;
  if (key == "kind") return &fact.kind;
  if (key == "owner") return &fact.owner;
  if (key == "service") return &fact.service;
  if (key == "slo") return &fact.slo;
  return nullptr;
}

bool matches(const RouteConfig& route, const RoutedFact& fact) {
  return std::all_of(route.match.begin(), route.match.end(), [&](const auto& wanted) {
    const std::string* value = field(fact, wanted.first);
    return value != nullptr &&
           std::find(wanted.second.begin(), wanted.second.end(), *value) != wanted.second.end();
  });
}

}  // namespace

std::vector<std::string> destinations_for(const Config& config, const RoutedFact& fact) {
  std::vector<std::string> names;
  for (const RouteConfig& route : config.routes) {
    if (!matches(route, fact)) continue;
    for (const std::string& name : route.to) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
    if (!route.go_on) break;
  }
  return names;
}

}  // namespace slod::notify
