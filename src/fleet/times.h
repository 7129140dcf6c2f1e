// Times inside the fleet are plain nanoseconds since the epoch: half of a device's memory is times.
// A thing that begins at t holds for the minute ending at E if t < E: a minute takes what holds just before
// its end.
#pragma once

#include <cstdint>
#include <limits>

#include "slod/core/time.h"

namespace slod::fleet {

using Nanos = std::int64_t;

inline constexpr Nanos kNever = std::numeric_limits<Nanos>::max();
inline constexpr Nanos kAlways = std::numeric_limits<Nanos>::min();
inline constexpr Nanos kMinute = Nanos{60} * 1'000'000'000;
/// An offline message counts once nothing positive has come for this long.
inline constexpr Nanos kSettle = Nanos{10} * 1'000'000'000;
/// A report stamped further ahead of its arrival than this is taken to be of its arrival.
inline constexpr Nanos kMaxAhead = Nanos{300} * 1'000'000'000;

constexpr Nanos minute_floor(Nanos t) {
  return floor_div(t, kMinute) * kMinute;
}

/// End of the first minute whose last instant is at or after `t`.
constexpr Nanos first_end_after(Nanos t) {
  return minute_floor(t) + kMinute;
}

/// Adds, stopping at kNever.
constexpr Nanos later(Nanos t, Nanos by) {
  return t > kNever - by ? kNever : t + by;
}

}  // namespace slod::fleet
