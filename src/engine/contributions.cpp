// Contributions: adding up what was logged.
#include "slod/engine/contributors.h"

namespace slod::engine {

Contributions::Contributions(const Config& config, const SloConfig& slo, SlotRange range)
    : slo_(slo), range_(range) {
  sums_.actors.resize(config.actors.size() + 1);
  if (slo.actors.empty()) return;
  actor_counts_.resize(config.actors.size() + 1, false);
  for (const ActorIndex actor : slo.actors) actor_counts_[static_cast<std::size_t>(actor + 1)] = true;
}

void Contributions::add(const LaneView& lane) {
  for (const LaneView::Part& part : lane.parts) {
    if (part.last_slot < range_.from || part.first_slot >= range_.to) continue;
    for (std::size_t i = 0; i < part.count; ++i) {
      const LoggedBooking& entry = part.chunk->entries[i];
      if (entry.slot < range_.from || entry.slot >= range_.to) continue;
      slo_.journey >= 0 ? add(entry) : add_minutes(entry);
    }
  }
}

void Contributions::add_devices(const LaneView& lane) {
  for (const LaneView::Part& part : lane.parts) {
    for (std::size_t i = 0; i < part.count; ++i) {
      const LoggedBooking& entry = part.chunk->entries[i];
      if (entry.slot < range_.from || entry.slot >= range_.to) continue;
      sums_.devices[entry.device].bad += entry.withdrawn() ? -1 : 1;
    }
  }
}

std::optional<bool> Contributions::is_good(const LoggedBooking& entry) const {
  const auto verdict = static_cast<Verdict>(entry.verdict());
  if (verdict == Verdict::kExcluded || verdict == Verdict::kUnobserved) return std::nullopt;
  if (slo_.sli != SliKind::kLatency) return verdict == Verdict::kGood;
  if (entry.outcome() == fold::Outcome::kDeviceTimeout) return false;
  if (entry.millis == LoggedBooking::kNoMillis) return std::nullopt;
  return entry.millis <= std::chrono::duration_cast<std::chrono::milliseconds>(slo_.threshold).count();
}

void Contributions::add(const LoggedBooking& entry) {
  const auto actor = static_cast<std::size_t>(entry.actor + 1);
  if (!actor_counts_.empty() && !actor_counts_[actor]) return;
  const std::optional<bool> good = is_good(entry);
  if (!good) return;
  const std::int64_t sign = entry.withdrawn() ? -1 : 1;
  const Tally tally{*good ? sign : 0, *good ? 0 : sign};
  sums_.total.add(tally);
  sums_.labels[entry.labels].add(tally);
  sums_.devices[entry.device].add(tally);
  sums_.conditions[entry.condition].add(tally);
  sums_.statuses[entry.status].add(tally);
  sums_.outcomes[static_cast<std::size_t>(entry.outcome())].add(tally);
  sums_.attempts[entry.attempts].add(tally);
  sums_.actors[actor].add(tally);
}

void Contributions::add_minutes(const LoggedBooking& entry) {
  const auto state = static_cast<fleet::MinuteState>(entry.verdict());
  if (state != fleet::MinuteState::kHealthy && state != fleet::MinuteState::kUnhealthy) return;
  const std::int64_t count = entry.withdrawn() ? -std::int64_t{entry.device} : std::int64_t{entry.device};
  const bool good = state == fleet::MinuteState::kHealthy;
  const Tally tally{good ? count : 0, good ? 0 : count};
  sums_.total.add(tally);
  sums_.labels[entry.labels].add(tally);
  sums_.reasons[good ? 0 : entry.millis].add(tally);
}

}  // namespace slod::engine
