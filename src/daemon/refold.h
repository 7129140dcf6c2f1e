// Refold: one SLO's contributions out of the journal and history, for a range that the booking log no longer
// holds. Folds all of it with an engine and a dictionary of its own, beside the daemon. Any one thread.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "slod/core/result.h"
#include "slod/daemon/history_view.h"
#include "slod/engine/contributors.h"
#include "slod/fleet/fleet.h"

namespace slod::daemon {

struct RefoldInput {
  std::shared_ptr<const Config> config;
  const std::vector<fleet::RegistryEntry>& registry;
  std::string journal_dir;
  Duration keep_journeys{0};  ///< as the journal is trimmed
  std::shared_ptr<const HistoryView> history = nullptr;
};

/// `computed_from` is "journal"; `note` says what is beyond the retention. Errors: a damaged journal,
/// stopping.
[[nodiscard]] Result<engine::Contributors> refold(const RefoldInput& input, const std::string& slo,
                                                  engine::SlotRange range, const std::atomic<bool>& stopping);

}  // namespace slod::daemon
