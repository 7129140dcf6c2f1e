#include <algorithm>
#include <filesystem>
#include <limits>
#include <set>

#include "slod/journal/totals.h"

#include "journal/blob.h"
#include "journal/day_totals.h"
#include "journal/directory.h"
#include "journal/segment.h"
#include "journal/side_file.h"

namespace slod::journal {
namespace {

using sqlite::Database;
using sqlite::Statement;

constexpr const char* kSchema =
    "CREATE TABLE state(id INTEGER PRIMARY KEY CHECK(id=1), edition INTEGER NOT NULL, until INTEGER NOT NULL,"
    " position INTEGER NOT NULL, recounted_from INTEGER NOT NULL);"
    "INSERT INTO state VALUES(1,0,0,0,0);"
    "CREATE TABLE measures(id INTEGER PRIMARY KEY, words TEXT NOT NULL UNIQUE);"
    "CREATE TABLE totals(measure INTEGER, day INTEGER, hours BLOB NOT NULL, PRIMARY KEY(measure,day))"
    " WITHOUT ROWID;"
    "CREATE TABLE recount(measure INTEGER, day INTEGER, hours BLOB NOT NULL, PRIMARY KEY(measure,day))"
    " WITHOUT ROWID;";
/// Hours of series that a recount gathers in memory before they are written.
constexpr std::size_t kMostGathered = 50'000;
constexpr std::size_t kMostNewer = 1'000'000;
constexpr Duration kDay = hours(24);

Place place_of(std::int64_t measure, std::int64_t day) {
  return {Part::kTotals, static_cast<std::uint64_t>(measure), Time(day * kDay)};
}

Error wrong(const std::string& path, std::int64_t day, const std::string& what) {
  return Error{path + ", the hours of " + format_rfc3339(Time(day * kDay)).substr(0, 10) + ": " + what +
               ". The file is damaged: stop slod and put it back from a backup (slod restore), or move it "
               "away: then the hours of which the journal holds the records are counted anew, and older "
               "ones are lost"};
}

/// The first whole day of which all rows are there, and what led to them: one that is gone may have told of a
/// later time (a sender's clock was ahead), or been the first try of what is tried again on the next day.
std::int64_t first_whole_day(Time rows_since) {
  constexpr Duration kReach = hours(1);
  if (rows_since == Time{}) return std::numeric_limits<std::int64_t>::min();
  return day_of_hour(hour_of(rows_since + kReach)) + 1;
}

Result<TotalsKept> read_state(Database& database) {
  Result<Statement> query = database.prepare("SELECT edition,until,position,recounted_from FROM state");
  if (!query) return query.error();
  const Result<bool> row = query->step();
  if (!row) return row.error();
  if (!*row) return Error{database.path() + ": its state is missing"};
  return TotalsKept{static_cast<std::uint64_t>(query->integer(0)), from_nanos(query->integer(1)),
                    static_cast<std::uint64_t>(query->integer(2)), from_nanos(query->integer(3))};
}

/// The rows of one table, read and replaced.
class Rows {
 public:
  Status open(Database& database, const std::string& table) {
    Result<Statement> get = database.prepare("SELECT hours FROM " + table + " WHERE measure=?1 AND day=?2");
    if (!get) return get.error();
    Result<Statement> put = database.prepare("INSERT OR REPLACE INTO " + table + " VALUES(?1,?2,?3)");
    if (!put) return put.error();
    get_ = std::move(*get);
    put_ = std::move(*put);
    path_ = database.path();
    return ok();
  }
  /// `sum`: what comes to it; afterwards what it is.
  Status add(std::int64_t measure, std::int64_t day, DayTotals& sum) {
    Status known = get(measure, day, sum);
    get_.reset();  // whatever came of it: a statement under way holds its lock, and its row
    if (!known) return known;
    const std::string blob = writer_.seal(place_of(measure, day), {sum.encode(), {}});
    put_.bind(1, measure);
    put_.bind(2, day);
    put_.bind_blob(3, blob);
    return put_.run();
  }
  [[nodiscard]] Result<bool> has(std::int64_t measure, std::int64_t day) {
    get_.bind(1, measure);
    get_.bind(2, day);
    const Result<bool> row = get_.step();
    get_.reset();
    return row;
  }

