#include "journal/totals_tables.h"

namespace slod::journal {
namespace {

using sqlite::Database;
using sqlite::Statement;

Place place_of(std::int64_t measure, std::int64_t day) {
  return {Part::kTotals, static_cast<std::uint64_t>(measure), Time(day * hours(24))};
}

Error wrong(const std::string& path, std::int64_t day, const std::string& what) {
  return Error{path + ", the hours of " + format_rfc3339(Time(day * hours(24))).substr(0, 10) + ": " + what +
               ". The file is damaged: stop slod and put it back from a backup (slod restore), or move it "
               "away: then the hours of which the journal holds the records are counted anew, and older "
               "ones are lost"};
}

}  // namespace

const char* const kTotalsSchema =
    "CREATE TABLE state(id INTEGER PRIMARY KEY CHECK(id=1), edition INTEGER NOT NULL, until INTEGER NOT NULL,"
    " position INTEGER NOT NULL, recounted_from INTEGER NOT NULL);"
    "INSERT INTO state VALUES(1,0,0,0,0);"
    "CREATE TABLE measures(id INTEGER PRIMARY KEY, words TEXT NOT NULL UNIQUE);"
    "CREATE TABLE totals(measure INTEGER, day INTEGER, hours BLOB NOT NULL, PRIMARY KEY(measure,day))"
    " WITHOUT ROWID;"
    "CREATE TABLE recount(measure INTEGER, day INTEGER, hours BLOB NOT NULL, PRIMARY KEY(measure,day))"
    " WITHOUT ROWID;";

Result<TotalsKept> read_totals_state(Database& database) {
  Result<Statement> query = database.prepare("SELECT edition,until,position,recounted_from FROM state");
  if (!query) return query.error();
  const Result<bool> row = query->step();
  if (!row) return row.error();
  if (!*row) return Error{database.path() + ": its state is missing"};
  return TotalsKept{static_cast<std::uint64_t>(query->integer(0)), from_nanos(query->integer(1)),
                    static_cast<std::uint64_t>(query->integer(2)), from_nanos(query->integer(3))};
}

Status add_day(BlobReader& reader, const std::string& path, const DayRow& row, DayTotals& sum) {
  const Result<Parts> parts = reader.open(place_of(row.measure, row.day), row.hours);
  if (!parts) return wrong(path, row.day, parts.error().message);
  if (!sum.decode(parts->packed)) return wrong(path, row.day, "malformed");
  return ok();
}

Status DayTable::open(Database& database, const std::string& table) {
  Result<Statement> get = database.prepare("SELECT hours FROM " + table + " WHERE measure=?1 AND day=?2");
  if (!get) return get.error();
  Result<Statement> put = database.prepare("INSERT OR REPLACE INTO " + table + " VALUES(?1,?2,?3)");
  if (!put) return put.error();
  get_ = std::move(*get);
  put_ = std::move(*put);
  path_ = database.path();
  return ok();
}

Status DayTable::add(std::int64_t measure, std::int64_t day, DayTotals& sum) {
  Status known = get(measure, day, sum);
  get_.reset();  // whatever came of it: a statement under way holds its lock, and its row
  if (!known) return known;
  const std::string blob = writer_.seal(place_of(measure, day), {sum.encode(), {}});
  put_.bind(1, measure);
  put_.bind(2, day);
  put_.bind_blob(3, blob);
  return put_.run();
}

Result<bool> DayTable::has(std::int64_t measure, std::int64_t day) {
  get_.bind(1, measure);
  get_.bind(2, day);
  const Result<bool> row = get_.step();
  get_.reset();
  return row;
}

Status DayTable::get(std::int64_t measure, std::int64_t day, DayTotals& sum) {
  get_.bind(1, measure);
  get_.bind(2, day);
  const Result<bool> row = get_.step();
  if (!row) return row.error();
  return *row ? add_day(reader_, path_, {measure, day, get_.blob(0)}, sum) : ok();
}

Status TotalsTables::open() {
  if (Status s = database_.exec(kDurable); !s) return s;
  if (Status s = counted_.open(database_, "totals"); !s) return s;
  if (Status s = recount_.open(database_, "recount"); !s) return s;
  Result<Statement> find = database_.prepare("SELECT id FROM measures WHERE words=?1");
  if (!find) return find.error();
  Result<Statement> name = database_.prepare("INSERT INTO measures(words) VALUES(?1)");
  if (!name) return name.error();
  find_ = std::move(*find);
  name_ = std::move(*name);
  return ok();
}

Result<std::int64_t> TotalsTables::id_of(const std::string& measure) {
  for (int round = 0; round < 2; ++round) {
    find_.bind_text(1, measure);
    const Result<bool> row = find_.step();
    const std::int64_t id = row && *row ? find_.integer(0) : 0;
    find_.reset();
    if (!row) return row.error();
    if (*row) return id;
    name_.bind_text(1, measure);
    if (Status named = name_.run(); !named) return named.error();
  }
  return Error{database_.path() + ": a measure that was written is not there"};
}

/// A day of it at a time: a day of many groups is large, and history tells of many days at once.
Status TotalsTables::write(DayTable& table, const HourlyTotals& totals) {
  for (const MeasureHours& measure : totals.measures) {
    if (measure.series.empty()) continue;
    const Result<std::int64_t> id = id_of(measure.measure);
    if (!id) return id.error();
    for (const std::int64_t day : days_of(measure)) {
      DayTotals one;
      one.add(measure, day);
      if (Status s = table.add(*id, day, one); !s) return s;
    }
  }
  return ok();
}

Status TotalsTables::note(const TotalsKept& before, const TotalsKept& after) {
  Result<Statement> put =
      database_.prepare("UPDATE state SET edition=?1, until=?2, position=?3, recounted_from=?4 WHERE id=1");
  if (!put) return put.error();
  put->bind(1, static_cast<std::int64_t>(after.edition));
  put->bind(2, nanos(after.until));
  put->bind(3, static_cast<std::int64_t>(after.position));
  put->bind(4, nanos(after.recounted_from));
  if (Status s = put->run(); !s) return s;
  const auto oldest_of = [&](const TotalsKept& one) { return day_of_hour(hour_of(one.until - keep_)); };
  // It looks at every row of three years: once a day is enough.
  if (oldest_of(after) == oldest_of(before) && after.edition == before.edition) return ok();
  return database_.exec("DELETE FROM totals WHERE day<" + std::to_string(oldest_of(after)));
}

}  // namespace slod::journal
