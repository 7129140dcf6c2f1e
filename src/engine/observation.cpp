#include "observation.h"

#include <algorithm>

namespace slod::engine {

void Observation::begin(Time at) {
  if (!begin_) begin_ = at;
}

void Observation::gap(const std::string& source, Time from, Time to) {
  if (to <= from) return;
  std::vector<Gap>& gaps = gaps_[source];
  // A source that is down grows its gap tick by tick.
  if (!gaps.empty() && from <= gaps.back().to) {
    gaps.back().to = std::max(gaps.back().to, to);
  } else {
    gaps.push_back({from, to});
  }
}

void Observation::forget_before(Time at) {
  for (auto& [source, gaps] : gaps_) {
    std::erase_if(gaps, [&](const Gap& gap) { return gap.to <= at; });
  }
}

Duration Observation::unseen(const std::vector<std::string>& sources, Time from, Time to) const {
  std::vector<Gap> parts;
  if (begin_ && *begin_ > from) parts.push_back({from, std::min(*begin_, to)});
  const auto add = [&](const std::string& source) {
    const auto known = gaps_.find(source);
    if (known == gaps_.end()) return;
    for (const Gap& gap : known->second) {
      const Gap inside{std::max(gap.from, from), std::min(gap.to, to)};
      if (inside.from < inside.to) parts.push_back(inside);
    }
  };
  add("");
  for (const std::string& source : sources) add(source);
  std::sort(parts.begin(), parts.end(), [](const Gap& a, const Gap& b) { return a.from < b.from; });
  Duration total{0};
  Time covered = from;
  for (const Gap& part : parts) {
    const Time begin = std::max(part.from, covered);
    if (part.to > begin) total += part.to - begin;
    covered = std::max(covered, part.to);
  }
  return total;
}

std::int64_t expected_events(std::int64_t valid, Duration seen, Duration unseen) {
  if (seen <= Duration(0) || unseen <= Duration(0)) return 0;
  return static_cast<std::int64_t>(static_cast<__int128>(valid) * unseen.count() / seen.count());
}

}  // namespace slod::engine
