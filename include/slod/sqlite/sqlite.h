// The little of SQLite that the stores need: a database, a statement, errors in words. Used by journal and
// store only. Thread: a Database and its statements belong to one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "slod/core/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace slod::sqlite {

/// One prepared statement. Bound texts and blobs are borrowed: they must live until reset() or the next bind.
class Statement {
 public:
  Statement() = default;

  void bind(int index, std::int64_t value);
  void bind_text(int index, std::string_view value);
  void bind_blob(int index, std::string_view value);
  void bind_null(int index);

  /// True: a row is there. False: done.
  Result<bool> step();
  /// Steps once, expects no row, and resets.
  Status run();
  void reset();

  [[nodiscard]] std::int64_t integer(int column) const;
  /// Text and blob: valid until the next step or reset.
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] std::string_view blob(int column) const;
  [[nodiscard]] bool is_null(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* handle) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

class Database {
 public:
  enum class Mode : std::uint8_t { kReadOnly, kReadWrite, kCreate };

  /// Waits up to 2 s for another connection's lock. Errors name the file.
  [[nodiscard]] static Result<Database> open(const std::string& path, Mode mode);

  Status exec(const std::string& sql);
  Result<Statement> prepare(std::string_view sql);
  /// The first column of the first row; 0 without a row.
  Result<std::int64_t> integer(std::string_view sql);
  /// Commits of this connection no longer copy the write-ahead log into the file by themselves: its owner
  /// calls checkpoint(). From then on log_pages() says how many pages the log held after the last commit.
  void keep_log();
  [[nodiscard]] int log_pages() const { return log_pages_ ? *log_pages_ : 0; }
  /// Copies the log into the file as far as readers allow, without waiting for anybody (PASSIVE). Pages that
  /// the log holds, and how many of them are in the file now; both 0 if another connection is at it.
  /// Requires: WAL mode.
  struct Copied {
    int pages = 0;
    int copied = 0;
  };
  Result<Copied> checkpoint();
  /// Makes what checkpoint() copied durable. SQLite does so by itself, but only when the whole log is copied,
  /// which then takes long.
  Status sync_file();

  /// Rolls back if a transaction is open; what SQLite rolled back by itself is no error.
  void rollback();

  /// What the last failed call met.
  [[nodiscard]] bool disk_full() const;
  [[nodiscard]] bool damaged() const;
  /// Did the last call fail at all?
  [[nodiscard]] bool failed() const;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  [[nodiscard]] Error error(std::string_view doing) const;
  std::unique_ptr<int> log_pages_;  ///< SQLite keeps its address
  std::unique_ptr<sqlite3, Close> handle_;
  std::string path_;
};

/// All that `work` writes, or nothing of it.
template <typename Work>
Status in_transaction(Database& database, Work work) {
  Status done = database.exec("BEGIN IMMEDIATE");
  if (done) done = work();
  if (done) done = database.exec("COMMIT");
  if (!done) database.rollback();
  return done;
}

}  // namespace slod::sqlite
