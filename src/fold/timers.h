// What must happen at the first tick past a time, in (time, arrival) order whatever the order of setting. A
// timer is a reminder: whoever receives it looks whether there is still something to do.
#pragma once

#include <queue>
#include <tuple>
#include <vector>

#include "fold/leg_index.h"

namespace slod::fold {

struct Timer {
  enum class What : std::uint8_t { kDeadline, kExpiry };
  Time time;
  std::uint64_t seq = 0;
  What what = What::kDeadline;
  NodeId node = kNoNode;
  std::uint32_t generation = 0;
  friend bool operator>(const Timer& a, const Timer& b) {
    return std::tie(a.time, a.seq, a.what) > std::tie(b.time, b.seq, b.what);
  }
};

class Timers : public std::priority_queue<Timer, std::vector<Timer>, std::greater<>> {
 public:
  /// The heap as it lies: equal timers come up as they would have.
  template <class A>
  void io(A& a) {
    a(c);
  }
};

}  // namespace slod::fold
