#include "shard.h"

#include <algorithm>
#include <utility>

#include "slod/core/result.h"

namespace slod::engine {

Bookables::Bookables(const Config& config) : views(config.journeys.size() * 3) {
  for (const SloConfig& slo : config.slos) {
    if (slo.sli != SliKind::kDeviceMinutes) continue;
    if (std::find(checks.begin(), checks.end(), slo.fleet_check) == checks.end())
      checks.push_back(slo.fleet_check);
  }
}

std::optional<std::size_t> Bookables::view_of(const PopulationSpec& population) const {
  if (population.journey < 0) return std::nullopt;
  return place_of({population.journey, population.leg});
}

std::optional<std::size_t> Bookables::check_of(const PopulationSpec& population) const {
  if (population.journey >= 0 || !population.counted) return std::nullopt;
  const auto found = std::find(checks.begin(), checks.end(), population.check);
  return static_cast<std::size_t>(found - checks.begin());
}

Shard::Shard(const Config& config, const Dictionary& dictionary, const Plan& plan,
             const std::vector<std::uint32_t>& populations)
    : mine_(populations), by_measure_(plan.measures.size(), nullptr) {
  tables_.dictionary = &dictionary;
  for (const std::uint32_t one : mine_) add_population(plan.populations[one], plan);
  find_ways(config);
  views_ = make_views(config, plan);
  for (SloView& view : views_) {
    const bool bound = view.bind();
    SLOD_ASSERT(bound);
  }
}

void Shard::add_population(const PlannedPopulation& planned, const Plan& plan) {
  std::vector<Measure*> own;
  for (const std::uint32_t index : planned.measures) {
    measures_.emplace_back(planned.spec, plan.measures[index], tables_);
    own.push_back(by_measure_[index] = &measures_.back());
  }
  populations_.emplace_back(planned.spec, std::move(own), plan.slo_windows(planned), tables_);
}

/// Which populations a booking goes to.
void Shard::find_ways(const Config& config) {
  const Bookables bookables(config);
  of_view_.resize(bookables.views);
  of_check_.resize(bookables.checks.size());
  of_source_.resize(config.sources.size());
  for (Population& population : populations_) {
    const PopulationSpec& spec = population.spec();
    if (const auto place = bookables.view_of(spec)) of_view_[*place].push_back(&population);
    if (const auto check = bookables.check_of(spec)) of_check_[*check].push_back(&population);
    for (std::size_t i = 0; i < config.sources.size(); ++i) {
      const auto& names = spec.sources;
      if (std::find(names.begin(), names.end(), config.sources[i].name) != names.end())
        of_source_[i].push_back(&population);
    }
  }
}

std::deque<SloView> Shard::make_views(const Config& config, const Plan& plan) {
  std::deque<SloView> views;
  slos_.clear();
  views_of_measure_.assign(plan.measures.size(), {});
  for (std::uint32_t slo = 0; slo < config.slos.size(); ++slo) {
    const std::uint32_t measure = plan.measure_of[slo];
    if (by_measure_[measure] == nullptr) continue;
    const auto mine = std::find(mine_.begin(), mine_.end(), plan.population_of[slo]);
    Population& population = populations_[static_cast<std::size_t>(mine - mine_.begin())];
    slos_.push_back(slo);
    views.emplace_back(config, config.slos[slo], population, *by_measure_[measure], tables_);
    views_of_measure_[measure].push_back(&views.back());
  }
  return views;
}

void Shard::take(const Admitted& admitted) {
  if (!by_measure_[admitted.measure]->learn(admitted)) return;
  for (SloView* view : views_of_measure_[admitted.measure]) {
    const auto is_its = [&](std::uint32_t slo) { return view_of(slo) == view; };
    view->learn(std::any_of(admitted.slos.begin(), admitted.slos.end(), is_its));
  }
}

const SloView* Shard::view_of(std::uint32_t slo) const {
  const auto place = std::lower_bound(slos_.begin(), slos_.end(), slo);
  return place != slos_.end() && *place == slo ? &views_[static_cast<std::size_t>(place - slos_.begin())]
                                               : nullptr;
}

void Shard::tick(const TickFacts& facts) {
  for (Population& population : populations_) population.prepare(facts.at);
  for (Measure& measure : measures_) measure.prepare(facts.at);
  tables_.windows.advance(facts.at);
  tables_.latency.advance(facts.at);
  for (Measure& measure : measures_) measure.forget(facts.at);
  transitions_.clear();
  std::vector<Transition> changes;
  for (std::size_t i = 0; i < slos_.size(); ++i) {
    const std::uint32_t slo = slos_[i];
    changes.clear();
    views_[i].run_rules({facts.at, facts.source_down[slo], facts.observation, facts.sources[slo]}, changes);
    for (Transition& change : changes) transitions_.emplace_back(slo, std::move(change));
  }
}

void Shard::read(std::vector<SloReading>& by_slo) {
  tables_.windows.settle();
  tables_.latency.settle();
  for (std::size_t i = 0; i < slos_.size(); ++i) by_slo[slos_[i]] = views_[i].read();
}

std::vector<MeasureHours> Shard::take_hours() {
  const std::vector<window::SeriesHour> all = tables_.windows.take_hours();
  std::vector<MeasureHours> out;
  for (const Measure& measure : measures_) out.push_back(measure.hours(all));
  return out;
}

// ---- another config
// ------------------------------------------------------------------------------------------------

bool Shard::can_adopt(const Plan& plan) const {
  for (std::size_t i = 0; i < by_measure_.size(); ++i) {
    if (by_measure_[i] != nullptr && !by_measure_[i]->can_serve(plan.measures[i].needs)) return false;
  }
  for (std::size_t i = 0; i < mine_.size(); ++i) {
    if (!populations_[i].can_serve(plan.slo_windows(plan.populations[mine_[i]]))) return false;
  }
  return true;
}

void Shard::adopt(const Config& config, const Plan& plan) {
  for (std::size_t i = 0; i < by_measure_.size(); ++i) {
    if (by_measure_[i] != nullptr) by_measure_[i]->serve(plan.measures[i].needs);
  }
  for (std::size_t i = 0; i < mine_.size(); ++i)
    populations_[i].serve(plan.slo_windows(plan.populations[mine_[i]]));
  const std::vector<std::vector<SloView*>> before = views_of_measure_;
  const std::deque<SloView> old = std::exchange(views_, {});
  views_ = make_views(config, plan);
  for (std::size_t measure = 0; measure < before.size(); ++measure)
    hand_over(before[measure], views_of_measure_[measure]);
}

// Who is called as before goes on as before. Of those that are not, each goes on as one that is gone: that is
// what renaming looks like. What is left is new, and knows only the groups.
void Shard::hand_over(const std::vector<SloView*>& from, const std::vector<SloView*>& to) {
  std::vector<SloView*> gone = from, fresh;
  for (SloView* view : to) {
    const auto same = std::find_if(gone.begin(), gone.end(),
                                   [&](const SloView* old) { return old->slo().name == view->slo().name; });
    const bool bound = view->bind();
    SLOD_ASSERT(bound);
    if (same == gone.end()) {
      fresh.push_back(view);
      continue;
    }
    view->take_over(**same, true);
    gone.erase(same);
  }
  for (std::size_t i = 0; i < fresh.size(); ++i) {
    const bool renamed = i < gone.size();
    fresh[i]->take_over(renamed ? *gone[i] : *from.front(), renamed);
  }
}

std::vector<std::vector<std::uint32_t>> spread(const Plan& plan, int shards) {
  std::vector<std::vector<std::uint32_t>> populations(static_cast<std::size_t>(std::max(shards, 1)));
  std::vector<std::size_t> load(populations.size(), 0);
  load[0] = 1;  // the fold costs about as much as one measure
  for (std::uint32_t i = 0; i < plan.populations.size(); ++i) {
    const auto least = std::min_element(load.rbegin(), load.rend());
    const auto shard = static_cast<std::size_t>(load.rend() - least - 1);
    populations[shard].push_back(i);
    load[shard] += plan.populations[i].measures.size();
  }
  return populations;
}

}  // namespace slod::engine
