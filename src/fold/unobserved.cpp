#include "fold/unobserved.h"

#include <algorithm>

namespace slod::fold {

void UnobservedTimes::add(std::size_t source, Time from, Time to) {
  if (from < to) gaps_[source].push_back({from, to});
}

bool UnobservedTimes::any(std::size_t source, Time from, Time to) const {
  const auto& gaps = gaps_[source];
  return std::any_of(gaps.begin(), gaps.end(),
                     [&](const Gap& gap) { return gap.from <= to && from < gap.to; });
}

void UnobservedTimes::forget_before(Time time) {
  for (auto& gaps : gaps_) std::erase_if(gaps, [&](const Gap& gap) { return gap.to < time; });
}

}  // namespace slod::fold
