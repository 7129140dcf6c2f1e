#include "slod/config/retention.h"

#include <algorithm>

namespace slod::config {
namespace {

/// Calendar periods have a nominal length; the longest quarter has two days more, and an hour with it.
constexpr Duration kLongestPeriodMore = hours(24 * 2 + 1);

Duration looks_back(const Window& window) {
  return window.rolling + (window.calendar == Window::Calendar::kNone ? Duration(0) : kLongestPeriodMore);
}

/// Of an attempt: its latency, the retries that it waits for, its device's answer, each a day at most; and
/// one to spare.
constexpr Duration kLongestAttempt = hours(24 * 4);

const JourneyConfig* journey_of(const Config& config, const SloConfig& slo) {
  return slo.journey < 0 ? nullptr : &config.journeys[static_cast<std::size_t>(slo.journey)];
}

bool needs_devices(const Config& config, const SloConfig& slo) {
  const JourneyConfig* journey = journey_of(config, slo);
  return journey == nullptr || journey->device.has_value() || has_device_labels(config, slo);
}

Duration longest(const SloConfig& slo) {
  Duration window = looks_back(slo.window);
  for (const Window& also : slo.also) window = std::max(window, looks_back(also));
  return window;
}

Duration longest(const Config& config, bool (*counts)(const Config&, const SloConfig&)) {
  Duration keep = config.state.keep_fleet;
  for (const SloConfig& slo : config.slos) {
    if (!counts(config, slo)) continue;
    keep = std::max(keep, longest(slo) + kOneDay);
  }
  return keep;
}

}  // namespace

bool has_device_labels(const Config& config, const SloConfig& slo) {
  const JourneyConfig* journey = journey_of(config, slo);
  return journey != nullptr &&
         std::any_of(journey->labels.begin(), journey->labels.end(),
                     [](const std::string& label) { return label.starts_with("device."); });
}

Duration fleet_rows_kept(const Config& config) {
  return longest(config, has_device_labels);
}

Duration fleet_history_kept(const Config& config) {
  return longest(config, needs_devices);
}

Duration longest_window(const Config& config) {
  Duration most{0};
  for (const SloConfig& slo : config.slos) most = std::max(most, longest(slo));
  for (const AlertPolicy& policy : config.policies) {
    for (const BurnRule& rule : policy.rules) most = std::max(most, rule.long_window);
  }
  return most;
}

std::optional<Duration> settles_after(const Config& config) {
  if (config.fleet) return std::nullopt;
  return longest_window(config) + kLongestAttempt;
}

}  // namespace slod::config
