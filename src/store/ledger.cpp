// The ledger on SQLite. One connection, one mutex; WAL, synchronous=FULL, one transaction per call that
// writes.
#include "slod/store/ledger.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>

#include "ledger_copy.h"
#include "slod/sqlite/copy.h"
#include "slod/sqlite/sqlite.h"

namespace slod::store {
namespace {

constexpr std::int64_t kApplicationId = 0x534c4f4c;  // "SLOL"
constexpr std::int64_t kVersion = 1;
/// A finished notification is of interest to people for a while; a replay never gets back that far.
constexpr Duration kKeepFinished = hours(24 * 90);

constexpr Duration kBackupEvery = hours(1);

enum State : std::int64_t { kPending = 0, kDelivered = 1, kSuperseded = 2, kDead = 3 };

constexpr const char* kConnection =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA mmap_size=0; PRAGMA cell_size_check=ON;";
constexpr const char* kSchema =
    "CREATE TABLE state(id INTEGER PRIMARY KEY CHECK(id=1), last_tick INTEGER NOT NULL);"
    "INSERT INTO state VALUES(1, 0);"
    "CREATE TABLE transitions(id INTEGER PRIMARY KEY, at INTEGER NOT NULL, episode TEXT NOT NULL, step TEXT "
    "NOT NULL,"
    " slo TEXT NOT NULL, severity TEXT NOT NULL, json TEXT NOT NULL, UNIQUE(episode, step));"
    "CREATE INDEX transitions_by_time ON transitions(at);"
    "CREATE TABLE outbox(id INTEGER PRIMARY KEY AUTOINCREMENT, destination TEXT NOT NULL, dedup_key TEXT NOT "
    "NULL,"
    " step TEXT NOT NULL, episode TEXT NOT NULL, body TEXT NOT NULL, created INTEGER NOT NULL,"
    " not_before INTEGER NOT NULL, attempts INTEGER NOT NULL, state INTEGER NOT NULL, detail TEXT NOT NULL,"
    " finished INTEGER, UNIQUE(destination, dedup_key, step, episode));"
    "CREATE INDEX outbox_pending ON outbox(destination, dedup_key, id) WHERE state=0;"
    "CREATE INDEX outbox_finished ON outbox(finished) WHERE state<>0;";

struct Statements {
  sqlite::Statement begin, commit, transition, notification, tick, prune, next, finish, retry;
};

Status prepare(sqlite::Database& database, Statements& out) {
  const std::pair<sqlite::Statement*, const char*> all[] = {
      {&out.begin, "BEGIN IMMEDIATE"},
      {&out.commit, "COMMIT"},
      {&out.transition,
       "INSERT OR IGNORE INTO transitions(at,episode,step,slo,severity,json) VALUES(?1,?2,?3,?4,?5,?6)"},
      {&out.notification,
       "INSERT OR IGNORE INTO "
       "outbox(destination,dedup_key,step,episode,body,created,not_before,attempts,state,detail)"
       " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,0,'')"},
      {&out.tick, "UPDATE state SET last_tick=max(last_tick,?1) WHERE id=1"},
      {&out.prune, "DELETE FROM outbox WHERE state<>0 AND finished<?1"},
      {&out.next,
       "SELECT id,dedup_key,step,body,created,not_before,attempts,episode FROM outbox AS o WHERE "
       "destination=?1"
       " AND state=0 AND not_before<=?2 AND NOT EXISTS (SELECT 1 FROM outbox AS older WHERE "
       "older.destination=?1"
       " AND older.state=0 AND older.dedup_key=o.dedup_key AND older.id<o.id) ORDER BY id LIMIT 1"},
      {&out.finish, "UPDATE outbox SET state=?2, detail=?3, finished=?4 WHERE id=?1 AND state=0"},
      {&out.retry,
       "UPDATE outbox SET not_before=?2, detail=?3, attempts=attempts+1 WHERE id=?1 AND state=0"}};
  for (const auto& [statement, sql] : all) {
    Result<sqlite::Statement> prepared = database.prepare(sql);
    if (!prepared) return prepared.error();
    *statement = std::move(*prepared);
  }
  return ok();
}

class SqliteLedger final : public Ledger {
 public:
  SqliteLedger(sqlite::Database database, LedgerOptions options)
      : database_(std::move(database)), options_(std::move(options)) {}
  Status start();
  /// From here on ticks up to the journal's end send nothing, and what waits is not sent either.
  Status keep_quiet_about_the_past();