 private:
  Status get(std::int64_t measure, std::int64_t day, DayTotals& sum) {
    get_.bind(1, measure);
    get_.bind(2, day);
    const Result<bool> row = get_.step();
    if (!row) return row.error();
    if (!*row) return ok();
    const Result<Parts> parts = reader_.open(place_of(measure, day), get_.blob(0));
    if (!parts) return wrong(path_, day, parts.error().message);
    if (!sum.decode(parts->packed)) return wrong(path_, day, "malformed");
    return ok();
  }
  std::string path_;
  Statement get_, put_;
  BlobReader reader_;
  BlobWriter writer_;
};

class SqliteTotals final : public TotalsStore {
 public:
  SqliteTotals(Database database, const TotalsKept& kept, Duration keep)
      : database_(std::move(database)), kept_(kept), keep_(keep) {}
  Status begin() {
    if (Status s = database_.exec(kDurable); !s) return s;
    if (Status s = totals_.open(database_, "totals"); !s) return s;
    if (Status s = recount_.open(database_, "recount"); !s) return s;
    Result<Statement> find = database_.prepare("SELECT id FROM measures WHERE words=?1");
    if (!find) return find.error();
    Result<Statement> name = database_.prepare("INSERT INTO measures(words) VALUES(?1)");
    if (!name) return name.error();
    find_ = std::move(*find);
    name_ = std::move(*name);
    return ok();
  }

  [[nodiscard]] const TotalsKept& kept() const override { return kept_; }
  Status add(const HourlyTotals& totals) override;
  Status begin_recount() override;
  Status add_recount(const HourlyTotals& totals) override;
  Status publish_recount(std::uint64_t edition, Time rows_since) override;

 private:
  using Measures = std::map<std::string, std::map<std::int64_t, DayTotals>>;
  template <typename Work>
  Status transaction(Work work);
  Result<std::int64_t> id_of(const std::string& measure);
  Status write(Rows& rows, const HourlyTotals& totals);
  Status write_gathered();
  void gather(const MeasureHours& measure);
  void forget_gathered() {
    gathered_.clear();
    hours_gathered_ = 0;
  }
  void note_newer(const HourlyTotals& totals);
  Status complete(std::int64_t first_whole);
  Status complete(const MeasureHours& measure, std::int64_t first_whole);
  Status replace(std::int64_t first_whole);
  Status note(const TotalsKept& kept);

