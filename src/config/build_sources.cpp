#include <algorithm>
#include <map>

#include "config/build.h"
#include "config/presets.h"
#include "slod/core/suggest.h"

namespace slod::config {

namespace {

/// Field paths are JSON Pointers where the format is JSON, and bare names where it is text.
FieldPath read_field(Build& build, const View& value, bool text_format) {
  const std::string path = value.text();
  if (path.empty()) return path;
  if (!text_format && path.front() != '/') {
    build.faults.error(value.at(), "\"" + path + "\" is not a JSON Pointer; write \"/" + path + "\"");
  } else if (text_format && path.front() == '/') {
    build.faults.error(value.at(),
                       "fields of a text format are bare names; write \"" + path.substr(1) + "\"");
  }
  return path;
}

void read_latency(Build& build, const View& latency, LogFormat& format) {
  const bool text = is_text(format.syntax);
  if (latency.is_map()) {
    format.fields.latency = read_field(build, latency["at"], text);
    format.fields.latency_unit = unit_of(latency["unit"].text());
  } else if (latency.is_scalar()) {
    format.fields.latency = read_field(build, latency, text);
    if (format.name == "json") {
      build.faults.error(latency.at(),
                         "the latency needs its unit; write { at: " + latency.text() + ", unit: ms }");
    }
  }
}

void read_log_fields(Build& build, const View& fields, LogFormat& format) {
  const bool text = is_text(format.syntax);
  LogFields& out = format.fields;
  const std::map<std::string, FieldPath*> plain = {
      {"time", &out.time}, {"method", &out.method}, {"path", &out.path}, {"status", &out.status},
      {"id", &out.id},     {"device", &out.device}, {"user", &out.user}};
  for (const auto& [key, path] : plain) {
    if (fields[key].is_scalar()) *path = read_field(build, fields[key], text);
  }
  read_latency(build, fields["latency"], format);
  if (fields["time_unit"].is_scalar()) out.time_unit = unit_of(fields["time_unit"].text());
  for (const View& label : fields["labels"].entries()) {
    if (label.key().rfind("device.", 0) == 0) {
      build.faults.error(label.key_at(),
                         "a label `device.NAME` is the device's own, known from its reports; "
                         "choose another name for the log's");
    }
    out.labels[label.key()] = read_field(build, label, text);
  }
}

void build_format(Build& build, const View& source, SourceConfig& out) {
  const View name = source["format"];
  auto format = preset(name.text());
  if (!format) return;  // not a known word: reported
  const View fields = source["fields"];
  read_log_fields(build, fields, *format);
  const View stamp = source["timestamp_is"];
  if (stamp.is_scalar()) format->stamp_is_end = stamp.text() != "start";
  const std::map<std::string, FieldPath> needed = {{"time", format->fields.time},
                                                   {"path", format->fields.path},
                                                   {"status", format->fields.status},
                                                   {"method", format->fields.method}};
  if (!fields.present() && name.text() == "json") {
    build.faults.error(name.at(), "`format: json` needs `fields`, which say where the values stand");
  } else {
    for (const auto& [key, path] : needed) {
      if (path.empty()) build.faults.error(fields.key_at(), "`fields` needs `" + key + "`");
    }
  }
  out.format = std::move(format);
}

/// "mqtt://host:1883" to its parts; what is wrong with it, or "".
std::string read_url(const std::string& url, SourceConfig& out) {
  const std::string form = "write mqtt://HOST:PORT or mqtts://HOST:PORT";
  std::string rest;
  if (url.starts_with("mqtt://")) {
    rest = url.substr(7);
  } else if (url.starts_with("mqtts://")) {
    rest = url.substr(8);
    out.mqtt_tls = true;
    out.mqtt_port = 8883;
  } else {
    return "\"" + url + "\" is not a broker's address; " + form;
  }
  while (rest.ends_with('/')) rest.pop_back();
  if (rest.find('@') != std::string::npos) {
    return "names and passwords do not belong into the address; use `username` and `password`";
  }
  const std::size_t colon = rest.rfind(':');
  const std::size_t bracket = rest.rfind(']');
  const bool with_port = colon != std::string::npos && (bracket == std::string::npos || colon > bracket);
  const auto address = parse_listen(with_port ? rest : rest + ":" + std::to_string(out.mqtt_port));
  if (!address || rest.empty() || rest.front() == ':' || address->port == 0) {
    return "\"" + url + "\" is not a broker's address; " + form;
  }
  out.mqtt_host = address->host;
  out.mqtt_port = address->port;
  return "";
}

void build_mqtt(Build& build, const View& mqtt, SourceConfig& out) {
  const View url = mqtt["url"];
  if (url.is_scalar()) {
    const std::string fault = read_url(url.text(), out);
    if (!fault.empty()) build.faults.error(url.at(), fault);
  }
  out.mqtt_client_id = mqtt["client_id"].text(out.mqtt_client_id);
  out.mqtt_qos = static_cast<int>(read_int(mqtt["qos"]).value_or(1));
  out.mqtt_power_durable = mqtt["durability"].text() == "power";
  out.mqtt_username = mqtt["username"].text();
  out.mqtt_password = read_secret_name(mqtt["password"]);
  const auto path = [&](const char* key) { return resolve_path(mqtt.at().file, mqtt[key].text()); };
  out.mqtt_ca_file = path("ca");
  out.mqtt_cert_file = path("cert");
  out.mqtt_key_file = path("key");
  for (const char* key : {"ca", "cert", "key"}) {
    if (mqtt[key].present() && !out.mqtt_tls) {
      build.faults.error(mqtt[key].key_at(),
                         std::string("`") + key + "` has no effect without TLS; write mqtts:// in `url`");
    }
  }
  if (mqtt["cert"].present() != mqtt["key"].present()) {
    build.faults.error(mqtt.at(), "`cert` and `key` go together");
  }
  if (mqtt["password"].present() && !mqtt["username"].present()) {
    build.faults.error(mqtt["password"].key_at(), "a password needs a `username`");
  }
}

/// "udp://HOST:PORT" or "unix:///PATH"; what is wrong with it, or "".
std::string read_syslog_url(const View& listen, SourceConfig& out) {
  const std::string url = listen.text();
  if (url.starts_with("unix://")) {
    constexpr std::size_t kLongest = 107;  // of a socket's address
    const std::string path = url.substr(7);
    if (!path.starts_with('/') || path.ends_with('/')) return "write unix:///PATH with an absolute path";
    if (path.size() > kLongest) return "the path of a socket is at most 107 bytes long";
    out.path = path;
    return "";
  }
  const std::string form = "\"" + url + "\" is not an address; write udp://HOST:PORT or unix:///PATH";
  if (!url.starts_with("udp://")) return form;
  const auto address = parse_listen(url.substr(6));
  if (!address || address->port == 0) return form;
  out.udp = *address;
  return "";
}

void build_syslog(Build& build, const View& syslog, SourceConfig& out) {
  const View listen = syslog["listen"];
  if (!listen.is_scalar()) return;
  const std::string fault = read_syslog_url(listen, out);
  if (!fault.empty()) build.faults.error(listen.at(), fault);
}

/// Two sources cannot own one socket.
void check_sockets(Build& build) {
  std::map<std::string, std::string> owners;
  for (const View& source : build.documents.named("sources")) {
    if (!source["syslog"].present()) continue;
    const View listen = source["syslog"]["listen"];
    const auto [first, added] = owners.emplace(listen.text(), source.key());
    if (!added)
      build.faults.error(listen.at(), "source \"" + first->second + "\" listens on this address too");
  }
}

void build_transport(Build& build, const View& source, SourceConfig& out) {
  const int transports =
      static_cast<int>(source["http"].node() != nullptr) + static_cast<int>(source["file"].present()) +
      static_cast<int>(source["mqtt"].present()) + static_cast<int>(source["syslog"].present());
  if (transports != 1) {
    build.faults.error(source.key_at(), "source \"" + source.key() +
                                            "\" needs exactly one of `http`, `file`, `mqtt` and `syslog`");
  }
  if (source["file"].present()) {
    out.kind = SourceConfig::Kind::kFile;
    const View path = source["file"]["path"];
    out.path = resolve_path(path.at().file, path.text());
  } else if (source["mqtt"].present()) {
    out.kind = SourceConfig::Kind::kMqtt;
    build_mqtt(build, source["mqtt"], out);
  } else if (source["syslog"].present()) {
    out.kind = SourceConfig::Kind::kSyslog;
    build_syslog(build, source["syslog"], out);
  }
  out.token = read_secret_name(source["http"]["token"]);
  check_secret(build, source["http"]["token"]);
  check_secret(build, source["mqtt"]["password"]);
}

void check_shape(Build& build, const View& source, const SourceConfig& out) {
  const bool format = source["format"].present();
  const bool messages = source["messages"].present();
  const std::string name = "source \"" + source.key() + "\"";
  if (format == messages) {
    build.faults.error(source.key_at(),
                       name + " needs exactly one of `format` (request logs) and `messages` (devices)");
  } else if (out.kind == SourceConfig::Kind::kMqtt && format) {
    build.faults.error(source["format"].key_at(), "an mqtt source needs `messages` in place of `format`");
  } else if (out.kind == SourceConfig::Kind::kFile && messages) {
    build.faults.error(source["messages"].key_at(), "`messages` come by mqtt or http, not from a file");
  } else if (out.kind == SourceConfig::Kind::kSyslog && messages) {
    build.faults.error(source["messages"].key_at(), "`messages` come by mqtt or http, not by syslog");
  }
  if (source["fields"].present() && !format) {
    build.faults.error(source["fields"].key_at(),
                       "`fields` belongs to `format`; a message has its own `fields`");
  }
  if (source["timestamp_is"].present() && !format) {
    build.faults.error(source["timestamp_is"].key_at(), "`timestamp_is` belongs to `format`");
  }
  if (source["envelope"].present() && out.kind != SourceConfig::Kind::kHttp &&
      out.envelope != SourceConfig::Envelope::kNone) {
    build.faults.error(source["envelope"].key_at(), "only an http source has an envelope");
  }
  if (source["confirm"].present() && (!messages || out.kind != SourceConfig::Kind::kHttp)) {
    build.faults.error(source["confirm"].key_at(), "`confirm` belongs to an http source with `messages`");
  }
}

SourceConfig::Envelope envelope_of(const std::string& word) {
  using Envelope = SourceConfig::Envelope;
  if (word == "pubsub") return Envelope::kPubsub;
  if (word == "loki") return Envelope::kLoki;
  if (word == "cloudevents") return Envelope::kCloudevents;
  return word == "otlp" ? Envelope::kOtlp : Envelope::kNone;
}

void check_client_ids(Build& build) {
  std::map<std::string, std::string> owners;
  for (const View& source : build.documents.named("sources")) {
    const SourceConfig* out = build.config.source(source.key());
    if (out == nullptr || out->kind != SourceConfig::Kind::kMqtt || out->mqtt_host.empty()) continue;
    const std::string id = out->mqtt_host + ":" + std::to_string(out->mqtt_port) + "/" + out->mqtt_client_id;
    const auto [first, added] = owners.emplace(id, source.key());
    if (added) continue;
    const View place = source["mqtt"]["client_id"].present() ? source["mqtt"]["client_id"] : source["mqtt"];
    build.faults.error(place.at(), "client id \"" + out->mqtt_client_id + "\" is also that of source \"" +
                                       first->second + "\": the broker would disconnect one for the other");
  }
}

}  // namespace

void build_sources(Build& build) {
  for (const View& source : build.documents.named("sources")) {
    SourceConfig out;
    out.name = source.key();
    build_transport(build, source, out);
    out.envelope = envelope_of(source["envelope"].text());
    if (source["format"].present()) build_format(build, source, out);
    build_messages(build, source, out);
    check_shape(build, source, out);
    if (check_multiple(source["silent_after"], Duration(0), build.faults)) {
      out.silent_after = read_duration(source["silent_after"]);
    }
    out.confirm_aws_iot = source["confirm"].text() == "aws-iot";
    build.config.sources.push_back(std::move(out));
  }
  if (build.config.sources.empty()) {
    build.faults.error(build.documents.whole(), "no `sources`: nothing would ever be counted");
  }
  check_client_ids(build);
  check_sockets(build);
}

}  // namespace slod::config
