#include "slod/config/retention.h"

#include <algorithm>

namespace slod::config {
namespace {

/// Calendar periods have a nominal length; the longest quarter has two days more, and an hour with it.
constexpr Duration kLongestPeriodMore = hours(24 * 2 + 1);

Duration looks_back(const Window& window) {
  return window.rolling + (window.calendar == Window::Calendar::kNone ? Duration(0) : kLongestPeriodMore);
}

bool needs_devices(const Config& config, const SloConfig& slo) {
  if (slo.journey < 0) return true;
  const JourneyConfig& journey = config.journeys[static_cast<std::size_t>(slo.journey)];
  return journey.device.has_value() ||
         std::any_of(journey.labels.begin(), journey.labels.end(),
                     [](const std::string& label) { return label.starts_with("device."); });
}

}  // namespace

Duration fleet_rows_kept(const Config& config) {
  Duration keep = config.state.keep_fleet;
  for (const SloConfig& slo : config.slos) {
    if (!needs_devices(config, slo)) continue;
    Duration longest = looks_back(slo.window);
    for (const Window& also : slo.also) longest = std::max(longest, looks_back(also));
    keep = std::max(keep, longest + kOneDay);
  }
  return keep;
}

}  // namespace slod::config
