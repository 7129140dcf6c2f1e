// What a device's reports say, by event time: state, labels and the hysteresis of each value check. One
// report is one step; the same step serves the live path and the re-reading of a history. Pure values.
#pragma once

#include <span>

#include "rules.h"
#include "times.h"

namespace slod::fleet {

/// A report as the history keeps it; the values of its checks stand beside it (NaN: not reported).
struct Report {
  Nanos time = 0;
  StringId state = 0;     ///< 0: the report does not say
  LabelSetId labels = 0;  ///< as reported
};

struct Fields {
  Nanos time = kAlways;  ///< of the last report
  StringId state = 0;
  LabelSetId labels = 0;
};

/// How one check stands in one minute.
enum class CheckStatus : std::uint8_t { kHealthy = 0, kUnhealthy = 1, kStale = 2, kNone = 3 };

/// One value check of one device since its last report of that value.
struct CheckState {
  enum class Condition : std::uint8_t { kNone, kUnhealthy, kBetween, kHealthy };
  Nanos holds_until = kAlways;  ///< last report + max_age
  Nanos since = kAlways;        ///< the condition has held without a break since then
  Condition condition = Condition::kNone;
  bool unhealthy = false;  ///< as turned by the reports before the condition's own dwell ran out

  /// When the condition turns the check, kNever if it does not (or has).
  [[nodiscard]] Nanos turns_at(Nanos dwell) const;
  /// What holds just before `end`, which is after the last report.
  [[nodiscard]] CheckStatus at(Nanos end, Nanos dwell) const;
  void report(Nanos time, double value, const CheckRule& rule, Nanos dwell);
};

[[nodiscard]] CheckState::Condition condition_of(const CheckRule& rule, double value);

/// Advances `fields` and `checks` by one report at or after fields.time. `values`: one per value check.
void step(Rules& rules, Fields& fields, std::span<CheckState> checks, const Report& report,
          std::span<const double> values);

}  // namespace slod::fleet
