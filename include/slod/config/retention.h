// How long the journal must keep what devices reported. Device-minutes are sealed and commands and replies
// stay with the journeys, so journal_retention.fleet is enough, but for device.* labels of journeys, which a
// refold reads from the reports. What backfill brings is not sealed. Pure.
#pragma once

#include <optional>

#include "slod/config/config.h"

namespace slod::config {

/// The longer of journal_retention.fleet and the longest window, with a day to spare, of the SLOs on journeys
/// with device.* labels; `also` windows included.
[[nodiscard]] Duration fleet_rows_kept(const Config& config);
/// In history: the same with the SLOs on fleets and on journeys with a device leg.
[[nodiscard]] Duration fleet_history_kept(const Config& config);
/// Whether it is about a journey with device.* labels, which a refold reads from the reports.
[[nodiscard]] bool has_device_labels(const Config& config, const SloConfig& slo);
/// The longest time over which any SLO counts or any of its alerts looks.
[[nodiscard]] Duration longest_window(const Config& config);
/// So long after a record every window is empty and every deadline has run out: until the next one a tick
/// changes nothing. None: a fleet is never at rest, its minutes go on.
[[nodiscard]] std::optional<Duration> settles_after(const Config& config);

}  // namespace slod::config
