// Part of the table of schema.h: alert policies, destinations, routes, maintenance.
#pragma once

#include "config/schema_scalars.h"

namespace slod::config::table {

// --------------------------------------------------------------------------------
inline constexpr Word kSeverities[] = {"page", "ticket"};
inline constexpr Type kSeverity = word(kSeverities);
inline constexpr Type kBurn{.scalar = Scalar::kNumber, .low = 0.01, .high = 100'000};
inline constexpr Field kRuleFields[] = {
    {"severity", &kSeverity, "page or ticket", "", true},
    {"burn", &kBurn, "burn rate above which it fires", "", true},
    {"long", &kDuration, "long window", "", true},
    {"short", &kDuration, "short window", "", true},
};
inline constexpr Object kRule{"rule", kRuleFields};
inline constexpr Type kRuleType{.object = &kRule};
inline constexpr Type kRules{.each = &kRuleType};
inline constexpr Field kQuietFields[] = {
    {"bad", &kCount, "bad events in a row", "5"},
    {"for", &kDuration, "and none good for so long", "15m"},
};
inline constexpr Object kQuiet{"quiet_outage", kQuietFields};
inline constexpr Type kQuietType{.object = &kQuiet};
inline constexpr Field kPolicyFields[] = {
    {"rules", &kRules, "burn-rate rules, literal", "", true},
    {"min_bad", &kCountFromZero, "fewer bad events in the long window never fire", "5"},
    {"min_devices", &kCountFromZero, "distinct devices among them, where known", "1"},
    {"per_group", &kBool, "each group is judged too", "false"},
    {"quiet_outage", &kQuietType, "a page while no burn rule fires"},
};
inline constexpr Object kPolicy{"alert policy", kPolicyFields};
inline constexpr Type kPolicyType{.object = &kPolicy};
inline constexpr Type kPolicies{.values = &kPolicyType};

inline constexpr Field kSlackFields[] = {
    {"url", &kSecret, "incoming webhook", "", true},
    {"allow_private", &kBool, "permit http and private addresses", "false"},
    {"fallback", &kName, "destination if this one fails"},
};
inline constexpr Field kPagerdutyFields[] = {
    {"routing_key", &kSecret, "integration key", "", true},
    {"api_url", &kText, "where events go", "https://events.pagerduty.com/v2/enqueue"},
    {"allow_private", &kBool, "permit http and private addresses", "false"},
    {"fallback", &kName, "destination if this one fails"},
};
inline constexpr Field kAlertmanagerFields[] = {
    {"urls", &kTexts, "base addresses of all replicas", "", true},
    {"allow_private", &kBool, "always permitted", "true"},
    {"fallback", &kName, "destination if this one fails"},
};
inline constexpr Field kWebhookFields[] = {
    {"url", &kTextOrSecret, "address, or a secret that holds it", "", true},
    {"secret", &kSecret, "signs the body"},
    {"allow_private", &kBool, "permit http and private addresses", "false"},
    {"fallback", &kName, "destination if this one fails"},
};
inline constexpr Object kSlack{"slack", kSlackFields};
inline constexpr Object kPagerduty{"pagerduty", kPagerdutyFields};
inline constexpr Object kAlertmanager{"alertmanager", kAlertmanagerFields};
inline constexpr Object kWebhook{"webhook", kWebhookFields};
inline constexpr Type kSlackType{.object = &kSlack};
inline constexpr Type kPagerdutyType{.object = &kPagerduty};
inline constexpr Type kAlertmanagerType{.object = &kAlertmanager};
inline constexpr Type kWebhookType{.object = &kWebhook};
inline constexpr Field kDestinationFields[] = {
    {"slack", &kSlackType, "Slack"},
    {"pagerduty", &kPagerdutyType, "PagerDuty, Events API v2"},
    {"alertmanager", &kAlertmanagerType, "Prometheus Alertmanager, API v2"},
    {"webhook", &kWebhookType, "any HTTP endpoint"},
};
inline constexpr Object kDestination{"destination", kDestinationFields};
inline constexpr Type kDestinationType{.object = &kDestination};
inline constexpr Type kDestinations{.values = &kDestinationType};
inline constexpr Field kHeartbeatFields[] = {
    {"url", &kSecret, "address that is asked while slod works", "", true},
    {"every", &kDuration, "how often", "1m"},
};
inline constexpr Object kHeartbeat{"heartbeat", kHeartbeatFields};
inline constexpr Type kHeartbeatType{.object = &kHeartbeat};
inline constexpr Word kKinds[] = {"burn", "quiet", "data", "budget", "violation", "review"};
inline constexpr Type kKindOne = word(kKinds);
inline constexpr Type kKind{.scalar = Scalar::kWord, .each = &kKindOne, .words = kKinds};
inline constexpr Type kSeverityMatch{.scalar = Scalar::kWord, .each = &kSeverity, .words = kSeverities};
inline constexpr Field kRouteMatchFields[] = {
    {"severity", &kSeverityMatch, "page, ticket"},      {"owner", &kTexts, "owners of SLOs"},
    {"service", &kTexts, "services of SLOs"},           {"slo", &kNames, "names of SLOs"},
    {"kind", &kKind, "what the notification is about"},
};
inline constexpr Object kRouteMatch{"match", kRouteMatchFields};
inline constexpr Type kRouteMatchType{.object = &kRouteMatch};
inline constexpr Field kRouteFields[] = {
    {"match", &kRouteMatchType, "keys AND, list values OR", "everything"},
    {"to", &kNames, "destinations", "", true},
    {"continue", &kBool, "also try the routes below", "false"},
    {"hours", &kAnything, "", "", false, true},
};
inline constexpr Object kRoute{"route", kRouteFields};
inline constexpr Type kRouteType{.object = &kRoute};
inline constexpr Type kRoutes{.each = &kRouteType};
inline constexpr Field kMaintenanceMatchFields[] = {
    {"owner", &kTexts, "owners of SLOs"},
    {"service", &kTexts, "services of SLOs"},
    {"slo", &kNames, "names of SLOs"},
};
inline constexpr Object kMaintenanceMatch{"match", kMaintenanceMatchFields};
inline constexpr Type kMaintenanceMatchType{.object = &kMaintenanceMatch};
inline constexpr Word kEffects[] = {"silence", "exclude"};
inline constexpr Type kEffect = word(kEffects);
inline constexpr Field kMaintenanceFields[] = {
    {"name", &kName, "unique name", "", true},
    {"rrule", &kText, "RFC 5545 recurrence, such as FREQ=WEEKLY;BYDAY=TU;BYHOUR=23", "", true},
    {"duration", &kDuration, "length of each occurrence", "", true},
    {"time_zone", &kTimeZone, "IANA name", "UTC"},
    {"match", &kMaintenanceMatchType, "SLOs that it concerns", "all"},
    {"effect", &kEffect, "silence: no notifications; exclude: events are not counted", "silence"},
};
inline constexpr Object kMaintenance{"maintenance", kMaintenanceFields};
inline constexpr Type kMaintenanceType{.object = &kMaintenance};
inline constexpr Type kMaintenances{.each = &kMaintenanceType};

}  // namespace slod::config::table
