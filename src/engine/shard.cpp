#include "shard.h"

#include <algorithm>

namespace slod::engine {
namespace {

/// device-share is not counted yet: absent, not wrong.
bool is_counted(const SloConfig& slo) {
  return slo.journey >= 0 || slo.sli == SliKind::kDeviceMinutes;
}

}  // namespace

Bookables::Bookables(const Config& config, std::vector<std::string> checks_in)
    : checks(std::move(checks_in)) {
  constexpr std::size_t kLegs = 3;
  of_view.resize(config.journeys.size() * kLegs);
  of_check.resize(checks.size());
  for (std::uint32_t i = 0; i < config.slos.size(); ++i) {
    const SloConfig& slo = config.slos[i];
    if (!is_counted(slo)) continue;
    if (slo.journey >= 0) {
      of_view[place_of({slo.journey, slo.leg})].push_back(i);
    } else {
      const auto check = std::find(checks.begin(), checks.end(), slo.fleet_check);
      of_check[static_cast<std::size_t>(check - checks.begin())].push_back(i);
    }
  }
}

Shard::Shard(const Config& config, const Dictionary& dictionary, const Bookables& bookables,
             const std::vector<std::uint32_t>& slos)
    : slos_(slos), by_slo_(config.slos.size(), nullptr) {
  tables_.dictionary = &dictionary;
  for (const std::uint32_t slo : slos_)
    by_slo_[slo] = &trackers_.emplace_back(config, config.slos[slo], tables_);
  const auto mine = [&](const std::vector<std::vector<std::uint32_t>>& all) {
    std::vector<std::vector<SloTracker*>> of(all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      for (const std::uint32_t slo : all[i]) {
        if (by_slo_[slo] != nullptr) of[i].push_back(by_slo_[slo]);
      }
    }
    return of;
  };
  of_view_ = mine(bookables.of_view);
  of_check_ = mine(bookables.of_check);
}

void Shard::tick(const TickFacts& facts) {
  for (SloTracker& tracker : trackers_) tracker.prepare(facts.at);
  tables_.windows.advance(facts.at);
  tables_.latency.advance(facts.at);
  transitions_.clear();
  std::vector<Transition> changes;
  for (std::size_t i = 0; i < slos_.size(); ++i) {
    const std::uint32_t slo = slos_[i];
    changes.clear();
    trackers_[i].run_rules({facts.at, facts.source_down[slo], facts.observation, facts.sources[slo]},
                           changes);
    for (Transition& change : changes) transitions_.emplace_back(slo, std::move(change));
  }
}

void Shard::read(std::vector<SloReading>& by_slo) const {
  for (std::size_t i = 0; i < slos_.size(); ++i) by_slo[slos_[i]] = trackers_[i].read();
}

std::vector<std::vector<std::uint32_t>> spread(const Config& config) {
  std::vector<std::vector<std::uint32_t>> slos(static_cast<std::size_t>(std::max(config.shards, 1)));
  std::vector<int> load(slos.size(), 0);
  load[0] = 1;  // the fold costs about as much as one SLO
  for (std::uint32_t i = 0; i < config.slos.size(); ++i) {
    const auto least = std::min_element(load.rbegin(), load.rend());
    const auto shard = static_cast<std::size_t>(load.rend() - least - 1);
    slos[shard].push_back(i);
    ++load[shard];
  }
  return slos;
}

}  // namespace slod::engine
