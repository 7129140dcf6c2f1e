// Contributors: what ate an SLO's budget in a range of time. Per label, actor, outcome, status, model,
// firmware, device, condition: each value's share of the bad events, its share of the valid ones, and lift,
// the first over the second: "lift says cause, a bare share only says large". Sums are exact; only values
// beyond the top are summed into one. Pure values, any thread.
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <optional>
#include <string>
#include <vector>

#include "slod/engine/booking_log.h"

namespace slod::engine {

struct Tally {
  std::int64_t good = 0, bad = 0;
  [[nodiscard]] std::int64_t valid() const { return good + bad; }
  void add(const Tally& more) { good += more.good, bad += more.bad; }
};

/// [from, to), whole slots.
struct SlotRange {
  Slot from = 0, to = 0;
};

/// Sums of what was booked in a range, by the SLO's own criterion. Memory: one entry per value seen.
class Contributions {
 public:
  /// Lifetime: both outlive it.
  Contributions(const Config& config, const SloConfig& slo, SlotRange range);
  void add(const LaneView& lane);
  /// Of a fleet SLO: its device lane.
  void add_devices(const LaneView& lane);

  struct Sums {
    Tally total;
    boost::unordered_flat_map<std::uint32_t, Tally> labels, devices, reasons;
    boost::unordered_flat_map<std::uint16_t, Tally> conditions, statuses;
    std::array<Tally, 8> outcomes;
    std::array<Tally, 256> attempts;
    std::vector<Tally> actors;  ///< by ActorIndex + 1
  };
  [[nodiscard]] const Sums& sums() const { return sums_; }

 private:
  void add(const LoggedBooking& entry);
  void add_minutes(const LoggedBooking& entry);
  /// Nothing: it is not among the SLO's valid events.
  [[nodiscard]] std::optional<bool> is_good(const LoggedBooking& entry) const;

  const SloConfig& slo_;
  SlotRange range_;
  std::vector<bool> actor_counts_;  // by ActorIndex + 1; empty: everybody
  Sums sums_;
};

struct Share {
  std::string value;
  Tally tally;
  std::optional<double> of_bad, of_valid, lift;
};

struct Dimension {
  enum class Kind { kActor, kOutcome, kStatus, kCondition, kLabel, kAttempts, kDevice };
  Kind kind = Kind::kLabel;
  std::string name;             ///< "actor", "outcome", "model", "firmware", the label's name
  std::vector<Share> top;       ///< most bad first
  std::optional<Share> others;  ///< the values beyond, summed
  std::size_t values = 0;       ///< how many there are
};

/// "These events are somebody else's": one value of a label explains most of the loss.
struct ActorProposal {
  std::string label;
  std::vector<std::string> values;
  Tally tally;  ///< theirs
  std::optional<double> of_bad, of_valid;
  std::optional<double> sli_without;  ///< of what would be left
  std::string yaml;                   ///< to paste
};

struct Contributors {
  std::string slo;
  Time from, to;  ///< whole slots
  Ppm objective = 0;
  Tally total;
  std::string unit = "events";  ///< what is counted: "events", "device-minutes"
  std::optional<double> sli;
  std::string computed_from;  ///< "memory", "journal"
  std::string note;           ///< what is missing in the range; "": nothing
  std::vector<Dimension> dimensions;
  std::optional<ActorProposal> proposal;
};

inline constexpr std::size_t kTopValues = 10;

/// The sums in words. Without `show_devices` there is no device dimension.
[[nodiscard]] Contributors contributors_of(const Config& config, const SloConfig& slo, SlotRange range,
                                           const Contributions::Sums& sums, const Dictionary& dictionary);

}  // namespace slod::engine
