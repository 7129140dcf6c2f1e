// HourSums: what each hour of each measure counted, small enough for years of all of them: the whole as it
// is, groups and the rest as sums that any change of a series changes. Changes may come in any order and in
// any portions. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "slod/core/totals.h"

namespace slod::cli {

struct HourSum {
  std::int64_t good = 0, bad = 0;         ///< of the whole
  std::uint64_t groups = 0, details = 0;  ///< digests; details: outcomes, attempts, what is set aside ...
  friend bool operator==(const HourSum&, const HourSum&) = default;
};

class HourSums {
 public:
  using Hours = std::map<std::int64_t, HourSum>;

  void add(const std::string& measure, const SeriesHours& series);
  void clear() { measures_.clear(); }
  [[nodiscard]] const Hours& of(const std::string& measure) const;

 private:
  std::map<std::string, Hours> measures_;
};

struct HourDifferences {
  std::uint64_t compared = 0;      ///< hours in which either counted anything
  std::uint64_t differ = 0;        ///< of them
  std::vector<std::string> first;  ///< in words, at most `most`
};

/// Hours since the epoch: [from, to).
struct HourRange {
  std::int64_t from = 0, to = 0;
};

[[nodiscard]] HourDifferences compare_hours(const HourSums::Hours& stored, const HourSums::Hours& refolded,
                                            HourRange range, std::size_t most);

}  // namespace slod::cli
