// Which state directory is meant, and who has it.
#pragma once

#include <optional>
#include <string>

#include "backup.h"

namespace slod::cli {

/// --state, or state.dir of --config.file. Nothing, after saying why on stderr, if neither says it.
[[nodiscard]] std::optional<std::string> state_of(const std::string& command,
                                                  const BackupArguments& arguments);
/// The process that has the journal of `state` locked, as it names itself; nothing: nobody.
[[nodiscard]] std::optional<std::string> holder_of(const std::string& state);

}  // namespace slod::cli
