// The ledger's copy: <ledger>.backup, made every hour, and what puts it back when the ledger is damaged.
#pragma once

#include <optional>
#include <string>

#include "slod/core/result.h"
#include "slod/core/time.h"

namespace slod::store {

[[nodiscard]] std::string ledger_backup_path(const std::string& path);
/// When the copy was made; nothing: there is none.
[[nodiscard]] std::optional<Time> ledger_backup_time(const std::string& path);
/// Replaces the copy by what the ledger is now, durably: a crash leaves the old copy or the new one.
[[nodiscard]] Status backup_ledger(const std::string& path);
/// Moves a damaged ledger aside (nothing is deleted) and puts its copy in its place. Returns where the
/// damaged one is now. Errors: there is no copy, or it is damaged too.
[[nodiscard]] Result<std::string> restore_ledger(const std::string& path);

}  // namespace slod::store
