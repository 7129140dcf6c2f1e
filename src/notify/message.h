// What an incident says in each destination's own form. Pure: the same incident and snapshot give the same
// bytes. Limits kept: Slack 8,000 characters, PagerDuty summary 1,024, Alertmanager identity in labels only.
#pragma once

#include <string>

#include "slod/engine/snapshot.h"
#include "slod/notify/notifier.h"

namespace slod::notify {

/// The sentence that everyone gets: what burns, how fast, since when, how much budget is left, what to do
/// first.
struct Story {
  std::string title;  ///< one line
  std::string text;   ///< a few lines, plain
  std::string link;   ///< the SLO in the API or page; "" without external_url
};
[[nodiscard]] Story story_of(const Config& config, const engine::SloReading& reading,
                             const IncidentEvent& event);

[[nodiscard]] std::string slack_body(const Story& story);
[[nodiscard]] std::string pagerduty_body(const Story& story,
                                         const IncidentEvent& event);  ///< without routing_key
[[nodiscard]] std::string webhook_body(const Story& story, const IncidentEvent& event, const SloConfig& slo);
/// One element of POST /api/v2/alerts. `ends_at`: the past resolves, the future keeps firing.
[[nodiscard]] std::string alertmanager_alert(const Story& story, const IncidentEvent& event,
                                             const SloConfig& slo, Time ends_at);

}  // namespace slod::notify
