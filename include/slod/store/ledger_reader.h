// What a ledger holds, read beside the daemon that writes it or from a copy.
#pragma once

#include <string>
#include <vector>

#include "slod/core/result.h"
#include "slod/store/ledger.h"

namespace slod::store {

struct LedgerContents {
  Time last_tick;
  std::vector<StoredTransition> transitions;  ///< oldest first
};

/// Changes nothing. Errors: no such file, unreadable.
[[nodiscard]] Result<LedgerContents> read_ledger(const std::string& path);

}  // namespace slod::store
