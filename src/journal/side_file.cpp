#include "journal/side_file.h"

#include <filesystem>

#include "journal/directory.h"
#include "journal/segment.h"
#include "journal/segment_reader.h"

namespace slod::journal {
namespace {

using sqlite::Database;

bool exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

}  // namespace

Status make_side_file(const std::string& dir, const std::string& path, const std::string& schema) {
  if (exists(path)) return ok();
  const std::string half = path + ".new";
  if (Status s = remove_database(dir, half); !s) return s;
  {
    Result<Database> database = Database::open(half, Database::Mode::kCreate);
    if (!database) return database.error();
    const std::string header = "PRAGMA application_id=" + std::to_string(kApplicationId) +
                               "; PRAGMA user_version=" + std::to_string(kFormatVersion) + ";";
    const Status made =
        database->exec(std::string(kDurable) + "BEGIN IMMEDIATE;" + schema + header + "COMMIT");
    if (!made) return made;
  }
  // A crash, and then somebody moved the file away: its rollback journal would be rolled back into the new
  // one.
  if (Status s = remove_database(dir, path); !s) return s;
  std::error_code error;
  std::filesystem::rename(half, path, error);
  if (error) return Error{"rename " + half + ": " + error.message()};
  return sync_directory(dir);
}

Result<Database> open_side_file(const std::string& path, Database::Mode mode) {
  Result<Database> database = Database::open(path, mode);
  if (!database) return database;
  const Result<bool> ours = check_format(*database);
  if (!ours) return database->damaged() ? damaged(path, "at its head", ours.error().message) : ours.error();
  if (!*ours) return Error{path + " holds nothing"};
  return database;
}

}  // namespace slod::journal
