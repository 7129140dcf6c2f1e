// When a device source was not observed: what slod could not see is never charged to anybody. Owned by the
// fold.
#pragma once

#include <vector>

#include "slod/core/time.h"

namespace slod::fold {

class UnobservedTimes {
 public:
  explicit UnobservedTimes(std::size_t sources) : gaps_(sources) {}
  /// [from, to) of one source, an index into the config.
  void add(std::size_t source, Time from, Time to);
  /// Whether any moment of [from, to] was unobserved.
  [[nodiscard]] bool any(std::size_t source, Time from, Time to) const;
  void forget_before(Time time);
  template <class A>
  void io(A& a) {
    a.same(gaps_.size());
    a(gaps_);
  }

 private:
  struct Gap {
    Time from, to;
  };
  std::vector<std::vector<Gap>> gaps_;
};

}  // namespace slod::fold
