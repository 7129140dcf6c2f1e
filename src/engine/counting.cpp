#include "counting.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace slod::engine {

Counting::Counting(const Config& config, Dictionary& dictionary)
    : config_(&config), plan_(config), bookables_(config), admission_(config, plan_, dictionary) {
  for (const auto& populations : spread(plan_, config.shards)) {
    if (populations.empty() && !lanes_.empty()) continue;
    Lane& lane = lanes_.emplace_back(config, dictionary, plan_, populations);
    if (lanes_.size() > 1) lane.worker = std::make_unique<Worker>(lane.shard);
  }
  find_ways();
}

/// Which lanes a booking goes to, and which measures it may make a group of.
void Counting::find_ways() {
  lane_of_.resize(plan_.measures.size());
  ways_.resize(bookables_.views);
  lanes_of_check_.resize(bookables_.checks.size());
  grouped_of_check_.resize(bookables_.checks.size());
  for (Lane& lane : lanes_) {
    for (const std::uint32_t one : lane.populations) add_ways(lane, plan_.populations[one]);
  }
}

void Counting::add_ways(Lane& lane, const PlannedPopulation& population) {
  const auto add = [&](Lanes& lanes) {
    if (std::find(lanes.begin(), lanes.end(), &lane) == lanes.end()) lanes.push_back(&lane);
  };
  const auto view = bookables_.view_of(population.spec), check = bookables_.check_of(population.spec);
  if (view) add(ways_[*view].lanes);
  if (check) add(lanes_of_check_[*check]);
  for (const std::uint32_t measure : population.measures) {
    const MeasureSpec& spec = plan_.measures[measure].spec;
    lane_of_[measure] = &lane;
    if (spec.group_by.empty()) continue;
    if (view) {
      ways_[*view].groupings.push_back(
          {measure, population.spec.fold, Actors(population.spec.actors), Criterion(spec)});
    }
    if (check) grouped_of_check_[*check].push_back(measure);
  }
}

std::vector<fold::View> Counting::views() const {
  std::set<fold::View> views;
  for (const PlannedPopulation& one : plan_.populations) {
    if (one.spec.journey >= 0) views.insert({one.spec.journey, one.spec.leg});
  }
  return {views.begin(), views.end()};
}

void Counting::admit(const fold::Booking& booking, BookedAs as, const std::vector<Grouping>& groupings) {
  for (const BookedAs one_of : {BookedAs::kEvent, BookedAs::kAttempt}) {
    if (as != one_of && as != BookedAs::kBoth) continue;
    Measures asking;
    for (const Grouping& one : groupings) {
      if (!admission_.knows(one.measure, booking.labels) && one.counts(booking, one_of))
        asking.push_back(one.measure);
    }
    if (!asking.empty()) admit(asking, booking.labels);
  }
}

void Counting::admit(const Measures& measures, LabelSetId labels) {
  for (const Admitted& admitted : admission_.decide(measures, labels))
    lane_of_[admitted.measure]->count(admitted);
}

void Counting::expect(const fold::View& view, LabelSetId labels) const {
  Expected& next = expected_[next_expected_++ % kStep];
  const Expected soon = std::exchange(next, {Bookables::place_of(view), labels});
  for (const Lane* lane : ways_[next.view].lanes) {
    if (!lane->worker) lane->shard.expect(next.view, next.labels);
  }
  for (const Lane* lane : ways_[soon.view].lanes) {
    if (!lane->worker) lane->shard.expect_soon(soon.view, soon.labels);
  }
}

void Counting::book_sealed(const fleet::MinuteBooking& minutes, std::int64_t count) {
  using fleet::MinuteState;
  const auto check = static_cast<std::size_t>(minutes.check);
  if (log_ != nullptr) log_->minutes(bookables_.checks[check], minutes, count);
  if (minutes.state == MinuteState::kHealthy || minutes.state == MinuteState::kUnhealthy) {
    Measures asking;
    for (const std::uint32_t measure : grouped_of_check_[check]) {
      if (!admission_.knows(measure, minutes.labels)) asking.push_back(measure);
    }
    if (!asking.empty()) admit(asking, minutes.labels);
  }
  for (Lane* lane : lanes_of_check_[check]) lane->count(MinutesMessage{minutes, count});
}

void Counting::missing(const std::string& source, Slot slot, std::int64_t records) {
  const auto found = std::find_if(config_->sources.begin(), config_->sources.end(),
                                  [&](const SourceConfig& one) { return one.name == source; });
  if (found == config_->sources.end()) return;
  const auto place = static_cast<std::uint32_t>(found - config_->sources.begin());
  for (Lane& lane : lanes_) lane.count(MissingMessage{place, slot, records});
}

/// Does `job` with each shard, on the shard's thread; all are done when it returns.
void Counting::on_all(const std::function<void(Shard&)>& job) {
  for (Lane& lane : lanes_) {
    if (lane.worker) lane.worker->start(job);
  }
  for (Lane& lane : lanes_) {
    if (!lane.worker) job(lane.shard);
  }
  for (Lane& lane : lanes_) {
    if (lane.worker) lane.worker->finish();
  }
}

std::vector<Transition> Counting::tick(const TickFacts& facts) {
  on_all([&](Shard& shard) { shard.tick(facts); });
  std::vector<std::pair<std::uint32_t, Transition>> changes;
  for (const Lane& lane : lanes_) {
    changes.insert(changes.end(), lane.shard.transitions().begin(), lane.shard.transitions().end());
  }
  std::stable_sort(changes.begin(), changes.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Transition> transitions;
  transitions.reserve(changes.size());
  for (auto& [slo, transition] : changes) transitions.push_back(std::move(transition));
  return transitions;
}

std::vector<SloReading> Counting::read() {
  std::vector<SloReading> readings(config_->slos.size());
  on_all([&](Shard& shard) { shard.read(readings); });
  return readings;
}

void Counting::keep_hours() {
  on_all([](Shard& shard) { shard.keep_hours(); });
}

std::vector<MeasureHours> Counting::take_hours() {
  std::vector<std::vector<MeasureHours>> of_lanes(lanes_.size());
  on_all([&](Shard& shard) {
    const auto mine =
        std::find_if(lanes_.begin(), lanes_.end(), [&](const Lane& l) { return &l.shard == &shard; });
    of_lanes[static_cast<std::size_t>(mine - lanes_.begin())] = shard.take_hours();
  });
  std::vector<MeasureHours> all;
  for (std::vector<MeasureHours>& lane : of_lanes)
    std::move(lane.begin(), lane.end(), std::back_inserter(all));
  std::sort(all.begin(), all.end(),
            [](const MeasureHours& a, const MeasureHours& b) { return a.measure < b.measure; });
  return all;
}

bool Counting::adopt(const Config& next) {
  Plan plan(next);
  if (!plan_.counts_the_same(plan) || Bookables(next).checks != bookables_.checks) return false;
  std::optional<Admission> admission = admission_.adopted(next, plan);
  if (!admission) return false;
  on_all([](Shard&) {});  // nothing is under way now: the shards are this thread's until the next message
  for (const Lane& lane : lanes_) {
    if (!lane.shard.can_adopt(plan)) return false;
  }
  for (Lane& lane : lanes_) lane.shard.adopt(next, plan);
  admission_ = std::move(*admission);
  plan_ = std::move(plan);
  config_ = &next;
  return true;
}

}  // namespace slod::engine
