// A few nodes of one device, sorted by (time, arrival): the earliest in a range is a binary search away.
#pragma once

#include <algorithm>
#include <tuple>
#include <vector>

#include "slod/core/time.h"

namespace slod::fold {

class TimeList {
 public:
  struct Entry {
    Time time;
    std::uint64_t seq = 0;
    std::uint32_t node = 0;
    friend bool operator<(const Entry& a, const Entry& b) {
      return std::tie(a.time, a.seq) < std::tie(b.time, b.seq);
    }
  };

  [[nodiscard]] bool empty() const { return entries_.empty(); }
  void insert(const Entry& entry) {
    entries_.insert(std::lower_bound(entries_.begin(), entries_.end(), entry), entry);
  }
  void erase(const Entry& entry) {
    const auto found = std::lower_bound(entries_.begin(), entries_.end(), entry);
    if (found != entries_.end() && found->node == entry.node) entries_.erase(found);
  }
  /// The earliest node timed in [from, to] that `fits`, or `none`.
  template <typename Fits>
  [[nodiscard]] std::uint32_t earliest(Time from, Time to, std::uint32_t none, Fits fits) const {
    auto at = std::lower_bound(entries_.begin(), entries_.end(), Entry{from, 0, 0});
    for (; at != entries_.end() && at->time <= to; ++at) {
      if (fits(at->node)) return at->node;
    }
    return none;
  }

  template <class A>
  void io(A& a) {
    a(entries_);
  }

 private:
  std::vector<Entry> entries_;
};

}  // namespace slod::fold
