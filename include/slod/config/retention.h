// How long the journal must keep what devices said. A refold computes device-minutes, the device legs of
// journeys and device.* labels from it, so it is kept for as long as any SLO that needs it looks back, where
// journal_retention.fleet is shorter. Pure.
#pragma once

#include "slod/config/config.h"

namespace slod::config {

/// The longer of journal_retention.fleet and the longest window, with a day to spare, of the SLOs on fleets,
/// on journeys with a device leg and on journeys with device.* labels; `also` windows included.
[[nodiscard]] Duration fleet_rows_kept(const Config& config);

}  // namespace slod::config
