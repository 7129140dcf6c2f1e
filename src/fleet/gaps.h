// The stretches of time that nobody watched: slod was down, or a source was.
#pragma once

#include <algorithm>
#include <vector>

#include "cells.h"
#include "times.h"

namespace slod::fleet {

struct Gap {
  Nanos from = 0, to = 0;
  SourceIndex source = 0;  ///< 0: everything
  /// A device that no source has brought yet could have come by any.
  [[nodiscard]] bool touches(SourceIndex device_source) const {
    return source == 0 || device_source == 0 || source == device_source;
  }
};

class Gaps {
 public:
  void add(const Gap& gap, Nanos horizon) {
    std::erase_if(gaps_, [&](const Gap& g) { return g.to < horizon; });
    for (Gap& g : gaps_) {
      if (g.source != gap.source || gap.from > g.to || g.from > gap.to) continue;
      g.from = std::min(g.from, gap.from);
      g.to = std::max(g.to, gap.to);
      return;
    }
    gaps_.push_back(gap);
  }
  /// Does the minute that ends at `end` overlap a gap of this source?
  [[nodiscard]] bool cover(SourceIndex source, Nanos end) const {
    return std::any_of(gaps_.begin(), gaps_.end(), [&](const Gap& g) {
      return g.touches(source) && g.from < end && g.to > end - kMinute;
    });
  }
  [[nodiscard]] bool empty() const { return gaps_.empty(); }
  template <class A>
  void io(A& a) {
    a(gaps_);
  }

 private:
  std::vector<Gap> gaps_;
};

}  // namespace slod::fleet
