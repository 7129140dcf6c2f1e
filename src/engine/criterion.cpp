#include "criterion.h"

namespace slod::engine {

Criterion::Criterion(const Config& config, const SloConfig& slo) : slo_(slo) {
  if (slo.actors.empty()) return;
  actor_counts_.resize(config.actors.size() + 1, false);
  for (const ActorIndex actor : slo.actors) actor_counts_[static_cast<std::size_t>(actor + 1)] = true;
}

Verdict Criterion::judge(const fold::Booking& booking) const {
  if (slo_.sli != SliKind::kLatency) return booking.verdict;
  if (booking.verdict == Verdict::kExcluded || booking.verdict == Verdict::kUnobserved)
    return booking.verdict;
  if (booking.timed_out) return Verdict::kBad;
  if (booking.latency == kNoLatency) return Verdict::kExcluded;  // nothing to judge by
  return booking.latency <= slo_.threshold ? Verdict::kGood : Verdict::kBad;
}

bool Criterion::counts(const fold::Booking& booking, bool attempt) const {
  if (slo_.fold == attempt || !concerns(booking)) return false;
  const Verdict verdict = judge(booking);
  return verdict == Verdict::kGood || verdict == Verdict::kBad;
}

}  // namespace slod::engine
