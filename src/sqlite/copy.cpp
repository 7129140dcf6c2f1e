#include "slod/sqlite/copy.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "slod/sqlite/sqlite.h"

namespace slod::sqlite {
namespace {

constexpr int kBusyMillis = 10'000;

struct Close {
  void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
};
using Handle = std::unique_ptr<sqlite3, Close>;

Result<Handle> open(const std::string& path, int flags) {
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  Handle handle(raw);
  if (code != SQLITE_OK)
    return Error{"open " + path + ": " + (raw != nullptr ? sqlite3_errmsg(raw) : "out of memory")};
  sqlite3_busy_timeout(raw, kBusyMillis);
  return handle;
}

Status copy_pages(const std::string& from, const std::string& to) {
  Result<Handle> source = open(from, SQLITE_OPEN_READONLY);
  if (!source) return source.error();
  Result<Handle> target = open(to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  if (!target) return target.error();
  sqlite3* const out = target->get();
  sqlite3_backup* const backup = sqlite3_backup_init(out, "main", source->get(), "main");
  if (backup == nullptr) return Error{"copy " + from + " to " + to + ": " + sqlite3_errmsg(out)};
  // All in one step: one read transaction, one moment.
  const int stepped = sqlite3_backup_step(backup, -1);
  const int finished = sqlite3_backup_finish(backup);
  if (stepped != SQLITE_DONE || finished != SQLITE_OK) {
    return Error{"copy " + from + " to " + to + ": " +
                 sqlite3_errstr(finished != SQLITE_OK ? finished : stepped)};
  }
  // The pages say WAL if the source does; a copy shall be one file.
  if (sqlite3_exec(out, "PRAGMA journal_mode=DELETE", nullptr, nullptr, nullptr) != SQLITE_OK)
    return Error{"copy " + from + " to " + to + ": " + sqlite3_errmsg(out)};
  return ok();
}

/// Where a process ended in the middle of a transaction, as the next start does: a look with the right to
/// write rolls it back. One that runs is left alone. If it cannot be done, copying says why.
void finish_rollback(const std::string& path) {
  if (::access((path + "-journal").c_str(), F_OK) != 0) return;
  Result<Database> database = Database::open(path, Database::Mode::kReadWrite);
  if (database) static_cast<void>(database->integer("SELECT count(*) FROM sqlite_schema").has_value());
}

}  // namespace

Status copy_database(const std::string& from, const std::string& to) {
  if (::access(to.c_str(), F_OK) == 0) return Error{to + " is there already"};
  finish_rollback(from);
  Status copied = copy_pages(from, to);
  if (copied) copied = sync_path(to);
  if (copied) copied = check_database(to);
  if (copied) return ok();
  for (const char* suffix : {"-journal", "-wal", "-shm", ""}) ::unlink((to + suffix).c_str());
  return copied;
}

Status check_database(const std::string& path) {
  Result<Database> database = Database::open(path, Database::Mode::kReadOnly);
  if (!database) return database.error();
  Result<Statement> check = database->prepare("PRAGMA quick_check(1)");
  if (!check) return check.error();
  const Result<bool> row = check->step();
  if (!row) return row.error();
  if (*row && check->text(0) == "ok") return ok();
  std::string what = *row ? std::string(check->text(0)) : "no answer to quick_check";
  const std::string head = "*** in database main ***\n";
  if (what.starts_with(head)) what.erase(0, head.size());
  std::replace(what.begin(), what.end(), '\n', ';');
  return Error{path + " is damaged: " + what};
}

Status sync_path(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return Error{"open " + path + ": " + std::strerror(errno)};
  const bool synced = ::fsync(file) == 0;
  const Error error{"sync " + path + ": " + std::strerror(errno)};
  ::close(file);
  if (!synced) return error;
  return ok();
}

}  // namespace slod::sqlite
