// Calendar periods in an IANA time zone, resolved to epoch seconds; daylight saving and half-hour zones
// included. Pure; reads the system's zone files through Howard Hinnant's date library.
#pragma once

#include <string>

#include "slod/config/config.h"
#include "slod/core/result.h"

namespace slod::slo {

struct Period {
  Time begin, end;  ///< half-open
};

/// The day, week (from Monday), month or quarter that holds `at`. Errors: an unknown time zone, with a
/// suggestion.
[[nodiscard]] Result<Period> period_at(Window::Calendar calendar, const std::string& time_zone, Time at);
[[nodiscard]] bool known_time_zone(const std::string& time_zone);

}  // namespace slod::slo
