// Part of the table of schema.h: SLOs and their defaults.
#pragma once

#include "config/schema_journeys.h"
#include "config/schema_scalars.h"

namespace slod::config::table {

// -----------------------------------------------------------------------------------------------------------
inline constexpr Word kCalendars[] = {"day", "week", "month", "quarter"};
inline constexpr Type kCalendar = word(kCalendars);
inline constexpr Field kWindowFields[] = {
    {"calendar", &kCalendar, "period", "", true},
    {"time_zone", &kTimeZone, "IANA name", "UTC"},
};
inline constexpr Object kWindow{"window", kWindowFields};
inline constexpr Type kWindowType{.scalar = Scalar::kDuration, .object = &kWindow};
inline constexpr Type kWindows{.each = &kWindowType};
inline constexpr Field kGroupObjectiveFields[] = {
    {"match", &kLabelMatch, "labels of the group", "", true},
    {"objective", &kPercent, "its objective", "", true},
};
inline constexpr Object kGroupObjective{"group objective", kGroupObjectiveFields};
inline constexpr Type kGroupObjectiveType{.object = &kGroupObjective};
inline constexpr Type kGroupObjectives{.each = &kGroupObjectiveType};
inline constexpr Field kBudgetingFields[] = {
    {"slice", &kDuration, "length of a slice; divides the window", "", true},
    {"target", &kPercent, "a slice is good from this share on", "", true},
};
inline constexpr Object kBudgeting{"budgeting", kBudgetingFields};
inline constexpr Type kBudgetingType{.object = &kBudgeting};
inline constexpr Word kSlis[] = {"availability", "latency", "device-share"};
inline constexpr Type kSli = word(kSlis);
inline constexpr Field kSloFields[] = {
    {"name", &kName, "unique name", "", true},
    {"service", &kText, "the service that promises it"},
    {"description", &kText, "one sentence for people"},
    {"journey", &kName, "the journey; this or fleet"},
    {"fleet", &kName, "connectivity, battery, a check's name or any; this or journey"},
    {"sli", &kSli, "what is counted", "availability; with fleet: device-minutes"},
    {"actor", &kNames, "actors whose events count; required in a journey SLO where actors are defined"},
    {"threshold", &kDuration, "latency: good at or below"},
    {"at_least", &kPercent, "device-share: a device is good from this share of healthy minutes on"},
    {"objective", &kPercent, "target in percent, above 0 and below 100"},
    {"window", &kWindowType, "rolling, or { calendar, time_zone }", "30d"},
    {"also", &kWindows, "further windows to report on, without alerts"},
    {"group_by", &kTexts, "labels to count by"},
    {"group_objectives", &kGroupObjectives, "objectives of some groups"},
    {"leg", &kLeg, "one leg alone", "all"},
    {"fold", &kBool, "false counts attempts", "true"},
    {"budgeting", &kBudgetingType, "count slices of time in place of events"},
    {"max_share_per_device", &kPercent, "most of a window's events that one device's bad ones may be"},
    {"alert_policy", &kName, "a name of alert_policies", "default"},
    {"owner", &kText, "who leads when it burns"},
    {"runbook", &kText, "address of the runbook"},
    {"first_steps", &kTexts, "what to do first, for the alert text"},
    {"review_every", &kQuarters, "review period in quarters", "2Q"},
};
inline constexpr Object kSlo{"slo", kSloFields};
inline constexpr Type kSloType{.object = &kSlo};
inline constexpr Type kSlos{.each = &kSloType};
inline constexpr Field kDefaultFields[] = {
    {"service", &kText, "as in slos"},          {"description", &kText, "as in slos"},
    {"actor", &kNames, "as in slos"},           {"objective", &kPercent, "as in slos"},
    {"window", &kWindowType, "as in slos"},     {"also", &kWindows, "as in slos"},
    {"group_by", &kTexts, "as in slos"},        {"fold", &kBool, "as in slos"},
    {"alert_policy", &kName, "as in slos"},     {"owner", &kText, "as in slos"},
    {"runbook", &kText, "as in slos"},          {"first_steps", &kTexts, "as in slos"},
    {"review_every", &kQuarters, "as in slos"},
};
inline constexpr Object kDefaults{"defaults", kDefaultFields};
inline constexpr Type kDefaultsType{.object = &kDefaults};

}  // namespace slod::config::table
