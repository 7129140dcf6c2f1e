// Criterion: how one SLO judges a booking. Immutable: any thread.
#pragma once

#include <vector>

#include "slod/config/config.h"
#include "slod/fold/fold.h"

namespace slod::engine {

class Criterion {
 public:
  /// Lifetime: the SLO outlives the criterion.
  Criterion(const Config& config, const SloConfig& slo);

  /// Whether the SLO asks for this actor.
  [[nodiscard]] bool concerns(const fold::Booking& booking) const {
    return actor_counts_.empty() || actor_counts_[static_cast<std::size_t>(booking.actor + 1)];
  }
  /// By the SLO's own SLI: the status of a latency SLO is its latency.
  [[nodiscard]] Verdict judge(const fold::Booking& booking) const;
  /// Whether the booking, an attempt or an event, is among the SLO's valid events.
  [[nodiscard]] bool counts(const fold::Booking& booking, bool attempt) const;

 private:
  const SloConfig& slo_;
  std::vector<bool> actor_counts_;  ///< by ActorIndex + 1; empty: everybody
};

}  // namespace slod::engine
