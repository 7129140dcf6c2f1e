// Exemplars: the last bad events of one SLO that still stand: a withdrawn one leaves. Bounded: kMost
// bookings, the oldest booked go first. Words are made when they are read, once for each event. Shard's
// thread.
#pragma once

#include <algorithm>
#include <deque>
#include <memory>
#include <vector>

#include "slod/engine/exemplar.h"

namespace slod::engine {

class Exemplars {
 public:
  static constexpr std::size_t kMost = 32;

  /// sign > 0: it was booked as bad; < 0: that is taken back.
  void record(const fold::Booking& bad, int sign) {
    if (sign > 0) {
      if (kept_.size() == kMost) kept_.pop_front();
      kept_.push_back({bad, nullptr});
      return;
    }
    const auto same =
        std::find_if(kept_.rbegin(), kept_.rend(), [&](const Kept& k) { return k.booking == bad; });
    if (same != kept_.rend()) kept_.erase(std::next(same).base());
  }

  /// The newest by event time first.
  [[nodiscard]] std::vector<std::shared_ptr<const Exemplar>> read(const Config& config,
                                                                  const Dictionary& dictionary) const {
    std::vector<std::shared_ptr<const Exemplar>> all;
    all.reserve(kept_.size());
    for (const Kept& kept : kept_) {
      if (!kept.words)
        kept.words = std::make_shared<const Exemplar>(exemplar_of(config, dictionary, kept.booking));
      all.push_back(kept.words);
    }
    std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a->at > b->at; });
    return all;
  }
  template <class A>
  void io(A& a) {
    a(kept_);
  }

 private:
  struct Kept {
    fold::Booking booking;
    mutable std::shared_ptr<const Exemplar> words;  // made at the first reading
    template <class A>
    void io(A& a) {
      a(booking);
    }
  };
  std::deque<Kept> kept_;
};

}  // namespace slod::engine
