#include "slod/notify/notifier.h"

#include <algorithm>
#include <cstdlib>
#include <map>

namespace slod::notify {
namespace {

std::string rule_of(const engine::Transition& t) {
  return t.long_window + "/" + t.short_window;
}

std::string subject_of(const engine::Transition& t) {
  std::string subject = "slod/" + t.slo + "/" + t.severity;
  for (const auto& [name, value] : t.labels) subject += "/" + name + "=" + value;
  return subject;
}

/// The subject of an incident: its key without the slot at the end.
std::string subject_of(const std::string& key) {
  return key.substr(0, key.rfind('/'));
}

void add_firing(std::map<std::string, Incident>& firing, const Incident& blank,
                const engine::RuleStatus& rule, Time as_of) {
  if (!rule.firing || rule.quiet) return;
  std::string subject = "slod/" + blank.slo + "/" + rule.severity;
  for (const auto& [name, value] : blank.labels) subject += "/" + name + "=" + value;
  const Time since = rule.since.value_or(as_of);
  auto [entry, fresh] = firing.try_emplace(subject, blank);
  Incident& incident = entry->second;
  incident.severity = rule.severity;
  incident.since = fresh ? since : std::min(incident.since, since);
  incident.key = subject + "/" + std::to_string(slot_of(incident.since));
  incident.firing_rules.push_back(rule.long_window + "/" + rule.short_window);
}

}  // namespace

std::vector<Incident> firing_in(const engine::Snapshot& snapshot) {
  std::map<std::string, Incident> firing;
  for (const engine::SloReading& reading : snapshot.slos) {
    const std::string& slo = reading.config->name;
    for (const engine::RuleStatus& rule : reading.alerts)
      add_firing(firing, {"", slo, "", {}, {}, {}}, rule, snapshot.as_of);
    for (const engine::GroupReading& group : reading.groups) {
      for (const engine::RuleStatus& rule : group.alerts)
        add_firing(firing, {"", slo, "", group.labels, {}, {}}, rule, snapshot.as_of);
    }
  }
  std::vector<Incident> incidents;
  incidents.reserve(firing.size());
  for (auto& [subject, incident] : firing) incidents.push_back(std::move(incident));
  return incidents;
}

Incident ended_incident(const std::string& key) {
  Incident incident;
  incident.key = key;
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= key.size();) {
    const std::size_t end = std::min(key.find('/', begin), key.size());
    parts.push_back(key.substr(begin, end - begin));
    begin = end + 1;
  }
  if (parts.size() < 4) return incident;
  incident.slo = parts[1];
  incident.severity = parts[2];
  for (std::size_t i = 3; i + 1 < parts.size(); ++i) {
    const std::size_t equals = parts[i].find('=');
    if (equals != std::string::npos)
      incident.labels.emplace_back(parts[i].substr(0, equals), parts[i].substr(equals + 1));
  }
  incident.since = slot_start(std::atoll(parts.back().c_str()));
  return incident;
}

std::vector<IncidentEvent> Incidents::replace(const std::vector<Incident>& now, Time at) {
  std::vector<IncidentEvent> events;
  std::map<std::string, Incident> next;
  for (const Incident& incident : now) {
    const std::string subject = subject_of(incident.key);
    const auto known = open_.find(subject);
    Incident& entry = next.emplace(subject, known == open_.end() ? incident : known->second).first->second;
    entry.firing_rules = incident.firing_rules;
    if (known == open_.end()) events.push_back({entry, true, at});
  }
  for (const auto& [subject, incident] : open_) {
    if (!next.contains(subject)) events.push_back({incident, false, at});
  }
  open_ = std::move(next);
  return events;
}

bool Incidents::adopt(const std::string& key) {
  const auto known = open_.find(subject_of(key));
  if (known == open_.end()) return false;
  known->second.key = key;
  return true;
}

std::vector<IncidentEvent> Incidents::apply(const std::vector<engine::Transition>& transitions) {
  std::vector<IncidentEvent> events;
  for (const engine::Transition& t : transitions) {
    const std::string subject = subject_of(t);
    const auto known = open_.find(subject);
    if (t.to == "firing") {
      if (known != open_.end()) {
        known->second.firing_rules.push_back(rule_of(t));
        continue;
      }
      Incident incident{
          subject + "/" + std::to_string(slot_of(t.at)), t.slo, t.severity, t.labels, t.at, {rule_of(t)}};
      events.push_back({incident, true, t.at});
      open_.emplace(subject, std::move(incident));
    } else if (known != open_.end()) {
      std::erase(known->second.firing_rules, rule_of(t));
      if (!known->second.firing_rules.empty()) continue;
      events.push_back({known->second, false, t.at});
      open_.erase(known);
    }
  }
  return events;
}

std::vector<Incident> Incidents::open() const {
  std::vector<Incident> incidents;
  for (const auto& [subject, incident] : open_) incidents.push_back(incident);
  return incidents;
}

}  // namespace slod::notify
