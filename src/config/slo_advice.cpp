#include "config/slo_advice.h"

#include <sstream>

#include "config/policies.h"

namespace slod::config {

namespace {

std::string percent_text(Ppm ppm) {
  std::ostringstream out;
  out.precision(10);
  out << static_cast<double>(ppm) / 10'000 << " %";
  return out.str();
}

void advise_rules(Build& build, const SloConfig& slo, Ppm objective, const Place& place) {
  const AlertPolicy& policy = build.config.policies[static_cast<std::size_t>(slo.alert_policy)];
  for (const BurnRule& rule : policy.rules) {
    if (!can_never_fire(rule, objective)) continue;
    std::ostringstream out;
    out << "the " << rule.severity << " rule " << format_duration(rule.long_window) << "/"
        << format_duration(rule.short_window) << " of policy \"" << policy.name << "\" can never fire: at "
        << percent_text(objective) << " a burn of " << rule.burn << " means "
        << percent_text(rule.burn_micros * (kOne - objective) / 1'000'000) << " bad events";
    build.faults.warning(place, out.str());
  }
}

/// With n slices in the window, one bad slice leaves (n - 1) / n.
void advise_slices(Build& build, const SloConfig& slo, const View& budgeting) {
  if (slo.budgeting->slice.count() <= 0) return;
  if (slo.budgeting->target == kOne) {
    build.faults.warning(budgeting["target"].at(),
                         "with a slice target of 100 one bad event breaks the slice");
  }
  const std::int64_t slices = slo.window.rolling / slo.budgeting->slice;
  if (slices * (kOne - slo.objective) < kOne) {
    build.faults.warning(budgeting["slice"].at(), "the window has only " + std::to_string(slices) +
                                                      " slices, so one bad slice breaks " +
                                                      percent_text(slo.objective));
  }
}

/// One bad event of n leaves (n - 1) / n; n is more than the window is likely to see below one event a
/// second.
void advise_traffic(Build& build, const SloConfig& slo, const Place& place) {
  const std::int64_t needed = (kOne + kOne - slo.objective - 1) / (kOne - slo.objective);
  if (needed <= slo.window.rolling / seconds(1)) return;
  build.faults.warning(place, percent_text(slo.objective) + " over " + slo.window.text +
                                  ": one bad event breaks it unless there are " + std::to_string(needed) +
                                  " valid events in the window");
}

}  // namespace

void advise(Build& build, const SloConfig& slo, const View& objective, const View& budgeting) {
  if (slo.objective <= 0 || slo.objective >= kOne || slo.alert_policy < 0) return;
  advise_rules(build, slo, slo.objective, objective.at());
  const bool per_group = build.config.policies[static_cast<std::size_t>(slo.alert_policy)].per_group;
  for (const GroupObjective& group : slo.group_objectives) {
    if (per_group && group.objective > 0) advise_rules(build, slo, group.objective, objective.at());
  }
  if (slo.budgeting) {
    advise_slices(build, slo, budgeting);
  } else if (slo.journey >= 0) {
    advise_traffic(build, slo, objective.at());
  }
}

}  // namespace slod::config
