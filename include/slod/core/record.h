// The facts that slod keeps, as rows: one HTTP request (ApiRow), one device message (DeviceRow). Rows hold
// facts, not verdicts: no actor, no outcome, no fold; those are derived by the fold, so that a changed rule
// can rewrite the past. Plain values. The ids in a row belong to the dictionary of the batch or journal that
// the row travels in.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "slod/core/dictionary.h"
#include "slod/core/time.h"

namespace slod {

/// 128 bits of a hash: request ids are compared, never shown. All zero: no id.
struct Digest {
  std::uint64_t hi = 0;
  std::uint64_t lo = 0;
  [[nodiscard]] bool empty() const { return (hi | lo) == 0; }
  friend auto operator<=>(const Digest&, const Digest&) = default;
};
/// Never the empty digest for a non-empty text; the empty one for "".
[[nodiscard]] Digest digest_of(std::string_view text);

inline constexpr Duration kNoLatency = Duration(-1);

/// One HTTP request that belongs to a journey's api leg.
struct ApiRow {
  Time start;                     ///< start of the request (end minus latency where the log stamps the end)
  Duration latency = kNoLatency;  ///< kNoLatency: the log has none
  Time received;                  ///< when the source got it (replay: its arrival)
  Digest id;                      ///< unique per attempt; empty: none
  std::uint64_t user = 0;         ///< keyed hash; 0: none
  StringId source = 0;            ///< name of the source
  StringId route = 0;   ///< "POST /v1/vehicles/{device}/unlock": method and template as the config wrote them
  StringId device = 0;  ///< "": none
  LabelSetId labels = 0;     ///< every mapped label
  std::uint16_t status = 0;  ///< 0 to 599
};

enum class MessageKind : std::uint8_t { kReport = 0, kPresence = 1, kCommand = 2, kReply = 3 };

inline constexpr std::int64_t kNoNumber = std::numeric_limits<std::int64_t>::min();
inline constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

/// One message from or to a device.
struct DeviceRow {
  MessageKind kind = MessageKind::kReport;
  bool retained = false;  ///< a retained message says what was, not that the device lives
  bool has_time = false;  ///< `time` is the device's own stamp; else it equals `received`
  Time time;
  Time received;
  Digest id;       ///< command, reply: the request's id; empty: none
  Digest payload;  ///< report: digest of topic and payload, for de-duplication without seq
  std::int64_t seq = kNoNumber;
  std::int64_t boot = kNoNumber;
  double battery = kNoValue;  ///< percent
  double lat = kNoValue;
  double lon = kNoValue;
  StringId source = 0;
  StringId device = 0;
  StringId word = 0;      ///< command: its name; reply: its result; presence: what it said; report: the state
  LabelSetId labels = 0;  ///< report, command: every mapped label
  LabelSetId values = 0;  ///< report: fields of the fleet's checks (pointer -> number as text)
};

/// What happened to the records of one source, since the beginning. received() is their sum, always.
struct SourceCounts {
  std::uint64_t accepted = 0;
  std::uint64_t ignored = 0;
  std::uint64_t late = 0;
  std::uint64_t duplicate = 0;  ///< by a repeated idempotency key; duplicates by id are found by the fold
  std::uint64_t shed = 0;
  std::map<std::string, std::uint64_t> rejected;  ///< by reason, a closed set of words: see decode/reject.h
  [[nodiscard]] std::uint64_t rejected_total() const;
  void add(const SourceCounts& more);
  template <class A>
  void io(A& a) {
    a(accepted, ignored, late, duplicate, shed, rejected);
  }
};

/// What one read of one source (an HTTP body, a block of a file, a few messages) became. Self-contained: its
/// ids belong to `dictionary`. Owned by one thread at a time; handed from source to committer.
struct RecordBatch {
  std::string source;
  Dictionary dictionary;
  std::vector<ApiRow> api;
  std::vector<DeviceRow> device;
  SourceCounts counts;                       ///< of this batch alone
  std::vector<std::string> unmatched_paths;  ///< a few samples of paths that no journey matched
  void clear();                              ///< keeps the memory and the source
};

}  // namespace slod
