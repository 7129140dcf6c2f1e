#include "source_notes.h"

#include <nlohmann/json.hpp>

namespace slod::cli {
namespace {

using Json = nlohmann::json;

/// "malformed 2, missing_status 1", by name.
std::string reasons(const Json& source) {
  std::string text;
  const Json by_reason = source.value("rejected_by_reason", Json::object());
  for (const auto& [reason, count] : by_reason.items())
    text += (text.empty() ? "" : ", ") + reason + " " + std::to_string(count.get<std::uint64_t>());
  return text;
}

std::string lost(const Json& source) {
  std::string text;
  for (const char* what : {"rejected", "late", "shed"}) {
    const auto count = source.value(what, std::uint64_t{0});
    if (count == 0) continue;
    text += (text.empty() ? "" : "; ") + std::to_string(count) + " " + what;
    if (what == std::string("rejected") && source.contains("rejected_by_reason"))
      text += " (" + reasons(source) + ")";
  }
  return text;
}

}  // namespace

std::string source_notes(const std::string& data) {
  const Json json = Json::parse(data, nullptr, false);
  std::string notes;
  for (const Json& source : json.value("sources", Json::array())) {
    const std::string head = "source " + source.value("source", "") + ": ";
    if (!source.value("up", true)) {
      const Json last = source.value("last_event", Json());
      notes += head + "not up" +
               (last.is_string() ? ", last event " + last.get<std::string>() : ", nothing came yet") + "\n";
    }
    if (const std::string text = lost(source); !text.empty()) {
      notes += head + "of " + std::to_string(source.value("received", std::uint64_t{0})) + " records " +
               text + "\n";
    }
  }
  return notes;
}

std::string disk_note(const std::string& answer) {
  const Json json = Json::parse(answer, nullptr, false);
  const Json data = json.is_object() ? json.value("data", Json::object()) : Json::object();
  if (!data.is_object() || !data.value("disk_full", false)) return "";
  return "the disk of the state directory is full: records are answered 503 or wait, alerts go on. Make "
         "room; it "
         "heals by itself\n";
}

}  // namespace slod::cli