  Status record(Time tick, const std::vector<StoredTransition>& transitions,
                const std::vector<Notification>& notifications) override;
  [[nodiscard]] Time last_tick() const override;
  [[nodiscard]] std::optional<Notification> next(const std::string& destination, Time now) override;
  Status finish(std::int64_t id, Outcome outcome, const std::string& detail, Time now) override;
  Status retry_later(std::int64_t id, Time not_before, const std::string& detail) override;
  [[nodiscard]] std::vector<StoredTransition> transitions(std::size_t limit) const override;
  [[nodiscard]] std::vector<std::string> open_keys() const override;
  [[nodiscard]] std::optional<Time> oldest_pending(const std::string& destination) const override;

 private:
  struct Mark {
    State state = kPending;  ///< kPending: tried again at `at`
    Time at;                 ///< finished or not before
    std::string detail;
  };
  template <typename Write>
  Status with_room(Write write);
  Status mark(std::int64_t id, const Mark& mark);
  Status write_mark(std::int64_t id, const Mark& mark);
  void write_waiting_marks();
  void back_up_hourly(Time tick);
  void log(const std::string& level, const std::string& message) const {
    if (options_.log) options_.log(level, message);
  }

  Status write(Time tick, const std::vector<StoredTransition>& transitions,
               const std::vector<Notification>& notifications);
  Status add(const StoredTransition& transition);
  Status add(const Notification& notification);

