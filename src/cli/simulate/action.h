// One thing that the simulated world does at one moment. A plain value.
#pragma once

#include <string>

#include "slod/config/config.h"

namespace slod::cli {

struct Action {
  enum class Kind { kLog, kPublish, kDisconnect, kReconnect };
  Duration at{0};  ///< from the simulation's start
  Kind kind = Kind::kLog;
  const SourceConfig* source = nullptr;
  std::string topic;  ///< kPublish
  std::string text;   ///< kLog: a JSON line without its end; kPublish: the payload
  bool retained = false;
};

}  // namespace slod::cli
