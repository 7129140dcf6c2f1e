#include <filesystem>

#include "journal/totals_tables.h"

namespace slod::journal {
namespace {

using sqlite::Database;
using sqlite::Statement;

/// Adds up what is read of a measure, step by step.
class Gathered {
 public:
  explicit Gathered(const TotalsAsked& asked) : asked_(asked) {}
  /// False: it would be more than is wanted.
  [[nodiscard]] bool add(std::int64_t day, const DayTotals& totals) {
    for (const auto& [name, hours] : totals.series()) {
      const bool group = name.first == TotalOf::kGroup;
      if (group && !asked_.groups) continue;
      const std::size_t before = size_of(name);
      for (std::size_t i = 0; i < hours.size(); ++i)
        add(name, day * DayTotals::kHours + static_cast<std::int64_t>(i), hours.at(i));
      groups_ += group ? size_of(name) - before : 0;
      if (groups_ > asked_.most) return false;
    }
    return true;
  }
  [[nodiscard]] std::vector<SeriesHours> take() {
    std::vector<SeriesHours> out;
    for (auto& [name, hours] : series_) {
      std::erase_if(hours, [](const HourCount& one) { return one.good == 0 && one.bad == 0; });
      if (!hours.empty()) out.push_back({name.first, name.second, std::move(hours)});
    }
    return out;
  }

 private:
  void add(const DayTotals::Name& name, std::int64_t hour, const DayTotals::Hours::value_type& counts) {
    if (hour < asked_.from || hour >= asked_.to || counts == DayTotals::Hours::value_type()) return;
    const std::int64_t step = floor_div(hour, asked_.step) * asked_.step;
    std::vector<HourCount>& hours = series_[name];
    if (hours.empty() || hours.back().hour != step) hours.push_back({step, 0, 0});
    hours.back().good += counts.first;
    hours.back().bad += counts.second;
  }
  [[nodiscard]] std::size_t size_of(const DayTotals::Name& name) const {
    const auto known = series_.find(name);
    return known != series_.end() ? known->second.size() : 0;
  }
  const TotalsAsked& asked_;
  std::map<DayTotals::Name, std::vector<HourCount>> series_;
  std::size_t groups_ = 0;  ///< counts of groups
};

/// False: there is more than is wanted.
Result<bool> read_days(Database& database, const TotalsAsked& asked, Gathered& gathered) {
  Result<Statement> query = database.prepare(
      "SELECT measure,day,hours FROM totals WHERE measure=(SELECT id FROM measures WHERE words=?1)"
      " AND day>=?2 AND day<=?3 ORDER BY day");
  if (!query) return query.error();
  query->bind_text(1, asked.measure);
  query->bind(2, day_of_hour(asked.from));
  query->bind(3, day_of_hour(asked.to - 1));
  BlobReader reader;
  for (;;) {
    const Result<bool> row = query->step();
    if (!row) return row.error();
    if (!*row) return true;
    const std::int64_t day = query->integer(1);
    DayTotals totals;
    const Status read = add_day(reader, database.path(), {query->integer(0), day, query->blob(2)}, totals);
    if (!read) return read.error();
    if (!gathered.add(day, totals)) return false;
  }
}

}  // namespace

Result<TotalsRead> read_totals(const std::string& dir, const TotalsAsked& asked) {
  TotalsRead out;
  std::error_code error;
  if (!std::filesystem::exists(totals_path(dir), error)) return out;
  Result<Database> database = open_side_file(totals_path(dir), Database::Mode::kReadOnly);
  if (!database) return database.error();
  // One moment for both.
  if (Status begun = database->exec("BEGIN"); !begun) return begun.error();
  const Result<TotalsKept> kept = read_totals_state(*database);
  if (!kept) return kept.error();
  out.kept = *kept;
  Gathered gathered(asked);
  const Result<bool> all = read_days(*database, asked, gathered);
  if (!all) return all.error();
  out.cut = !*all;
  out.series = gathered.take();
  return out;
}

}  // namespace slod::journal
