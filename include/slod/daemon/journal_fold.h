// JournalFold: what the groups of a journal make, in journal order: the engine with a dictionary of its own,
// open incidents, the newest config's text. History that was merged in (a refolding) says by its coverage
// what was observed. A pure function of (config, registry, groups); the daemon's evaluator, recovery and
// `slod verify` run the same one. Thread: one owner.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "slod/core/remap.h"
#include "slod/daemon/coverage.h"
#include "slod/daemon/quiet_rules.h"
#include "slod/daemon/route_days.h"
#include "slod/daemon/sealing.h"
#include "slod/engine/booking_log.h"
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
  /// Lifetime: `journal_dictionary`, which the groups' ids belong to, outlives the fold. `most_bookings`: of
  /// the booking log.
  JournalFold(std::shared_ptr<const Config> config, const std::vector<fleet::RegistryEntry>& registry,
              const Dictionary& journal_dictionary, std::size_t most_bookings = engine::BookingLog::kMost);

  void apply(const journal::Group& group, const OnTick& on_tick);
  /// The same for a group that was read into dictionary(). A tick that has been before is passed over.
  void apply_own(const journal::Group& group, const OnTick& on_tick);
  /// Tells what was counted, hour by hour, from here on: at the first tick of each hour, and where room is
  /// short. First before everything else and restore(); later to tell somebody else. Thread of apply().
  using TellHours = std::function<void(HourlyTotals)>;
  void keep_hours(TellHours tell);
  [[nodiscard]] Time told_hours() const { return told_hours_; }
  /// Not of a group: where history lies in times in which slod did not run.
  void tick(Time at, const OnTick& on_tick);
  /// Before everything else: history that will be merged in.
  void cover(const Coverage& coverage) { coverage_ = coverage; }
  /// Where what recorded logs tell of ends; the epoch: there is no history.
  [[nodiscard]] Time history_end() const { return coverage_.end(); }
  /// The first record of history arrives.
  void history_begins(Time at);
  void set_history_blocks(std::uint64_t blocks) { history_blocks_ = blocks; }
  /// For the journal: so many blocks of history are in the numbers from here on, and these rules are quiet.
  [[nodiscard]] journal::Control history_note() const;
  /// The note is on its way into the journal: what comes back of it is known.
  void set_history_noted() { history_noted_ = history_blocks_; }
  /// Blocks that the journal says were counted.
  [[nodiscard]] std::uint64_t history_noted() const { return history_noted_; }

  [[nodiscard]] engine::Engine& engine() { return engine_; }
  /// The engine's snapshot, with what is known beside it.
  [[nodiscard]] std::shared_ptr<engine::Snapshot> snapshot() const;
  /// Any thread.
  [[nodiscard]] std::shared_ptr<const Config> config() const {
    const std::lock_guard lock(config_mutex_);
    return config_;
  }
  /// Another config's SLOs answer from here on (Engine::adopt()). False: the past must be folded again.
  /// Requires: the configs differ in nothing but SLOs, policies, and what numbers are not made of.
  [[nodiscard]] bool adopt(std::shared_ptr<const Config> next);
  [[nodiscard]] const std::vector<fleet::RegistryEntry>& registry() const { return registry_; }
  [[nodiscard]] Dictionary& dictionary() { return dictionary_; }
  [[nodiscard]] const Dictionary& dictionary() const { return dictionary_; }
  /// What was booked lately; its ids are dictionary()'s. BookingLog::read() by any thread.
  [[nodiscard]] engine::BookingLog& log() { return log_; }
  [[nodiscard]] const engine::BookingLog& log() const { return log_; }
  [[nodiscard]] notify::Incidents& incidents() { return incidents_; }
  [[nodiscard]] QuietRules& quiet() { return quiet_; }
  [[nodiscard]] Sealing& sealing() { return sealing_; }
  [[nodiscard]] const RouteDays& routes() const { return routes_; }
  [[nodiscard]] std::uint64_t history_blocks() const { return history_blocks_; }
  [[nodiscard]] const std::string& last_config() const { return last_config_; }
  [[nodiscard]] journal::Position position() const { return position_; }  ///< of the newest group applied
  [[nodiscard]] Time stamp() const { return stamp_; }
  [[nodiscard]] Time last_tick() const { return last_tick_; }  ///< the epoch before the first

  /// What is sealed could not be read: the fold is not to be trusted.
  [[nodiscard]] bool damaged() const { return damaged_; }

  /// The state as bytes. `expected`: about how many.
  [[nodiscard]] std::string archived(std::size_t expected);
  /// Into a fold that has seen nothing. False: the bytes do not fit; throw the fold away.
  [[nodiscard]] bool restore(std::string_view bytes);

 private:
  void begin(const journal::Group& group, const OnTick& on_tick);
  void apply_rows(std::span<const ApiRow> rows);
  void apply(const journal::Control& control, const OnTick& on_tick);
  /// True: the group is one of what is sealed.
  bool takes_sealed(const journal::Group& group);
  void unobserved(const std::string& source, Time from, Time to);
  void look_at_sources(Time at);
  void tell_hours(Time at);
  [[nodiscard]] Time first_of(const SloConfig& slo) const;
  void take_history_note(const journal::Control& control);
  template <class A>
  void io(A& a);

  mutable std::mutex config_mutex_;  ///< guards the next for other threads; off the event path
  std::shared_ptr<const Config> config_;
  std::vector<fleet::RegistryEntry> registry_;
  const Dictionary& journal_dictionary_;
  Dictionary dictionary_;  ///< the engine's own: no dictionary has two writers
  Translation translation_;
  engine::BookingLog log_;
  engine::Engine engine_;
  Sealing sealing_;
  notify::Incidents incidents_;  ///< that people were told of
  QuietRules quiet_;
  RouteDays routes_;
  Coverage coverage_;
  TellHours tell_hours_;
  Time told_hours_;  ///< the tick up to which they were told; the epoch: never
  std::uint64_t history_blocks_ = 0, history_noted_ = 0;
  bool damaged_ = false;
  std::set<std::string> down_, shown_down_;  ///< sources by control records; as the engine was told
  Time first_stamp_, history_begin_;         ///< the epoch: none yet
  std::string last_config_;
  journal::Position position_ = 0;
  Time stamp_, last_tick_;
};

}  // namespace slod::daemon
