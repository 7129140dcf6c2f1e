#include "journal/segment.h"

namespace slod::journal {
namespace {

/// Must come before the first table. In a page of SQLite's usual 4 KiB a group of 100 records has its page
/// for itself, half empty; here six share one. auto_vacuum lets trim() give back space in small steps.
std::string for_new_file() {
  return "PRAGMA page_size=" + std::to_string(kPageBytes) + "; PRAGMA auto_vacuum=INCREMENTAL;";
}
constexpr const char* kConnection =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA mmap_size=0; PRAGMA cell_size_check=ON;"
    "PRAGMA locking_mode=NORMAL; PRAGMA journal_size_limit=33554432;";
constexpr const char* kSchema =
    "CREATE TABLE groups(position INTEGER PRIMARY KEY, stamp INTEGER NOT NULL, control BLOB NOT NULL, counts "
    "BLOB,"
    " positions BLOB, journeys BLOB, legs BLOB);"
    "CREATE TABLE fleet(position INTEGER PRIMARY KEY, stamp INTEGER NOT NULL, rows BLOB NOT NULL);"
    "CREATE TABLE keys(position INTEGER PRIMARY KEY, stamp INTEGER NOT NULL, entries BLOB NOT NULL);"
    "CREATE TABLE words(position INTEGER NOT NULL, part INTEGER NOT NULL, entries BLOB NOT NULL,"
    " PRIMARY KEY(position, part)) WITHOUT ROWID;"
    "CREATE TABLE positions(source TEXT NOT NULL, stream TEXT NOT NULL, offset INTEGER NOT NULL, proof BLOB "
    "NOT NULL,"
    " stamp INTEGER NOT NULL, PRIMARY KEY(source, stream)) WITHOUT ROWID;";

std::int64_t signed_of(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}

void bind_or_null(sqlite::Statement& statement, int index, std::string_view blob) {
  blob.empty() ? statement.bind_null(index) : statement.bind_blob(index, blob);
}

}  // namespace

Result<bool> check_format(sqlite::Database& database) {
  const Result<std::int64_t> application = database.integer("PRAGMA application_id");
  if (!application) return application.error();
  const Result<std::int64_t> version = database.integer("PRAGMA user_version");
  if (!version) return version.error();
  if (*application == 0 && *version == 0) {
    const Result<std::int64_t> tables = database.integer("SELECT count(*) FROM sqlite_schema");
    if (!tables) return tables.error();
    if (*tables == 0) return false;
  }
  if (*application != kApplicationId) {
    return Error{database.path() + " is not a segment of slod's journal: move it out of the directory"};
  }
  if (*version > kFormatVersion) {
    return Error{database.path() + " has journal format " + std::to_string(*version) +
                 ", this slod reads up to " + std::to_string(kFormatVersion) +
                 ": start the newer slod, or restore a backup from before the upgrade"};
  }
  return true;
}

Result<Segment> Segment::create(const std::string& path, bool& disk_full) {
  disk_full = false;
  Result<sqlite::Database> database = sqlite::Database::open(path, sqlite::Database::Mode::kCreate);
  if (!database) return database.error();
  const std::string header = "PRAGMA application_id=" + std::to_string(kApplicationId) +
                             "; PRAGMA user_version=" + std::to_string(kFormatVersion) + ";";
  const Status made =
      database->exec(for_new_file() + kConnection + "BEGIN IMMEDIATE;" + kSchema + header + "COMMIT");
  if (!made) {
    disk_full = database->disk_full();
    return made.error();
  }
  Segment segment(std::move(*database));
  const Status prepared = segment.prepare();
  if (!prepared) return prepared.error();
  return segment;
}

Result<Segment> Segment::open(const std::string& path) {
  Result<sqlite::Database> database = sqlite::Database::open(path, sqlite::Database::Mode::kReadWrite);
  if (!database) return database.error();
  const Status set = database->exec(kConnection);
  if (!set) return set.error();
  Segment segment(std::move(*database));
  const Status prepared = segment.prepare();
  if (!prepared) return prepared.error();
  return segment;
}

Status Segment::prepare() {
  database_.keep_log();
  const Result<std::int64_t> version = database_.integer("PRAGMA user_version");
  if (!version) return version.error();
  can_grow_ = *version == kFormatVersion;
  const std::pair<sqlite::Statement*, const char*> all[] = {
      {&begin_, "BEGIN IMMEDIATE"},
      {&commit_, "COMMIT"},
      {&group_, can_grow_ ? "INSERT INTO groups VALUES(?1,?2,?3,?4,?5,?6,?7)" : "SELECT 1"},
      {&fleet_, "INSERT INTO fleet VALUES(?1,?2,?3)"},
      {&keys_, "INSERT INTO keys VALUES(?1,?2,?3)"},
      {&words_, "INSERT INTO words VALUES(?1,?2,?3)"},
      {&position_, "INSERT OR REPLACE INTO positions VALUES(?1,?2,?3,?4,?5)"}};
  for (const auto& [statement, sql] : all) {
    Result<sqlite::Statement> prepared = database_.prepare(sql);
    if (!prepared) return prepared.error();
    *statement = std::move(*prepared);
  }
  return ok();
}

Status Segment::append(const Group& group, const GroupBlobs& blobs,
                       const std::vector<KnownPosition>& carried) {
  if (Status s = begin_.run(); !s) return s;
  group_.bind(1, signed_of(group.position));
  group_.bind(2, nanos(group.stamp));
  group_.bind_blob(3, blobs.control);
  bind_or_null(group_, 4, blobs.counts);
  bind_or_null(group_, 5, blobs.positions);
  bind_or_null(group_, 6, blobs.journeys);
  bind_or_null(group_, 7, blobs.legs);
  if (Status s = group_.run(); !s) return s;
  if (Status s = put_blob(fleet_, group, blobs.fleet); !s) return s;
  if (Status s = put_blob(keys_, group, blobs.keys); !s) return s;
  if (Status s = put_words(Part::kJourneyWords, group.position, blobs.journey_words); !s) return s;
  if (Status s = put_words(Part::kFleetWords, group.position, blobs.fleet_words); !s) return s;
  for (const KnownPosition& known : carried) {
    if (Status s = put_position(known); !s) return s;
  }
  for (const SourcePosition& position : group.positions) {
    if (Status s = put_position({position, group.stamp}); !s) return s;
  }
  return commit_.run();
}

Status Segment::put_blob(sqlite::Statement& statement, const Group& group, std::string_view blob) {
  if (blob.empty()) return ok();
  statement.bind(1, signed_of(group.position));
  statement.bind(2, nanos(group.stamp));
  statement.bind_blob(3, blob);
  return statement.run();
}

Status Segment::put_words(Part part, Position position, std::string_view blob) {
  if (blob.empty()) return ok();
  words_.bind(1, signed_of(position));
  words_.bind(2, static_cast<std::int64_t>(part));
  words_.bind_blob(3, blob);
  return words_.run();
}

Status Segment::put_position(const KnownPosition& known) {
  position_.bind_text(1, known.position.source);
  position_.bind_text(2, known.position.stream);
  position_.bind(3, signed_of(known.position.offset));
  position_.bind_blob(4, known.position.check);
  position_.bind(5, nanos(known.stamp));
  return position_.run();
}

Status Segment::keep(Position position, Time stamp, const GroupBlobs& blobs) {
  Result<sqlite::Statement> insert =
      database_.prepare("INSERT OR IGNORE INTO groups(position,stamp,control,counts) VALUES(?1,?2,?3,?4)");
  if (!insert) return insert.error();
  insert->bind(1, signed_of(position));
  insert->bind(2, nanos(stamp));
  insert->bind_blob(3, blobs.control);
  bind_or_null(*insert, 4, blobs.counts);
  return insert->run();
}

Status Segment::cut(Position position) {
  std::string sql = "BEGIN IMMEDIATE;";
  for (const char* table : {"groups", "fleet", "keys", "words"}) {
    sql += std::string("DELETE FROM ") + table + " WHERE position=" + std::to_string(position) + ";";
  }
  return database_.exec(sql + "COMMIT");
}

Status Segment::replace_positions(const std::vector<KnownPosition>& positions) {
  if (Status s = database_.exec("BEGIN IMMEDIATE; DELETE FROM positions"); !s) return s;
  for (const KnownPosition& known : positions) {
    if (Status s = put_position(known); !s) return s;
  }
  return database_.exec("COMMIT");
}

Result<std::vector<KnownPosition>> Segment::positions() {
  Result<sqlite::Statement> query =
      database_.prepare("SELECT source,stream,offset,proof,stamp FROM positions");
  if (!query) return query.error();
  std::vector<KnownPosition> out;
  for (;;) {
    const Result<bool> row = query->step();
    if (!row) return row.error();
    if (!*row) return out;
    KnownPosition& known = out.emplace_back();
    known.position.source = query->text(0);
    known.position.stream = query->text(1);
    known.position.offset = static_cast<std::uint64_t>(query->integer(2));
    known.position.check = query->blob(3);
    known.stamp = from_nanos(query->integer(4));
  }
}

Status Segment::finish() {
  return database_.exec("PRAGMA journal_mode=DELETE");
}

}  // namespace slod::journal
