// MinuteLedger: how many device-minutes stand booked, by minute, of those that are not sealed yet. Thread:
// the engine's.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <map>
#include <vector>

#include "slod/core/sealed.h"
#include "slod/fleet/fleet.h"

namespace slod::engine {

class MinuteLedger {
 public:
  /// `check`: its place among those that are counted.
  void add(std::size_t check, const fleet::MinuteBooking& minutes, std::int64_t count) {
    Minute& minute = minutes_[minutes.slot];
    const Key key{minutes.reason, minutes.labels, static_cast<std::uint16_t>(check),
                  static_cast<std::uint16_t>(minutes.state)};
    const auto at = minute.try_emplace(key, 0).first;
    at->second += count;
    if (at->second == 0) minute.erase(at);
  }
  [[nodiscard]] bool empty() const { return minutes_.empty(); }
  /// Requires: not empty().
  [[nodiscard]] Slot first() const { return minutes_.begin()->first; }
  /// Those before `until`, in an order of their own. `checks`: the names, by place.
  [[nodiscard]] std::vector<SealedMinutes> before(Slot until, const std::vector<StringId>& checks) const;
  void forget_before(Slot until) { minutes_.erase(minutes_.begin(), minutes_.lower_bound(until)); }
  template <class A>
  void io(A& a) {
    a(minutes_);
  }

 private:
  struct Key {
    StringId reason = 0;
    LabelSetId labels = 0;
    std::uint16_t check = 0, state = 0;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const;
  };
  using Minute = boost::unordered_flat_map<Key, std::int64_t, Hash>;
  std::map<Slot, Minute> minutes_;
};

}  // namespace slod::engine
