#include "slod/notify/notifier.h"

#include <algorithm>

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

}  // namespace

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
