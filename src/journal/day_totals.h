// DayTotals: the hours of one day of one measure, and their bytes. docs/journal-format.md, "Totals". Pure.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slod/core/totals.h"

namespace slod::journal {

class DayTotals {
 public:
  static constexpr std::int64_t kHours = 24;
  using Name = std::pair<TotalOf, std::vector<std::string>>;
  /// By hour of the day: good and bad.
  using Hours = std::array<std::pair<std::int64_t, std::int64_t>, kHours>;

  void add(const Name& name, std::int64_t hour_of_day, std::int64_t good, std::int64_t bad);
  /// What `measure` says of the hours of `day`.
  void add(const MeasureHours& measure, std::int64_t day);
  [[nodiscard]] const std::map<Name, Hours>& series() const { return series_; }
  [[nodiscard]] std::string encode() const;
  /// Adds what they hold. False: malformed.
  [[nodiscard]] bool decode(std::string_view bytes);

 private:
  std::map<Name, Hours> series_;
};

/// The days of whose hours `measure` says anything.
[[nodiscard]] std::set<std::int64_t> days_of(const MeasureHours& measure);

}  // namespace slod::journal
