#include "fold/attempt.h"

#include <algorithm>

#include "slod/core/hash.h"

namespace slod::fold {

std::size_t RetryKeyHash::operator()(const RetryKey& key) const {
  const std::uint64_t actor = static_cast<std::uint32_t>(key.actor);
  const std::uint64_t low = mix64(key.by[0] ^ 0xa0761d6478bd642f, key.by[1] ^ 0xe7037ed1a0b428db);
  return mix64(low ^ actor, key.by[2] ^ 0x8ebc6af09c88c6e3);
}

Booking booking_of(const View& view, const AttemptFacts& facts, const Decision& decision) {
  Booking booking;
  booking.view = view;
  booking.start = facts.start;
  booking.slot = slot_of(facts.start);
  booking.latency = decision.has_end ? std::max(decision.end - facts.start, Duration(0)) : kNoLatency;
  booking.verdict = decision.verdict;
  booking.outcome = decision.outcome;
  booking.timed_out = decision.outcome == Outcome::kDeviceTimeout;
  booking.late = facts.late;
  booking.actor = facts.actor;
  booking.labels = facts.labels;
  booking.device = facts.device;
  booking.route = facts.route;
  booking.status = facts.status;
  booking.condition = decision.condition;
  return booking;
}

}  // namespace slod::fold
