// Hourly totals: what each series of a measure counted, by the hour of its events. They outlive the rows that
// they were counted from. Plain values in words of their own: no ids, so that they can be kept for years.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "slod/core/time.h"

namespace slod {

/// The number of the hour or day that holds a time, since the epoch (UTC).
constexpr std::int64_t hour_of(Time t) {
  return floor_div(nanos(t), Duration(hours(1)).count());
}
constexpr std::int64_t day_of_hour(std::int64_t hour) {
  return floor_div(hour, 24);
}

/// Changes since they were last told: they add up to what the hour holds, and may be negative.
struct HourCount {
  std::int64_t hour = 0;
  std::int64_t good = 0, bad = 0;
  friend bool operator==(const HourCount&, const HourCount&) = default;
};

/// What a series counts; the numbers are kept on disk.
enum class TotalOf : std::uint8_t {
  kWhole = 1,     ///< good and bad
  kGroup = 2,     ///< good and bad; name: the values of group_by, in its order
  kOutcome = 3,   ///< good: how many; name: the outcome
  kAttempts = 4,  ///< good and bad
  kSetAside = 5,  ///< good: excluded, bad: unobserved
  kMissing = 6,   ///< good: records that were dropped
  kLate = 7       ///< good: booked late
};

struct SeriesHours {
  TotalOf of = TotalOf::kWhole;
  std::vector<std::string> name;
  std::vector<HourCount> hours;  ///< rising
  friend bool operator==(const SeriesHours&, const SeriesHours&) = default;
};

struct MeasureHours {
  std::string measure;  ///< what is counted, in words: equal words, the same measure
  std::vector<SeriesHours> series;
};

/// Of all measures that are counted, what the ticks up to `until` have added since the tick that was told of
/// before.
struct HourlyTotals {
  Time until;
  std::uint64_t position = 0;          ///< of the journal: the rows up to it are in here, or were before
  std::vector<MeasureHours> measures;  ///< those without changes too
};

/// How much that is.
[[nodiscard]] inline std::size_t hours_in(const HourlyTotals& totals) {
  std::size_t sum = 0;
  for (const MeasureHours& measure : totals.measures) {
    for (const SeriesHours& series : measure.series) sum += series.hours.size();
  }
  return sum;
}

}  // namespace slod
