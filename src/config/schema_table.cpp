// One table, in the order of docs/configuration.md. Longer than other files on purpose: it is data.
#include "config/schema.h"

namespace slod::config {

namespace {

using Word = std::string_view;

// ---- scalars and their lists
// ----------------------------------------------------------------------------------------
constexpr Type kText{.scalar = Scalar::kText};
constexpr Type kTexts{.scalar = Scalar::kText, .each = &kText};
constexpr Type kTextList{.each = &kText};
constexpr Type kAnyText{.scalar = Scalar::kAnyText};
constexpr Type kName{.scalar = Scalar::kName};
constexpr Type kNames{.scalar = Scalar::kName, .each = &kName};
constexpr Type kBool{.scalar = Scalar::kBool};
constexpr Type kDuration{.scalar = Scalar::kDuration};
constexpr Type kPercent{.scalar = Scalar::kPercent};
constexpr Type kBytes{.scalar = Scalar::kBytes};
constexpr Type kField{.scalar = Scalar::kField};
constexpr Type kListen{.scalar = Scalar::kListen};
constexpr Type kTimeZone{.scalar = Scalar::kTimeZone};
constexpr Type kQuarters{.scalar = Scalar::kQuarters};
constexpr Type kCondition{.scalar = Scalar::kCondition};
constexpr Type kNumber{.scalar = Scalar::kNumber};
constexpr Type kShare{.scalar = Scalar::kNumber, .low = 0, .high = 100};
constexpr Type kCount{.scalar = Scalar::kInt, .low = 1, .high = 1'000'000};
constexpr Type kCountFromZero{.scalar = Scalar::kInt, .low = 0, .high = 1'000'000'000};
constexpr Type kFewCount{.scalar = Scalar::kInt, .low = 1, .high = 64};
constexpr Type kLabelPaths{.values = &kField};
constexpr Type kLabelValues{.scalar = Scalar::kAnyText, .each = &kAnyText};
constexpr Type kLabelMatch{.values = &kLabelValues};
constexpr Type kAnything{.scalar = Scalar::kAnyText};

template <std::size_t N>
constexpr Type word(const Word (&words)[N]) {
  return Type{.scalar = Scalar::kWord, .words = words};
}

constexpr Field kSecretFields[] = {
    {"file", &kText, "a file that holds the secret; one trailing newline is cut"},
    {"env", &kName, "an environment variable that holds it"},
};
constexpr Object kSecretObject{"a secret", kSecretFields};
constexpr Type kSecret{.object = &kSecretObject};
constexpr Type kTextOrSecret{.scalar = Scalar::kText, .object = &kSecretObject};

// ---- server, state, engine
// ------------------------------------------------------------------------------------------
constexpr Field kIngestFields[] = {
    {"listen", &kListen, "address of POST /ingest/SOURCE", "127.0.0.1:8080"},
    {"threads", &kFewCount, "threads that read requests", "1"},
};
constexpr Field kWebFields[] = {
    {"listen", &kListen, "address of the UI, the API, /metrics and /-/...", "127.0.0.1:9464"},
    {"external_url", &kText, "how people reach the web page; used in alert texts"},
};
constexpr Object kIngest{"server.ingest", kIngestFields};
constexpr Object kWeb{"server.web", kWebFields};
constexpr Type kIngestType{.object = &kIngest};
constexpr Type kWebType{.object = &kWeb};
constexpr Field kServerFields[] = {
    {"ingest", &kIngestType, "the ingest listener"},
    {"web", &kWebType, "the web listener"},
};
constexpr Object kServer{"server", kServerFields};
constexpr Type kServerType{.object = &kServer};

constexpr Field kRetentionFields[] = {
    {"journeys", &kDuration, "how long records of journeys are kept", "400d"},
    {"fleet", &kDuration, "how long device messages are kept; device-minutes stay 3 years", "3d"},
    {"max_bytes", &kBytes, "size of the journal on disk at which ingestion stops", "100GB"},
};
constexpr Object kRetention{"state.journal_retention", kRetentionFields};
constexpr Type kRetentionType{.object = &kRetention};
constexpr Field kStateFields[] = {
    {"dir", &kText, "directory of journal, checkpoints and ledger", "./data"},
    {"journal_retention", &kRetentionType, "what is kept for how long"},
};
constexpr Object kState{"state", kStateFields};
constexpr Type kStateType{.object = &kState};

constexpr Field kEngineFields[] = {{"shards", &kFewCount, "fold threads; no number depends on it", "1"}};
constexpr Object kEngine{"engine", kEngineFields};
constexpr Type kEngineType{.object = &kEngine};
constexpr Field kLimitsFields[] = {
    {"groups_per_slo", &kCount, "groups of one SLO; the rest is __overflow__", "1000"},
    {"groups", &kCount, "groups of all SLOs together", "50000"},
};
constexpr Object kLimits{"limits", kLimitsFields};
constexpr Type kLimitsType{.object = &kLimits};
constexpr Word kLanguages[] = {"en", "ja"};
constexpr Type kLanguage = word(kLanguages);

// ---- sources
// --------------------------------------------------------------------------------------------------------
constexpr Word kTimeUnits[] = {"s", "ms", "us", "ns"};
constexpr Type kTimeUnit = word(kTimeUnits);
constexpr Field kLatencyFields[] = {
    {"at", &kField, "where the latency stands", "", true},
    {"unit", &kTimeUnit, "its unit", "", true},
};
constexpr Object kLatency{"latency", kLatencyFields};
constexpr Type kLatencyType{.scalar = Scalar::kField, .object = &kLatency};
constexpr Field kLogFieldFields[] = {
    {"time", &kField, "RFC 3339, or a number in time_unit"},
    {"time_unit", &kTimeUnit, "unit of numeric times", "s"},
    {"method", &kField, "HTTP method"},
    {"path", &kField, "path or URL; the query is cut"},
    {"status", &kField, "HTTP status, 0 to 599"},
    {"latency", &kLatencyType, "{ at: FIELD, unit: s | ms | us | ns }"},
    {"id", &kField, "unique per attempt: de-duplicates, joins legs"},
    {"device", &kField, "device id; else the route's {device}"},
    {"user", &kField, "user id; kept only as a keyed hash"},
    {"labels", &kLabelPaths, "label name: field"},
};
constexpr Object kLogFields{"fields", kLogFieldFields};
constexpr Type kLogFieldsType{.object = &kLogFields};

constexpr Field kPositionFields[] = {
    {"lat", &kField, "latitude in degrees", "", true},
    {"lon", &kField, "longitude in degrees", "", true},
};
constexpr Object kPosition{"position", kPositionFields};
constexpr Type kPositionType{.object = &kPosition};
constexpr Field kMessageFieldFields[] = {
    {"time", &kField, "the device's own stamp: RFC 3339, or a number in time_unit"},
    {"time_unit", &kTimeUnit, "unit of numeric times", "s"},
    {"device", &kField, "device id, where the topic has no {device}"},
    {"id", &kField, "request id that joins command, reply and API leg"},
    {"name", &kField, "the command's name, where the topic has no {name}"},
    {"result", &kField, "the reply's result, compared with `good`"},
    {"battery", &kField, "percent"},
    {"state", &kField, "the device's state; presence: the word, where the payload is JSON"},
    {"seq", &kField, "report number, for de-duplication"},
    {"boot", &kField, "boot counter, for de-duplication"},
    {"position", &kPositionType, "{ lat: FIELD, lon: FIELD }, for areas"},
    {"labels", &kLabelPaths, "label name: field"},
};
constexpr Object kMessageFields{"fields", kMessageFieldFields};
constexpr Type kMessageFieldsType{.object = &kMessageFields};
constexpr Word kMessageKinds[] = {"report", "presence", "command", "reply"};
constexpr Type kMessageKind = word(kMessageKinds);
constexpr Field kMessageRuleFields[] = {
    {"topic", &kText, "topic with {device}, {name}, + and #", "", true},
    {"is", &kMessageKind, "what such a message means", "", true},
    {"fields", &kMessageFieldsType, "where the values stand in the payload"},
    {"online", &kTexts, "presence: words that mean online"},
    {"offline", &kTexts, "presence: words that mean offline"},
    {"good", &kTexts, "reply: results that mean done"},
};
constexpr Object kMessageRule{"message", kMessageRuleFields};
constexpr Type kMessageRuleType{.object = &kMessageRule};
constexpr Type kMessageRules{.each = &kMessageRuleType};

constexpr Field kHttpFields[] = {{"token", &kSecret, "bearer token; optional on loopback"}};
constexpr Object kHttp{"http", kHttpFields};
constexpr Type kHttpType{.object = &kHttp};
constexpr Field kFileFields[] = {{"path", &kText, "the log file; rotation is followed", "", true}};
constexpr Object kFile{"file", kFileFields};
constexpr Type kFileType{.object = &kFile};
constexpr Word kDurabilities[] = {"process", "power"};
constexpr Type kDurability = word(kDurabilities);
constexpr Type kQos{.scalar = Scalar::kInt, .low = 0, .high = 1};
constexpr Field kMqttFields[] = {
    {"url", &kText, "mqtt://HOST:PORT or mqtts://HOST:PORT", "", true},
    {"client_id", &kText, "client id; a session belongs to it", "slod"},
    {"qos", &kQos, "0 (best effort) or 1", "1"},
    {"durability", &kDurability, "process survives kill -9, power survives power loss", "process"},
    {"username", &kText, "user name"},
    {"password", &kSecret, "password"},
    {"ca", &kText, "mqtts: file with the CA certificates"},
    {"cert", &kText, "mqtts: client certificate file"},
    {"key", &kText, "mqtts: client key file"},
};
constexpr Object kMqtt{"mqtt", kMqttFields};
constexpr Type kMqttType{.object = &kMqtt};
constexpr Word kFormats[] = {"json",  "nginx-json", "nginx-combined", "nginx-syslog", "haproxy-json",
                             "caddy", "envoy-json", "aws-alb",        "gcp-lb",       "fluent-bit"};
constexpr Type kFormat = word(kFormats);
constexpr Word kEnvelopes[] = {"none", "pubsub", "loki", "cloudevents", "otlp"};
constexpr Type kEnvelope = word(kEnvelopes);
constexpr Word kStamps[] = {"end", "start"};
constexpr Type kStamp = word(kStamps);
constexpr Word kConfirms[] = {"aws-iot"};
constexpr Type kConfirm = word(kConfirms);
constexpr Field kSourceFields[] = {
    {"http", &kHttpType, "records are posted to /ingest/NAME"},
    {"file", &kFileType, "records are lines of a file"},
    {"mqtt", &kMqttType, "records are messages of a broker"},
    {"format", &kFormat, "a preset, or json with fields"},
    {"envelope", &kEnvelope, "unwrapped before the format", "none"},
    {"fields", &kLogFieldsType, "where the values stand; beside a preset each overrides the preset's"},
    {"messages", &kMessageRules, "device messages, in place of format"},
    {"confirm", &kConfirm, "http with messages: answer AWS IoT's confirmation request"},
    {"timestamp_is", &kStamp, "what the stamp marks: the end or the start of the request",
     "end, or the preset's"},
    {"silent_after", &kDuration, "so long without records: unobserved, and an alert"},
};
constexpr Object kSource{"source", kSourceFields};
constexpr Type kSourceType{.object = &kSource};
constexpr Type kSources{.values = &kSourceType};
constexpr Field kAreasFields[] = {
    {"geojson", &kText, "polygons with a name; position becomes device.area", "", true}};
constexpr Object kAreas{"areas", kAreasFields};
constexpr Type kAreasType{.object = &kAreas};
constexpr Type kActors{.values = &kLabelMatch};

// ---- journeys
// -------------------------------------------------------------------------------------------------------
constexpr Type kStatus{.scalar = Scalar::kStatus};
constexpr Type kStatuses{.scalar = Scalar::kStatus, .each = &kStatus};
constexpr Field kOutcomeFields[] = {{"status", &kStatuses, "5xx, 500-503 or 404"}};
constexpr Object kOutcome{"outcome rule", kOutcomeFields, &kLabelValues};
constexpr Type kOutcomeOne{.object = &kOutcome};
constexpr Type kOutcomeType{.object = &kOutcome, .each = &kOutcomeOne};
constexpr Field kApiFields[] = {
    {"source", &kName, "a source with a format", "", true},
    {"method", &kText, "HTTP method", "", true},
    {"route", &kText, "path with {captures}; {device} is the device's id", "", true},
    {"good", &kOutcomeType, "what is good, before the defaults"},
    {"bad", &kOutcomeType, "what is bad, before the defaults"},
    {"ignore", &kOutcomeType, "what is not counted (excluded)"},
    {"client_abort_bad_after", &kDuration, "a client that left after so long is bad; else excluded", "never"},
};
constexpr Object kApi{"api", kApiFields};
constexpr Type kApiType{.object = &kApi};
constexpr Field kDeviceFields[] = {
    {"source", &kName, "a source with reply messages", "", true},
    {"command", &kText, "name of the command", "", true},
    {"deadline", &kDuration, "time for the device's reply", "20s"},
};
constexpr Object kDevice{"device", kDeviceFields};
constexpr Type kDeviceType{.object = &kDevice};
constexpr Field kRetryFields[] = {
    {"by", &kTexts, "device, user or labels; default device and user where mapped"},
    {"within", &kDuration, "an attempt joins if it starts so soon after the last one's end", "60s"},
};
constexpr Object kRetry{"retry", kRetryFields};
constexpr Type kRetryType{.object = &kRetry};
constexpr Word kLegs[] = {"all", "api", "device"};
constexpr Type kLeg = word(kLegs);
constexpr Field kJourneyFields[] = {
    {"api", &kApiType, "the request that opens the event"},
    {"device", &kDeviceType, "the command that the device must answer"},
    {"good_when", &kLeg, "which legs must be good", "all"},
    {"retry", &kRetryType, "attempts that are one event; without it each attempt is one"},
    {"labels", &kTextList, "labels that the events keep; device.NAME is the device's", "all of the source's"},
};
constexpr Object kJourney{"journey", kJourneyFields};
constexpr Type kJourneyType{.object = &kJourney};
constexpr Type kJourneys{.values = &kJourneyType};

// ---- fleet
// ----------------------------------------------------------------------------------------------------------
constexpr Type kStateDurations{.values = &kDuration};
constexpr Field kReportEveryFields[] = {
    {"default", &kDuration, "interval of reports", "60s"},
    {"state", &kStateDurations, "state: its interval"},
};
constexpr Object kReportEvery{"report_every", kReportEveryFields};
constexpr Type kReportEveryType{.scalar = Scalar::kDuration, .object = &kReportEvery};
constexpr Type kLostAfter{.scalar = Scalar::kInt, .low = 1, .high = 1000};
constexpr Field kConnectivityFields[] = {{"lost_after", &kLostAfter, "missed reports", "3"}};
constexpr Object kConnectivity{"connectivity", kConnectivityFields};
constexpr Type kConnectivityType{.object = &kConnectivity};
constexpr Field kBatteryFields[] = {
    {"low", &kShare, "unhealthy below, percent", "15"},
    {"recovered", &kShare, "healthy from, percent", "20"},
    {"max_age", &kDuration, "a report holds so long", "lost_after x report_every"},
};
constexpr Object kBattery{"battery", kBatteryFields};
constexpr Type kBatteryType{.object = &kBattery};
constexpr Field kInServiceFields[] = {{"state", &kTexts, "states that are in the denominator", "", true}};
constexpr Object kInService{"in_service", kInServiceFields};
constexpr Type kInServiceType{.object = &kInService};
constexpr Field kClassFields[] = {
    {"match", &kLabelMatch, "labels of the devices", "", true},
    {"report_every", &kReportEveryType, "in place of the fleet's"},
    {"connectivity", &kConnectivityType, "in place of the fleet's"},
    {"battery", &kBatteryType, "in place of the fleet's"},
};
constexpr Object kClass{"class", kClassFields};
constexpr Type kClassType{.object = &kClass};
constexpr Type kClasses{.each = &kClassType};
constexpr Field kCheckFields[] = {
    {"field", &kField, "field of the report", "", true},
    {"unhealthy", &kCondition, "condition, such as \"< -110\"", "", true},
    {"healthy", &kCondition, "condition that ends it", "not unhealthy"},
    {"dwell", &kDuration, "a condition must hold so long", "0s"},
    {"max_age", &kDuration, "a report holds so long", "lost_after x report_every"},
};
constexpr Object kCheck{"check", kCheckFields};
constexpr Type kCheckType{.object = &kCheck};
constexpr Type kChecks{.values = &kCheckType};
constexpr Word kBrokerDowns[] = {"unobserved", "unhealthy"};
constexpr Type kBrokerDown = word(kBrokerDowns);
constexpr Field kFleetFields[] = {
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
constexpr Object kFleet{"fleet", kFleetFields};
constexpr Type kFleetType{.object = &kFleet};

// ---- SLOs
// -----------------------------------------------------------------------------------------------------------
constexpr Word kCalendars[] = {"day", "week", "month", "quarter"};
constexpr Type kCalendar = word(kCalendars);
constexpr Field kWindowFields[] = {
    {"calendar", &kCalendar, "period", "", true},
    {"time_zone", &kTimeZone, "IANA name", "UTC"},
};
constexpr Object kWindow{"window", kWindowFields};
constexpr Type kWindowType{.scalar = Scalar::kDuration, .object = &kWindow};
constexpr Type kWindows{.each = &kWindowType};
constexpr Field kGroupObjectiveFields[] = {
    {"match", &kLabelMatch, "labels of the group", "", true},
    {"objective", &kPercent, "its objective", "", true},
};
constexpr Object kGroupObjective{"group objective", kGroupObjectiveFields};
constexpr Type kGroupObjectiveType{.object = &kGroupObjective};
constexpr Type kGroupObjectives{.each = &kGroupObjectiveType};
constexpr Field kBudgetingFields[] = {
    {"slice", &kDuration, "length of a slice; divides the window", "", true},
    {"target", &kPercent, "a slice is good from this share on", "", true},
};
constexpr Object kBudgeting{"budgeting", kBudgetingFields};
constexpr Type kBudgetingType{.object = &kBudgeting};
constexpr Word kSlis[] = {"availability", "latency", "device-share"};
constexpr Type kSli = word(kSlis);
constexpr Field kSloFields[] = {
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
    {"alert_policy", &kName, "a name of alert_policies", "default"},
    {"owner", &kText, "who leads when it burns"},
    {"runbook", &kText, "address of the runbook"},
    {"first_steps", &kTexts, "what to do first, for the alert text"},
    {"review_every", &kQuarters, "review period in quarters", "2Q"},
    {"max_share_per_device", &kAnything, "", "", false, true},
};
constexpr Object kSlo{"slo", kSloFields};
constexpr Type kSloType{.object = &kSlo};
constexpr Type kSlos{.each = &kSloType};
constexpr Field kDefaultFields[] = {
    {"service", &kText, "as in slos"},          {"description", &kText, "as in slos"},
    {"actor", &kNames, "as in slos"},           {"objective", &kPercent, "as in slos"},
    {"window", &kWindowType, "as in slos"},     {"also", &kWindows, "as in slos"},
    {"group_by", &kTexts, "as in slos"},        {"fold", &kBool, "as in slos"},
    {"alert_policy", &kName, "as in slos"},     {"owner", &kText, "as in slos"},
    {"runbook", &kText, "as in slos"},          {"first_steps", &kTexts, "as in slos"},
    {"review_every", &kQuarters, "as in slos"},
};
constexpr Object kDefaults{"defaults", kDefaultFields};
constexpr Type kDefaultsType{.object = &kDefaults};

// ---- alerts and what is told to whom
// --------------------------------------------------------------------------------
constexpr Word kSeverities[] = {"page", "ticket"};
constexpr Type kSeverity = word(kSeverities);
constexpr Type kBurn{.scalar = Scalar::kNumber, .low = 0.01, .high = 100'000};
constexpr Field kRuleFields[] = {
    {"severity", &kSeverity, "page or ticket", "", true},
    {"burn", &kBurn, "burn rate above which it fires", "", true},
    {"long", &kDuration, "long window", "", true},
    {"short", &kDuration, "short window", "", true},
};
constexpr Object kRule{"rule", kRuleFields};
constexpr Type kRuleType{.object = &kRule};
constexpr Type kRules{.each = &kRuleType};
constexpr Field kQuietFields[] = {
    {"bad", &kCount, "bad events in a row", "5"},
    {"for", &kDuration, "and none good for so long", "15m"},
};
constexpr Object kQuiet{"quiet_outage", kQuietFields};
constexpr Type kQuietType{.object = &kQuiet};
constexpr Field kPolicyFields[] = {
    {"rules", &kRules, "burn-rate rules, literal", "", true},
    {"min_bad", &kCountFromZero, "fewer bad events in the long window never fire", "5"},
    {"min_devices", &kCountFromZero, "distinct devices among them, where known", "1"},
    {"per_group", &kBool, "each group is judged too", "false"},
    {"quiet_outage", &kQuietType, "a page while no burn rule fires"},
};
constexpr Object kPolicy{"alert policy", kPolicyFields};
constexpr Type kPolicyType{.object = &kPolicy};
constexpr Type kPolicies{.values = &kPolicyType};

constexpr Field kSlackFields[] = {
    {"url", &kSecret, "incoming webhook", "", true},
    {"allow_private", &kBool, "permit http and private addresses", "false"},
    {"fallback", &kName, "destination if this one fails"},
};
constexpr Field kPagerdutyFields[] = {
    {"routing_key", &kSecret, "integration key", "", true},
    {"api_url", &kText, "where events go", "https://events.pagerduty.com/v2/enqueue"},
    {"allow_private", &kBool, "permit http and private addresses", "false"},
    {"fallback", &kName, "destination if this one fails"},
};
constexpr Field kAlertmanagerFields[] = {
    {"urls", &kTexts, "base addresses of all replicas", "", true},
    {"allow_private", &kBool, "always permitted", "true"},
    {"fallback", &kName, "destination if this one fails"},
};
constexpr Field kWebhookFields[] = {
    {"url", &kTextOrSecret, "address, or a secret that holds it", "", true},
    {"secret", &kSecret, "signs the body"},
    {"allow_private", &kBool, "permit http and private addresses", "false"},
    {"fallback", &kName, "destination if this one fails"},
};
constexpr Object kSlack{"slack", kSlackFields};
constexpr Object kPagerduty{"pagerduty", kPagerdutyFields};
constexpr Object kAlertmanager{"alertmanager", kAlertmanagerFields};
constexpr Object kWebhook{"webhook", kWebhookFields};
constexpr Type kSlackType{.object = &kSlack};
constexpr Type kPagerdutyType{.object = &kPagerduty};
constexpr Type kAlertmanagerType{.object = &kAlertmanager};
constexpr Type kWebhookType{.object = &kWebhook};
constexpr Field kDestinationFields[] = {
    {"slack", &kSlackType, "Slack"},
    {"pagerduty", &kPagerdutyType, "PagerDuty, Events API v2"},
    {"alertmanager", &kAlertmanagerType, "Prometheus Alertmanager, API v2"},
    {"webhook", &kWebhookType, "any HTTP endpoint"},
};
constexpr Object kDestination{"destination", kDestinationFields};
constexpr Type kDestinationType{.object = &kDestination};
constexpr Type kDestinations{.values = &kDestinationType};
constexpr Field kHeartbeatFields[] = {
    {"url", &kSecret, "address that is asked while slod works", "", true},
    {"every", &kDuration, "how often", "1m"},
};
constexpr Object kHeartbeat{"heartbeat", kHeartbeatFields};
constexpr Type kHeartbeatType{.object = &kHeartbeat};
constexpr Word kKinds[] = {"burn", "quiet", "data", "budget", "violation", "review"};
constexpr Type kKindOne = word(kKinds);
constexpr Type kKind{.scalar = Scalar::kWord, .each = &kKindOne, .words = kKinds};
constexpr Type kSeverityMatch{.scalar = Scalar::kWord, .each = &kSeverity, .words = kSeverities};
constexpr Field kRouteMatchFields[] = {
    {"severity", &kSeverityMatch, "page, ticket"},      {"owner", &kTexts, "owners of SLOs"},
    {"service", &kTexts, "services of SLOs"},           {"slo", &kNames, "names of SLOs"},
    {"kind", &kKind, "what the notification is about"},
};
constexpr Object kRouteMatch{"match", kRouteMatchFields};
constexpr Type kRouteMatchType{.object = &kRouteMatch};
constexpr Field kRouteFields[] = {
    {"match", &kRouteMatchType, "keys AND, list values OR", "everything"},
    {"to", &kNames, "destinations", "", true},
    {"continue", &kBool, "also try the routes below", "false"},
    {"hours", &kAnything, "", "", false, true},
};
constexpr Object kRoute{"route", kRouteFields};
constexpr Type kRouteType{.object = &kRoute};
constexpr Type kRoutes{.each = &kRouteType};
constexpr Field kMaintenanceMatchFields[] = {
    {"owner", &kTexts, "owners of SLOs"},
    {"service", &kTexts, "services of SLOs"},
    {"slo", &kNames, "names of SLOs"},
};
constexpr Object kMaintenanceMatch{"match", kMaintenanceMatchFields};
constexpr Type kMaintenanceMatchType{.object = &kMaintenanceMatch};
constexpr Word kEffects[] = {"silence", "exclude"};
constexpr Type kEffect = word(kEffects);
constexpr Field kMaintenanceFields[] = {
    {"name", &kName, "unique name", "", true},
    {"rrule", &kText, "RFC 5545 recurrence, such as FREQ=WEEKLY;BYDAY=TU;BYHOUR=23", "", true},
    {"duration", &kDuration, "length of each occurrence", "", true},
    {"time_zone", &kTimeZone, "IANA name", "UTC"},
    {"match", &kMaintenanceMatchType, "SLOs that it concerns", "all"},
    {"effect", &kEffect, "silence: no notifications; exclude: events are not counted", "silence"},
};
constexpr Object kMaintenance{"maintenance", kMaintenanceFields};
constexpr Type kMaintenanceType{.object = &kMaintenance};
constexpr Type kMaintenances{.each = &kMaintenanceType};

// ---- the file
// -------------------------------------------------------------------------------------------------------
constexpr Field kRootFields[] = {
    {"server", &kServerType, "listeners"},
    {"state", &kStateType, "what is stored where, and for how long"},
    {"evaluation_interval", &kDuration, "time between ticks; a multiple of 10s", "10s"},
    {"engine", &kEngineType, "threads"},
    {"limits", &kLimitsType, "cardinality"},
    {"language", &kLanguage, "of alert texts and reports", "en"},
    {"include", &kTexts, "further files; globs, relative to this file"},
    {"sources", &kSources, "where records come from"},
    {"areas", &kAreasType, "named polygons"},
    {"actors", &kActors, "who acts, by labels; the first match wins, no match is `unknown`"},
    {"journeys", &kJourneys, "critical user journeys"},
    {"fleet", &kFleetType, "critical machine communication"},
    {"defaults", &kDefaultsType, "for the SLOs of this file"},
    {"slos", &kSlos, "service level objectives"},
    {"alert_policies", &kPolicies, "when to alert"},
    {"destinations", &kDestinations, "where notifications go"},
    {"heartbeat", &kHeartbeatType, "a dead man's switch"},
    {"routes", &kRoutes, "which notification goes where; the first match wins"},
    {"maintenance", &kMaintenances, "planned work"},
};
constexpr Object kRoot{"the config", kRootFields};

}  // namespace

const Object& root_object() {
  return kRoot;
}

std::vector<std::string> keys_of(const Object& object) {
  std::vector<std::string> keys;
  for (const Field& field : object.fields) {
    if (!field.later) keys.emplace_back(field.key);
  }
  return keys;
}

}  // namespace slod::config
