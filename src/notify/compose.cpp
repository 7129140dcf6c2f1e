#include <algorithm>

#include "message.h"
#include "routing.h"

namespace slod::notify {
namespace {

std::string body_for(const DestinationConfig& destination, const Story& story, const IncidentEvent& event,
                     const SloConfig& slo) {
  switch (destination.type) {
    case DestinationConfig::Type::kSlack:
      return slack_body(story);
    case DestinationConfig::Type::kPagerduty:
      return pagerduty_body(story, event);
    case DestinationConfig::Type::kWebhook:
      return webhook_body(story, event, slo);
    case DestinationConfig::Type::kAlertmanager:
      break;
  }
  return "";
}

}  // namespace

std::vector<store::Notification> compose(const Config& config, const engine::Snapshot& snapshot,
                                         const IncidentEvent& event) {
  std::vector<store::Notification> notifications;
  const auto reading = std::find_if(snapshot.slos.begin(), snapshot.slos.end(), [&](const auto& candidate) {
    return candidate.config->name == event.incident.slo;
  });
  if (reading == snapshot.slos.end()) return notifications;
  const SloConfig& slo = *reading->config;
  const Story story = story_of(config, *reading, event);
  for (const std::string& name :
       destinations_for(config, {event.incident.severity, "burn", slo.owner, slo.service, slo.name})) {
    const auto destination = std::find_if(config.destinations.begin(), config.destinations.end(),
                                          [&](const auto& candidate) { return candidate.name == name; });
    if (destination == config.destinations.end()) continue;
    if (destination->type == DestinationConfig::Type::kAlertmanager) continue;
    store::Notification notification;
    notification.destination = name;
    notification.dedup_key = event.incident.key;
    notification.step = event.opened ? "trigger" : "resolve";
    notification.body = body_for(*destination, story, event, slo);
    notification.created = event.at;
    notification.not_before = event.at;
    notifications.push_back(std::move(notification));
  }
  return notifications;
}

}  // namespace slod::notify
