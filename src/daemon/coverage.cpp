#include "slod/daemon/coverage.h"

#include <algorithm>

namespace slod::daemon {

void Coverage::add(const std::string& source, Stretch stretch) {
  std::vector<Stretch>& all = stretches_[source];
  std::vector<Stretch> kept;
  for (const Stretch& one : all) {
    if (one.to < stretch.from || stretch.to < one.from) {
      kept.push_back(one);
    } else {
      stretch = {std::min(one.from, stretch.from), std::max(one.to, stretch.to)};
    }
  }
  const auto place = std::lower_bound(kept.begin(), kept.end(), stretch,
                                      [](const Stretch& a, const Stretch& b) { return a.from < b.from; });
  kept.insert(place, stretch);
  all = std::move(kept);
}

bool Coverage::covers(const std::string& source, Time at) const {
  const auto known = stretches_.find(source);
  return known != stretches_.end() &&
         std::any_of(known->second.begin(), known->second.end(),
                     [at](const Stretch& one) { return one.from <= at && at <= one.to; });
}

std::vector<Stretch> Coverage::holes(const std::string& source, Stretch whole) const {
  std::vector<Stretch> holes;
  Time open = whole.from;
  const auto known = stretches_.find(source);
  if (known != stretches_.end()) {
    for (const Stretch& one : known->second) {
      if (one.to <= open || one.from >= whole.to) continue;
      if (one.from > open) holes.push_back({open, one.from});
      open = one.to;
    }
  }
  if (open < whole.to) holes.push_back({open, whole.to});
  return holes;
}

Time Coverage::begin(const std::string& source) const {
  const auto known = stretches_.find(source);
  return known == stretches_.end() || known->second.empty() ? Time::max() : known->second.front().from;
}

Time Coverage::end() const {
  Time end;
  for (const auto& [source, stretches] : stretches_) {
    if (!stretches.empty()) end = std::max(end, stretches.back().to);
  }
  return end;
}

}  // namespace slod::daemon
