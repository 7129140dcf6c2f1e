#include "measure_spec.h"

#include <algorithm>
#include <set>

namespace slod::engine {
namespace {

/// Names are the user's: a separator that no name can hold.
constexpr char kApart = '\n';

std::string actor_key(const Config& config, ActorIndex actor) {
  return actor < 0 ? "?" : config.actors[static_cast<std::size_t>(actor)].name;
}

std::vector<std::string> sources_of(const Config& config, const SloConfig& slo) {
  if (slo.journey < 0) return config.fleet ? config.fleet->sources : std::vector<std::string>{};
  const JourneyConfig& journey = config.journeys[static_cast<std::size_t>(slo.journey)];
  std::vector<std::string> names;
  if (journey.api) names.push_back(journey.api->source);
  if (journey.device) names.push_back(journey.device->source);
  return names;
}

PopulationSpec population_spec(const Config& config, const SloConfig& slo) {
  PopulationSpec spec;
  spec.sources = sources_of(config, slo);
  // device-share is not counted yet: absent, not wrong.
  spec.counted = slo.journey >= 0 || slo.sli == SliKind::kDeviceMinutes;
  if (slo.journey < 0) {
    spec.check = slo.fleet_check;
    spec.key = (spec.counted ? "minutes" : "share") + std::string(1, kApart) + spec.check;
    return spec;
  }
  const JourneyConfig& journey = config.journeys[static_cast<std::size_t>(slo.journey)];
  spec.journey = slo.journey;
  spec.leg = slo.leg;
  spec.fold = slo.fold;
  spec.retries = journey.retry.has_value();
  const std::set<ActorIndex> actors(slo.actors.begin(), slo.actors.end());
  spec.actors.assign(actors.begin(), actors.end());
  spec.key = "journey" + std::string(1, kApart) + journey.name + kApart +
             std::to_string(static_cast<int>(spec.leg)) + kApart + (spec.fold ? "events" : "attempts");
  for (const ActorIndex actor : actors) spec.key += kApart + actor_key(config, actor);
  return spec;
}

MeasureSpec measure_spec(const SloConfig& slo, const std::string& population) {
  MeasureSpec spec;
  spec.sli = slo.sli;
  if (slo.sli == SliKind::kLatency) spec.threshold = slo.threshold;
  spec.group_by = slo.group_by;
  spec.slices = slo.budgeting;
  spec.key = population + kApart + "sli " + std::to_string(static_cast<int>(spec.sli)) + " " +
             std::to_string(spec.threshold.count());
  if (spec.slices) {
    spec.key +=
        " slices " + std::to_string(spec.slices->slice.count()) + " " + std::to_string(spec.slices->target);
  }
  for (const std::string& label : spec.group_by) spec.key += kApart + ("by " + label);
  return spec;
}

/// The longest that a period of the window can be, daylight saving included.
Duration longest(const Window& window) {
  switch (window.calendar) {
    case Window::Calendar::kDay:
      return hours(25);
    case Window::Calendar::kWeek:
      return hours(7 * 24 + 1);
    case Window::Calendar::kMonth:
      return hours(31 * 24 + 1);
    case Window::Calendar::kQuarter:
      return hours(92 * 24 + 1);
    case Window::Calendar::kNone:
      break;
  }
  return window.rolling;
}

void add_window(std::vector<Window>& windows, const Window& window) {
  const auto known =
      std::find_if(windows.begin(), windows.end(), [&](const Window& w) { return same_window(w, window); });
  if (known == windows.end()) windows.push_back(window);
}

void add_needs(MeasureNeeds& needs, const Config& config, const SloConfig& slo) {
  const AlertPolicy& policy = config.policies[static_cast<std::size_t>(slo.alert_policy)];
  const std::vector<Duration> burn = windows_of(policy);
  for (const Duration length : burn) {
    Window window;
    window.rolling = length;
    add_window(needs.windows, window);
  }
  add_window(needs.windows, slo.window);
  add_window(needs.slo_windows, slo.window);
  for (const Window& also : slo.also) add_window(needs.windows, also);
  needs.caps = needs.caps || slo.max_share_per_device > 0;
  if (policy.min_devices > 1 && !burn.empty()) needs.bad_devices = std::max(needs.bad_devices, burn.back());
  if (!slo.budgeting) return;
  needs.slices = std::max(needs.slices, slo.budgeting->slice);
  for (const Window& window : needs.windows) needs.slices = std::max(needs.slices, longest(window));
}

}  // namespace

bool PopulationSpec::leaves_unknown_out() const {
  return !actors.empty() && std::find(actors.begin(), actors.end(), kUnknownActor) == actors.end();
}

bool same_window(const Window& a, const Window& b) {
  if (a.calendar != b.calendar) return false;
  return a.calendar == Window::Calendar::kNone ? a.rolling == b.rolling : a.time_zone == b.time_zone;
}

std::vector<Duration> windows_of(const AlertPolicy& policy) {
  std::set<Duration> lengths;
  for (const BurnRule& rule : policy.rules) lengths.insert({rule.short_window, rule.long_window});
  return {lengths.begin(), lengths.end()};
}

Plan::Plan(const Config& config) {
  for (std::uint32_t slo = 0; slo < config.slos.size(); ++slo) add(config, slo);
  sort();
}

void Plan::add(const Config& config, std::uint32_t index) {
  const SloConfig& slo = config.slos[index];
  PopulationSpec population = population_spec(config, slo);
  MeasureSpec measure = measure_spec(slo, population.key);
  // Slices of an overflow group are not the sum of others' slices, and which groups overflow is each SLO's
  // own: grouped slices are counted for each SLO. A number keeps their names apart.
  if (slo.budgeting && !slo.group_by.empty()) {
    const auto alike = [&](const PlannedMeasure& m) { return m.spec.key.rfind(measure.key + " #", 0) == 0; };
    measure.key += " #" + std::to_string(std::count_if(measures.begin(), measures.end(), alike));
  }
  auto known = std::find_if(measures.begin(), measures.end(),
                            [&](const PlannedMeasure& m) { return m.spec.key == measure.key; });
  if (known == measures.end()) {
    auto home = std::find_if(populations.begin(), populations.end(),
                             [&](const PlannedPopulation& p) { return p.spec.key == population.key; });
    if (home == populations.end()) home = populations.insert(home, {std::move(population), {}});
    const auto place = static_cast<std::uint32_t>(home - populations.begin());
    known = measures.insert(known, {std::move(measure), place, {}, {}});
  }
  known->slos.push_back(index);
  add_needs(known->needs, config, slo);
}

void Plan::sort() {
  std::vector<std::string> homes;  // populations by their old place
  for (const PlannedPopulation& population : populations) homes.push_back(population.spec.key);
  const auto by_key = [](const auto& a, const auto& b) { return a.spec.key < b.spec.key; };
  std::sort(populations.begin(), populations.end(), by_key);
  std::sort(measures.begin(), measures.end(), by_key);
  std::size_t slos = 0;
  for (const PlannedMeasure& measure : measures) slos += measure.slos.size();
  measure_of.resize(slos);
  population_of.resize(slos);
  for (std::uint32_t i = 0; i < measures.size(); ++i) {
    const auto home = std::find_if(populations.begin(), populations.end(), [&](const PlannedPopulation& p) {
      return p.spec.key == homes[measures[i].population];
    });
    measures[i].population = static_cast<std::uint32_t>(home - populations.begin());
    home->measures.push_back(i);
    for (const std::uint32_t slo : measures[i].slos) {
      measure_of[slo] = i;
      population_of[slo] = measures[i].population;
    }
  }
}

bool Plan::counts_the_same(const Plan& other) const {
  return std::equal(measures.begin(), measures.end(), other.measures.begin(), other.measures.end(),
                    [](const auto& a, const auto& b) { return a.spec.key == b.spec.key; });
}

std::vector<Window> Plan::slo_windows(const PlannedPopulation& population) const {
  std::vector<Window> windows;
  for (const std::uint32_t measure : population.measures) {
    for (const Window& window : measures[measure].needs.slo_windows) add_window(windows, window);
  }
  return windows;
}

}  // namespace slod::engine
