#include "config/documents.h"

#include <map>

namespace slod::config {

namespace {

constexpr std::string_view kSingles[] = {
    "server", "state", "evaluation_interval", "engine", "limits", "language", "areas", "fleet", "heartbeat"};
constexpr std::string_view kNamed[] = {"sources", "actors", "journeys", "alert_policies", "destinations"};

std::string where(const Place& place) {
  return (place.file != nullptr ? place.file->name() : "") + ":" + std::to_string(place.line);
}

}  // namespace

View Documents::single(std::string_view key) const {
  for (const Document& document : all) {
    const View value = document.view()[key];
    if (value.present()) return value;
  }
  return {};
}

std::vector<View> Documents::named(std::string_view key) const {
  std::vector<View> views;
  std::map<std::string, bool> seen;
  for (const Document& document : all) {
    for (const View& entry : document.view()[key].entries()) {
      if (seen.emplace(entry.key(), true).second) views.push_back(entry);
    }
  }
  return views;
}

std::vector<std::string> Documents::names(std::string_view key) const {
  std::vector<std::string> names;
  for (const View& entry : named(key)) names.push_back(entry.key());
  return names;
}

std::vector<Listed> Documents::listed(std::string_view key) const {
  std::vector<Listed> views;
  for (const Document& document : all) {
    for (const View& item : document.view()[key].items()) {
      if (item.is_map()) views.push_back({item, document.view()["defaults"]});
    }
  }
  return views;
}

Place Documents::whole() const {
  return {all.empty() ? nullptr : all.front().file.get(), 0, 0, 1};
}

void check_merge(const Documents& documents, FaultList& faults) {
  std::map<std::string, Place> seen;
  const auto add = [&](const std::string& id, const View& entry, const std::string& what) {
    const auto [first, added] = seen.emplace(id, entry.key_at());
    if (added || first->second.file == entry.key_at().file) {
      return;  // within one file: a duplicate key, reported
    }
    faults.error(entry.key_at(), what + " already stands in " + where(first->second));
  };
  for (const Document& document : documents.all) {
    for (const std::string_view key : kSingles) {
      const View value = document.view()[key];
      if (value.present()) add(std::string(key), value, "`" + std::string(key) + "`");
    }
    for (const std::string_view key : kNamed) {
      for (const View& entry : document.view()[key].entries()) {
        add(std::string(key) + "/" + entry.key(), entry, "\"" + entry.key() + "\"");
      }
    }
  }
}

}  // namespace slod::config
