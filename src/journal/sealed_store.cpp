#include "journal/sealed_store.h"

#include <filesystem>
#include <limits>

#include "journal/blob.h"
#include "journal/directory.h"
#include "journal/segment.h"
#include "journal/segment_reader.h"
#include "journal/side_file.h"
#include "slod/sqlite/sqlite.h"

namespace slod::journal {
namespace {

constexpr const char* kSchema =
    "CREATE TABLE sealed(until INTEGER PRIMARY KEY, since INTEGER NOT NULL, position INTEGER NOT NULL,"
    " minutes BLOB NOT NULL, fleet BLOB);";

using sqlite::Database;

bool exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

Place place_of(Part part, const SealedBlock& block) {
  return {part, block.position, block.until};
}

Status insert(Database& database, const SealedBlock& block) {
  BlobWriter writer;
  const std::string minutes = writer.seal(place_of(Part::kSealedMinutes, block), {block.minutes, {}});
  const std::string fleet = writer.seal(place_of(Part::kSealedFleet, block), {block.fleet, {}});
  Result<sqlite::Statement> put = database.prepare("INSERT INTO sealed VALUES(?1,?2,?3,?4,?5)");
  if (!put) return put.error();
  put->bind(1, nanos(block.until));
  put->bind(2, nanos(block.from));
  put->bind(3, static_cast<std::int64_t>(block.position));
  put->bind_blob(4, minutes);
  put->bind_blob(5, fleet);
  return put->run();
}

class BlockReader final : public SealedReader {
 public:
  BlockReader(Database database, std::string path) : database_(std::move(database)), path_(std::move(path)) {}

  Status begin() {
    Result<sqlite::Statement> prepared = database_.prepare(
        "SELECT until,since,position,minutes FROM sealed WHERE until>?1 AND until<=?2 ORDER BY until LIMIT "
        "1");
    if (!prepared) return prepared.error();
    minutes_ = std::move(*prepared);
    const Result<std::int64_t> last = database_.integer("SELECT max(until) FROM sealed");
    if (!last) return last.error();
    last_ = *last;
    return ok();
  }

  Result<SealedBlock> newest() override {
    Result<sqlite::Statement> query =
        database_.prepare("SELECT until,since,position,fleet FROM sealed WHERE until=?1");
    if (!query) return query.error();
    query->bind(1, last_);
    const Result<bool> row = query->step();
    if (!row) return wrong(row.error().message);
    SealedBlock block;
    if (!*row) return block;
    // Sealed further meanwhile: its fleet is a newer block's now.
    if (query->is_null(3)) return Error{"more was sealed meanwhile: read the journal again"};
    return read(*query, Part::kSealedFleet);
  }

  Result<std::optional<SealedBlock>> next(Time before) override {
    minutes_.bind(1, after_);
    minutes_.bind(2, last_);
    const Result<bool> row = minutes_.step();
    if (!row) return wrong(row.error().message);
    std::optional<SealedBlock> found;
    if (*row && minutes_.integer(1) < nanos(before)) {
      Result<SealedBlock> block = read(minutes_, Part::kSealedMinutes);
      if (!block) return block.error();
      after_ = nanos(block->until);
      found = std::move(*block);
    }
    minutes_.reset();
    return found;
  }

 private:
  Error wrong(const std::string& what) { return damaged(path_, "what is sealed", what); }
  Result<SealedBlock> read(const sqlite::Statement& row, Part part) {
    SealedBlock block;
    block.until = from_nanos(row.integer(0));
    block.from = from_nanos(row.integer(1));
    block.position = static_cast<Position>(row.integer(2));
    Result<Parts> parts = reader_.open(place_of(part, block), row.blob(3));
    if (!parts) return wrong(parts.error().message);
    (part == Part::kSealedMinutes ? block.minutes : block.fleet) = std::move(parts->packed);
    return block;
  }

  Database database_;
  std::string path_;
  sqlite::Statement minutes_;
  BlobReader reader_;
  std::int64_t after_ = std::numeric_limits<std::int64_t>::min(), last_ = 0;
};

}  // namespace

std::string sealed_path(const std::string& dir) {
  return dir + "/sealed.db";
}

Result<SealedUntil> sealed_until(const std::string& dir) {
  SealedUntil out;
  const std::string path = sealed_path(dir);
  if (!exists(path)) return out;
  if (exists(path + "-journal")) {  // a look with the right to write rolls it back
    Result<Database> database = Database::open(path, Database::Mode::kReadWrite);
    if (!database) return database.error();
    const Result<std::int64_t> looked = database->integer("SELECT count(*) FROM sqlite_schema");
    if (!looked) return damaged(path, "at its head", looked.error().message);
  }
  const Result<std::unique_ptr<SealedReader>> reader = SealedReader::open(dir);
  if (!reader) return reader.error();
  const Result<SealedBlock> newest = (*reader)->newest();
  if (!newest) return newest.error();
  out.position = newest->position;
  out.until = newest->until;
  return out;
}

Status add_sealed(const std::string& dir, const SealedBlock& block, Time oldest) {
  const std::string path = sealed_path(dir);
  if (Status made = make_side_file(dir, path, kSchema); !made) return made;
  Result<Database> database = Database::open(path, Database::Mode::kReadWrite);
  if (!database) return database.error();
  if (Status durable = database->exec(kDurable); !durable) return durable;
  const std::string from = std::to_string(nanos(block.from)), kept_from = std::to_string(nanos(oldest));
  return sqlite::in_transaction(*database, [&]() -> Status {
    for (const std::string& step :
         {"DELETE FROM sealed WHERE until>" + from, "DELETE FROM sealed WHERE until<" + kept_from,
          std::string("UPDATE sealed SET fleet=NULL WHERE fleet IS NOT NULL")}) {
      if (Status s = database->exec(step); !s) return s;
    }
    return insert(*database, block);
  });
}

Result<std::unique_ptr<SealedReader>> SealedReader::open(const std::string& dir) {
  const std::string path = sealed_path(dir);
  if (!exists(path)) return std::unique_ptr<SealedReader>();
  Result<Database> database = open_side_file(path, Database::Mode::kReadOnly);
  if (!database) return damaged(path, "at its head", database.error().message);
  auto reader = std::make_unique<BlockReader>(std::move(*database), path);
  if (Status s = reader->begin(); !s) return damaged(path, "at its head", s.error().message);
  return std::unique_ptr<SealedReader>(std::move(reader));
}

}  // namespace slod::journal
