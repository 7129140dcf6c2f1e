#include "config/presets.h"

#include <array>
#include <string_view>

namespace slod::config {

namespace {

using Syntax = LogFormat::Syntax;
constexpr Duration kSecond = seconds(1);
constexpr Duration kMillisecond = std::chrono::milliseconds(1);
/// Two statuses at most mean a client abort in any format; -1: no such status.
constexpr int kNo = -1;

struct Preset {
  std::string_view name;
  Syntax syntax;
  std::string_view time, method, path, status, latency, id;
  Duration latency_unit;
  bool stamp_is_end;
  std::array<int, 2> client_abort;
};

constexpr Preset kPresets[] = {
    // Of plain JSON nobody knows the writer: the abort statuses of both nginx and Envoy.
    {"json", Syntax::kJson, "", "", "", "", "", "", kSecond, true, {499, 0}},
    // The log_format in docs/configuration.md: every value quoted, $msec, $request_time.
    {"nginx-json",
     Syntax::kJson,
     "/time",
     "/method",
     "/path",
     "/status",
     "/request_time",
     "/request_id",
     kSecond,
     true,
     {499, kNo}},
    {"nginx-combined",
     Syntax::kCombined,
     "time",
     "method",
     "path",
     "status",
     "",
     "",
     kSecond,
     true,
     {499, kNo}},
    // The header's date has no year and no zone: the time is the JSON's.
    {"nginx-syslog",
     Syntax::kSyslogJson,
     "/time",
     "/method",
     "/path",
     "/status",
     "/request_time",
     "/request_id",
     kSecond,
     true,
     {499, kNo}},
    // %Ts.%ms is the accept date, %Ta the total time in ms.
    {"haproxy-json",
     Syntax::kJson,
     "/time",
     "/method",
     "/path",
     "/status",
     "/latency_ms",
     "/request_id",
     kMillisecond,
     false,
     {kNo, kNo}},
    {"caddy",
     Syntax::kJson,
     "/ts",
     "/request/method",
     "/request/uri",
     "/status",
     "/duration",
     "",
     kSecond,
     true,
     {499, kNo}},
    {"envoy-json",
     Syntax::kJson,
     "/start_time",
     "/method",
     "/path",
     "/response_code",
     "/duration",
     "/request_id",
     kMillisecond,
     false,
     {0, kNo}},
    // The stamp is the response's; the latency is the sum of the three processing times; 460 is the client's
    // leaving.
    {"aws-alb",
     Syntax::kAlb,
     "time",
     "method",
     "path",
     "elb_status_code",
     "latency",
     "",
     kSecond,
     true,
     {460, kNo}},
    {"gcp-lb",
     Syntax::kJson,
     "/timestamp",
     "/httpRequest/requestMethod",
     "/httpRequest/requestUrl",
     "/httpRequest/status",
     "/httpRequest/latency",
     "/insertId",
     kSecond,
     false,
     {499, 0}},
    {"fluent-bit", Syntax::kJson, "/date", "/method", "/path", "/code", "", "", kSecond, true, {499, kNo}},
};

}  // namespace

std::optional<LogFormat> preset(const std::string& name) {
  for (const Preset& known : kPresets) {
    if (known.name != name) continue;
    LogFormat format;
    format.name = name;
    format.syntax = known.syntax;
    format.fields.time = known.time;
    format.fields.method = known.method;
    format.fields.path = known.path;
    format.fields.status = known.status;
    format.fields.latency = known.latency;
    format.fields.id = known.id;
    format.fields.latency_unit = known.latency_unit;
    format.stamp_is_end = known.stamp_is_end;
    for (const int status : known.client_abort) {
      if (status != kNo) format.client_abort.push_back(status);
    }
    return format;
  }
  return std::nullopt;
}

bool is_text(LogFormat::Syntax syntax) {
  return syntax == Syntax::kCombined || syntax == Syntax::kAlb;
}

Duration unit_of(const std::string& word) {
  if (word == "ms") return kMillisecond;
  if (word == "us") return std::chrono::microseconds(1);
  if (word == "ns") return std::chrono::nanoseconds(1);
  return kSecond;
}

}  // namespace slod::config
