#include "config_change.h"

#include "same.h"

namespace slod::daemon {
namespace {

/// Everything that decides what a source's records become on their way into the journal: which are asked for.
bool same_journeys(const Config& old, const Config& next) {
  if (old.journeys.size() != next.journeys.size()) return false;
  for (std::size_t i = 0; i < old.journeys.size(); ++i) {
    if (!same(old.journeys[i].api, next.journeys[i].api) ||
        !same(old.journeys[i].device, next.journeys[i].device))
      return false;
  }
  return true;
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
  const bool fleet_same = old.fleet.has_value() == next.fleet.has_value() &&
                          (!old.fleet || same(old.fleet->sources, next.fleet->sources));
  return !fleet_same || !same_journeys(old, next);
}

}  // namespace slod::daemon
