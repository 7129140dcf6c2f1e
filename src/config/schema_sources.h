// Part of the table of schema.h: sources, formats, messages, areas, actors.
#pragma once

#include "config/schema_scalars.h"

namespace slod::config::table {

// --------------------------------------------------------------------------------------------------------
inline constexpr Word kTimeUnits[] = {"s", "ms", "us", "ns"};
inline constexpr Type kTimeUnit = word(kTimeUnits);
inline constexpr Field kLatencyFields[] = {
    {"at", &kField, "where the latency stands", "", true},
    {"unit", &kTimeUnit, "its unit", "", true},
};
inline constexpr Object kLatency{"latency", kLatencyFields};
inline constexpr Type kLatencyType{.scalar = Scalar::kField, .object = &kLatency};
inline constexpr Field kLogFieldFields[] = {
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
inline constexpr Object kLogFields{"fields", kLogFieldFields};
inline constexpr Type kLogFieldsType{.object = &kLogFields};

inline constexpr Field kPositionFields[] = {
    {"lat", &kField, "latitude in degrees", "", true},
    {"lon", &kField, "longitude in degrees", "", true},
};
inline constexpr Object kPosition{"position", kPositionFields};
inline constexpr Type kPositionType{.object = &kPosition};
inline constexpr Field kMessageFieldFields[] = {
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
inline constexpr Object kMessageFields{"fields", kMessageFieldFields};
inline constexpr Type kMessageFieldsType{.object = &kMessageFields};
inline constexpr Word kMessageKinds[] = {"report", "presence", "command", "reply"};
inline constexpr Type kMessageKind = word(kMessageKinds);
inline constexpr Field kMessageRuleFields[] = {
    {"topic", &kText, "topic with {device}, {name}, + and #", "", true},
    {"is", &kMessageKind, "what such a message means", "", true},
    {"fields", &kMessageFieldsType, "where the values stand in the payload"},
    {"online", &kTexts, "presence: words that mean online"},
    {"offline", &kTexts, "presence: words that mean offline"},
    {"good", &kTexts, "reply: results that mean done"},
};
inline constexpr Object kMessageRule{"message", kMessageRuleFields};
inline constexpr Type kMessageRuleType{.object = &kMessageRule};
inline constexpr Type kMessageRules{.each = &kMessageRuleType};

inline constexpr Field kHttpFields[] = {{"token", &kSecret, "bearer token; optional on loopback"}};
inline constexpr Object kHttp{"http", kHttpFields};
inline constexpr Type kHttpType{.object = &kHttp};
inline constexpr Field kFileFields[] = {{"path", &kText, "the log file; rotation is followed", "", true}};
inline constexpr Object kFile{"file", kFileFields};
inline constexpr Type kFileType{.object = &kFile};
inline constexpr Field kSyslogFields[] = {
    {"listen", &kText, "udp://HOST:PORT or unix:///PATH, where nginx and others send their log", "", true}};
inline constexpr Object kSyslog{"syslog", kSyslogFields};
inline constexpr Type kSyslogType{.object = &kSyslog};
inline constexpr Word kDurabilities[] = {"process", "power"};
inline constexpr Type kDurability = word(kDurabilities);
inline constexpr Type kQos{.scalar = Scalar::kInt, .low = 0, .high = 1};
inline constexpr Field kMqttFields[] = {
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
inline constexpr Object kMqtt{"mqtt", kMqttFields};
inline constexpr Type kMqttType{.object = &kMqtt};
inline constexpr Word kFormats[] = {"json",  "nginx-json", "nginx-combined", "nginx-syslog", "haproxy-json",
                                    "caddy", "envoy-json", "aws-alb",        "gcp-lb",       "fluent-bit"};
inline constexpr Type kFormat = word(kFormats);
inline constexpr Word kEnvelopes[] = {"none", "pubsub", "loki", "cloudevents", "otlp"};
inline constexpr Type kEnvelope = word(kEnvelopes);
inline constexpr Word kStamps[] = {"end", "start"};
inline constexpr Type kStamp = word(kStamps);
inline constexpr Word kConfirms[] = {"aws-iot"};
inline constexpr Type kConfirm = word(kConfirms);
inline constexpr Field kSourceFields[] = {
    {"http", &kHttpType, "records are posted to /ingest/NAME"},
    {"file", &kFileType, "records are lines of a file"},
    {"mqtt", &kMqttType, "records are messages of a broker"},
    {"syslog", &kSyslogType, "records are syslog datagrams: best effort"},
    {"format", &kFormat, "a preset, or json with fields"},
    {"envelope", &kEnvelope, "unwrapped before the format", "none"},
    {"fields", &kLogFieldsType, "where the values stand; beside a preset each overrides the preset's"},
    {"messages", &kMessageRules, "device messages, in place of format"},
    {"confirm", &kConfirm, "http with messages: answer AWS IoT's confirmation request"},
    {"timestamp_is", &kStamp, "what the stamp marks: the end or the start of the request",
     "end, or the preset's"},
    {"silent_after", &kDuration, "so long without records: unobserved, and an alert"},
};
inline constexpr Object kSource{"source", kSourceFields};
inline constexpr Type kSourceType{.object = &kSource};
inline constexpr Type kSources{.values = &kSourceType};
inline constexpr Field kAreasFields[] = {
    {"geojson", &kText, "polygons with a name; position becomes device.area", "", true}};
inline constexpr Object kAreas{"areas", kAreasFields};
inline constexpr Type kAreasType{.object = &kAreas};
inline constexpr Type kActors{.values = &kLabelMatch};

}  // namespace slod::config::table
