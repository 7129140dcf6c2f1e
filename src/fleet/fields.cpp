#include "fields.h"

#include <cmath>

namespace slod::fleet {
namespace {

bool holds(const ThresholdCheck::Condition& condition, double value) {
  using Op = ThresholdCheck::Op;
  switch (condition.op) {
    case Op::kLess:
      return value < condition.value;
    case Op::kLessEqual:
      return value <= condition.value;
    case Op::kGreater:
      return value > condition.value;
    case Op::kGreaterEqual:
      return value >= condition.value;
    case Op::kEqual:
      return value == condition.value;
    case Op::kNotEqual:
      return value != condition.value;
  }
  return false;
}

}  // namespace

CheckState::Condition condition_of(const CheckRule& rule, double value) {
  if (holds(rule.unhealthy, value)) return CheckState::Condition::kUnhealthy;
  if (holds(rule.healthy, value)) return CheckState::Condition::kHealthy;
  return CheckState::Condition::kBetween;
}

Nanos CheckState::turns_at(Nanos dwell) const {
  const bool wants = unhealthy ? condition == Condition::kHealthy : condition == Condition::kUnhealthy;
  if (!wants) return kNever;
  const Nanos turn = later(since, dwell);
  return turn < holds_until ? turn : kNever;  // the condition is unknown once the report is too old
}

CheckStatus CheckState::at(Nanos end, Nanos dwell) const {
  if (condition == Condition::kNone) return CheckStatus::kNone;
  if (end > holds_until) return CheckStatus::kStale;
  return unhealthy != (end > turns_at(dwell)) ? CheckStatus::kUnhealthy : CheckStatus::kHealthy;
}

void CheckState::report(Nanos time, double value, const CheckRule& rule, Nanos dwell) {
  if (time > turns_at(dwell)) unhealthy = !unhealthy;
  const Condition now = condition_of(rule, value);
  const bool unbroken = now == condition && time <= holds_until;
  if (!unbroken) since = time;
  condition = now;
  holds_until = later(time, rule.max_age);
  if (dwell == 0 && now != Condition::kBetween) unhealthy = now == Condition::kUnhealthy;
}

void step(Rules& rules, Fields& fields, std::span<CheckState> checks, const Report& report,
          std::span<const double> values) {
  fields.time = report.time;
  if (report.state != 0) fields.state = report.state;
  fields.labels = rules.merge(fields.labels, report.labels);
  if (checks.empty()) return;
  const Rule& rule = rules.rule(fields.labels, fields.state);
  for (std::size_t k = 0; k < checks.size(); ++k) {
    if (!std::isnan(values[k])) checks[k].report(report.time, values[k], rule.checks[k], rules.dwell(k));
  }
}

}  // namespace slod::fleet
