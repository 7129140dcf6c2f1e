// `slod replay`: recorded input through the whole engine in event time. No daemon, no state directory, no
// clock: the result is a pure function of config and input.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "slod/config/config.h"
#include "slod/core/result.h"
#include "slod/engine/engine.h"

namespace slod::cli {

struct ReplayInput {
  std::string source;
  std::string path;  ///< "-" is stdin; .gz and .zst are read too
};

/// SOURCE=PATH, as --input writes it. Errors say what is wanted.
[[nodiscard]] Result<std::vector<ReplayInput>> parse_inputs(const std::vector<std::string>& texts);

struct ReplayOptions {
  std::shared_ptr<const Config> config;
  std::vector<fleet::RegistryEntry> registry;
  std::vector<ReplayInput> inputs;
  std::optional<Time> until;
  /// Told now and then: bytes read so far, of so many (0: not known), records so far.
  std::function<void(std::uint64_t bytes, std::uint64_t total, std::uint64_t records)> progress;
  std::function<bool()> interrupted;  ///< true: stop here and give what there is
};

struct ReplayResult {
  std::shared_ptr<const engine::Snapshot> snapshot;
  std::vector<engine::Transition> transitions;
  bool has_tick = false;  ///< false: no record and no --until, so there is no moment to speak of
  std::uint64_t records = 0;
  bool interrupted = false;
};

/// Errors: an unknown source, a file that cannot be read or is damaged.
[[nodiscard]] Result<ReplayResult> replay(const ReplayOptions& options);

}  // namespace slod::cli
