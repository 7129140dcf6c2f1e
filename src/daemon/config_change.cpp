#include "config_change.h"

#include <algorithm>
#include <set>

#include "same.h"

namespace slod::daemon {
namespace {

/// Which records of a source anybody asks for: what Router and Intake look at. How a journey judges them (its
/// rules, deadline, retry, labels) is not in it: the journal has the facts.
struct Asked {
  std::vector<std::string> routes;
  std::set<std::string> commands;
  bool leg = false, fleet = false;
  std::vector<std::string> shown;  ///< where devices are hidden: the routes whose words samples may show
  bool operator==(const Asked&) const = default;
};

Asked asked_of(const Config& config, const SourceConfig& source) {
  Asked asked;
  if (config.fleet) {
    const auto& of_fleet = config.fleet->sources;
    asked.fleet = std::find(of_fleet.begin(), of_fleet.end(), source.name) != of_fleet.end();
  }
  const bool hidden = source.format && !config.server.show_devices;
  if (hidden) asked.shown.emplace_back();  // even without a route it is another matter than all shown
  for (const JourneyConfig& journey : config.journeys) {
    if (journey.api && journey.api->source == source.name)
      asked.routes.push_back(journey.api->method + " " + journey.api->route);
    if (journey.api && hidden) asked.shown.push_back(journey.api->route);
    if (journey.device && journey.device->source == source.name) {
      asked.leg = true;
      asked.commands.insert(journey.device->command);
    }
  }
  return asked;
}

}  // namespace

ConfigChange change_between(const Config& old, const Config& next) {
  ConfigChange change;
  const auto fixed = [&](const char* key, bool same) {
    if (!same) change.needs_restart.emplace_back(key);
  };
  fixed("server.ingest.listen", same(old.server.ingest, next.server.ingest));
  fixed("server.web.listen", same(old.server.web, next.server.web));
  fixed("server.ingest.threads", same(old.server.ingest_threads, next.server.ingest_threads));
  fixed("state.dir", same(old.state.dir, next.state.dir));
  fixed("state.journal_retention", same(old.state.keep_journeys, next.state.keep_journeys) &&
                                       same(old.state.keep_fleet, next.state.keep_fleet) &&
                                       same(old.state.max_bytes, next.state.max_bytes));
  fixed("evaluation_interval", same(old.evaluation_interval, next.evaluation_interval));
  fixed("engine.shards", same(old.shards, next.shards));
  change.facts = !same(old.limits, next.limits) || !same(old.sources, next.sources) ||
                 !same(old.actors, next.actors) || !same(old.journeys, next.journeys) ||
                 !same(old.fleet, next.fleet) || !same(old.areas_geojson, next.areas_geojson) ||
                 !same(old.maintenance, next.maintenance);
  change.numbers = change.facts || !same(old.slos, next.slos) || !same(old.policies, next.policies);
  change.notifications = !same(old.destinations, next.destinations) || !same(old.routes, next.routes) ||
                         !same(old.heartbeat, next.heartbeat) || !same(old.language, next.language) ||
                         !same(old.server.external_url, next.server.external_url);
  return change;
}

bool reads_differently(const Config& old, const Config& next, const std::string& source) {
  const SourceConfig* before = old.source(source);
  const SourceConfig* after = next.source(source);
  if (before == nullptr || after == nullptr || !same(*before, *after)) return true;
  return !(asked_of(old, *before) == asked_of(next, *after));
}

}  // namespace slod::daemon
