#include "counting.h"

#include <algorithm>
#include <set>

namespace slod::engine {
namespace {

std::vector<std::string> checks_of(const Config& config) {
  std::vector<std::string> checks;
  for (const SloConfig& slo : config.slos) {
    if (slo.sli != SliKind::kDeviceMinutes) continue;
    if (std::find(checks.begin(), checks.end(), slo.fleet_check) != checks.end()) continue;
    checks.push_back(slo.fleet_check);
  }
  return checks;
}

}  // namespace

Counting::Counting(const Config& config, Dictionary& dictionary)
    : config_(config),
      bookables_(config, checks_of(config)),
      admission_(config, dictionary),
      grouped_of_view_(grouped(bookables_.of_view)),
      grouped_of_check_(grouped(bookables_.of_check)) {
  for (const SloConfig& slo : config.slos) criteria_.emplace_back(config, slo);
  for (const Slos& slos : spread(config)) {
    if (slos.empty() && !lanes_.empty()) continue;
    Lane& lane = lanes_.emplace_back(config, dictionary, bookables_, slos);
    if (lanes_.size() > 1) lane.worker = std::make_unique<Worker>(lane.shard);
  }
  find_lanes();
}

void Counting::find_lanes() {
  for (std::uint32_t i = 0; i < config_.slos.size(); ++i) {
    const auto mine =
        std::find_if(lanes_.begin(), lanes_.end(), [&](const Lane& lane) { return lane.shard.has(i); });
    lane_of_.push_back(&*mine);
  }
  const auto counting = [&](const std::vector<Slos>& all) {
    std::vector<Lanes> found(all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      for (Lane& lane : lanes_) {
        const auto counts = [&](std::uint32_t slo) { return lane_of_[slo] == &lane; };
        if (std::any_of(all[i].begin(), all[i].end(), counts)) found[i].push_back(&lane);
      }
    }
    return found;
  };
  lanes_of_view_ = counting(bookables_.of_view);
  lanes_of_check_ = counting(bookables_.of_check);
}

std::vector<Counting::Slos> Counting::grouped(const std::vector<Slos>& all) const {
  std::vector<Slos> kept(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (const std::uint32_t slo : all[i]) {
      if (!config_.slos[slo].group_by.empty()) kept[i].push_back(slo);
    }
  }
  return kept;
}

std::vector<fold::View> Counting::views() const {
  std::set<fold::View> views;
  for (const SloConfig& slo : config_.slos) {
    if (slo.journey >= 0) views.insert({slo.journey, slo.leg});
  }
  return {views.begin(), views.end()};
}

void Counting::book(const fold::Booking& booking, int sign, bool attempt) {
  const std::size_t place = Bookables::place_of(booking.view);
  for (const std::uint32_t slo : grouped_of_view_[place]) {
    if (!admission_.knows(slo, booking.labels) && criteria_[slo].counts(booking, attempt))
      admit(slo, booking.labels);
  }
  for (Lane* lane : lanes_of_view_[place]) {
    if (lane->worker) {
      lane->worker->append(EventMessage{booking, sign, attempt});
    } else if (attempt) {
      lane->shard.attempt(booking, sign);
    } else {
      lane->shard.event(booking, sign);
    }
  }
}

void Counting::book_minutes(const fleet::MinuteBooking& minutes, std::int64_t count) {
  using fleet::MinuteState;
  const auto check = static_cast<std::size_t>(minutes.check);
  if (log_ != nullptr) log_->minutes(bookables_.checks[check], minutes, count);
  if (minutes.state == MinuteState::kHealthy || minutes.state == MinuteState::kUnhealthy) {
    for (const std::uint32_t slo : grouped_of_check_[check]) {
      if (!admission_.knows(slo, minutes.labels)) admit(slo, minutes.labels);
    }
  }
  for (Lane* lane : lanes_of_check_[check]) lane->count(MinutesMessage{minutes, count});
}

void Counting::admit(std::uint32_t slo, LabelSetId labels) {
  if (const auto admitted = admission_.decide(slo, labels)) lane_of_[slo]->count(*admitted);
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
  std::vector<SloReading> readings(config_.slos.size());
  on_all([&](const Shard& shard) { shard.read(readings); });
  return readings;
}

}  // namespace slod::engine
