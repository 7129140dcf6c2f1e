// The registry file: which devices there are. CSV with a header (RFC 4180: quoted fields, "" for a quote,
// line breaks inside quotes; LF or CRLF; a byte order mark is skipped). Columns in any order: device
// (required), state, commissioned_at, decommissioned_at (RFC 3339, or a date, which is midnight UTC); every
// other column is a label. Pure, any thread.
#pragma once

#include <string_view>
#include <vector>

#include "slod/core/result.h"
#include "slod/fleet/fleet.h"

namespace slod::fleet {

/// The error names every fault (at most 20), one a line: "line 3: ...".
[[nodiscard]] Result<std::vector<RegistryEntry>> parse_registry(std::string_view text);

}  // namespace slod::fleet