  Database database_;
  TotalsKept kept_;
  Duration keep_;
  Rows totals_, recount_;
  Statement find_, name_;
  Measures gathered_;                ///< of the recount, not yet written
  std::set<std::string> recounted_;  ///< what the recount counts
  std::size_t hours_gathered_ = 0;
  /// What the recount told beyond what was counted, as it was told: since `from`.
  struct Newer {
    Time from;
    HourlyTotals totals;
  };
  std::vector<Newer> newer_;
  Time recounted_until_;
  std::uint64_t recounted_position_ = 0;
};

template <typename Work>
Status SqliteTotals::transaction(Work work) {
  Status done = database_.exec("BEGIN IMMEDIATE");
  if (done) done = work();
  if (done) done = database_.exec("COMMIT");
  if (!done) database_.rollback();
  return done;
}

Result<std::int64_t> SqliteTotals::id_of(const std::string& measure) {
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
Status SqliteTotals::write(Rows& rows, const HourlyTotals& totals) {
  for (const MeasureHours& measure : totals.measures) {
    if (measure.series.empty()) continue;
    const Result<std::int64_t> id = id_of(measure.measure);
    if (!id) return id.error();
    for (const std::int64_t day : days_of(measure)) {
      DayTotals one;
      one.add(measure, day);
      if (Status s = rows.add(*id, day, one); !s) return s;
    }
  }
  return ok();
}

Status SqliteTotals::write_gathered() {
  for (const auto& [measure, days] : gathered_) {
    const Result<std::int64_t> id = id_of(measure);
    if (!id) return id.error();
    for (const auto& [day, totals] : days) {
      DayTotals sum = totals;  // what was gathered stays as it is until the transaction is through
      if (Status s = recount_.add(*id, day, sum); !s) return s;
    }
  }
  return ok();
}

Status SqliteTotals::note(const TotalsKept& kept) {
  Result<Statement> put =
      database_.prepare("UPDATE state SET edition=?1, until=?2, position=?3, recounted_from=?4 WHERE id=1");
  if (!put) return put.error();
  put->bind(1, static_cast<std::int64_t>(kept.edition));
  put->bind(2, nanos(kept.until));
  put->bind(3, static_cast<std::int64_t>(kept.position));
  put->bind(4, nanos(kept.recounted_from));
  if (Status s = put->run(); !s) return s;
  const auto oldest_of = [&](const TotalsKept& one) { return day_of_hour(hour_of(one.until - keep_)); };
  const std::int64_t oldest = oldest_of(kept);
  // It looks at every row of three years: once a day is enough.
  if (oldest == oldest_of(kept_) && kept.edition == kept_.edition) return ok();
  return database_.exec("DELETE FROM totals WHERE day<" + std::to_string(oldest));
}

Status SqliteTotals::add(const HourlyTotals& totals) {
  if (totals.until <= kept_.until) return ok();
  TotalsKept after = kept_;
  after.until = totals.until;
  after.position = totals.position;
  const Status done = transaction([&]() -> Status {
    if (Status s = write(totals_, totals); !s) return s;
    return note(after);
  });
  if (done) kept_ = after;
  return done;
}

Status SqliteTotals::begin_recount() {
  forget_gathered();
  newer_.clear();
  recounted_.clear();
  recounted_until_ = {};
  recounted_position_ = 0;
  return transaction([&] { return database_.exec("DELETE FROM recount"); });
}

Status SqliteTotals::add_recount(const HourlyTotals& totals) {
  if (totals.until <= recounted_until_) return ok();
  const std::size_t more = hours_in(totals);
  if (hours_gathered_ + more > kMostGathered) {
    const Status done = transaction([&]() -> Status {
      if (Status s = write_gathered(); !s) return s;
      return more > kMostGathered ? write(recount_, totals) : ok();
    });
    if (!done) return done;
    forget_gathered();
  }
  note_newer(totals);
  for (const MeasureHours& measure : totals.measures) {
    recounted_.insert(measure.measure);
    if (more <= kMostGathered) gather(measure);
  }
  recounted_until_ = totals.until;
  recounted_position_ = totals.position;
  return ok();
}

void SqliteTotals::gather(const MeasureHours& measure) {
  for (const std::int64_t day : days_of(measure)) gathered_[measure.measure][day].add(measure, day);
  for (const SeriesHours& series : measure.series) hours_gathered_ += series.hours.size();
}

/// Usually nothing: what a crash took before it was written, or what the counting beside the recount has yet
/// to tell.
void SqliteTotals::note_newer(const HourlyTotals& totals) {
  std::erase_if(newer_, [&](const Newer& one) { return one.totals.until <= kept_.until; });
  if (kept_.until == Time{} || totals.until <= kept_.until) return;
  newer_.push_back({recounted_until_, totals});
  std::size_t hours = 0;
  for (const Newer& one : newer_) hours += hours_in(one.totals);
  if (hours > kMostNewer)
    newer_.erase(newer_.begin());  // a file of long ago: days between are missing anyway
}

/// To days that stay as they were counted comes what was told since: a late event, or all of a day whose
/// first rows are gone.
Status SqliteTotals::complete(std::int64_t first_whole) {
  for (const Newer& one : newer_) {
    if (one.from < kept_.until) continue;  // in it, wholly or in part: nothing is counted twice
    for (const MeasureHours& measure : one.totals.measures) {
      if (Status s = complete(measure, first_whole); !s) return s;
    }
  }
  return ok();
}

Status SqliteTotals::complete(const MeasureHours& measure, std::int64_t first_whole) {
  const Result<std::int64_t> id = id_of(measure.measure);
  if (!id) return id.error();
  for (const std::int64_t day : days_of(measure)) {
    const Result<bool> kept = day < first_whole ? totals_.has(*id, day) : false;
    if (!kept) return kept.error();
    if (!*kept) continue;
    DayTotals one;
    one.add(measure, day);
    if (Status s = totals_.add(*id, day, one); !s) return s;
  }
  return ok();
}

/// A measure that nobody asks for any more keeps what was counted of it.
Status SqliteTotals::replace(std::int64_t first_whole) {
  const std::string day = std::to_string(first_whole);
  for (const std::string& measure : recounted_) {
    const Result<std::int64_t> id = id_of(measure);
    if (!id) return id.error();
    const std::string of_it = " WHERE measure=" + std::to_string(*id) + " AND day>=" + day;
    if (Status s = database_.exec("DELETE FROM totals" + of_it); !s) return s;
  }
  for (const std::string& step :
       {"DELETE FROM recount WHERE day<" + day +
            " AND EXISTS(SELECT 1 FROM totals t WHERE t.measure=recount.measure AND t.day=recount.day)",
        std::string("INSERT OR REPLACE INTO totals SELECT measure,day,hours FROM recount"),
        std::string("DELETE FROM recount")}) {
    if (Status s = database_.exec(step); !s) return s;
  }
  return ok();
}

Status SqliteTotals::publish_recount(std::uint64_t edition, Time rows_since) {
  const std::int64_t first_whole = first_whole_day(rows_since);
  const bool of_all = rows_since == Time{};
  TotalsKept after{edition, recounted_until_, recounted_position_,
                   of_all ? Time{} : Time(first_whole * kDay)};
  const Status done = transaction([&]() -> Status {
    if (Status s = write_gathered(); !s) return s;
    if (Status s = complete(first_whole); !s) return s;
    if (Status s = replace(first_whole); !s) return s;
    return note(after);
  });
  if (!done) return done;
  kept_ = after;
  forget_gathered();
  newer_.clear();
  return ok();
}

/// Adds up what is read of a measure, step by step.
class Gathered {
 public:
  explicit Gathered(const TotalsAsked& asked) : asked_(asked) {}
  /// False: it would be more than is wanted.
  [[nodiscard]] bool add(std::int64_t day, const DayTotals& totals) {
    for (const auto& [name, hours] : totals.series()) {
      const bool group = name.first == TotalOf::kGroup;
      if (group && !asked_.groups) continue;
      const std::size_t before = size_of(name);
      for (std::size_t i = 0; i < hours.size(); ++i)
        add(name, day * DayTotals::kHours + static_cast<std::int64_t>(i), hours.at(i));
      groups_ += group ? size_of(name) - before : 0;
      if (groups_ > asked_.most) return false;
    }
    return true;
  }
  [[nodiscard]] std::vector<SeriesHours> take() {
    std::vector<SeriesHours> out;
    for (auto& [name, hours] : series_) {
      std::erase_if(hours, [](const HourCount& one) { return one.good == 0 && one.bad == 0; });
      if (!hours.empty()) out.push_back({name.first, name.second, std::move(hours)});
    }
    return out;
  }

 private:
  void add(const DayTotals::Name& name, std::int64_t hour, const DayTotals::Hours::value_type& counts) {
    if (hour < asked_.from || hour >= asked_.to || counts == DayTotals::Hours::value_type()) return;
    const std::int64_t step = floor_div(hour, asked_.step) * asked_.step;
    std::vector<HourCount>& hours = series_[name];
    if (hours.empty() || hours.back().hour != step) hours.push_back({step, 0, 0});
    hours.back().good += counts.first;
    hours.back().bad += counts.second;
  }
  [[nodiscard]] std::size_t size_of(const DayTotals::Name& name) const {
    const auto known = series_.find(name);
    return known != series_.end() ? known->second.size() : 0;
  }
  const TotalsAsked& asked_;
  std::map<DayTotals::Name, std::vector<HourCount>> series_;
  std::size_t groups_ = 0;  ///< counts of groups
};

/// False: there is more than is wanted.
Result<bool> read_days(Database& database, const TotalsAsked& asked, Gathered& gathered) {
  Result<Statement> query = database.prepare(
      "SELECT measure,day,hours FROM totals WHERE measure=(SELECT id FROM measures WHERE words=?1)"
      " AND day>=?2 AND day<=?3 ORDER BY day");
  if (!query) return query.error();
  query->bind_text(1, asked.measure);
  query->bind(2, day_of_hour(asked.from));
  query->bind(3, day_of_hour(asked.to - 1));
  BlobReader reader;
  for (;;) {
    const Result<bool> row = query->step();
    if (!row) return row.error();
    if (!*row) return true;
    const std::int64_t day = query->integer(1);
    const Result<Parts> parts = reader.open(place_of(query->integer(0), day), query->blob(2));
    if (!parts) return wrong(database.path(), day, parts.error().message);
    DayTotals totals;
    if (!totals.decode(parts->packed)) return wrong(database.path(), day, "malformed");
    if (!gathered.add(day, totals)) return false;
  }
}

/// `broken`: nothing in it can be used.
Result<std::unique_ptr<TotalsStore>> open_as_it_is(const std::string& path, Duration keep, bool& broken) {
  Result<Database> database = Database::open(path, Database::Mode::kReadWrite);
  if (!database) return database.error();
  const auto look = [&]() -> Result<TotalsKept> {
    const Result<bool> ours = check_format(*database);
    if (!ours) return ours.error();
    if (!*ours) return Error{path + " holds nothing"};
    return read_state(*database);
  };
  const Result<TotalsKept> kept = look();
  broken = !kept && database->damaged();
  if (!kept) return kept.error();
  auto store = std::make_unique<SqliteTotals>(std::move(*database), *kept, keep);
  if (Status begun = store->begin(); !begun) return begun.error();
  return std::unique_ptr<TotalsStore>(std::move(store));
}

Result<std::string> move_aside(const std::string& dir, const std::string& path) {
  std::error_code error;
  std::string aside;
  for (int n = 1; aside.empty() || std::filesystem::exists(aside, error); ++n)
    aside = path + ".damaged-" + std::to_string(n);
  std::filesystem::rename(path, aside, error);
  if (error) return Error{"rename " + path + ": " + error.message()};
  if (Status s = sync_directory(dir); !s) return s.error();
  return aside;
}

}  // namespace

std::string totals_path(const std::string& dir) {
  return dir + "/totals.db";
}

Result<std::unique_ptr<TotalsStore>> TotalsStore::open(const std::string& dir, Duration keep,
                                                       std::string& set_aside) {
  const std::string path = totals_path(dir);
  if (Status made = make_side_file(dir, path, kSchema); !made) return made.error();
  bool broken = false;
  auto store = open_as_it_is(path, keep, broken);
  if (store || !broken) return store;
  const Result<std::string> aside = move_aside(dir, path);
  if (!aside) return aside.error();
  set_aside = store.error().message + ". It is " + *aside +
              " now: the hours of which the journal holds the records are counted anew, older ones are "
              "lost unless a backup has them (slod restore)";
  if (Status made = make_side_file(dir, path, kSchema); !made) return made.error();
  return open_as_it_is(path, keep, broken);
}

Result<TotalsRead> read_totals(const std::string& dir, const TotalsAsked& asked) {
  TotalsRead out;
  std::error_code error;
  if (!std::filesystem::exists(totals_path(dir), error)) return out;
  Result<Database> database = open_side_file(totals_path(dir), Database::Mode::kReadOnly);
  if (!database) return database.error();
  // One moment for both.
  if (Status begun = database->exec("BEGIN"); !begun) return begun.error();
  const Result<TotalsKept> kept = read_state(*database);
  if (!kept) return kept.error();
  out.kept = *kept;
  Gathered gathered(asked);
  const Result<bool> all = read_days(*database, asked, gathered);
  if (!all) return all.error();
  out.cut = !*all;
  out.series = gathered.take();
  return out;
}

}  // namespace slod::journal
