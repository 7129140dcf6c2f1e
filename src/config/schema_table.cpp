#include "config/schema_alerts.h"
#include "config/schema_journeys.h"
#include "config/schema_server.h"
#include "config/schema_slos.h"
#include "config/schema_sources.h"

namespace slod::config {

namespace {

using namespace table;  // NOLINT(google-build-using-namespace): the table is this file's own vocabulary

// -------------------------------------------------------------------------------------------------------
constexpr Field kRootFields[] = {
    {"server", &kServerType, "listeners"},
    {"state", &kStateType, "what is stored where, and for how long"},
    {"evaluation_interval", &kDuration, "time between ticks; a multiple of 10s", "10s"},
    {"engine", &kEngineType, "threads"},
    {"limits", &kLimitsType, "cardinality"},
    {"language", &kLanguage, "of alert texts and reports", "en"},
    {"include", &kTexts, "further files; globs, relative to this file"},
    {"sources", &kSources, "where records come from"},
    {"areas", &kAreasType, "named polygons"},
    {"actors", &kActors, "who acts, by labels; the first match wins, no match is `unknown`"},
    {"journeys", &kJourneys, "critical user journeys"},
    {"fleet", &kFleetType, "critical machine communication"},
    {"defaults", &kDefaultsType, "for the SLOs of this file"},
    {"slos", &kSlos, "service level objectives"},
    {"alert_policies", &kPolicies, "when to alert"},
    {"destinations", &kDestinations, "where notifications go"},
    {"heartbeat", &kHeartbeatType, "a dead man's switch"},
    {"routes", &kRoutes, "which notification goes where; the first match wins"},
    {"maintenance", &kMaintenances, "planned work"},
};
constexpr Object kRoot{"the config", kRootFields};

}  // namespace

const Object& root_object() {
  return kRoot;
}

std::vector<std::string> keys_of(const Object& object) {
  std::vector<std::string> keys;
  for (const Field& field : object.fields) {
    if (!field.later) keys.emplace_back(field.key);
  }
  return keys;
}

}  // namespace slod::config
