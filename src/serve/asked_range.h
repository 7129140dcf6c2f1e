// The range of time that a request asks about: `from` and `to` (RFC 3339, or seconds since the epoch), or
// `since` (1h). Pure.
#pragma once

#include <string_view>

#include "slod/core/result.h"
#include "slod/engine/contributors.h"
#include "slod/serve/render.h"

namespace slod::serve {

/// Without `to`: until `as_of`; without `from` and `since`: the hour before `to`. Whole slots: from rounded
/// down, to rounded up, and never past `as_of`. The error says what to write.
[[nodiscard]] Result<engine::SlotRange> asked_range(std::string_view target, Time as_of);

/// `from`, `to` and `since` (without them 30 d back), `step` (whole hours; without it 1d, of up to three days
/// 1h) and `groups` (1: each group too). Whole steps since the epoch: from rounded down, to rounded up.
[[nodiscard]] Result<HistoryRange> asked_history(std::string_view target, Time as_of);

}  // namespace slod::serve
