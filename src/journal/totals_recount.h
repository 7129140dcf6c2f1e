// A recount of the hourly totals: gathered in memory, beyond that in a table of its own, and put in the place
// of what was counted at once. Thread: its owner's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "journal/totals_tables.h"

namespace slod::journal {

class TotalsRecount {
 public:
  explicit TotalsRecount(TotalsTables& tables) : tables_(tables) {}
  // After an error nothing has changed, as TotalsStore says.
  Status begin();
  /// `counted_until`: the ticks that what was counted has in it.
  Status add(const HourlyTotals& totals, Time counted_until);
  /// Requires: a transaction. `rows_since`, `counted_until`: as above. Returns how far it reaches.
  [[nodiscard]] Result<TotalsKept> publish(std::uint64_t edition, Time rows_since, Time counted_until);
  /// Once that transaction is through.
  void published();

 private:
  using Measures = std::map<std::string, std::map<std::int64_t, DayTotals>>;
  /// What it told beyond what was counted, as it was told: since `from`.
  struct Newer {
    Time from;
    HourlyTotals totals;
  };
  void gather(const MeasureHours& measure);
  Status write_gathered();
  void forget_gathered();
  void note_newer(const HourlyTotals& totals, Time counted_until);
  Status complete(std::int64_t first_whole, Time counted_until);
  Status complete(const MeasureHours& measure, std::int64_t first_whole);
  Status replace(std::int64_t first_whole);

  TotalsTables& tables_;
  Measures gathered_;  ///< not yet written
  std::size_t hours_gathered_ = 0;
  std::set<std::string> measures_;  ///< that it counts
  std::vector<Newer> newer_;
  Time until_;
  std::uint64_t position_ = 0;
};

}  // namespace slod::journal
