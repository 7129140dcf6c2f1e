#include "fold/booker.h"

namespace slod::fold {

Booker::Booker(View view, const std::optional<Retry>& retry, const DeviceDirectory* devices,
               BookingSink& sink)
    : view_(view), devices_(devices), sink_(sink) {
  if (!retry) return;
  horizon_ = retry->horizon;
  folder_.emplace(view, retry->within, retry->horizon, sink);
}

bool Booker::may_fold(const AttemptFacts& facts, const Decision& decision) const {
  return folder_ && facts.has_key && decision.made &&
         (decision.verdict == Verdict::kGood || decision.verdict == Verdict::kBad);
}

bool Booker::is_old(const AttemptFacts& facts, Time now) const {
  return facts.arrival - facts.start > horizon_ || now - facts.arrival >= horizon_;
}

DeviceCondition Booker::condition_of(StringId device, Time at, Time now) const {
  if (devices_ == nullptr || device == 0) return {};
  return devices_->condition(device, at, now);
}

bool Booker::decide(const AttemptFacts& facts, Placed& placed, Decision decision, Time now) {
  const Decision old = placed.decision;
  decision.condition = old.condition;  // what is learned of the device later does not rewrite a booking
  if (old == decision) return false;
  if (placed.how == Placement::kFolded && !folder_->holds(facts, now)) return false;
  const bool failed = decision.made && decision.verdict == Verdict::kBad;
  decision.condition = failed ? condition_of(facts.device, facts.start, now) : DeviceCondition{};
  if (!folder_) {
    // Without retry an attempt is an event.
    if (old.made) sink_.book_both(booking_of(view_, facts, old), -1);
    if (decision.made) sink_.book_both(booking_of(view_, facts, decision), +1);
    placed = {decision, decision.made ? Placement::kAlone : Placement::kNone};
    return false;
  }
  if (old.made) sink_.book_attempt(booking_of(view_, facts, old), -1);
  const bool unfolded = place_event(facts, placed, decision, now);
  if (decision.made) sink_.book_attempt(booking_of(view_, facts, decision), +1);
  placed.decision = decision;
  return unfolded;
}

/// Requires: a folded attempt is in a fold that may change. Returns true if the attempt stands alone for
/// being late.
bool Booker::place_event(const AttemptFacts& facts, Placed& placed, const Decision& decision, Time now) {
  const bool fold = may_fold(facts, decision);
  if (placed.how == Placement::kFolded) {
    if (fold) {
      folder_->replace(facts, decision, now);
      return false;
    }
    folder_->erase(facts, now);
  } else if (placed.how == Placement::kAlone) {
    sink_.book_event(booking_of(view_, facts, placed.decision), -1);
  }
  const bool late = fold && is_old(facts, now);
  if (fold && !late) {
    folder_->insert(facts, decision, now);
    placed.how = Placement::kFolded;
    return false;
  }
  if (decision.made) sink_.book_event(booking_of(view_, facts, decision), +1);
  placed.how = decision.made ? Placement::kAlone : Placement::kNone;
  return late;
}

void Booker::forget(Time now) {
  if (folder_) folder_->forget(now);
}

}  // namespace slod::fold
