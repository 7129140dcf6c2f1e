#include "slod/daemon/quiet_rules.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace slod::daemon {
namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;

std::string key_of(const std::string& slo, const std::string& severity, const std::string& windows,
                   const Labels& labels) {
  std::string key = slo + "/" + severity + "/" + windows;
  for (const auto& [name, value] : labels) key += "/" + name + "=" + value;
  return key;
}

std::string key_of(const engine::Transition& t) {
  return key_of(t.slo, t.severity, t.long_window + "-" + t.short_window, t.labels);
}

/// Calls `visit(slo, rule, labels)` for every rule of a snapshot.
template <typename Snapshot, typename Visit>
void each_rule(Snapshot& snapshot, Visit&& visit) {
  static const Labels kNone;
  for (auto& reading : snapshot.slos) {
    for (auto& rule : reading.alerts) visit(reading.config->name, rule, kNone);
    for (auto& group : reading.groups) {
      for (auto& rule : group.alerts) visit(reading.config->name, rule, group.labels);
    }
  }
}

std::string key_of(const std::string& slo, const engine::RuleStatus& rule, const Labels& labels) {
  return key_of(slo, rule.severity, rule.long_window + "-" + rule.short_window, labels);
}

}  // namespace

void QuietRules::add_unless(const engine::Snapshot& snapshot, const std::vector<notify::Incident>& known,
                            Time history_end) {
  each_rule(snapshot, [&](const std::string& slo, const engine::RuleStatus& rule, const Labels& labels) {
    const bool told = std::any_of(known.begin(), known.end(), [&](const notify::Incident& incident) {
      return incident.slo == slo && incident.severity == rule.severity && incident.labels == labels;
    });
    if (told) return;
    const Duration fresh = parse_duration(rule.short_window).value_or(Duration(0));
    const Time until = (rule.firing ? snapshot.as_of : history_end) + fresh;
    if (until > snapshot.as_of) until_.try_emplace(key_of(slo, rule, labels), until);
  });
}

std::vector<engine::Transition> QuietRules::heard(const std::vector<engine::Transition>& transitions,
                                                  const engine::Snapshot& snapshot) {
  std::vector<engine::Transition> heard;
  for (const engine::Transition& transition : transitions) {
    const auto quiet = until_.find(key_of(transition));
    const bool stays_quiet =
        quiet != until_.end() && (transition.to != "firing" || snapshot.as_of < quiet->second);
    if (!stays_quiet) heard.push_back(transition);
    if (quiet != until_.end() && !(stays_quiet && transition.to == "firing")) until_.erase(quiet);
  }
  each_rule(snapshot, [&](const std::string& slo, const engine::RuleStatus& rule, const Labels& labels) {
    const auto quiet = until_.find(key_of(slo, rule, labels));
    if (quiet == until_.end() || snapshot.as_of < quiet->second) return;
    if (!rule.firing) until_.erase(quiet);
    if (!rule.firing || !rule.burning) return;
    engine::Transition loud{snapshot.as_of,
                            slo,
                            rule.severity,
                            rule.long_window,
                            rule.short_window,
                            "inactive",
                            "firing",
                            labels,
                            quiet->first + "/" + std::to_string(slot_of(snapshot.as_of))};
    heard.push_back(std::move(loud));
    until_.erase(quiet);
  });
  return heard;
}

std::string QuietRules::text() const {
  nlohmann::json json = nlohmann::json::object();
  for (const auto& [key, until] : until_) json[key] = nanos(until);
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void QuietRules::read(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return;
  for (const auto& [key, until] : json.items()) {
    if (until.is_number_integer()) until_.try_emplace(key, from_nanos(until.get<std::int64_t>()));
  }
}

void QuietRules::prune(const engine::Snapshot& snapshot) {
  std::map<std::string, Time> kept;
  each_rule(snapshot, [&](const std::string& slo, const engine::RuleStatus& rule, const Labels& labels) {
    const auto known = until_.find(key_of(slo, rule, labels));
    if (known != until_.end() && (rule.firing || snapshot.as_of < known->second)) kept.insert(*known);
  });
  until_ = std::move(kept);
}

void QuietRules::mark(engine::Snapshot& snapshot) const {
  each_rule(snapshot, [&](const std::string& slo, engine::RuleStatus& rule, const Labels& labels) {
    rule.quiet = rule.firing && until_.contains(key_of(slo, rule, labels));
  });
}

}  // namespace slod::daemon
