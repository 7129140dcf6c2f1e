#include "slod/journal/totals.h"

#include <filesystem>

#include "journal/directory.h"
#include "journal/segment.h"
#include "journal/side_file.h"
#include "journal/totals_recount.h"

namespace slod::journal {
namespace {

using sqlite::Database;

class SqliteTotals final : public TotalsStore {
 public:
  SqliteTotals(Database database, const TotalsKept& kept, Duration keep)
      : tables_(std::move(database), keep), kept_(kept) {}
  Status begin() { return tables_.open(); }

  [[nodiscard]] const TotalsKept& kept() const override { return kept_; }
  Status add(const HourlyTotals& totals) override;
  Status begin_recount() override { return recount_.begin(); }
  Status add_recount(const HourlyTotals& totals) override { return recount_.add(totals, kept_.until); }
  Status publish_recount(std::uint64_t edition, Time rows_since) override;

 private:
  TotalsTables tables_;
  TotalsRecount recount_{tables_};
  TotalsKept kept_;
};

Status SqliteTotals::add(const HourlyTotals& totals) {
  if (totals.until <= kept_.until) return ok();
  TotalsKept after = kept_;
  after.until = totals.until;
  after.position = totals.position;
  const Status done = sqlite::in_transaction(tables_.database(), [&]() -> Status {
    if (Status s = tables_.write(tables_.counted(), totals); !s) return s;
    return tables_.note(kept_, after);
  });
  if (done) kept_ = after;
  return done;
}

Status SqliteTotals::publish_recount(std::uint64_t edition, Time rows_since) {
  TotalsKept after;
  const Status done = sqlite::in_transaction(tables_.database(), [&]() -> Status {
    const Result<TotalsKept> published = recount_.publish(edition, rows_since, kept_.until);
    if (!published) return published.error();
    after = *published;
    return tables_.note(kept_, after);
  });
  if (!done) return done;
  kept_ = after;
  recount_.published();
  return ok();
}

/// `broken`: nothing in it can be used.
Result<std::unique_ptr<TotalsStore>> open_as_it_is(const std::string& path, Duration keep, bool& broken) {
  Result<Database> database = Database::open(path, Database::Mode::kReadWrite);
  if (!database) return database.error();
  const auto look = [&]() -> Result<TotalsKept> {
    const Result<bool> ours = check_format(*database);
    if (!ours) return ours.error();
    if (!*ours) return Error{path + " holds nothing"};
    return read_totals_state(*database);
  };
  const Result<TotalsKept> kept = look();
  broken = !kept && database->damaged();
  if (!kept) return kept.error();
  auto store = std::make_unique<SqliteTotals>(std::move(*database), *kept, keep);
  if (Status begun = store->begin(); !begun) return begun.error();
  return std::unique_ptr<TotalsStore>(std::move(store));
}

Result<std::string> move_aside(const std::string& dir, const std::string& path) {
  std::error_code error;
  std::string aside;
  for (int n = 1; aside.empty() || std::filesystem::exists(aside, error); ++n)
    aside = path + ".damaged-" + std::to_string(n);
  std::filesystem::rename(path, aside, error);
  if (error) return Error{"rename " + path + ": " + error.message()};
  if (Status s = sync_directory(dir); !s) return s.error();
  return aside;
}

}  // namespace

std::string totals_path(const std::string& dir) {
  return dir + "/totals.db";
}

Result<std::unique_ptr<TotalsStore>> TotalsStore::open(const std::string& dir, Duration keep,
                                                       std::string& set_aside) {
  const std::string path = totals_path(dir);
  if (Status made = make_side_file(dir, path, kTotalsSchema); !made) return made.error();
  bool broken = false;
  auto store = open_as_it_is(path, keep, broken);
  if (store || !broken) return store;
  const Result<std::string> aside = move_aside(dir, path);
  if (!aside) return aside.error();
  set_aside = store.error().message + ". It is " + *aside +
              " now: the hours of which the journal holds the records are counted anew, older ones are "
              "lost unless a backup has them (slod restore)";
  if (Status made = make_side_file(dir, path, kTotalsSchema); !made) return made.error();
  return open_as_it_is(path, keep, broken);
}

}  // namespace slod::journal
