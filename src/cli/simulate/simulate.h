// `slod simulate`: a fleet and its riders, made up from a seed, sent to a running slod as a real one would
// send: HTTP logs posted, telemetry published. What happens is decided by the model (fleet_model.h), which
// knows no socket; this puts clock and wires to it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "slod/config/config.h"
#include "slod/core/time.h"

namespace slod::cli {

struct SimulateOptions {
  std::shared_ptr<const Config> config;
  int devices = 100;
  double rate = 1.0;  ///< journeys per second over the whole fleet
  std::uint64_t seed = 1;
  std::vector<std::string> incidents;       ///< NAME@T+D, "unlock-errors@20s+30s"; T counts from the start
  std::optional<Duration> duration;         ///< none: until it is stopped
  std::string url;                          ///< base of the ingest listener; "": as the config says
  const std::atomic<bool>* stop = nullptr;  ///< may be null; SIGINT and SIGTERM stop it as well
};

/// Runs to the end of `duration` or to a signal; prints a summary on stderr. Returns the exit code: 0, 1 when
/// nothing could be delivered, 2 for options that make no sense (said on stderr), 130 when interrupted.
[[nodiscard]] int simulate(const SimulateOptions& options);

/// The incidents' names with a line each, for --help and for who mistypes one.
[[nodiscard]] std::string incident_help();

}  // namespace slod::cli
