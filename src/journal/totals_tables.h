// The tables of totals.db: how far it reaches, the names of the measures, and the days of a measure, twice:
// what was counted, and what a recount gathers. docs/journal-format.md, "Totals". Thread: its owner's.
#pragma once

#include <cstdint>
#include <string>

#include "slod/journal/totals.h"
#include "slod/sqlite/sqlite.h"

#include "journal/blob.h"
#include "journal/day_totals.h"
#include "journal/side_file.h"

namespace slod::journal {

extern const char* const kTotalsSchema;

[[nodiscard]] Result<TotalsKept> read_totals_state(sqlite::Database& database);

/// Adds what the row of `day` holds to `sum`. Errors: damaged, in words for the operator.
struct DayRow {
  std::int64_t measure = 0, day = 0;
  std::string_view hours;
};
[[nodiscard]] Status add_day(BlobReader& reader, const std::string& path, const DayRow& row, DayTotals& sum);

/// The days of one of the two tables.
class DayTable {
 public:
  Status open(sqlite::Database& database, const std::string& table);
  /// `sum`: what comes to the day; afterwards what it is.
  Status add(std::int64_t measure, std::int64_t day, DayTotals& sum);
  [[nodiscard]] Result<bool> has(std::int64_t measure, std::int64_t day);

 private:
  Status get(std::int64_t measure, std::int64_t day, DayTotals& sum);
  std::string path_;
  sqlite::Statement get_, put_;
  BlobReader reader_;
  BlobWriter writer_;
};

class TotalsTables {
 public:
  /// `keep`: days that end so long before the newest go.
  TotalsTables(sqlite::Database database, Duration keep) : database_(std::move(database)), keep_(keep) {}
  Status open();

  [[nodiscard]] sqlite::Database& database() { return database_; }
  [[nodiscard]] DayTable& counted() { return counted_; }
  [[nodiscard]] DayTable& recount() { return recount_; }
  /// A measure that is new gets a number.
  [[nodiscard]] Result<std::int64_t> id_of(const std::string& measure);
  Status write(DayTable& table, const HourlyTotals& totals);
  /// How far it reaches now; `before`: how far it did.
  Status note(const TotalsKept& before, const TotalsKept& after);

 private:
  sqlite::Database database_;
  Duration keep_;
  DayTable counted_, recount_;
  sqlite::Statement find_, name_;
};

}  // namespace slod::journal
