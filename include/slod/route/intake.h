// Intake: the bytes of one source to rows and counts. Decode, route, and nothing more: what belongs to no
// journey is counted as ignored, what is older than the retention as late. Used by every source and by
// replay: the same code. One intake per thread and source; it keeps its decoder's buffers.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "slod/config/config.h"
#include "slod/core/record.h"
#include "slod/route/router.h"

namespace slod::route {

struct RecordError {
  std::size_t index = 0;  ///< of the record in the body, from 0
  std::string reason;     ///< decode::reject_name, and what was found
};

struct IntakeReport {
  std::size_t records = 0;
  std::vector<RecordError> errors;  ///< at most 20
  bool broken = false;              ///< the body itself is broken (unterminated array)
  bool reached_until = false;  ///< replay: a record at or after `until` was met; it and the rest are not read
};

class Intake {
 public:
  /// `user_key`: key of the user hash; a replay uses 0. Lifetime: config, source and router outlive it.
  Intake(const Config& config, const SourceConfig& source, const Router& router, std::uint64_t user_key);
  ~Intake();
  Intake(Intake&&) noexcept;

  /// Replay: a record arrives at its own stamp, or at the newest stamp seen in this input if that is later;
  /// reading stops before `until`.
  void replay_mode(std::optional<Time> until);
  /// History (`slod backfill`): as in a replay, but the input goes on where an earlier block of it ended
  /// (`after`, its newest arrival), nothing arrives after `now`, and what is older than the retention now is
  /// late. So are reports and presence that arrived before `fleet_closed`: device-minutes are sealed up to
  /// it.
  void history_mode(std::optional<Time> after, Time now, Duration keep_fleet,
                    Time fleet_closed = Time::min());
  /// Replay: the arrivals of the first and of the latest record read, of those that nobody asked for too;
  /// nothing before the first one that says its time.
  [[nodiscard]] std::optional<Time> first_arrival() const;
  [[nodiscard]] std::optional<Time> last_arrival() const;

  /// Appends to `batch` (rows, counts, samples of unmatched paths). `received` is ignored in replay mode.
  /// `wrapped`: the source's envelope is around the body (CloudEvents come without, too).
  IntakeReport body(std::string_view bytes, Time received, RecordBatch& batch, bool wrapped = true);
  IntakeReport lines(std::string_view block, Time received, RecordBatch& batch);
  IntakeReport message(std::string_view topic, std::string_view payload, bool retained, Time received,
                       RecordBatch& batch);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace slod::route
