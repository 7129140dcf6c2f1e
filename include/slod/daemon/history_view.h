// HistoryView: what `slod backfill` has brought, for those who fold it. Plain value; read_history() by
// anyone, beside a running daemon or from a copy.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "slod/core/result.h"
#include "slod/core/submission.h"
#include "slod/daemon/coverage.h"

namespace slod::daemon {

/// What there is to fold. Immutable.
struct HistoryView {
  std::vector<std::string> dirs;  ///< one per stream, oldest first
  std::uint64_t blocks = 0;       ///< grows with every block that was new
  Coverage coverage;
  Time rows_since;  ///< what arrived before it may be gone; the epoch: nothing ever went
};

/// <state>/history/NNNN, from 1.
[[nodiscard]] std::string history_stream(const std::string& dir, std::size_t number);
/// The arrivals that a block covers, out of the answer to it.
[[nodiscard]] std::optional<Stretch> arrivals_in(const std::string& answer);
/// What lies in <state>/history, without its locks. Errors: damage.
[[nodiscard]] Result<std::shared_ptr<const HistoryView>> read_history(const std::string& dir);

}  // namespace slod::daemon
