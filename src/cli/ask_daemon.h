// What commands ask of a running daemon over its web address.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "slod/core/time.h"

namespace slod::cli {

/// As one part of a path; what could end it is escaped.
[[nodiscard]] std::string in_path(const std::string& name);

struct DaemonQuestion {
  std::string command;  ///< for messages: "why"
  std::string url;      ///< the web address
  std::string path;     ///< with the query
  Duration deadline = minutes(1);
};
/// `data` of the answer. Nothing: why not stands on stderr.
[[nodiscard]] std::optional<nlohmann::ordered_json> ask_daemon(const DaemonQuestion& question);

}  // namespace slod::cli
