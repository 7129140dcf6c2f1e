// Event time, durations and slots. Every time in slod is UTC nanoseconds since the epoch in a 64-bit integer
// (good until the year 2262); a slot is the 10 s cell in which the windows count, epoch-aligned and
// half-open. Pure values, any thread. Nothing here reads a clock: `now` is always an argument.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace slod {

using Duration = std::chrono::nanoseconds;
using Time = std::chrono::sys_time<Duration>;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// Number of the 10 s cell that holds a time: slot s covers [10 s * s, 10 s * (s + 1)).
using Slot = std::int64_t;

inline constexpr Duration kSlotLength = seconds(10);
inline constexpr Duration kOneDay = hours(24);

/// Rounds towards the past also before 1970.
constexpr std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

constexpr std::int64_t nanos(Time t) {
  return t.time_since_epoch().count();
}
constexpr Time from_nanos(std::int64_t n) {
  return Time(Duration(n));
}
constexpr Slot slot_of(Time t) {
  return floor_div(nanos(t), kSlotLength.count());
}
constexpr Time slot_start(Slot s) {
  return Time(s * kSlotLength);
}
constexpr Time floor_to(Time t, Duration step) {
  return Time(floor_div(nanos(t), step.count()) * step);
}
constexpr double to_seconds(Duration d) {
  return static_cast<double>(d.count()) / 1e9;
}

/// RFC 3339 ("2026-11-22T12:00:00.123Z", "+09:00", also "+0900" as mosquitto_sub writes it; a space for the
/// T). Returns nothing for anything else, a missing zone included. Digits beyond nanoseconds are cut.
[[nodiscard]] std::optional<Time> parse_rfc3339(std::string_view text);

/// A decimal number of `unit`s ("1795350787.709" with seconds), exactly, to the nanosecond; digits beyond are
/// cut. Also the exact way to read a latency. Returns nothing for empty, NaN, exponents beyond range, or
/// other text.
[[nodiscard]] std::optional<Duration> parse_decimal(std::string_view text, Duration unit);

/// "2026-11-22T12:00:00Z", with as many fractional digits (0, 3, 6 or 9) as the value needs.
[[nodiscard]] std::string format_rfc3339(Time t);

/// "10s", "5m", "1h", "30d", "4w", "1h30m", "250ms". Returns nothing without a unit, for negatives, overflow,
/// or junk.
[[nodiscard]] std::optional<Duration> parse_duration(std::string_view text);

/// The canonical text of a duration: the largest unit of d, h, m, s, ms that divides it ("1d", "90m", "70s").
/// Never weeks, so that 4w and 28d name the same window.
[[nodiscard]] std::string format_duration(Duration d);

}  // namespace slod
