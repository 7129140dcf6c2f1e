#include "journal/segment_reader.h"

#include "journal/segment.h"

namespace slod::journal {
namespace {

std::int64_t signed_of(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}
constexpr Position kAll = ~std::uint64_t{0} >> 1;

}  // namespace

Error damaged(const std::string& path, const std::string& where, const std::string& what) {
  return Error{"journal segment " + path + ", " + where + ": " + what +
               ". The file is damaged; what is before this place can be read. Look at the disk (dmesg), move "
               "the state "
               "directory away and put a backup in its place (slod restore)"};
}

Result<std::unique_ptr<SegmentReader>> SegmentReader::open(const std::string& path, Dictionary& dictionary) {
  Result<sqlite::Database> database = sqlite::Database::open(path, sqlite::Database::Mode::kReadOnly);
  if (!database) return database.error();
  const Result<bool> ours = check_format(*database);
  if (!ours) {
    if (database->damaged()) return damaged(path, "at its head", ours.error().message);
    return ours.error();
  }
  if (!*ours) return std::unique_ptr<SegmentReader>();
  std::unique_ptr<SegmentReader> reader(new SegmentReader(std::move(*database), dictionary));
  const Status prepared = reader->prepare();
  if (!prepared) return damaged(path, "at its head", prepared.error().message);
  return reader;
}

Status SegmentReader::prepare() {
  const Status set = database_.exec("PRAGMA mmap_size=0; PRAGMA cell_size_check=ON");
  if (!set) return set;
  const Result<std::int64_t> version = database_.integer("PRAGMA user_version");
  if (!version) return version.error();
  version_ = *version;
  const std::string groups = "SELECT position,stamp,control,counts,positions,journeys," +
                             std::string(version_ < 2 ? "NULL" : "legs") +
                             " FROM groups WHERE position>?1 ORDER BY position LIMIT 1";
  const std::pair<sqlite::Statement*, const char*> all[] = {
      {&group_, groups.c_str()},
      {&fleet_, "SELECT rows FROM fleet WHERE position=?1"},
      {&keys_, "SELECT entries FROM keys WHERE position=?1"},
      {&words_,
       "SELECT position,part,entries FROM words WHERE position>?1 AND position<=?2 ORDER BY position,part"}};
  for (const auto& [statement, sql] : all) {
    Result<sqlite::Statement> prepared = database_.prepare(sql);
    if (!prepared) return prepared.error();
    *statement = std::move(*prepared);
  }
  return ok();
}

Error SegmentReader::wrong(Position position, const std::string& what) {
  return damaged(path(), "group " + std::to_string(position), what);
}

Result<std::optional<Group>> SegmentReader::next(Position position) {
  return read(position, false);
}

Result<std::optional<Group>> SegmentReader::next_facts(Position position) {
  return read(position, true);
}

Result<std::optional<Group>> SegmentReader::read(Position position, bool facts_only) {
  group_.bind(1, signed_of(position));
  const Result<bool> row = group_.step();
  if (!row) {
    const bool broken = database_.damaged();
    group_.reset();
    if (broken) return wrong(position + 1, row.error().message);
    return row.error();
  }
  if (!*row) {
    group_.reset();
    return std::optional<Group>();
  }
  // The open row holds one read transaction around what decode_row reads from the other tables.
  const auto at = static_cast<Position>(group_.integer(0));
  Result<Group> group = decode_row(facts_only);
  group_is_bad_ = !group && !database_.failed();
  group_.reset();
  fleet_.reset();
  keys_.reset();
  if (!group) return wrong(at, group.error().message);
  return std::optional<Group>(std::move(*group));
}

Result<Group> SegmentReader::decode_row(bool facts_only) {
  const std::int64_t at = group_.integer(0);
  const auto position = static_cast<Position>(at);
  const Time stamp = from_nanos(group_.integer(1));
  GroupColumns columns;
  columns.control = group_.blob(2);
  columns.counts = group_.blob(3);
  if (facts_only) return decoder_.decode_facts(position, stamp, columns);
  if (Status s = load_words_up_to(position); !s) return s.error();
  columns.positions = group_.blob(4);
  columns.journeys = group_.blob(5);
  columns.legs = group_.blob(6);
  fleet_.bind(1, at);
  const Result<bool> fleet = fleet_.step();
  if (!fleet) return fleet.error();
  if (*fleet) columns.fleet = fleet_.blob(0);
  keys_.bind(1, at);
  const Result<bool> keys = keys_.step();
  if (!keys) return keys.error();
  if (*keys) columns.keys = keys_.blob(0);
  return decoder_.decode(position, stamp, columns);
}

Status SegmentReader::load_words_up_to(Position position) {
  if (position <= words_up_to_) return ok();
  words_.bind(1, signed_of(words_up_to_));
  words_.bind(2, signed_of(position));
  Status loaded = ok();
  for (;;) {
    const Result<bool> row = words_.step();
    if (!row) loaded = row.error();
    if (!row || !*row) break;
    const auto at = static_cast<Position>(words_.integer(0));
    loaded = decoder_.add_words(static_cast<Part>(words_.integer(1)), at, words_.blob(2));
    if (!loaded) {
      loaded = Error{loaded.error().message + " (stored with group " + std::to_string(at) + ")"};
      break;
    }
  }
  words_.reset();
  if (loaded) words_up_to_ = position;
  return loaded;
}

Status SegmentReader::load_words() {
  const Status loaded = load_words_up_to(kAll);
  if (!loaded) return damaged(path(), "its words", loaded.error().message);
  return loaded;
}

Status SegmentReader::keys_since(Time since, std::size_t most, std::vector<StoredKey>& keys) {
  Result<sqlite::Statement> query =
      database_.prepare("SELECT position,stamp,entries FROM keys ORDER BY position DESC");
  if (!query) return query.error();
  while (keys.size() < most) {
    const Result<bool> row = query->step();
    if (!row) return row.error();
    if (!*row) return ok();
    const auto position = static_cast<Position>(query->integer(0));
    std::vector<StoredKey> of_group;
    const Status read =
        decoder_.decode_keys(position, from_nanos(query->integer(1)), query->blob(2), of_group);
    if (!read) return wrong(position, read.error().message);
    for (auto key = of_group.rbegin(); key != of_group.rend() && keys.size() < most; ++key) {
      if (key->at >= since) keys.push_back(std::move(*key));
    }
  }
  return ok();
}

Result<std::optional<SegmentReader::End>> SegmentReader::end(const char* order) {
  const std::string sql =
      std::string("SELECT position,stamp FROM groups ORDER BY position ") + order + " LIMIT 1";
  Result<sqlite::Statement> query = database_.prepare(sql);
  if (!query) return query.error();
  const Result<bool> row = query->step();
  if (!row) {
    if (database_.damaged()) return damaged(path(), "at its ends", row.error().message);
    return row.error();
  }
  if (!*row) return std::optional<End>();
  return std::optional<End>(End{static_cast<Position>(query->integer(0)), from_nanos(query->integer(1))});
}

Result<std::optional<SegmentReader::End>> SegmentReader::first() {
  return end("ASC");
}
Result<std::optional<SegmentReader::End>> SegmentReader::last() {
  return end("DESC");
}

}  // namespace slod::journal
