// Snapshot: everything that slod says at one tick. Immutable once published: every number in it belongs to
// the same moment. Metrics, API, UI, CLI and notifications read snapshots and nothing else.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "slod/config/config.h"
#include "slod/core/record.h"
#include "slod/engine/exemplar.h"
#include "slod/fleet/fleet.h"
#include "slod/slo/slo_math.h"
#include "slod/window/window_table.h"

namespace slod::engine {

struct RuleStatus {
  std::string severity, long_window, short_window;  ///< windows in canonical text, "1h"
  double burn = 0;
  bool firing = false;
  bool held = false;
  std::optional<Time> since;
  bool burning = false;  ///< the condition to fire holds at this very tick
  bool quiet = false;    ///< fires because of history alone: nobody is told (daemon)
};

/// What is missing of a window: `unobserved` and `shed` are not among its valid events.
struct Missing {
  std::int64_t unobserved = 0;  ///< events (device-minutes) that slod did not see through
  std::int64_t shed = 0;    ///< records of the SLO's sources that were dropped: any of them could be its own
  double completeness = 1;  ///< accepted / (accepted + shed + unobserved); 1 if there was nothing
  [[nodiscard]] std::int64_t all() const { return unobserved + shed; }
};

struct WindowReading {
  std::string window;  ///< "5m"
  window::Counts counts;
  std::optional<double> burn, sli;
  Missing missing;
};

struct GroupReading {
  std::vector<std::pair<std::string, std::string>> labels;  ///< in the order of group_by
  std::int64_t good = 0, bad = 0;
  Ppm objective = 0;
  std::vector<RuleStatus> alerts;      ///< per_group policies
  std::optional<std::int64_t> capped;  ///< as the whole's, by the group's own valid events
};

struct AlsoReading {
  std::string window;
  Time since;
  std::int64_t good = 0, bad = 0;
  std::optional<double> sli;
  slo::Budget budget;
  Missing missing;
};

/// The latency histogram of the daemon's life, cumulative, for slod_event_latency_seconds.
struct LatencyBuckets {
  std::vector<double> bounds;         ///< upper bounds in seconds, rising; +Inf is implied
  std::vector<std::uint64_t> counts;  ///< per bound, not cumulative; one more than bounds
  double sum = 0;
};

struct SloReading {
  const SloConfig* config = nullptr;  ///< kept alive by Snapshot::config
  std::int64_t good = 0, bad = 0, excluded = 0, attempts = 0, attempts_good = 0, booked_late = 0;
  Missing missing;
  std::optional<std::int64_t> capped;    ///< with max_share_per_device: bad events that do not count
  std::optional<std::int64_t> expected;  ///< fleet SLOs: device-minutes
  std::optional<double> coverage;
  std::optional<double> sli, sli_raw;
  slo::Budget budget;
  std::vector<WindowReading> windows;   ///< the policy's windows, short to long, then nothing else
  std::optional<double> p50, p90, p99;  ///< seconds, over the SLO window
  std::map<std::string, std::array<std::optional<double>, 3>>
      quantiles;  ///< "1h", "1d", SLO window: p50, p90, p99
  std::map<std::string, std::int64_t> outcomes;
  /// Valid events of actor `unknown` in the window, where the SLO leaves them out.
  std::optional<std::int64_t> unknown_actor;
  std::optional<Time> counts_since;  ///< within the window: there is nothing of the time before it (daemon)
  bool has_data = false;
  std::vector<RuleStatus> alerts;
  std::vector<GroupReading> groups;
  std::vector<AlsoReading> also;
  std::vector<std::shared_ptr<const Exemplar>> exemplars;  ///< recent bad events, newest first; journeys only
  // Since the start of the process's journal: counters for Prometheus, in the order good, bad, excluded.
  std::array<std::uint64_t, 3> booked{}, withdrawn{}, attempts_booked{};
  LatencyBuckets latency_buckets;
};

struct SourceReading {
  std::string source;
  std::uint64_t received = 0, accepted = 0, duplicate = 0, ignored = 0, rejected = 0, late = 0, shed = 0;
  std::uint64_t accepted_late = 0;
  std::map<std::string, std::uint64_t> rejected_by_reason;
  std::optional<Time> last_event;
  bool up = true;
};

struct Transition {
  Time at;
  std::string slo, severity, long_window, short_window;
  std::string from, to;                                     ///< "inactive", "firing"
  std::vector<std::pair<std::string, std::string>> labels;  ///< of a group; empty: the whole SLO
  std::string episode;  ///< stable id: (SLO, rule, group, first firing slot)
  template <class A>
  void io(A& a) {
    a(at, slo, severity, long_window, short_window, from, to, labels, episode);
  }
};

struct Snapshot {
  Time as_of;
  std::shared_ptr<const Config> config;
  std::vector<SloReading> slos;                ///< config order
  std::vector<SourceReading> sources;          ///< config order
  std::vector<Transition> recent_transitions;  ///< newest last, bounded
  fleet::FleetCounts fleet;
  std::vector<fleet::DeviceNow> unhealthy;
  std::vector<std::pair<std::string, std::uint64_t>> unmatched_paths;  ///< most frequent first, bounded
  std::map<std::pair<std::string, std::string>, std::uint64_t> unmatched_legs;
  std::map<std::string, std::uint64_t> late_unfolded;
  std::uint64_t journal_position = 0;
  double tick_seconds = 0;
  std::string revision;  ///< of the config that the numbers are of (daemon)
};

}  // namespace slod::engine
