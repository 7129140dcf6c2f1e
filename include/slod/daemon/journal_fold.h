// JournalFold: what the groups of a journal make, in journal order: the engine with a dictionary of its own,
// open incidents, the newest config's text. A pure function of (config, registry, groups); the daemon's
// evaluator, recovery and `slod verify` run the same one. Thread: one owner.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "slod/core/remap.h"
#include "slod/engine/engine.h"
#include "slod/journal/journal.h"
#include "slod/notify/notifier.h"

namespace slod::daemon {

/// What one tick of the journal brought.
struct TickOutcome {
  Time at;
  std::chrono::steady_clock::time_point begun;
  std::vector<engine::Transition> transitions;
  std::vector<notify::IncidentEvent> events;
};

class JournalFold {
 public:
  using OnTick = std::function<void(TickOutcome&)>;
  /// Lifetime: `journal_dictionary`, which the groups' ids belong to, outlives the fold.
  JournalFold(std::shared_ptr<const Config> config, const std::vector<fleet::RegistryEntry>& registry,
              const Dictionary& journal_dictionary);

  void apply(const journal::Group& group, const OnTick& on_tick);

  [[nodiscard]] engine::Engine& engine() { return engine_; }
  [[nodiscard]] const Dictionary& dictionary() const { return dictionary_; }
  [[nodiscard]] const std::string& last_config() const { return last_config_; }
  [[nodiscard]] journal::Position position() const { return position_; }  ///< of the newest group applied
  [[nodiscard]] Time stamp() const { return stamp_; }
  [[nodiscard]] Time last_tick() const { return last_tick_; }  ///< the epoch before the first

  /// The state as bytes. `expected`: about how many.
  [[nodiscard]] std::string archived(std::size_t expected);
  /// Into a fold that has seen nothing. False: the bytes do not fit; throw the fold away.
  [[nodiscard]] bool restore(std::string_view bytes);

 private:
  void apply(const journal::Control& control, const OnTick& on_tick);
  void tick(Time at, const OnTick& on_tick);
  template <class A>
  void io(A& a);

  const Dictionary& journal_dictionary_;
  Dictionary dictionary_;  ///< the engine's own: no dictionary has two writers
  Translation translation_;
  engine::Engine engine_;
  notify::Incidents incidents_;
  std::string last_config_;
  journal::Position position_ = 0;
  Time stamp_, last_tick_;
};

}  // namespace slod::daemon
