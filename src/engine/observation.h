// Observation: which parts of the past slod saw. A window that was not seen in full is judged as if the
// unseen part had the expected traffic and no failure, so that a blip in the first five minutes is not called
// an hour of burning. A replay counts as fully observed, the past before it too: it never calls begin().
// Engine thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "slod/core/time.h"

namespace slod::engine {

class Observation {
 public:
  /// Nothing before `at` was seen by anybody. The first call counts.
  void begin(Time at);
  /// Source "" is every source.
  void gap(const std::string& source, Time from, Time to);
  void forget_before(Time at);
  /// How much of [from, to) was not seen through all of `sources`: the union of their gaps.
  [[nodiscard]] Duration unseen(const std::vector<std::string>& sources, Time from, Time to) const;

  template <class A>
  void io(A& a) {
    a(begin_, gaps_);
  }

 private:
  struct Gap {
    Time from, to;
  };
  std::optional<Time> begin_;
  std::map<std::string, std::vector<Gap>> gaps_;  ///< each rising, not overlapping
};

/// Events to expect in the unseen part of a window: the rate seen in the SLO window, times its length. 0
/// where nothing is known. `valid` were seen in `seen` of time.
[[nodiscard]] std::int64_t expected_events(std::int64_t valid, Duration seen, Duration unseen);

}  // namespace slod::engine
