// Criterion: how one measure judges a booking. Immutable: any thread.
#pragma once

#include <vector>

#include "measure_spec.h"
#include "slod/fold/fold.h"

namespace slod::engine {

class Criterion {
 public:
  explicit Criterion(const MeasureSpec& spec)
      : by_latency_(spec.sli == SliKind::kLatency), threshold_(spec.threshold) {}

  /// By the SLI: the status of a latency SLO is its latency.
  [[nodiscard]] Verdict judge(const fold::Booking& booking) const {
    if (!by_latency_ || booking.verdict == Verdict::kExcluded || booking.verdict == Verdict::kUnobserved)
      return booking.verdict;
    if (booking.timed_out) return Verdict::kBad;
    if (booking.latency == kNoLatency) return Verdict::kExcluded;  // nothing to judge by
    return booking.latency <= threshold_ ? Verdict::kGood : Verdict::kBad;
  }

 private:
  bool by_latency_ = false;
  Duration threshold_{0};
};

/// Whom a population asks for. Immutable: any thread.
class Actors {
 public:
  Actors() = default;
  explicit Actors(const std::vector<ActorIndex>& wanted) {
    for (const ActorIndex actor : wanted) {
      const auto place = static_cast<std::size_t>(actor + 1);
      if (place >= counts_.size()) counts_.resize(place + 1, 0);
      counts_[place] = 1;
    }
  }
  [[nodiscard]] bool concern(ActorIndex actor) const {
    const auto place = static_cast<std::size_t>(actor + 1);
    return counts_.empty() || (place < counts_.size() && counts_[place] != 0);
  }

 private:
  std::vector<std::uint8_t> counts_;  ///< by ActorIndex + 1; empty: everybody
};

}  // namespace slod::engine