  mutable std::mutex mutex_;  ///< guards all below
  mutable sqlite::Database database_;
  Statements statements_;
  LedgerOptions options_;
  Time last_tick_;
  Time quiet_until_;  ///< ticks up to here write transitions only
  std::optional<Time> backed_up_;
  std::map<std::int64_t, Mark> marks_;  ///< that could not be written yet, by notification
};

Status SqliteLedger::start() {
  if (Status s = prepare(database_, statements_); !s) return s;
  const Result<std::int64_t> tick = database_.integer("SELECT last_tick FROM state WHERE id=1");
  if (!tick) return tick.error();
  last_tick_ = from_nanos(*tick);
  backed_up_ = ledger_backup_time(options_.path);
  return ok();
}

Status SqliteLedger::keep_quiet_about_the_past() {
  quiet_until_ = options_.journal_end;
  return database_.exec(
      "UPDATE outbox SET state=" + std::to_string(kSuperseded) +
      ", finished=" + std::to_string(nanos(quiet_until_)) +
      ", detail='the ledger was put back from its copy: nobody knows whether this was sent'" +
      " WHERE state=" + std::to_string(kPending));
}

template <typename Write>
Status SqliteLedger::with_room(Write write) {
  Status written = write();
  if (written) return written;
  const bool full = database_.disk_full();
  database_.rollback();
  if (!full || !options_.make_room || !options_.make_room()) return written;
  written = write();
  if (!written) database_.rollback();
  return written;
}

void SqliteLedger::back_up_hourly(Time tick) {
  if (backed_up_ && tick - *backed_up_ < kBackupEvery && *backed_up_ <= tick + kBackupEvery) return;
  backed_up_ = tick;  // also after a failure: once an hour is often enough to say so
  if (const Status copied = backup_ledger(options_.path); !copied)
    log("warn", "ledger: its hourly copy failed: " + copied.error().message);
}

Status SqliteLedger::record(Time tick, const std::vector<StoredTransition>& transitions,
                            const std::vector<Notification>& notifications) {
  const std::lock_guard lock(mutex_);
  const bool quiet = tick <= quiet_until_;
  const Status written = with_room(
      [&] { return write(tick, transitions, quiet ? std::vector<Notification>() : notifications); });
  if (!written) return written;
  last_tick_ = std::max(last_tick_, tick);
  write_waiting_marks();
  back_up_hourly(tick);
  return written;
}

Status SqliteLedger::write(Time tick, const std::vector<StoredTransition>& transitions,
                           const std::vector<Notification>& notifications) {
  if (Status s = statements_.begin.run(); !s) return s;
  for (const StoredTransition& transition : transitions) {
    if (Status s = add(transition); !s) return s;
  }
  for (const Notification& notification : notifications) {
    if (Status s = add(notification); !s) return s;
  }
  statements_.tick.bind(1, nanos(tick));
  if (Status s = statements_.tick.run(); !s) return s;
  statements_.prune.bind(1, nanos(tick - kKeepFinished));
  if (Status s = statements_.prune.run(); !s) return s;
  return statements_.commit.run();
}

Status SqliteLedger::add(const StoredTransition& transition) {
  sqlite::Statement& insert = statements_.transition;
  insert.bind(1, nanos(transition.at));
  insert.bind_text(2, transition.episode);
  insert.bind_text(3, transition.step);
  insert.bind_text(4, transition.slo);
  insert.bind_text(5, transition.severity);
  insert.bind_text(6, transition.json);
  return insert.run();
}

Status SqliteLedger::add(const Notification& notification) {
  sqlite::Statement& insert = statements_.notification;
  const std::string created = std::to_string(nanos(notification.created));
  insert.bind_text(1, notification.destination);
  insert.bind_text(2, notification.dedup_key);
  insert.bind_text(3, notification.step);
  insert.bind_text(4, notification.episode.empty() ? created : notification.episode);
  insert.bind_text(5, notification.body);
  insert.bind(6, nanos(notification.created));
  insert.bind(7, nanos(notification.not_before));
  insert.bind(8, notification.attempts);
  return insert.run();
}

Time SqliteLedger::last_tick() const {
  const std::lock_guard lock(mutex_);
  return last_tick_;
}

std::optional<Notification> SqliteLedger::next(const std::string& destination, Time now) {
  const std::lock_guard lock(mutex_);
  write_waiting_marks();
  sqlite::Statement& query = statements_.next;
  query.bind_text(1, destination);
  query.bind(2, nanos(now));
  const Result<bool> row = query.step();
  std::optional<Notification> out;
  if (row && *row) {
    out.emplace();
    out->id = query.integer(0);
    out->destination = destination;
    out->dedup_key = query.text(1);
    out->step = query.text(2);
    out->body = query.text(3);
    out->created = from_nanos(query.integer(4));
    out->not_before = from_nanos(query.integer(5));
    out->attempts = static_cast<int>(query.integer(6));
    out->episode = query.text(7);
  }
  query.reset();
  if (out && marks_.contains(out->id)) return std::nullopt;  // it was sent; the disk does not know yet
  return out;
}

Status SqliteLedger::finish(std::int64_t id, Outcome outcome, const std::string& detail, Time now) {
  const std::lock_guard lock(mutex_);
  const State state = outcome == Outcome::kDelivered    ? kDelivered
                      : outcome == Outcome::kSuperseded ? kSuperseded
                                                        : kDead;
  return mark(id, {state, now, detail});
}

Status SqliteLedger::retry_later(std::int64_t id, Time not_before, const std::string& detail) {
  const std::lock_guard lock(mutex_);
  return mark(id, {kPending, not_before, detail});
}

Status SqliteLedger::mark(std::int64_t id, const Mark& mark) {
  const Status written = with_room([&] { return write_mark(id, mark); });
  if (!written) marks_[id] = mark;
  return written;
}

Status SqliteLedger::write_mark(std::int64_t id, const Mark& mark) {
  const bool again = mark.state == kPending;
  sqlite::Statement& update = again ? statements_.retry : statements_.finish;
  update.bind(1, id);
  if (again) {
    update.bind(2, nanos(mark.at));
  } else {
    update.bind(2, mark.state);
    update.bind(4, nanos(mark.at));
  }
  update.bind_text(3, mark.detail);
  return update.run();
}

void SqliteLedger::write_waiting_marks() {
  while (!marks_.empty()) {
    const auto& [id, mark] = *marks_.begin();
    if (!with_room([&, id = id] { return write_mark(id, marks_.at(id)); })) return;
    marks_.erase(marks_.begin());
  }
}

std::vector<StoredTransition> SqliteLedger::transitions(std::size_t limit) const {
  const std::lock_guard lock(mutex_);
  std::vector<StoredTransition> out;
  Result<sqlite::Statement> query = database_.prepare(
      "SELECT at,episode,step,slo,severity,json FROM transitions ORDER BY at DESC, id DESC LIMIT ?1");
  if (!query) return out;
  query->bind(1, static_cast<std::int64_t>(std::min<std::size_t>(limit, 1U << 30)));
  for (Result<bool> row = query->step(); row && *row; row = query->step()) {
    StoredTransition& transition = out.emplace_back();
    transition.at = from_nanos(query->integer(0));
    transition.episode = query->text(1);
    transition.step = query->text(2);
    transition.slo = query->text(3);
    transition.severity = query->text(4);
    transition.json = query->text(5);
  }
  return out;
}

std::vector<std::string> SqliteLedger::open_keys() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> keys;
  Result<sqlite::Statement> query = database_.prepare(
      "SELECT dedup_key FROM outbox WHERE step IN ('trigger','resolve') GROUP BY dedup_key"
      " HAVING max(step='resolve')=0");
  if (!query) return keys;
  for (Result<bool> row = query->step(); row && *row; row = query->step()) keys.emplace_back(query->text(0));
  return keys;
}

std::optional<Time> SqliteLedger::oldest_pending(const std::string& destination) const {
  const std::lock_guard lock(mutex_);
  Result<sqlite::Statement> query =
      database_.prepare("SELECT min(created) FROM outbox WHERE destination=?1 AND state=0");
  if (!query) return std::nullopt;
  query->bind_text(1, destination);
  const Result<bool> row = query->step();
  if (!row || !*row || query->is_null(0)) return std::nullopt;
  return from_nanos(query->integer(0));
}

/// Makes the tables in a new file; refuses what is not ours or newer.
Status check_or_make(sqlite::Database& database) {
  const Result<std::int64_t> application = database.integer("PRAGMA application_id");
  if (!application) return application.error();
  const Result<std::int64_t> version = database.integer("PRAGMA user_version");
  if (!version) return version.error();
  const Result<std::int64_t> tables = database.integer("SELECT count(*) FROM sqlite_schema");
  if (!tables) return tables.error();
  if (*application == 0 && *tables == 0) {
    return database.exec(std::string("BEGIN IMMEDIATE;") + kSchema +
                         "PRAGMA application_id=" + std::to_string(kApplicationId) +
                         "; PRAGMA user_version=" + std::to_string(kVersion) + "; COMMIT");
  }
  if (*application != kApplicationId)
    return Error{database.path() + " is not a ledger of slod: move it away"};
  if (*version > kVersion) {
    return Error{database.path() + " was written by a newer slod (ledger version " +
                 std::to_string(*version) + ", this one reads " + std::to_string(kVersion) +
                 "): start the newer slod, or restore a backup"};
  }
  return ok();
}

bool exists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

/// Opens the file as it is. `damaged`: it is ours to put back.
Result<std::unique_ptr<SqliteLedger>> open_or_make(const LedgerOptions& options, bool& damaged) {
  Result<sqlite::Database> database = sqlite::Database::open(options.path, sqlite::Database::Mode::kCreate);
  if (!database) return database.error();
  Status ready = database->exec(kConnection);
  if (ready) ready = check_or_make(*database);
  damaged = !ready && database->damaged();
  if (ready) {
    // All pages, now: a ledger that breaks on its first alert is found too late.
    ready = sqlite::check_database(options.path);
    damaged = !ready;
  }
  auto ledger = std::make_unique<SqliteLedger>(std::move(*database), options);
  if (ready) ready = ledger->start();
  if (!ready) return ready.error();
  const std::string dir = std::filesystem::path(options.path).parent_path().string();
  // SQLite syncs the directory of a new log but takes no notice if that fails.
  if (Status s = sqlite::sync_path(dir.empty() ? "." : dir); !s) return s.error();
  return ledger;
}

Result<std::unique_ptr<SqliteLedger>> open_from_copy(const LedgerOptions& options, const std::string& why) {
  const Result<std::string> aside = restore_ledger(options.path);
  if (!aside) {
    return Error{"ledger " + options.path + " is damaged (" + why +
                 ") and cannot be put back from its hourly copy: " + aside.error().message +
                 ". Put it back from a backup (slod restore), or move it away: alerts of the "
                 "past may then be sent again"};
  }
  bool damaged = false;
  Result<std::unique_ptr<SqliteLedger>> ledger = open_or_make(options, damaged);
  if (!ledger) return ledger;
  if (Status s = (*ledger)->keep_quiet_about_the_past(); !s) return s.error();
  if (options.log) {
    const std::string rest = exists(*aside) ? "; what is left of it is in " + *aside : "";
    options.log("error",
                "ledger: it was damaged (" + why + ") and was put back from its copy" + rest +
                    ". Alerts since that copy are not sent, since nobody knows which were: look with "
                    "`slod status` at what fires now, and at the disk");
  }
  return ledger;
}

}  // namespace

Result<std::unique_ptr<Ledger>> Ledger::open(const LedgerOptions& options) {
  // A crash between moving a damaged ledger aside and putting its copy in place leaves the copy alone.
  bool damaged = !exists(options.path) && exists(ledger_backup_path(options.path));
  std::string why = "it is gone";
  if (!damaged) {
    Result<std::unique_ptr<SqliteLedger>> ledger = open_or_make(options, damaged);
    if (ledger) return std::unique_ptr<Ledger>(std::move(*ledger));
    if (!damaged) return ledger.error();
    why = ledger.error().message;
  }
  Result<std::unique_ptr<SqliteLedger>> ledger = open_from_copy(options, why);
  if (!ledger) return ledger.error();
  return std::unique_ptr<Ledger>(std::move(*ledger));
}

}  // namespace slod::store
