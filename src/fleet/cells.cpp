#include "cells.h"

#include <boost/container_hash/hash.hpp>

#include "slod/core/result.h"

namespace slod::fleet {

std::uint64_t Status::pack(bool down, std::span<const CheckState> checks, const Rules& rules, Nanos end) {
  std::uint64_t status = 1u | (down ? 2u : 0u);
  for (std::size_t k = 0; k < checks.size(); ++k) {
    status |= static_cast<std::uint64_t>(checks[k].at(end, rules.dwell(k))) << (2 + 2 * k);
  }
  return status;
}

Judge::Judge(const Rules& rules, Dictionary& dictionary, const std::vector<std::string>& asked,
             bool gap_is_unhealthy)
    : rules_(rules),
      gap_is_unhealthy_(gap_is_unhealthy),
      connectivity_(dictionary.intern("connectivity")),
      broker_down_(dictionary.intern("broker_down")) {
  for (const std::string& name : asked) {
    const int check = name == "connectivity" ? kConnectivity : name == "any" ? kAny : rules.find_check(name);
    SLOD_ASSERT(check >= 0 || name == "connectivity" || name == "any");
    asked_.push_back(check);
  }
}

MinuteOutcome Judge::outcome(std::size_t asked, std::uint64_t status, bool gap) const {
  if (gap && gap_is_unhealthy_) return {MinuteState::kUnhealthy, broker_down_};
  if (gap) return {MinuteState::kUnobserved, 0};
  const int check = asked_[asked];
  if (check == kAny) return any(status);
  if (check >= 0) return of_check(status, static_cast<std::size_t>(check));
  return Status::down(status) ? MinuteOutcome{MinuteState::kUnhealthy, connectivity_} : MinuteOutcome{};
}

MinuteOutcome Judge::of_check(std::uint64_t status, std::size_t k) const {
  switch (Status::check(status, k)) {
    case CheckStatus::kHealthy:
      return {};
    case CheckStatus::kUnhealthy:
      return {MinuteState::kUnhealthy, rules_.reason(k)};
    case CheckStatus::kStale:
    case CheckStatus::kNone:
      break;
  }
  return {MinuteState::kUnobserved, 0};
}

MinuteOutcome Judge::any(std::uint64_t status) const {
  if (Status::down(status)) return {MinuteState::kUnhealthy, connectivity_};
  bool stale = false;
  for (std::size_t k = 0; k < rules_.value_checks(); ++k) {
    const CheckStatus check = Status::check(status, k);
    if (check == CheckStatus::kUnhealthy) return of_check(status, k);
    stale = stale || check == CheckStatus::kStale;
  }
  return stale ? MinuteOutcome{MinuteState::kUnobserved, 0} : MinuteOutcome{};
}

Groups::Groups() : groups_(1) {
  index_.emplace(Cell{}, 0);
}

Groups::Index Groups::move(Index group, const Cell& cell) {
  if (groups_[group].cell == cell) return group;
  const auto [at, added] = index_.try_emplace(cell, static_cast<Index>(groups_.size()));
  if (added) groups_.push_back({cell, 0});
  --groups_[group].devices;
  ++groups_[at->second].devices;
  return at->second;
}

std::size_t Groups::Hash::operator()(const Cell& cell) const {
  std::size_t seed = cell.labels;
  boost::hash_combine(seed, cell.source);
  boost::hash_combine(seed, cell.status);
  return seed;
}

}  // namespace slod::fleet
