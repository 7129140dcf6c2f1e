#include "journal/day_totals.h"

#include <algorithm>

#include "journal/bytes.h"

namespace slod::journal {

void DayTotals::add(const Name& name, std::int64_t hour_of_day, std::int64_t good, std::int64_t bad) {
  auto& hour = series_[name].at(static_cast<std::size_t>(hour_of_day));
  hour.first += good;
  hour.second += bad;
}

std::string DayTotals::encode() const {
  const auto counts = [](const auto& hour) { return hour != Hours::value_type(); };
  std::string out;
  put_varint(out, series_.size());
  for (const auto& [name, hours] : series_) {
    put_varint(out, static_cast<std::uint64_t>(name.first));
    put_varint(out, name.second.size());
    for (const std::string& word : name.second) put_text(out, word);
    put_varint(out, static_cast<std::uint64_t>(std::count_if(hours.begin(), hours.end(), counts)));
    for (std::size_t i = 0; i < hours.size(); ++i) {
      if (!counts(hours.at(i))) continue;
      put_varint(out, i);
      put_signed(out, hours.at(i).first);
      put_signed(out, hours.at(i).second);
    }
  }
  return out;
}

bool DayTotals::decode(std::string_view bytes) {
  ByteReader in(bytes);
  for (std::size_t series = in.count(); series > 0 && in.good(); --series) {
    Name name{static_cast<TotalOf>(in.varint()), {}};
    for (std::size_t words = in.count(); words > 0 && in.good(); --words) name.second.emplace_back(in.text());
    for (std::size_t hours = in.count(); hours > 0 && in.good(); --hours) {
      const std::uint64_t hour = in.varint();
      const std::int64_t good = in.signed_varint(), bad = in.signed_varint();
      if (hour >= kHours) return false;
      if (in.good()) add(name, static_cast<std::int64_t>(hour), good, bad);
    }
  }
  return in.good() && in.left() == 0;
}

void DayTotals::add(const MeasureHours& measure, std::int64_t day) {
  const std::int64_t first = day * kHours;
  const auto before = [](const HourCount& one, std::int64_t hour) { return one.hour < hour; };
  for (const SeriesHours& series : measure.series) {
    auto one = std::lower_bound(series.hours.begin(), series.hours.end(), first, before);
    if (one == series.hours.end() || one->hour >= first + kHours) continue;
    const Name name{series.of, series.name};
    for (; one != series.hours.end() && one->hour < first + kHours; ++one)
      add(name, one->hour - first, one->good, one->bad);
  }
}

std::set<std::int64_t> days_of(const MeasureHours& measure) {
  std::set<std::int64_t> days;
  for (const SeriesHours& series : measure.series) {
    for (const HourCount& one : series.hours) days.insert(day_of_hour(one.hour));
  }
  return days;
}

}  // namespace slod::journal
