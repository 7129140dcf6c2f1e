// What outlives the fleet's rows: device-minutes that are final, and what must be known of each device at a
// boundary so that the rows behind it give the same numbers without those before it. Facts of one boundary,
// plain values; ids belong to the dictionary of whoever holds them. Times: nanoseconds since the epoch.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "slod/core/dictionary.h"
#include "slod/core/time.h"

namespace slod {

/// `count` device-minutes of the minute that begins at `slot`, alike in everything else.
struct SealedMinutes {
  Slot slot = 0;
  StringId check = 0;      ///< its name: "connectivity", "battery", "any", ...
  std::uint8_t state = 0;  ///< fleet::MinuteState
  StringId reason = 0;
  LabelSetId labels = 0;
  std::int64_t count = 0;
  friend bool operator==(const SealedMinutes&, const SealedMinutes&) = default;
};

/// A device at the boundary. Of `time`, `state` and `labels`: by the last report stamped before it.
struct SealedDevice {
  StringId device = 0, source = 0;  ///< source 0: none has brought it yet
  std::int64_t seen = 0, expected_from = 0;
  std::int64_t evidence = 0, missed = 0, lost = 0, offline = 0;  ///< connectivity, by arrival
  std::int64_t time = 0;
  StringId state = 0;
  LabelSetId labels = 0;
  friend bool operator==(const SealedDevice&, const SealedDevice&) = default;
};

/// How one value check of one device stood.
struct SealedCheck {
  std::int64_t since = 0, holds_until = 0;
  std::uint8_t condition = 0;
  std::uint8_t unhealthy = 0;
  friend bool operator==(const SealedCheck&, const SealedCheck&) = default;
};

/// A report that had come before the boundary and is stamped behind it.
struct SealedReport {
  std::uint32_t device = 0;  ///< place among the devices
  std::int64_t time = 0;
  StringId state = 0;
  LabelSetId labels = 0;
  friend bool operator==(const SealedReport&, const SealedReport&) = default;
};

/// What the fold itself had found in a source's rows.
struct SealedSource {
  StringId source = 0;
  std::uint64_t duplicates = 0, late = 0;
  std::int64_t last_event = 0;
  friend bool operator==(const SealedSource&, const SealedSource&) = default;
};

struct SealedFleet {
  std::vector<StringId> checks;  ///< names of the value checks
  std::vector<SealedDevice> devices;
  std::vector<SealedCheck> states;  ///< one per check for each device
  std::vector<SealedReport> ahead;
  std::vector<double> values;  ///< one per check for each of `ahead`
  /// Reports that would be duplicates: (key, arrival), by key.
  std::vector<std::pair<std::uint64_t, std::int64_t>> recent, older;
  std::uint64_t duplicates = 0;
  std::vector<SealedSource> sources;
  template <class A>
  void io(A& a) {
    a(checks, devices, states, ahead, values, recent, older, duplicates, sources);
  }
  friend bool operator==(const SealedFleet&, const SealedFleet&) = default;
};

}  // namespace slod
