// What people and programs read, rendered from one snapshot: pure functions, no sockets.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "slod/core/result.h"
#include "slod/core/totals.h"
#include "slod/engine/contributors.h"
#include "slod/engine/snapshot.h"

namespace slod::serve {

/// Process-wide figures that no snapshot holds.
struct ProcessFigures {
  std::string version, revision;
  std::uint64_t journal_bytes = 0;
  std::uint64_t dropped_by_age = 0, dropped_by_room = 0;  ///< segments of the journal
  std::uint64_t early_seals = 0;
  Time totals_until;
  std::uint64_t totals_failures = 0;
  std::map<std::string, std::uint64_t> refused;  ///< by listener: requests and connections without room
  double fold_lag_seconds = 0, commit_seconds = 0;
  bool config_reload_ok = true;
  bool disk_full = false;  ///< records are refused for want of room
  std::map<std::pair<std::string, std::string>, std::uint64_t> notifications;  ///< (destination, outcome)
  std::map<std::string, double> outbox_oldest_seconds;                         ///< by destination
};

/// What the SLI would be if everything missing had been bad, and if it had been good; only where completeness
/// is under 99.9 %. Journeys count events, the fleet device-minutes; with slices there is none: how many of
/// them what is missing would have turned nobody knows.
struct SliBounds {
  double low = 0, high = 0;
};
[[nodiscard]] std::optional<SliBounds> sli_bounds(const SloConfig& slo, window::Counts counts,
                                                  const engine::Missing& missing);
/// Over the SLO window.
[[nodiscard]] std::optional<SliBounds> sli_bounds(const engine::SloReading& reading);

/// Which hours of an SLO's past are asked for. Steps are whole hours since the epoch.
struct HistoryRange {
  Time from, to;
  Duration step{0};
  bool groups = false;
};
/// What hourly totals tell of it.
struct PastHours {
  std::vector<SeriesHours> series;
  Time until;           ///< they are counted up to this tick; the epoch: nothing is
  Time recounted_from;  ///< days before are as they were counted then; the epoch: all are by the rules of now
  bool cut = false;     ///< there is more than an answer holds
};
/// That, and the SLO that it is of as the config has it now.
struct SloPast {
  SloConfig slo;
  PastHours hours;
};
inline constexpr std::size_t kMostHistoryPoints = 100'000;  ///< in an answer

/// The Prometheus text format 0.0.4. `promtool check metrics` is clean.
[[nodiscard]] std::string metrics_text(const engine::Snapshot& snapshot, const ProcessFigures& process);
/// Its two parts. The first, of the SLOs, is a function of the snapshot alone: once per tick is enough.
[[nodiscard]] std::string slo_metrics_text(const engine::Snapshot& snapshot);
/// That part, kept between scrapes: its buffers outlive a tick. Thread: one owner.
class SloMetrics {
 public:
  SloMetrics();
  ~SloMetrics();
  void render(const engine::Snapshot& snapshot);
  void clear();
  [[nodiscard]] std::size_t size() const;  ///< of the text
  void append_to(std::string& text) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};
[[nodiscard]] std::string process_metrics_text(const engine::Snapshot& snapshot,
                                               const ProcessFigures& process);
/// `data` of /api/v1/slos. With transitions: what `slod replay --format json` prints.
[[nodiscard]] std::string slos_json(const engine::Snapshot& snapshot,
                                    const std::vector<engine::Transition>* transitions = nullptr,
                                    int indent = -1);
[[nodiscard]] std::string slo_json(const engine::Snapshot& snapshot,
                                   const std::string& slo);  ///< "" if unknown
[[nodiscard]] std::string sources_json(const engine::Snapshot& snapshot, bool disk_full = false);
[[nodiscard]] std::string alerts_json(const engine::Snapshot& snapshot);
/// `data` of /api/v1/slos/NAME/contributors.
[[nodiscard]] std::string contributors_json(const engine::Contributors& contributors);
/// What `slod why` prints of that. "" if it is not that.
[[nodiscard]] std::string contributors_text_from_json(const std::string& data, bool colour);
/// `data` of /api/v1/slos/NAME/history. Errors: more points than an answer holds, and what to ask instead.
[[nodiscard]] Result<std::string> history_json(const SloConfig& slo, const HistoryRange& range,
                                               const PastHours& past);
/// What `slod history` prints of that. "" if it is not that.
[[nodiscard]] std::string history_text_from_json(const std::string& data, bool colour);
/// The table of `slod status`, `slod replay` and the demo; `colour` for terminals.
[[nodiscard]] std::string slos_table(const engine::Snapshot& snapshot, bool colour);
/// The same table from `data` of /api/v1/slos, as `slod status` gets it. "" if it is not that.
[[nodiscard]] std::string slos_table_from_json(const std::string& data, bool colour);
/// The paths that no journey matches, from an answer of /api/v1/sources; "" if there are none.
[[nodiscard]] std::string unmatched_text_from_json(const std::string& answer);
/// The page at `/`: one server-rendered table, no script, no external address.
/// `note`: a sentence over the table, "" for none.
[[nodiscard]] std::string slos_page(const engine::Snapshot& snapshot, const std::string& note = "");

}  // namespace slod::serve
