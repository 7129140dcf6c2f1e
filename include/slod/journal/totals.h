// totals.db: the hourly totals of every measure by the day of their hours, kept for years after the rows that
// they were counted from. docs/journal-format.md, "Totals".
//
// What was counted is added, each stretch once, whoever tells it again. A fold from the beginning of the
// journal (other rules, history that came later, no checkpoint) counts everything anew: a *recount* is
// gathered beside what there is and takes its place at once, for the days whose rows are all still there and
// for days that nobody had counted. Thread: a TotalsStore has one owner; read_totals() any.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "slod/core/result.h"
#include "slod/core/totals.h"

namespace slod::journal {

[[nodiscard]] std::string totals_path(const std::string& dir);

/// How far what is durable reaches.
struct TotalsKept {
  std::uint64_t edition = 0;  ///< one more with each recount
  Time until;                 ///< ticks up to it are in; the epoch: none
  std::uint64_t position = 0;
  Time recounted_from;  ///< the newest recount's first whole day; days before are as they were counted then
};

class TotalsStore {
 public:
  /// Opens or makes <dir>/totals.db. `keep`: days that end so long before the newest go. One that is damaged
  /// beyond use is set aside and a new one made: `set_aside` says so in words for the operator. Errors: not
  /// ours, newer than this program, no room.
  [[nodiscard]] static Result<std::unique_ptr<TotalsStore>> open(const std::string& dir, Duration keep,
                                                                 std::string& set_aside);
  virtual ~TotalsStore() = default;

  [[nodiscard]] virtual const TotalsKept& kept() const = 0;
  // Durable when they return, unless it says otherwise. After an error nothing has changed: try again later.
  /// Nothing if it is in already.
  virtual Status add(const HourlyTotals& totals) = 0;
  virtual Status begin_recount() = 0;
  /// Not durable before the recount is published.
  virtual Status add_recount(const HourlyTotals& totals) = 0;
  /// `rows_since`: since when all rows are there; the epoch: all that there ever were.
  virtual Status publish_recount(std::uint64_t edition, Time rows_since) = 0;
};

/// The hours [from, to) of a measure.
struct TotalsAsked {
  std::string measure;
  std::int64_t from = 0, to = 0;
  std::int64_t step = 1;  ///< so many hours, since the epoch, are told as one, which is called by the first
  bool groups = true;
  std::size_t most = std::numeric_limits<std::size_t>::max();  ///< counts of groups: memory is bounded
};
struct TotalsRead {
  TotalsKept kept;
  std::vector<SeriesHours> series;  ///< by what they count and name
  bool cut = false;                 ///< there are more than the most: not all is here
};
/// Of a directory without totals: nothing.
[[nodiscard]] Result<TotalsRead> read_totals(const std::string& dir, const TotalsAsked& asked);

}  // namespace slod::journal
