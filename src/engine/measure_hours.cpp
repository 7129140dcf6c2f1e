// Measure: what its series counted by hour, in words.
#include <algorithm>
#include <utility>

#include "measure.h"

namespace slod::engine {
namespace {

using window::SeriesHour;

std::vector<HourCount> of_series(const std::vector<SeriesHour>& all, window::SeriesId series) {
  const auto first =
      std::lower_bound(all.begin(), all.end(), series,
                       [](const SeriesHour& one, window::SeriesId id) { return one.series < id; });
  const auto last =
      std::find_if(first, all.end(), [&](const SeriesHour& one) { return one.series != series; });
  std::vector<HourCount> hours;
  hours.reserve(static_cast<std::size_t>(last - first));
  for (auto at = first; at != last; ++at) hours.push_back({at->hour, at->counts.good, at->counts.bad});
  return hours;
}

}  // namespace

MeasureHours Measure::hours(const std::vector<SeriesHour>& all) const {
  MeasureHours out{spec_.key, {}};
  const auto add = [&](TotalOf of, window::SeriesId series, const auto& name) {
    std::vector<HourCount> hours = of_series(all, series);
    if (!hours.empty()) out.series.push_back({of, name(), std::move(hours)});
  };
  const auto nameless = [] { return std::vector<std::string>(); };
  add(TotalOf::kWhole, total_, nameless);
  constexpr std::array<TotalOf, kSideCount> kSides = {TotalOf::kAttempts, TotalOf::kSetAside,
                                                      TotalOf::kMissing, TotalOf::kLate};
  for (std::size_t side = 0; side < kSideCount; ++side) {
    if (sides_[side]) add(kSides.at(side), *sides_[side], nameless);
  }
  for (const auto& entry : outcomes_)
    add(TotalOf::kOutcome, entry.second, [&] { return std::vector<std::string>{entry.first}; });
  for (const Groups::Group& group : groups_.all())
    add(TotalOf::kGroup, group.series, [&] { return name(group); });
  return out;
}

std::vector<std::string> Measure::name(const Groups::Group& group) const {
  std::vector<std::string> values;
  for (std::size_t i = 0; i < spec_.group_by.size(); ++i)
    values.emplace_back(group.overflow ? kOverflow : tables_->dictionary->text(group.values[i]));
  return values;
}

}  // namespace slod::engine
