// BookingLog: what was booked and withdrawn lately, 24 bytes each, for the question what ate the budget. One
// lane per view (its events, and its attempts where an SLO counts them) and two per fleet check (its minutes
// by label, the unhealthy ones by device). Bounded: kMost bookings in all, allocated as used, shared evenly
// by the lanes; the oldest chunk of a full lane goes.
//
// Threads: one writer (the engine's); read() from any. Invariants
//  1. A chunk's entries never change once written, and a published view holds how many there were: a reader
//     never looks at an entry that is being written.
//  2. A lane's view has every booking and withdrawal of each event that starts at or after `complete_from`:
//     what was dropped was booked before, and an event starts at most 5 min after its first booking.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "slod/config/config.h"
#include "slod/core/published.h"
#include "slod/fleet/fleet.h"
#include "slod/fold/fold.h"

namespace slod::engine {

/// One booking (or its withdrawal) as it is kept. No member has a default: chunks are not filled in advance.
struct LoggedBooking {
  static constexpr std::uint32_t kNoMillis = 0xffffffff;
  std::int32_t slot;
  LabelSetId labels;
  std::uint32_t device;  ///< minutes: how many device-minutes
  std::uint32_t millis;  ///< latency, rounded up: thresholds are whole milliseconds; minutes: the reason's id
  std::uint16_t status;
  std::int16_t actor;
  std::uint16_t condition;  ///< DeviceCondition::Link, and its check times 8
  std::uint8_t attempts;    ///< at most 255
  std::uint8_t packed;      ///< bit 0 withdrawn; bits 1, 2 Verdict or MinuteState; bits 3 to 5 Outcome

  [[nodiscard]] bool withdrawn() const { return (packed & 1u) != 0; }
  [[nodiscard]] std::uint8_t verdict() const { return static_cast<std::uint8_t>((packed >> 1) & 3u); }
  [[nodiscard]] fold::Outcome outcome() const { return static_cast<fold::Outcome>((packed >> 3) & 7u); }
};
static_assert(sizeof(LoggedBooking) == 24);

struct LoggedChunk {
  static constexpr std::size_t kEntries = 4096;
  std::array<LoggedBooking, kEntries> entries;
};

/// What a reader sees of one lane. Immutable.
struct LaneView {
  struct Part {
    std::shared_ptr<const LoggedChunk> chunk;
    std::size_t count = 0;
    std::int32_t first_slot = 0, last_slot = 0;  ///< of its entries
  };
  std::vector<Part> parts;  ///< oldest first
  Time complete_from = Time::min();
};

/// A lane being written. Owner: the log's writer.
class BookingLane {
 public:
  explicit BookingLane(std::size_t most_chunks) : most_chunks_(most_chunks) {}
  void add(const LoggedBooking& entry, Time now) {
    if (next_ == LoggedChunk::kEntries) grow(now);
    open_->entries[next_++] = entry;
  }
  /// The lane as it is now; the last one again if nothing was added.
  [[nodiscard]] std::shared_ptr<const LaneView> view();
  /// Forgets the entries; they were read.
  void clear();
  void complete_from(Time at) { complete_from_ = at; }

 private:
  struct Closed {
    LaneView::Part part;
    Time until;  ///< nothing in it was booked later
  };
  void grow(Time now);

  std::size_t most_chunks_;
  std::deque<Closed> closed_;
  std::shared_ptr<LoggedChunk> open_;
  std::size_t next_ = LoggedChunk::kEntries;  // of open_: full, or there is none
  std::size_t seen_ = 0;                      // of open_, by view_
  Time complete_from_ = Time::min();
  std::shared_ptr<const LaneView> view_;
};

class BookingLog {
 public:
  static constexpr std::size_t kMost = std::size_t{1} << 21;

  /// Lanes for what the config's SLOs count. The config may go afterwards.
  explicit BookingLog(const Config& config, std::size_t most = kMost);

  // The writer's.
  void event(const fold::Booking& event, int sign) { journey(2 * place(event.view), event, sign); }
  void attempt(const fold::Booking& attempt, int sign) {
    journey(2 * place(attempt.view) + 1, attempt, sign);
  }
  /// `check`: its name.
  void minutes(const std::string& check, const fleet::MinuteBooking& minutes, std::int64_t count);
  /// Whose an unhealthy minute was; forgotten where the config hides devices.
  void unhealthy(const std::string& check, const fleet::MinuteBooking& minute, StringId device, int sign);
  /// Nothing that is added from here on was booked before `now`, nothing before after it.
  void at(Time now) { now_ = now; }
  /// The past before `now` is not in the log: the engine began with a checkpoint.
  void begin(Time now);
  /// Whose the unhealthy minutes before `at` were is not in it: they came sealed.
  void devices_begin(Time at);
  void publish();
  /// The lane of an SLO, to read and forget in the writer's own thread.
  [[nodiscard]] BookingLane& lane(const SloConfig& slo);
  /// Of a fleet SLO: its unhealthy minutes by device.
  [[nodiscard]] BookingLane& device_lane(const SloConfig& slo);

  /// Any thread: the SLO's lane at the last publish(); null before the first.
  [[nodiscard]] std::shared_ptr<const LaneView> read(const SloConfig& slo) const;
  [[nodiscard]] std::shared_ptr<const LaneView> read_devices(const SloConfig& slo) const;

 private:
  using Views = std::vector<std::shared_ptr<const LaneView>>;
  static std::size_t place(const fold::View& view) {
    return static_cast<std::size_t>(view.journey) * 3 + static_cast<std::size_t>(view.leg);
  }
  [[nodiscard]] std::size_t lane_index(const SloConfig& slo) const;
  void journey(std::size_t index, const fold::Booking& booking, int sign);

  std::vector<int> lane_of_;         // by 2 * place + (attempts ? 1 : 0); -1: nobody counts it
  std::vector<std::string> checks_;  // their lanes follow those of journeys
  std::size_t first_check_ = 0;      // of a check: its minutes, and behind all checks its devices
  bool devices_ = true;
  std::vector<BookingLane> lanes_;
  Time now_ = Time::min();
  Published<Views> published_;
};

}  // namespace slod::engine
