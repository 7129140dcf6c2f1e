#include "journal/totals_recount.h"

#include <limits>

namespace slod::journal {
namespace {

/// Hours of series that it gathers in memory before they are written.
constexpr std::size_t kMostGathered = 50'000;
constexpr std::size_t kMostNewer = 1'000'000;

/// The first whole day of which all rows are there, and what led to them: one that is gone may have told of a
/// later time (a sender's clock was ahead), or been the first try of what is tried again on the next day.
std::int64_t first_whole_day(Time rows_since) {
  constexpr Duration kReach = hours(1);
  if (rows_since == Time{}) return std::numeric_limits<std::int64_t>::min();
  return day_of_hour(hour_of(rows_since + kReach)) + 1;
}

}  // namespace

Status TotalsRecount::begin() {
  forget_gathered();
  newer_.clear();
  measures_.clear();
  until_ = {};
  position_ = 0;
  sqlite::Database& database = tables_.database();
  return sqlite::in_transaction(database, [&] { return database.exec("DELETE FROM recount"); });
}

Status TotalsRecount::add(const HourlyTotals& totals, Time counted_until) {
  if (totals.until <= until_) return ok();
  const std::size_t more = hours_in(totals);
  if (hours_gathered_ + more > kMostGathered) {
    const Status done = sqlite::in_transaction(tables_.database(), [&]() -> Status {
      if (Status s = write_gathered(); !s) return s;
      return more > kMostGathered ? tables_.write(tables_.recount(), totals) : ok();
    });
    if (!done) return done;
    forget_gathered();
  }
  note_newer(totals, counted_until);
  for (const MeasureHours& measure : totals.measures) {
    measures_.insert(measure.measure);
    if (more <= kMostGathered) gather(measure);
  }
  until_ = totals.until;
  position_ = totals.position;
  return ok();
}

void TotalsRecount::gather(const MeasureHours& measure) {
  for (const std::int64_t day : days_of(measure)) gathered_[measure.measure][day].add(measure, day);
  for (const SeriesHours& series : measure.series) hours_gathered_ += series.hours.size();
}

Status TotalsRecount::write_gathered() {
  for (const auto& [measure, days] : gathered_) {
    const Result<std::int64_t> id = tables_.id_of(measure);
    if (!id) return id.error();
    for (const auto& [day, totals] : days) {
      DayTotals sum = totals;  // what was gathered stays as it is until the transaction is through
      if (Status s = tables_.recount().add(*id, day, sum); !s) return s;
    }
  }
  return ok();
}

void TotalsRecount::forget_gathered() {
  gathered_.clear();
  hours_gathered_ = 0;
}

/// Usually nothing: what a crash took before it was written, or what the counting beside the recount has yet
/// to tell.
void TotalsRecount::note_newer(const HourlyTotals& totals, Time counted_until) {
  std::erase_if(newer_, [&](const Newer& one) { return one.totals.until <= counted_until; });
  if (counted_until == Time{} || totals.until <= counted_until) return;
  newer_.push_back({until_, totals});
  std::size_t hours = 0;
  for (const Newer& one : newer_) hours += hours_in(one.totals);
  if (hours > kMostNewer)
    newer_.erase(newer_.begin());  // a file of long ago: days between are missing anyway
}

/// To days that stay as they were counted comes what was told since: a late event, or all of a day whose
/// first rows are gone.
Status TotalsRecount::complete(std::int64_t first_whole, Time counted_until) {
  for (const Newer& one : newer_) {
    if (one.from < counted_until) continue;  // in it, wholly or in part: nothing is counted twice
    for (const MeasureHours& measure : one.totals.measures) {
      if (Status s = complete(measure, first_whole); !s) return s;
    }
  }
  return ok();
}

Status TotalsRecount::complete(const MeasureHours& measure, std::int64_t first_whole) {
  const Result<std::int64_t> id = tables_.id_of(measure.measure);
  if (!id) return id.error();
  DayTable& counted = tables_.counted();
  for (const std::int64_t day : days_of(measure)) {
    const Result<bool> kept = day < first_whole ? counted.has(*id, day) : false;
    if (!kept) return kept.error();
    if (!*kept) continue;
    DayTotals one;
    one.add(measure, day);
    if (Status s = counted.add(*id, day, one); !s) return s;
  }
  return ok();
}

/// A measure that nobody asks for any more keeps what was counted of it.
Status TotalsRecount::replace(std::int64_t first_whole) {
  sqlite::Database& database = tables_.database();
  const std::string day = std::to_string(first_whole);
  for (const std::string& measure : measures_) {
    const Result<std::int64_t> id = tables_.id_of(measure);
    if (!id) return id.error();
    const std::string of_it = " WHERE measure=" + std::to_string(*id) + " AND day>=" + day;
    if (Status s = database.exec("DELETE FROM totals" + of_it); !s) return s;
  }
  for (const std::string& step :
       {"DELETE FROM recount WHERE day<" + day +
            " AND EXISTS(SELECT 1 FROM totals t WHERE t.measure=recount.measure AND t.day=recount.day)",
        std::string("INSERT OR REPLACE INTO totals SELECT measure,day,hours FROM recount"),
        std::string("DELETE FROM recount")}) {
    if (Status s = database.exec(step); !s) return s;
  }
  return ok();
}

Result<TotalsKept> TotalsRecount::publish(std::uint64_t edition, Time rows_since, Time counted_until) {
  const std::int64_t first_whole = first_whole_day(rows_since);
  if (Status s = write_gathered(); !s) return s.error();
  if (Status s = complete(first_whole, counted_until); !s) return s.error();
  if (Status s = replace(first_whole); !s) return s.error();
  const bool of_all = rows_since == Time{};
  return TotalsKept{edition, until_, position_, of_all ? Time{} : Time(first_whole * hours(24))};
}

void TotalsRecount::published() {
  forget_gathered();
  newer_.clear();
}

}  // namespace slod::journal
