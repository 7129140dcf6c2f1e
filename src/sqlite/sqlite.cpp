#include "slod/sqlite/sqlite.h"

#include <sqlite3.h>

#include <cerrno>
#include <cstring>

namespace slod::sqlite {
namespace {

constexpr int kBusyMillis = 2000;

std::string describe(sqlite3* handle) {
  std::string text = sqlite3_errmsg(handle);
  text += " (SQLite code " + std::to_string(sqlite3_extended_errcode(handle)) + ")";
  return text;
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* handle) const {
  sqlite3_finalize(handle);
}

void Statement::bind(int index, std::int64_t value) {
  sqlite3_bind_int64(handle_.get(), index, value);
}

void Statement::bind_text(int index, std::string_view value) {
  sqlite3_bind_text64(handle_.get(), index, value.empty() ? "" : value.data(), value.size(), SQLITE_STATIC,
                      SQLITE_UTF8);
}

void Statement::bind_blob(int index, std::string_view value) {
  sqlite3_bind_blob64(handle_.get(), index, value.empty() ? "" : value.data(), value.size(), SQLITE_STATIC);
}

void Statement::bind_null(int index) {
  sqlite3_bind_null(handle_.get(), index);
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  sqlite3* owner = sqlite3_db_handle(handle_.get());
  const char* file = sqlite3_db_filename(owner, "main");
  return Error{std::string(file != nullptr ? file : "database") + ": " + describe(owner)};
}

Status Statement::run() {
  const Result<bool> stepped = step();
  reset();
  if (!stepped) return stepped.error();
  return ok();
}

void Statement::reset() {
  sqlite3_reset(handle_.get());
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(handle_.get(), column);
}

std::string_view Statement::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(handle_.get(), column));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column))};
}

std::string_view Statement::blob(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(handle_.get(), column));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column))};
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}

void Database::Close::operator()(sqlite3* handle) const {
  sqlite3_close_v2(handle);
}

Result<Database> Database::open(const std::string& path, Mode mode) {
  int flags = SQLITE_OPEN_NOMUTEX;
  if (mode == Mode::kReadOnly) flags |= SQLITE_OPEN_READONLY;
  if (mode != Mode::kReadOnly) flags |= SQLITE_OPEN_READWRITE;
  if (mode == Mode::kCreate) flags |= SQLITE_OPEN_CREATE;
  Database database;
  database.path_ = path;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  database.handle_.reset(handle);
  if (handle == nullptr) return Error{path + ": out of memory while opening"};
  if (code != SQLITE_OK) return database.error("open");
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyMillis);
  return database;
}

Status Database::exec(const std::string& sql) {
  if (sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return error(sql);
  return ok();
}

Result<Statement> Database::prepare(std::string_view sql) {
  Statement statement;
  sqlite3_stmt* handle = nullptr;
  const int code =
      sqlite3_prepare_v2(handle_.get(), sql.data(), static_cast<int>(sql.size()), &handle, nullptr);
  if (code != SQLITE_OK) return error(sql);
  statement.handle_.reset(handle);
  return statement;
}

Result<std::int64_t> Database::integer(std::string_view sql) {
  Result<Statement> statement = prepare(sql);
  if (!statement) return statement.error();
  const Result<bool> row = statement->step();
  if (!row) return row.error();
  return *row ? statement->integer(0) : 0;
}

void Database::keep_log() {
  log_pages_ = std::make_unique<int>(0);
  const auto count = [](void* pages, sqlite3*, const char*, int now) {
    *static_cast<int*>(pages) = now;
    return SQLITE_OK;
  };
  sqlite3_wal_hook(handle_.get(), count, log_pages_.get());
}

Result<Database::Copied> Database::checkpoint() {
  Copied out;
  const int code =
      sqlite3_wal_checkpoint_v2(handle_.get(), "main", SQLITE_CHECKPOINT_PASSIVE, &out.pages, &out.copied);
  if ((code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED) return Copied{};
  if (code != SQLITE_OK) return error("checkpoint");
  return out;
}

Status Database::sync_file() {
  sqlite3_file* file = nullptr;
  const int found = sqlite3_file_control(handle_.get(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  if (found != SQLITE_OK || file == nullptr || file->pMethods == nullptr) return error("find the file");
  if (file->pMethods->xSync(file, SQLITE_SYNC_NORMAL) != SQLITE_OK) {
    return Error{path_ + ": cannot sync the file: " + std::strerror(errno)};
  }
  return ok();
}

void Database::rollback() {
  if (sqlite3_get_autocommit(handle_.get()) == 0) {
    sqlite3_exec(handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

bool Database::disk_full() const {
  const int code = sqlite3_extended_errcode(handle_.get());
  if ((code & 0xff) == SQLITE_FULL) return true;
  const bool may_hide_it = (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN;
  return may_hide_it && code != SQLITE_IOERR_FSYNC && sqlite3_system_errno(handle_.get()) == ENOSPC;
}

bool Database::damaged() const {
  const int code = sqlite3_errcode(handle_.get()) & 0xff;
  return code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
}

bool Database::failed() const {
  const int code = sqlite3_errcode(handle_.get()) & 0xff;
  return code != SQLITE_OK && code != SQLITE_ROW && code != SQLITE_DONE;
}

Error Database::error(std::string_view doing) const {
  std::string error = path_ + ": " + describe(handle_.get());
  // A whole statement helps; half of one, or several, only look like noise.
  if (doing.size() <= 40 && doing.find(';') == std::string_view::npos)
    error += ", while doing: " + std::string(doing);
  return Error{error};
}

}  // namespace slod::sqlite
