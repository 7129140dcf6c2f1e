#include "slod/daemon/history_view.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "slod/journal/journal.h"

namespace slod::daemon {
namespace {

Status read_stream(const std::string& dir, HistoryView& view) {
  Dictionary dictionary;
  const Result<Time> gone = journal::rows_since(dir);
  if (!gone) return Error{"history: " + gone.error().message};
  auto reader = journal::read_sqlite_journal(dir, 0, dictionary);
  if (!reader) return Error{"history: " + reader.error().message};
  Time first = Time::max();
  for (;;) {
    const auto group = (*reader)->next();
    if (!group) return Error{"history: " + group.error().message};
    if (!*group) break;
    for (const journal::StoredKey& stored : (*group)->keys) {
      ++view.blocks;
      const auto arrivals = arrivals_in(stored.key.answer);
      if (!arrivals) continue;
      view.coverage.add(stored.source, *arrivals);
      first = std::min(first, arrivals->from);
    }
  }
  // A stream is in the order of arrival, and what goes are its oldest blocks.
  if (*gone != Time{} && first != Time::max()) view.rows_since = std::max(view.rows_since, first);
  return ok();
}

}  // namespace

std::string history_stream(const std::string& dir, std::size_t number) {
  std::string digits = std::to_string(number);
  digits.insert(0, digits.size() < 4 ? 4 - digits.size() : 0, '0');
  return dir + "/" + digits;
}

std::optional<Stretch> arrivals_in(const std::string& answer) {
  const auto json = nlohmann::json::parse(answer, nullptr, false);
  if (!json.is_object() || !json.contains("from") || !json.contains("to")) return std::nullopt;
  if (!json["from"].is_number_integer() || !json["to"].is_number_integer()) return std::nullopt;
  return Stretch{from_nanos(json["from"].get<std::int64_t>()), from_nanos(json["to"].get<std::int64_t>())};
}

Result<std::shared_ptr<const HistoryView>> read_history(const std::string& dir) {
  auto view = std::make_shared<HistoryView>();
  std::error_code error;
  for (std::size_t number = 1; std::filesystem::is_directory(history_stream(dir, number), error); ++number) {
    view->dirs.push_back(history_stream(dir, number));
    if (const Status read = read_stream(view->dirs.back(), *view); !read) return read.error();
  }
  return std::shared_ptr<const HistoryView>(std::move(view));
}

}  // namespace slod::daemon
