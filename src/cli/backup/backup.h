// slod backup: a copy of the state directory while the daemon runs. slod restore: puts it back.
// docs/backup.md.
#pragma once

#include <string>

namespace slod::cli {

struct BackupArguments {
  std::string dir;          ///< the backup
  std::string config_file;  ///< whose state.dir, unless `state` says it
  std::string state;
};

[[nodiscard]] int backup_command(const BackupArguments& arguments);
[[nodiscard]] int restore_command(const BackupArguments& arguments);

}  // namespace slod::cli
