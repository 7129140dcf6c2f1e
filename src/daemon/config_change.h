// What a new config changes of a running daemon, and so what a reload must do about it. Pure.
#pragma once

#include <string>
#include <vector>

#include "slod/config/config.h"

namespace slod::daemon {

struct ConfigChange {
  /// Keys that a running daemon cannot change: with one of them the whole reload is refused.
  std::vector<std::string> needs_restart;
  bool numbers = false;  ///< some of them will be others
  bool facts = false;    ///< what is counted changes, and not only who looks at it: the past is folded again
  bool notifications = false;  ///< destinations, heartbeat, addresses in messages
  [[nodiscard]] bool any() const { return !needs_restart.empty() || numbers || notifications; }
};

[[nodiscard]] ConfigChange change_between(const Config& old, const Config& next);
/// Whether a running file or mqtt source would read otherwise under the new config: its own keys, which of
/// its routes and commands are asked for, whether it is the fleet's. Others go on unasked: to reconnect to a
/// broker costs the fleet a minute that nobody watched.
[[nodiscard]] bool reads_differently(const Config& old, const Config& next, const std::string& source);

}  // namespace slod::daemon
