// The SLO formulas, as pure functions on integer counts. An undefined number (no valid events) is absent:
// never 0, never 1, never NaN. Targets are parts per million and comparisons cross-multiply, so that no float
// decides an alert: 1 - 0.99 is 0.010000000000000009 in binary, and a test at the exact boundary would fail
// for the wrong reason. Source of the formulas: Google's SRE Workbook, chapter 5 "Alerting on SLOs".
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "slod/config/config.h"

namespace slod::slo {

/// good / valid.
[[nodiscard]] std::optional<double> sli(std::int64_t good, std::int64_t valid);

struct Budget {
  double allowed = 0;                     ///< (1 - objective) * valid
  std::int64_t spent = 0;                 ///< bad
  std::optional<double> remaining_ratio;  ///< 1 - spent / allowed; never clamped; absent without valid events
};
[[nodiscard]] Budget budget(Ppm objective, std::int64_t bad, std::int64_t valid);

/// How many times faster than sustainable the budget is being spent: (bad / valid) / (1 - objective).
/// 1 spends it exactly in the window. Example: 99 %, 10 bad of 100 -> 10.
[[nodiscard]] std::optional<double> burn_rate(Ppm objective, std::int64_t bad, std::int64_t valid);

/// bad > burn * (1 - objective) * valid, strictly, in 128-bit integers. burn_micros is burn * 1e6.
/// Example (99 %, 14.4): 1 bad of 6 fires, 1 bad of 7 does not.
[[nodiscard]] bool burns_faster(std::int64_t bad, std::int64_t valid, std::int64_t burn_micros,
                                Ppm objective);
/// The same with `<`: used to end an alert at 0.9 * burn.
[[nodiscard]] bool burns_slower(std::int64_t bad, std::int64_t valid, std::int64_t burn_micros,
                                Ppm objective);

/// share: good / valid >= target, as one slice or one device is judged. False without valid.
[[nodiscard]] bool at_least(std::int64_t good, std::int64_t valid, Ppm target);

/// One rounding rule for what people read: a percentage with the decimals that `objective` needs plus two,
/// cut so that 100 % means all and 0 % means none ("99.99 %", never "100.00 %" with a failure, never "-0.00
/// %").
[[nodiscard]] std::string percent(std::optional<double> ratio, int decimals = 2);

}  // namespace slod::slo
