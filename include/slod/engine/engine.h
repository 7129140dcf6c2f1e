// Engine: fold, fleet, windows, SLI, budget, burn and alert state behind two calls: apply what the journal
// says, tick when the journal says so. The daemon feeds it from the committer, `slod replay` from files: the
// same code, the same numbers. A pure function of (config, registry, rows, ticks); reads no clock. Thread:
// one owner.
#pragma once

#include <memory>
#include <vector>

#include "slod/core/totals.h"
#include "slod/engine/booking_log.h"
#include "slod/engine/minute_ledger.h"
#include "slod/engine/snapshot.h"

namespace slod::engine {

/// What an SLO of the config counts, in the words of MeasureHours::measure. Equal words share their counts.
[[nodiscard]] std::string measure_of(const Config& config, const SloConfig& slo);

class Engine {
 public:
  /// Lifetime: the dictionary outlives the engine; rows given to apply() use its ids.
  Engine(std::shared_ptr<const Config> config, const std::vector<fleet::RegistryEntry>& registry,
         Dictionary& dictionary);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  void apply(const ApiRow& row);
  void apply(const DeviceRow& row);
  /// A hint: the row will be applied some kLookAhead rows from now. Changes nothing.
  static constexpr std::size_t kLookAhead = fold::Fold::kLookAhead;
  void prefetch(const ApiRow& row) const;
  /// Counts of records that never became rows (ignored, rejected, late) and of those that did (accepted).
  void count(const std::string& source, const SourceCounts& counts);
  /// Records of the source that were dropped at `at` without a signal to retry: they lower the completeness
  /// of what lives on it.
  void missing(const std::string& source, std::uint64_t records, Time at);
  void note_unmatched(const std::string& path);
  /// The daemon's beginning: nothing before `at` was seen. A replay does not call it: it counts as fully
  /// observed.
  void observed_from(Time at);
  /// slod itself (empty source) or one source saw nothing in [from, to).
  void unobserved(const std::string& source, Time from, Time to);
  void source_up(const std::string& source, bool up, Time at);

  /// Writes down every booking from here on. Lifetime: the log outlives the engine, and has the same config.
  void record_to(BookingLog& log);

  /// Device-minutes from here on. Lifetime: the ledger outlives the engine.
  void record_to(MinuteLedger& ledger);
  /// Names of the checks in it, by place.
  [[nodiscard]] std::vector<StringId> checks() const;
  /// Device-minutes that no row brings any more. Those of a check that nothing asks for are passed over.
  void book_sealed(const SealedMinutes& minutes);
  /// As the fleet's; with what was found in its sources. Without a fleet: empty.
  [[nodiscard]] SealedFleet fleet_facts(Time until);
  void seal_fleet(Time until, SealedFleet& facts);
  void restore_fleet(const SealedFleet& facts, Time until, Time now);

  /// Evaluates at `at`, a multiple of the evaluation interval, later than every earlier one. Returns what
  /// changed.
  std::vector<Transition> tick(Time at);
  /// The picture of the last tick (as_of is the epoch before the first). What was applied since is in the
  /// counters already, in the sums only where it is late.
  [[nodiscard]] std::shared_ptr<const Snapshot> snapshot() const;

  /// From here on what is counted is tallied by hour too. Before the first row, and before io().
  void keep_hours();
  /// What entered the numbers since it was last asked, up to the last tick: by measure, in words.
  [[nodiscard]] std::vector<MeasureHours> take_hours();

  /// Another config's SLOs answer from here on, if what is kept says exactly what they would have counted:
  /// other names, objectives, policies, orders; further windows within what is kept. Their rules go on where
  /// the same ones stood; others are judged from the next tick on. False: nothing has changed, the past must
  /// be folded again. Requires: the configs differ in nothing else.
  [[nodiscard]] bool adopt(std::shared_ptr<const Config> next);

  /// The whole state with the dictionary, for a checkpoint. Read into an engine that was constructed with the
  /// same config and registry and has seen nothing; if the reader is not complete() then, throw it away.
  void io(archive::Writer& a);
  void io(archive::Reader& a);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace slod::engine
