// The ledger on SQLite. One connection, one mutex; WAL, synchronous=FULL, one transaction per call that
// writes.
#include "slod/store/ledger.h"

#include <algorithm>
#include <mutex>

#include "slod/sqlite/sqlite.h"

namespace slod::store {
namespace {

constexpr std::int64_t kApplicationId = 0x534c4f4c;  // "SLOL"
constexpr std::int64_t kVersion = 1;
/// A finished notification is of interest to people for a while; a replay never gets back that far.
constexpr Duration kKeepFinished = hours(24 * 90);

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
  explicit SqliteLedger(sqlite::Database database) : database_(std::move(database)) {}
  Status start();

  Status record(Time tick, const std::vector<StoredTransition>& transitions,
                const std::vector<Notification>& notifications) override;
  [[nodiscard]] Time last_tick() const override;
  [[nodiscard]] std::optional<Notification> next(const std::string& destination, Time now) override;
  Status finish(std::int64_t id, Outcome outcome, const std::string& detail, Time now) override;
  Status retry_later(std::int64_t id, Time not_before, const std::string& detail) override;
  [[nodiscard]] std::vector<StoredTransition> transitions(std::size_t limit) const override;
  [[nodiscard]] std::optional<Time> oldest_pending(const std::string& destination) const override;

 private:
  Status write(Time tick, const std::vector<StoredTransition>& transitions,
               const std::vector<Notification>& notifications);
  Status add(const StoredTransition& transition);
  Status add(const Notification& notification);

  mutable std::mutex mutex_;  ///< guards all below
  mutable sqlite::Database database_;
  Statements statements_;
  Time last_tick_;
};

Status SqliteLedger::start() {
  if (Status s = prepare(database_, statements_); !s) return s;
  const Result<std::int64_t> tick = database_.integer("SELECT last_tick FROM state WHERE id=1");
  if (!tick) return tick.error();
  last_tick_ = from_nanos(*tick);
  return ok();
}

Status SqliteLedger::record(Time tick, const std::vector<StoredTransition>& transitions,
                            const std::vector<Notification>& notifications) {
  const std::lock_guard lock(mutex_);
  const Status written = write(tick, transitions, notifications);
  if (!written) database_.rollback();
  if (written) last_tick_ = std::max(last_tick_, tick);
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
  return out;
}

Status SqliteLedger::finish(std::int64_t id, Outcome outcome, const std::string& detail, Time now) {
  const std::lock_guard lock(mutex_);
  const State state = outcome == Outcome::kDelivered    ? kDelivered
                      : outcome == Outcome::kSuperseded ? kSuperseded
                                                        : kDead;
  sqlite::Statement& update = statements_.finish;
  update.bind(1, id);
  update.bind(2, state);
  update.bind_text(3, detail);
  update.bind(4, nanos(now));
  return update.run();
}

Status SqliteLedger::retry_later(std::int64_t id, Time not_before, const std::string& detail) {
  const std::lock_guard lock(mutex_);
  sqlite::Statement& update = statements_.retry;
  update.bind(1, id);
  update.bind(2, nanos(not_before));
  update.bind_text(3, detail);
  return update.run();
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

}  // namespace

Result<std::unique_ptr<Ledger>> Ledger::open(const std::string& path) {
  Result<sqlite::Database> database = sqlite::Database::open(path, sqlite::Database::Mode::kCreate);
  if (!database) return database.error();
  Status ready = database->exec(kConnection);
  if (ready) ready = check_or_make(*database);
  const bool damaged = !ready && database->damaged();
  auto ledger = std::make_unique<SqliteLedger>(std::move(*database));
  if (ready) ready = ledger->start();
  if (ready) return std::unique_ptr<Ledger>(std::move(ledger));
  if (!damaged) return ready.error();
  return Error{"ledger " + path +
               " is damaged: put it back from a backup (slod restore); without it alerts of the past "
               "may be sent again. " +
               ready.error().message};
}

}  // namespace slod::store
