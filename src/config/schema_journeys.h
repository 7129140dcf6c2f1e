// Part of the table of schema.h: journeys and the fleet.
#pragma once

#include "config/schema_scalars.h"

namespace slod::config::table {

// -------------------------------------------------------------------------------------------------------
inline constexpr Type kStatus{.scalar = Scalar::kStatus};
inline constexpr Type kStatuses{.scalar = Scalar::kStatus, .each = &kStatus};
inline constexpr Field kOutcomeFields[] = {{"status", &kStatuses, "5xx, 500-503 or 404"}};
inline constexpr Object kOutcome{"outcome rule", kOutcomeFields, &kLabelValues};
inline constexpr Type kOutcomeOne{.object = &kOutcome};
inline constexpr Type kOutcomeType{.object = &kOutcome, .each = &kOutcomeOne};
inline constexpr Field kApiFields[] = {
    {"source", &kName, "a source with a format", "", true},
    {"method", &kText, "HTTP method, such as POST; * for any", "", true},
    {"route", &kText, "path with {captures}; {device} is the device's id", "", true},
    {"good", &kOutcomeType, "what is good, before the defaults"},
    {"bad", &kOutcomeType, "what is bad, before the defaults"},
    {"ignore", &kOutcomeType, "what is not counted (excluded)"},
    {"client_abort_bad_after", &kDuration, "a client that left after so long is bad; else excluded", "never"},
};
inline constexpr Object kApi{"api", kApiFields};
inline constexpr Type kApiType{.object = &kApi};
inline constexpr Field kDeviceFields[] = {
    {"source", &kName, "a source with reply messages", "", true},
    {"command", &kText, "name of the command", "", true},
    {"deadline", &kDuration, "time for the device's reply", "20s"},
};
inline constexpr Object kDevice{"device", kDeviceFields};
inline constexpr Type kDeviceType{.object = &kDevice};
inline constexpr Field kRetryFields[] = {
    {"by", &kTexts, "device, user or labels; default device and user where mapped"},
    {"within", &kDuration, "an attempt joins if it starts so soon after the last one's end", "60s"},
};
inline constexpr Object kRetry{"retry", kRetryFields};
inline constexpr Type kRetryType{.object = &kRetry};
inline constexpr Word kLegs[] = {"all", "api", "device"};
inline constexpr Type kLeg = word(kLegs);
inline constexpr Field kJourneyFields[] = {
    {"api", &kApiType, "the request that opens the event"},
    {"device", &kDeviceType, "the command that the device must answer"},
    {"good_when", &kLeg, "which legs must be good", "all"},
    {"retry", &kRetryType, "attempts that are one event; without it each attempt is one"},
    {"labels", &kTextList, "labels that the events keep; device.NAME is the device's", "all of the source's"},
};
inline constexpr Object kJourney{"journey", kJourneyFields};
inline constexpr Type kJourneyType{.object = &kJourney};
inline constexpr Type kJourneys{.values = &kJourneyType};

// ----------------------------------------------------------------------------------------------------------
inline constexpr Type kStateDurations{.values = &kDuration};
inline constexpr Field kReportEveryFields[] = {
    {"default", &kDuration, "interval of reports", "60s"},
    {"state", &kStateDurations, "state: its interval"},
};
inline constexpr Object kReportEvery{"report_every", kReportEveryFields};
inline constexpr Type kReportEveryType{.scalar = Scalar::kDuration, .object = &kReportEvery};
inline constexpr Type kLostAfter{.scalar = Scalar::kInt, .low = 1, .high = 1000};
inline constexpr Field kConnectivityFields[] = {{"lost_after", &kLostAfter, "missed reports", "3"}};
inline constexpr Object kConnectivity{"connectivity", kConnectivityFields};
inline constexpr Type kConnectivityType{.object = &kConnectivity};
inline constexpr Field kBatteryFields[] = {
    {"low", &kShare, "unhealthy below, percent", "15"},
    {"recovered", &kShare, "healthy from, percent", "20"},
    {"max_age", &kDuration, "a report holds so long", "lost_after x report_every"},
};
inline constexpr Object kBattery{"battery", kBatteryFields};
inline constexpr Type kBatteryType{.object = &kBattery};
inline constexpr Field kInServiceFields[] = {
    {"state", &kTexts, "states that are in the denominator", "", true}};
inline constexpr Object kInService{"in_service", kInServiceFields};
inline constexpr Type kInServiceType{.object = &kInService};
inline constexpr Field kClassFields[] = {
    {"match", &kLabelMatch, "labels of the devices", "", true},
    {"report_every", &kReportEveryType, "in place of the fleet's"},
    {"connectivity", &kConnectivityType, "in place of the fleet's"},
    {"battery", &kBatteryType, "in place of the fleet's"},
};
inline constexpr Object kClass{"class", kClassFields};
inline constexpr Type kClassType{.object = &kClass};
inline constexpr Type kClasses{.each = &kClassType};
inline constexpr Field kCheckFields[] = {
    {"field", &kField, "field of the report", "", true},
    {"unhealthy", &kCondition, "condition, such as \"< -110\"", "", true},
    {"healthy", &kCondition, "condition that ends it", "not unhealthy"},
    {"dwell", &kDuration, "a condition must hold so long", "0s"},
    {"max_age", &kDuration, "a report holds so long", "lost_after x report_every"},
};
inline constexpr Object kCheck{"check", kCheckFields};
inline constexpr Type kCheckType{.object = &kCheck};
inline constexpr Type kChecks{.values = &kCheckType};
inline constexpr Word kBrokerDowns[] = {"unobserved", "unhealthy"};
inline constexpr Type kBrokerDown = word(kBrokerDowns);
inline constexpr Field kFleetFields[] = {
    {"sources", &kNames, "sources with report or presence messages", "", true},
    {"registry", &kText, "CSV: device,model,firmware,area,state,commissioned_at,decommissioned_at"},
    {"in_service", &kInServiceType, "who is in the denominator", "every known device"},
    {"report_every", &kReportEveryType, "interval of reports", "60s"},
    {"connectivity", &kConnectivityType, "when a device is lost"},
    {"battery", &kBatteryType, "when its battery is low"},
    {"missing_after", &kDuration, "so long silent: listed for a person's decision", "7d"},
    {"broker_down", &kBrokerDown, "minutes without the broker", "unobserved"},
    {"classes", &kClasses, "other limits for some devices; the first match wins"},
    {"checks", &kChecks, "further conditions on fields of reports"},
    {"aliases", &kAnything, "", "", false, true},
};
inline constexpr Object kFleet{"fleet", kFleetFields};
inline constexpr Type kFleetType{.object = &kFleet};

}  // namespace slod::config::table
