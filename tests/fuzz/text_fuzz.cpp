// Every format's lines, and messages: no line costs another, every record is counted once, what is handed out
// is within its bounds. The first byte chooses the format.
#include <array>

#include "config/presets.h"
#include "fuzz/require.h"
#include "slod/decode/decoder.h"
#include "slod/decode/utf8.h"

namespace slod {
namespace {

using fuzz::require;

constexpr std::array kFormats = {"nginx-combined", "aws-alb",    "nginx-json", "nginx-syslog", "haproxy-json",
                                 "caddy",          "envoy-json", "gcp-lb",     "fluent-bit"};

struct Counter final : decode::RecordVisitor {
  bool on_log(const decode::LogRecord& record) override {
    require(record.status >= 0 && record.status <= 599, "a status is from 0 to 599");
    require(record.latency == kNoLatency || (record.latency >= Duration(0) && record.latency <= kOneDay),
            "a latency is at most a day");
    require(!record.path.empty(), "a record has a path");
    require(record.start <= record.stamp, "a request begins before it ends");
    for (const std::string_view label : record.labels) {
      require(label.size() <= 256 && decode::is_utf8(label), "a label is short and UTF-8");
    }
    seen += 'a';
    return true;
  }
  bool on_message(const decode::MessageRecord& record, std::optional<Time>) override {
    require(!record.device.empty(), "a message has a device");
    seen += 'm';
    return true;
  }
  bool on_ignored(std::string_view, std::optional<Time>) override {
    seen += 'i';
    return true;
  }
  bool on_reject(decode::Reject, std::string_view excerpt) override {
    require(decode::is_utf8(excerpt) && excerpt.find('\n') == std::string_view::npos,
            "an excerpt is one line of UTF-8");
    seen += 'r';
    return true;
  }
  std::string seen;
};

SourceConfig logs(const std::string& format) {
  SourceConfig source;
  source.name = "edge";
  source.format = config::preset(format);
  const bool text = config::is_text(source.format->syntax);
  source.format->fields.labels["app"] = text ? "user_agent" : "/app";
  return source;
}

SourceConfig messages() {
  SourceConfig source;
  source.name = "fleet";
  MessageRule report;
  report.topic = "v/{device}/t";
  report.time = "/ts";
  report.battery = "/battery";
  report.seq = "/seq";
  report.lat = "/p/lat";
  report.lon = "/p/lon";
  report.values = {"/rssi"};
  MessageRule reply;
  reply.topic = "v/{device}/acks";
  reply.is = MessageRule::Is::kReply;
  reply.id = "/id";
  reply.result = "/status";
  MessageRule presence;
  presence.topic = "v/{device}/status";
  presence.is = MessageRule::Is::kPresence;
  source.messages = {report, reply, presence};
  return source;
}

}  // namespace
}  // namespace slod

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slod;
  if (size == 0) return 0;
  const std::size_t choice = data[0] % (kFormats.size() + 1);
  const std::string_view text = fuzz::text_of(data + 1, size - 1);
  decode::Decoder decoder(choice < kFormats.size() ? logs(kFormats[choice]) : messages());
  Counter together;
  decoder.lines(text, together);
  Counter apart;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t length = std::min(rest.find('\n'), rest.size() - 1) + 1;
    // A byte order mark counts at the very beginning only.
    const std::string_view line = rest.substr(0, length);
    const bool marked = line.starts_with("\xEF\xBB\xBF") && line.data() != text.data();
    if (marked) return 0;
    decoder.lines(line, apart);
    rest.remove_prefix(length);
  }
  fuzz::require(together.seen == apart.seen, "no line costs another");
  Counter body;
  decoder.body(text, body);
  return 0;
}
