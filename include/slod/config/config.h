// The validated configuration: plain values, no YAML, no file. What a file says in several places (defaults,
// presets, scaling) is resolved here; every name is an index or known to exist. Immutable once loaded, any
// thread may read it. The keys and their meaning are documented for users in docs/configuration.md.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "slod/core/time.h"

namespace slod {

/// A target or share as parts per million: 99.95 % is 999'500. Integers, so that comparisons are exact.
using Ppm = std::int64_t;
inline constexpr Ppm kOne = 1'000'000;

/// A secret is named, never written: {file: PATH} or {env: NAME}, read when it is needed.
struct Secret {
  std::string file;
  std::string env;
  [[nodiscard]] bool empty() const { return file.empty() && env.empty(); }
};

struct ListenAddress {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  bool on = false;
};

// ---- sources
// ------------------------------------------------------------------------------------------------------

/// Where a value stands in a record: a JSON Pointer ("/a/b"), or a bare name in text formats. Empty: not
/// mapped.
using FieldPath = std::string;

struct LogFields {
  FieldPath time, method, path, status, latency, id, device, user;
  Duration time_unit = seconds(1);  ///< for numeric times
  Duration latency_unit = seconds(1);
  std::map<std::string, FieldPath> labels;
};

/// A log format, with every preset already resolved to its parts.
struct LogFormat {
  enum class Syntax { kJson, kCombined, kSyslogJson, kAlb };
  std::string name;  ///< as the file says it: "json", "nginx-json", ...
  Syntax syntax = Syntax::kJson;
  LogFields fields;
  bool stamp_is_end = true;       ///< the stamp is the end of the request; the engine books the start
  std::vector<int> client_abort;  ///< statuses that mean "the client left" (nginx 499, Envoy 0)
};

struct MessageRule {
  enum class Is { kReport, kPresence, kCommand, kReply };
  std::string topic;  ///< template with {device} and, where wanted, {name}; '+' and '#' as in MQTT
  Is is = Is::kReport;
  FieldPath time, device, id, name, result, battery, state, seq, boot, lat, lon;
  Duration time_unit = seconds(1);
  std::map<std::string, FieldPath> labels;
  std::vector<FieldPath> values;             ///< fields that the fleet's checks read
  std::vector<std::string> online, offline;  ///< presence words
  std::vector<std::string> good;             ///< reply results that mean "done"
};

struct SourceConfig {
  enum class Kind { kHttp, kFile, kMqtt, kSyslog };
  enum class Envelope { kNone, kPubsub, kLoki, kCloudevents, kOtlp };
  std::string name;
  Kind kind = Kind::kHttp;
  Secret token;           ///< http
  std::string path;       ///< file; syslog: the unix socket, "" for UDP
  ListenAddress udp;      ///< syslog over UDP
  std::string mqtt_host;  ///< mqtt
  std::uint16_t mqtt_port = 1883;
  bool mqtt_tls = false;
  std::string mqtt_client_id = "slod";
  int mqtt_qos = 1;
  bool mqtt_power_durable = false;  ///< durability: power
  std::string mqtt_username;
  Secret mqtt_password;
  std::string mqtt_ca_file, mqtt_cert_file, mqtt_key_file;
  Envelope envelope = Envelope::kNone;
  std::optional<LogFormat> format;  ///< exactly one of format and messages
  std::vector<MessageRule> messages;
  bool confirm_aws_iot = false;  ///< http with messages: answer AWS IoT's confirmation request
  std::optional<Duration> silent_after;
};

// ---- actors and journeys
// ------------------------------------------------------------------------------------------

/// Keys AND, list values OR. A label that is missing in a record is "".
struct LabelMatch {
  std::map<std::string, std::vector<std::string>> any_of;
};

struct ActorConfig {
  std::string name;
  LabelMatch match;
};
/// Index into Config::actors; -1 is `unknown` (no rule matched).
using ActorIndex = int;
inline constexpr ActorIndex kUnknownActor = -1;

enum class Verdict : std::uint8_t { kGood = 0, kBad = 1, kExcluded = 2, kUnobserved = 3 };

/// One of a journey's own lists (good, bad, ignore): statuses as ranges with their specificity, and label
/// values.
struct OutcomeRule {
  struct StatusRange {
    int low = 0, high = 0;
    int specificity = 0;  ///< 2 code, 1 range, 0 class
  };
  Verdict verdict = Verdict::kBad;
  std::vector<StatusRange> statuses;  ///< empty: any status
  LabelMatch labels;                  ///< further keys, ANDed
};

struct ApiLeg {
  std::string source;
  std::string method;  ///< upper case
  std::string route;   ///< template, as written
  std::vector<OutcomeRule> rules;
  std::optional<Duration> client_abort_bad_after;  ///< none: a client abort is always excluded
};

struct DeviceLeg {
  std::string source;
  std::string command;
  Duration deadline = seconds(20);
};

struct RetryConfig {
  std::vector<std::string> by;  ///< "device", "user" or label names
  Duration within = seconds(60);
};

enum class GoodWhen : std::uint8_t { kAll, kApi, kDevice };

struct JourneyConfig {
  std::string name;
  std::optional<ApiLeg> api;
  std::optional<DeviceLeg> device;
  GoodWhen good_when = GoodWhen::kAll;
  std::optional<RetryConfig> retry;
  std::vector<std::string>
      labels;  ///< the labels that the journey's events keep; "device.model" is the device's
};

// ---- fleet
// --------------------------------------------------------------------------------------------------------

struct ReportInterval {
  Duration otherwise = seconds(60);
  std::map<std::string, Duration> by_state;
};

struct BatteryCheck {
  double low = 15, recovered = 20;  ///< percent
  std::optional<Duration> max_age;
};

struct ThresholdCheck {
  enum class Op { kLess, kLessEqual, kGreater, kGreaterEqual, kEqual, kNotEqual };
  struct Condition {
    Op op = Op::kLess;
    double value = 0;
  };
  std::string name;
  FieldPath field;
  Condition unhealthy, healthy;
  Duration dwell{0};
  std::optional<Duration> max_age;
};

struct DeviceClass {
  LabelMatch match;
  std::optional<ReportInterval> report_every;
  std::optional<int> lost_after;
  std::optional<BatteryCheck> battery;
};

struct FleetConfig {
  std::vector<std::string> sources;
  std::string registry;  ///< path of a CSV file, resolved; "": none
  std::optional<std::vector<std::string>>
      in_service;  ///< states in the denominator; none: every known device
  ReportInterval report_every;
  int lost_after = 3;
  std::optional<BatteryCheck> battery;
  Duration missing_after = hours(24 * 7);
  bool broker_down_is_unhealthy = false;
  std::vector<DeviceClass> classes;
  std::vector<ThresholdCheck> checks;
};

// ---- SLOs and alerts
// ----------------------------------------------------------------------------------------------

struct Window {
  enum class Calendar { kNone, kDay, kWeek, kMonth, kQuarter };
  Duration rolling = hours(24 * 30);  ///< for calendar windows: the nominal length (1, 7, 30, 90 d)
  Calendar calendar = Calendar::kNone;
  std::string time_zone = "UTC";  ///< IANA name; calendar windows only
  std::string text = "30d";       ///< canonical: "30d", "month"
};

struct Slices {
  Duration slice = minutes(1);
  Ppm target = 0;
};

struct GroupObjective {
  LabelMatch match;
  Ppm objective = 0;
};

enum class SliKind { kAvailability, kLatency, kDeviceMinutes, kDeviceShare };

struct SloConfig {
  std::string name, service, owner, runbook, description;
  SliKind sli = SliKind::kAvailability;
  int journey = -1;                ///< index into Config::journeys; -1 for fleet SLOs
  std::string fleet_check;         ///< "connectivity", "battery", a check's name, "any"; "" for journey SLOs
  std::vector<ActorIndex> actors;  ///< empty: everybody (no actors defined)
  Duration threshold{0};           ///< latency SLOs
  Ppm at_least = 0;                ///< device-share
  Ppm objective = 0;
  Window window;
  std::vector<Window> also;
  std::vector<std::string> group_by;
  std::vector<GroupObjective> group_objectives;
  GoodWhen leg = GoodWhen::kAll;  ///< which legs judge; kAll means the journey's good_when
  bool fold = true;
  std::optional<Slices> budgeting;
  Ppm max_share_per_device = 0;  ///< of a window's valid events; 0: no cap
  int alert_policy = -1;         ///< index into Config::policies, already scaled where it was missing
  std::vector<std::string> first_steps;
  int review_every_quarters = 2;
};

struct BurnRule {
  std::string severity;          ///< "page", "ticket"
  double burn = 0;               ///< as written, for people
  std::int64_t burn_micros = 0;  ///< burn * 1e6, for comparisons
  Duration long_window{0}, short_window{0};
};

struct AlertPolicy {
  std::string name;
  std::vector<BurnRule> rules;
  std::int64_t min_bad = 5;
  std::int64_t min_devices = 1;
  bool per_group = false;
  struct QuietOutage {
    std::int64_t bad = 5;
    Duration lasting = minutes(15);
  };
  std::optional<QuietOutage> quiet_outage;
};

struct DestinationConfig {
  enum class Type { kSlack, kPagerduty, kAlertmanager, kWebhook };
  std::string name;
  Type type = Type::kWebhook;
  Secret url_secret;              ///< slack; webhook with a secret url
  std::string url;                ///< webhook
  std::vector<std::string> urls;  ///< alertmanager
  Secret routing_key;             ///< pagerduty
  std::string api_url;            ///< pagerduty: where events go; a test or proxy may change it
  Secret signing_secret;          ///< webhook
  bool allow_private = false;
  std::string fallback;
};

struct RouteConfig {
  std::map<std::string, std::vector<std::string>> match;  ///< severity, owner, service, slo, kind
  std::vector<std::string> to;
  bool go_on = false;  ///< continue: true
};

struct HeartbeatConfig {
  Secret url;
  Duration every = minutes(1);
};

struct MaintenanceConfig {
  std::string name, rrule, time_zone = "UTC";
  Duration duration{0};
  std::map<std::string, std::vector<std::string>> match;
  bool exclude = false;  ///< effect: exclude; else silence
};

// ---- the whole
// ----------------------------------------------------------------------------------------------------

struct ServerConfig {
  ListenAddress ingest{"127.0.0.1", 8080, false};
  ListenAddress web{"127.0.0.1", 9464, true};
  std::string external_url;
  bool show_devices = true;  ///< whether pages and the API name single devices
  int ingest_threads = 1;
};

struct StateConfig {
  std::string dir = "./data";
  Duration keep_journeys = hours(24 * 400);
  Duration keep_fleet = hours(24 * 3);
  std::int64_t max_bytes = 100'000'000'000;
};

struct Limits {
  std::int64_t groups_per_slo = 1000;
  std::int64_t groups = 50'000;
};

struct Config {
  ServerConfig server;
  StateConfig state;
  Duration evaluation_interval = seconds(10);
  int shards = 1;
  Limits limits;
  std::string language = "en";
  std::vector<SourceConfig> sources;
  std::vector<ActorConfig> actors;
  std::vector<JourneyConfig> journeys;
  std::optional<FleetConfig> fleet;
  std::string areas_geojson;  ///< resolved path; "": none
  std::vector<SloConfig> slos;
  std::vector<AlertPolicy> policies;
  std::vector<DestinationConfig> destinations;
  std::vector<RouteConfig> routes;
  std::optional<HeartbeatConfig> heartbeat;
  std::vector<MaintenanceConfig> maintenance;
  std::string text;  ///< every byte that was read, in order: what the journal keeps of a config version

  [[nodiscard]] const SourceConfig* source(const std::string& name) const {
    for (const SourceConfig& s : sources) {
      if (s.name == name) return &s;
    }
    return nullptr;
  }
};

}  // namespace slod
