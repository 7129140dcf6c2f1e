#include "slod/store/ledger_reader.h"

#include "slod/sqlite/sqlite.h"

namespace slod::store {

Result<LedgerContents> read_ledger(const std::string& path) {
  Result<sqlite::Database> database = sqlite::Database::open(path, sqlite::Database::Mode::kReadOnly);
  if (!database) return database.error();
  const Result<std::int64_t> last = database->integer("SELECT last_tick FROM state WHERE id=1");
  if (!last) return last.error();
  Result<sqlite::Statement> rows =
      database->prepare("SELECT at,episode,step,slo,severity,json FROM transitions ORDER BY id");
  if (!rows) return rows.error();
  LedgerContents contents;
  contents.last_tick = from_nanos(*last);
  for (;;) {
    const Result<bool> row = rows->step();
    if (!row) return row.error();
    if (!*row) return contents;
    contents.transitions.push_back({from_nanos(rows->integer(0)), std::string(rows->text(1)),
                                    std::string(rows->text(2)), std::string(rows->text(3)),
                                    std::string(rows->text(4)), std::string(rows->text(5))});
  }
}

}  // namespace slod::store
