// One attempt as the bookings see it: its facts, what is decided of it in one view, and how it is placed
// there.
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>

#include "slod/fold/fold.h"

namespace slod::fold {

inline constexpr std::size_t kLegs = 3;  ///< kAll, kApi, kDevice
constexpr std::size_t index_of(GoodWhen leg) {
  return static_cast<std::size_t>(leg);
}

/// Who retries what: (actor, values of `by`) within one view. Four and more values share the last cell by
/// their hash.
struct RetryKey {
  ActorIndex actor = kUnknownActor;
  std::array<std::uint64_t, 3> by{};
  friend bool operator==(const RetryKey&, const RetryKey&) = default;
};
struct RetryKeyHash {
  std::size_t operator()(const RetryKey& key) const;
};

struct AttemptFacts {
  std::uint64_t seq = 0;  ///< arrival order
  Time start;
  Time arrival;
  RetryKey key;
  bool has_key = false;   ///< false: no retry, or a value of `by` is missing: the attempt stands alone
  bool unfolded = false;  ///< counted as late_unfolded
  bool late = false;      ///< it arrived after a tick had passed its slot
  ActorIndex actor = kUnknownActor;
  LabelSetId labels = 0;
  StringId device = 0;
  StringId route = 0;
  std::uint16_t status = 0;
};

/// What is known of an attempt in one view. Not made: undecided, or not in the view.
struct Decision {
  bool made = false;
  bool has_end = false;  ///< false: the log has no latency; `end` is then the start
  Verdict verdict = Verdict::kGood;
  Outcome outcome = Outcome::kOk;
  Time end;
  DeviceCondition condition;  ///< of a bad one; set by the booker when it is first decided, kept since
  friend bool operator==(const Decision&, const Decision&) = default;
};

enum class Placement : std::uint8_t { kNone, kAlone, kFolded };
struct Placed {
  Decision decision;
  Placement how = Placement::kNone;
};

/// The booking of an attempt by itself.
[[nodiscard]] Booking booking_of(const View& view, const AttemptFacts& facts, const Decision& decision);

}  // namespace slod::fold
