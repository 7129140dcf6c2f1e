#include "cli/verify/hour_sums.h"

#include <set>

#include "slod/core/hash.h"

namespace slod::cli {
namespace {

/// What one good event of the series adds to a digest. Odd: no count but 0 adds nothing.
std::uint64_t factor(const SeriesHours& series) {
  std::uint64_t hash = hash_bytes("", static_cast<std::uint64_t>(series.of));
  for (const std::string& word : series.name) hash = hash_bytes(word, hash);
  return hash | 1U;
}

std::uint64_t digest(std::uint64_t factor, const HourCount& hour) {
  return factor * static_cast<std::uint64_t>(hour.good) +
         (mix64(factor, ~factor) | 1U) * static_cast<std::uint64_t>(hour.bad);
}

HourSum at(const HourSums::Hours& hours, std::int64_t hour) {
  const auto found = hours.find(hour);
  return found == hours.end() ? HourSum{} : found->second;
}

std::string in_words(std::int64_t hour, const HourSum& stored, const HourSum& refolded) {
  std::string text = format_rfc3339(Time(hour * hours(1))) + " ";
  if (stored.good != refolded.good || stored.bad != refolded.bad) {
    return text + "good " + std::to_string(stored.good) + ", bad " + std::to_string(stored.bad) +
           ", refolded " + std::to_string(refolded.good) + ", " + std::to_string(refolded.bad);
  }
  return text + (stored.groups != refolded.groups ? "in its groups" : "in its outcomes, attempts or gaps");
}

}  // namespace

void HourSums::add(const std::string& measure, const SeriesHours& series) {
  Hours& sums = measures_[measure];
  const std::uint64_t of_one = factor(series);
  for (const HourCount& hour : series.hours) {
    HourSum& sum = sums[hour.hour];
    if (series.of == TotalOf::kWhole) {
      sum.good += hour.good;
      sum.bad += hour.bad;
    } else {
      (series.of == TotalOf::kGroup ? sum.groups : sum.details) += digest(of_one, hour);
    }
  }
}

const HourSums::Hours& HourSums::of(const std::string& measure) const {
  static const Hours kNone;
  const auto found = measures_.find(measure);
  return found == measures_.end() ? kNone : found->second;
}

HourDifferences compare_hours(const HourSums::Hours& stored, const HourSums::Hours& refolded, HourRange range,
                              std::size_t most) {
  std::set<std::int64_t> all;
  for (const HourSums::Hours* side : {&stored, &refolded}) {
    for (auto hour = side->lower_bound(range.from); hour != side->end() && hour->first < range.to; ++hour) {
      if (hour->second != HourSum{}) all.insert(hour->first);
    }
  }
  HourDifferences out;
  out.compared = all.size();
  for (const std::int64_t hour : all) {
    const HourSum one = at(stored, hour), other = at(refolded, hour);
    if (one == other) continue;
    if (++out.differ <= most) out.first.push_back(in_words(hour, one, other));
  }
  return out;
}

}  // namespace slod::cli
