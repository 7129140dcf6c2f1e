// `slod run`: everything wired together, started in dependency order and stopped in reverse.
#pragma once

#include <string>

#include "slod/core/time.h"

namespace slod::daemon {

struct RunOptions {
  std::string config_file;
  std::string log_level = "info";
  std::string log_format = "logfmt";
  std::string version, revision;
  Duration checkpoint_every = minutes(5);  ///< 0: only at a stop
  Duration mqtt_keep_alive = seconds(30);  ///< whole seconds, 18 h at most
};

/// Exit codes: 0 stopped by a signal; 1 could not start (port, state directory); 2 the config cannot be
/// loaded; 3 the journal can no longer be written.
int run(const RunOptions& options);

}  // namespace slod::daemon
