// Golden lines: real lines of each format in golden/*.log, and in golden/*.expected what must be read from
// them: stamp|start|latency in ns|method|path|status|device|user|labels, or the reason of a rejection.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "unit/decode/recorder.h"

namespace slod::decode {
namespace {

std::string slurp(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

std::filesystem::path golden(const std::string& name) {
  return std::filesystem::path(__FILE__).parent_path() / "golden" / name;
}

std::string report(const Recorder& seen) {
  std::ostringstream out;
  std::size_t log = 0;
  std::size_t reject = 0;
  for (const char what : seen.order) {
    if (what == 'r') {
      out << reject_name(seen.rejects[reject++]) << "\n";
      continue;
    }
    const SeenLog& l = seen.logs[log++];
    out << format_rfc3339(l.stamp) << "|" << format_rfc3339(l.start) << "|" << l.latency.count() << "|"
        << l.method << "|" << l.path << "|" << l.status << "|" << l.device << "|" << l.user;
    for (const std::string& label : l.labels) out << "|" << label;
    out << "\n";
  }
  return out.str();
}

void check(const std::string& name, const LogFormat& format) {
  SourceConfig source;
  source.format = format;
  const std::string lines = slurp(golden(name + ".log"));
  for (const bool as_body : {false, true}) {
    Decoder decoder(source);
    Recorder seen;
    if (as_body) {
      EXPECT_TRUE(decoder.body(lines, seen));
    } else {
      decoder.lines(lines, seen);
    }
    EXPECT_EQ(report(seen), slurp(golden(name + ".expected"))) << name;
  }
}

LogFormat json_format() {
  LogFormat format;
  format.name = "json";
  return format;
}

TEST(GoldenTest, NginxJson) {
  LogFormat format = json_format();
  format.fields = {"/time",
                   "/method",
                   "/path",
                   "/status",
                   "/request_time",
                   "/request_id",
                   "/device",
                   "/user",
                   seconds(1),
                   seconds(1),
                   {{"app", "/app"}, {"area", "/area"}}};
  check("nginx-json", format);
}
TEST(GoldenTest, NginxJsonThroughSyslog) {
  LogFormat format = json_format();
  format.syntax = LogFormat::Syntax::kSyslogJson;
  format.fields = {"/time",
                   "/method",
                   "/path",
                   "/status",
                   "/request_time",
                   "/request_id",
                   "/device",
                   "/user",
                   seconds(1),
                   seconds(1),
                   {{"app", "/app"}, {"area", "/area"}}};
  check("nginx-syslog", format);
}
TEST(GoldenTest, CombinedWithAndWithoutTheRequestTime) {
  LogFormat format;
  format.syntax = LogFormat::Syntax::kCombined;
  format.fields.device = "device";
  format.fields.labels = {{"agent", "user_agent"}, {"app", "app"}};
  check("combined", format);
}
TEST(GoldenTest, Alb) {
  LogFormat format;
  format.syntax = LogFormat::Syntax::kAlb;
  format.fields.labels = {{"target", "target_status_code"}};
  check("alb", format);
}
// What the parser "nginx" of Fluent Bit's parsers.conf makes of a line, as its http output writes it with
// json_date_format double, epoch, iso8601; java_sql_timestamp says no zone, and so no time.
TEST(GoldenTest, FluentBit) {
  LogFormat format = json_format();
  format.fields.time = "/date";
  format.fields.method = "/method";
  format.fields.path = "/path";
  format.fields.status = "/code";
  check("fluent-bit", format);
}
TEST(GoldenTest, Envoy) {
  LogFormat format = json_format();
  format.stamp_is_end = false;
  format.fields = {"/start_time",
                   "/method",
                   "/path",
                   "/response_code",
                   "/duration",
                   "/request_id",
                   "/device",
                   "",
                   seconds(1),
                   std::chrono::milliseconds(1),
                   {{"flags", "/response_flags"}}};
  check("envoy", format);
}
TEST(GoldenTest, Caddy) {
  LogFormat format = json_format();
  format.fields = {"/ts",
                   "/request/method",
                   "/request/uri",
                   "/status",
                   "/duration",
                   "",
                   "/request/headers/X-Device-Id/0",
                   "",
                   seconds(1),
                   seconds(1),
                   {{"agent", "/request/headers/User-Agent/0"}}};
  check("caddy", format);
}
TEST(GoldenTest, GoogleLoadBalancer) {
  LogFormat format = json_format();
  format.fields = {"/timestamp",
                   "/httpRequest/requestMethod",
                   "/httpRequest/requestUrl",
                   "/httpRequest/status",
                   "/httpRequest/latency",
                   "/insertId",
                   "",
                   "",
                   seconds(1),
                   seconds(1),
                   {{"agent", "/httpRequest/userAgent"}}};
  check("gcp-lb", format);
}
TEST(GoldenTest, Haproxy) {
  LogFormat format = json_format();
  format.stamp_is_end = false;
  format.fields = {"/ts", "/method", "/uri", "/status",  "/ta",
                   "",    "/device", "",     seconds(1), std::chrono::milliseconds(1),
                   {}};
  check("haproxy", format);
}

/// Lines of HAProxy 2.6 with deploy/haproxy/slod-log-format.cfg: garbage, a path with a quote and a
/// backslash, a client that left, a request with its headers.
TEST(GoldenTest, HaproxyAsItWritesWithTheShippedFormat) {
  LogFormat format = json_format();
  format.stamp_is_end = false;
  format.fields = {"/time",
                   "/method",
                   "/path",
                   "/status",
                   "/latency_ms",
                   "/request_id",
                   "/device",
                   "/user",
                   seconds(1),
                   std::chrono::milliseconds(1),
                   {{"app", "/app"}, {"termination", "/termination"}}};
  check("haproxy-captured", format);
}
/// A line of Caddy 2.6.
TEST(GoldenTest, CaddyAsItWrites) {
  LogFormat format = json_format();
  format.fields = {"/ts",
                   "/request/method",
                   "/request/uri",
                   "/status",
                   "/duration",
                   "",
                   "/request/headers/X-Device-Id/0",
                   "",
                   seconds(1),
                   seconds(1),
                   {{"app", "/request/headers/X-App-Name/0"}}};
  check("caddy-captured", format);
}

}  // namespace
}  // namespace slod::decode
