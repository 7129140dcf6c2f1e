#include "slod/alert/burn_alert.h"

#include "slod/slo/slo_math.h"

namespace slod::alert {
namespace {

/// A firing alert ends below this share of its threshold, so that a burn that hovers at the threshold does
/// not flap.
constexpr std::int64_t kEndNumerator = 9;
constexpr std::int64_t kEndDenominator = 10;

}  // namespace

const char* state_name(State state) {
  return state == State::kFiring ? "firing" : "inactive";
}

BurnAlert::BurnAlert(const BurnRule& rule, const AlertPolicy& policy, Ppm objective)
    : rule_(&rule), policy_(&policy), objective_(objective) {}

bool BurnAlert::fires(const RuleInput& input) const {
  const window::Counts& l = input.long_window;
  const window::Counts& s = input.short_window;
  if (l.bad < policy_->min_bad) return false;
  if (input.bad_devices >= 0 && input.bad_devices < policy_->min_devices) return false;
  return slo::burns_faster(l.bad, l.valid() + input.long_unseen, rule_->burn_micros, objective_) &&
         slo::burns_faster(s.bad, s.valid() + input.short_unseen, rule_->burn_micros, objective_);
}

std::optional<State> BurnAlert::evaluate(const RuleInput& input) {
  burning_ = fires(input);
  if (state_ == State::kInactive) {
    if (!burning_) return std::nullopt;
    state_ = State::kFiring;
    since_ = input.at;
    calm_since_.reset();
    held_ = false;
    return state_;
  }
  held_ = input.source_down || input.short_window.valid() == 0;
  if (held_) return std::nullopt;
  const std::int64_t end_micros = rule_->burn_micros * kEndNumerator / kEndDenominator;
  if (!slo::burns_slower(input.short_window.bad, input.short_window.valid(), end_micros, objective_)) {
    calm_since_.reset();
    return std::nullopt;
  }
  if (!calm_since_) calm_since_ = input.at;
  if (input.at - *calm_since_ < rule_->short_window) return std::nullopt;
  state_ = State::kInactive;
  since_.reset();
  calm_since_.reset();
  return state_;
}

}  // namespace slod::alert
