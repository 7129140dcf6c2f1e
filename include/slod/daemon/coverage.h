// Coverage: which stretches of the past recorded logs tell of, by source. What they cover was observed,
// whether slod ran then or not. Plain value.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "slod/core/time.h"

namespace slod::daemon {

struct Stretch {
  Time from, to;
  friend bool operator==(const Stretch&, const Stretch&) = default;
};

class Coverage {
 public:
  /// Joins what overlaps or touches.
  void add(const std::string& source, Stretch stretch);
  [[nodiscard]] bool covers(const std::string& source, Time at) const;
  /// The parts of `whole` that are not covered, in order.
  [[nodiscard]] std::vector<Stretch> holes(const std::string& source, Stretch whole) const;
  [[nodiscard]] bool empty() const { return stretches_.empty(); }
  /// Where the oldest stretch of `source` begins; the end of time: there is none.
  [[nodiscard]] Time begin(const std::string& source) const;
  /// Where the newest stretch ends; the epoch: there is none.
  [[nodiscard]] Time end() const;
  template <class A>
  void io(A& a) {
    a(stretches_);
  }

 private:
  std::map<std::string, std::vector<Stretch>> stretches_;  ///< each rising, disjoint
};

}  // namespace slod::daemon
