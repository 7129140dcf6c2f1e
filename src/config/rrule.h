// The part of RFC 5545 recurrence rules that maintenance windows use. Pure.
#pragma once

#include <string>

namespace slod::config {

/// What is wrong with "FREQ=WEEKLY;BYDAY=TU;BYHOUR=23", or "". Known: FREQ (DAILY, WEEKLY, MONTHLY),
/// INTERVAL, BYDAY (MO; with MONTHLY also 1MO, -1FR), BYMONTHDAY, BYMONTH, BYHOUR, BYMINUTE.
[[nodiscard]] std::string rrule_fault(const std::string& rule);

}  // namespace slod::config
