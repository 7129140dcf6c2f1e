#include "message.h"

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace slod::notify {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kSlackMost = 8000;
constexpr std::size_t kPagerdutySummaryMost = 1024;

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Cut at a UTF-8 boundary.
std::string cut(std::string text, std::size_t most) {
  if (text.size() <= most) return text;
  std::size_t end = most - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end) + "...";
}

std::string slack_escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else {
      out += c;
    }
  }
  return out;
}

std::string fixed(double value, int decimals) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  return text.data();
}

std::string burn_line(const engine::SloReading& reading) {
  std::string line;
  for (const engine::WindowReading& window : reading.windows) {
    if (!window.burn || *window.burn < 0.05) continue;
    line += (line.empty() ? "" : ", ") + fixed(*window.burn, 1) + "x over " + window.window;
  }
  return line.empty() ? "nothing is burning" : line;
}

std::string outcome_line(const engine::SloReading& reading) {
  std::string line;
  for (const auto& [outcome, count] : reading.outcomes) {
    if (outcome == "ok") continue;
    line += (line.empty() ? "" : ", ") + outcome + " " + std::to_string(count);
  }
  return line;
}

/// The group with the most bad events, where there are groups.
std::string worst_group(const engine::SloReading& reading) {
  const engine::GroupReading* worst = nullptr;
  for (const engine::GroupReading& group : reading.groups) {
    if (group.bad > 0 && (worst == nullptr || group.bad > worst->bad)) worst = &group;
  }
  if (worst == nullptr) return "";
  std::string name;
  for (const auto& [key, value] : worst->labels) name += (name.empty() ? "" : ", ") + key + "=" + value;
  return name + ": " + std::to_string(worst->bad) + " of " + std::to_string(worst->good + worst->bad) +
         " bad";
}

std::string label_text(const IncidentEvent& event) {
  std::string text;
  for (const auto& [name, value] : event.incident.labels)
    text += (text.empty() ? " (" : ", ") + name + "=" + value;
  return text.empty() ? "" : text + ")";
}

}  // namespace

Story story_of(const Config& config, const engine::SloReading& reading, const IncidentEvent& event) {
  const SloConfig& slo = *reading.config;
  Story story;
  const std::string name = slo.name + label_text(event);
  if (event.opened) {
    story.title = "[" + event.incident.severity + "] " + name + " burns its error budget (" +
                  (event.incident.firing_rules.empty() ? "" : event.incident.firing_rules.front()) + ")";
  } else {
    story.title =
        "[resolved] " + name + " after " +
        std::to_string(std::chrono::duration_cast<minutes>(event.at - event.incident.since).count()) + " min";
  }
  const auto left = reading.budget.remaining_ratio;
  story.text = "Burn: " + burn_line(reading) +
               "\nBudget left: " + (left ? fixed(*left * 100, 1) + " %" : "unknown") + " of " +
               slo.window.text + ", objective " + slo::percent(static_cast<double>(slo.objective) / kOne) +
               ", SLI " + slo::percent(reading.sli) + "\nSince: " + format_rfc3339(event.incident.since);
  if (const std::string outcomes = outcome_line(reading); !outcomes.empty())
    story.text += "\nFailures: " + outcomes;
  if (const std::string group = worst_group(reading); !group.empty()) story.text += "\nMost in: " + group;
  if (event.opened) {
    int step = 0;
    for (const std::string& first : slo.first_steps) {
      story.text += "\n" + std::to_string(++step) + ". " + first;
    }
    if (!slo.runbook.empty()) story.text += "\nRunbook: " + slo.runbook;
  }
  if (!config.server.external_url.empty())
    story.link = config.server.external_url + "/api/v1/slos/" + slo.name;
  return story;
}

std::string slack_body(const Story& story) {
  const std::string text =
      cut(story.title + "\n" + story.text + (story.link.empty() ? "" : "\n" + story.link), kSlackMost);
  return dump({{"text", slack_escaped(text)}});
}

std::string pagerduty_body(const Story& story, const IncidentEvent& event) {
  Json json = {{"event_action", event.opened ? "trigger" : "resolve"},
               {"dedup_key", cut(event.incident.key, 255)}};
  if (!event.opened) return dump(json);
  json["payload"] = {{"summary", cut(story.title, kPagerdutySummaryMost)},
                     {"source", "slod"},
                     {"severity", event.incident.severity == "page" ? "critical" : "warning"},
                     {"timestamp", format_rfc3339(event.incident.since)},
                     {"component", event.incident.slo},
                     {"custom_details", {{"story", story.text}}}};
  if (!story.link.empty()) json["links"] = Json::array({{{"href", story.link}, {"text", "slod"}}});
  return dump(json);
}

std::string webhook_body(const Story& story, const IncidentEvent& event, const SloConfig& slo) {
  Json labels = Json::object();
  for (const auto& [name, value] : event.incident.labels) labels[name] = value;
  return dump({{"kind", "burn"},
               {"status", event.opened ? "firing" : "resolved"},
               {"slo", slo.name},
               {"service", slo.service},
               {"owner", slo.owner},
               {"severity", event.incident.severity},
               {"labels", labels},
               {"rules", event.incident.firing_rules},
               {"since", format_rfc3339(event.incident.since)},
               {"at", format_rfc3339(event.at)},
               {"title", story.title},
               {"text", story.text},
               {"link", story.link},
               {"incident", event.incident.key}});
}

std::string alertmanager_alert(const Story& story, const IncidentEvent& event, const SloConfig& slo,
                               Time ends_at) {
  // Identity is the whole label set: what changes (burn, budget) stands in the annotations.
  Json labels = {{"alertname", "SLOBurnRate"}, {"slo", slo.name}, {"severity", event.incident.severity}};
  if (!slo.service.empty()) labels["slo_service"] = slo.service;
  if (!slo.owner.empty()) labels["owner"] = slo.owner;
  for (const auto& [name, value] : event.incident.labels) {
    std::string key = name;
    for (char& c : key) {
      if (c == '.') c = '_';
    }
    if (!value.empty()) labels[key] = value;
  }
  Json json = {{"labels", labels},
               {"annotations", {{"summary", story.title}, {"description", story.text}}},
               {"startsAt", format_rfc3339(event.incident.since)},
               {"endsAt", format_rfc3339(ends_at)}};
  if (!slo.runbook.empty()) json["annotations"]["runbook_url"] = slo.runbook;
  if (!story.link.empty()) json["generatorURL"] = story.link;
  return dump(json);
}

}  // namespace slod::notify
