#include "decode/envelope.h"

#include <simdjson.h>

#include "decode/flat_record.h"
#include "slod/decode/decoder.h"

namespace slod::decode {
namespace {

namespace dom = simdjson::dom;

using Lines = std::string;

int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  if (c == '/' || c == '_') return 63;
  return -1;
}

std::optional<std::string> from_base64(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string out;
  unsigned bits = 0;
  unsigned held = 0;
  for (const char c : text) {
    const int digit = base64_digit(c);
    if (digit < 0) return std::nullopt;
    held = (held << 6U | static_cast<unsigned>(digit)) & 0xFFFFFFU;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out.push_back(static_cast<char>(held >> bits & 0xFFU));
  }
  return out;
}

std::string_view text_at(dom::element element, std::string_view key) {
  std::string_view text;
  return element[key].get_string().get(text) == simdjson::SUCCESS ? text : std::string_view{};
}

/// Calls `visit` for each item of the array at `key`; without such an array, for none.
template <typename Visit>
void each(dom::element element, std::string_view key, const Visit& visit) {
  dom::array items;
  if (element[key].get_array().get(items) != simdjson::SUCCESS) return;
  for (const dom::element item : items) visit(item);
}

bool pubsub(dom::element root, Lines& lines) {
  dom::element message;
  if (root["message"].get(message) != simdjson::SUCCESS) return false;
  const auto data = from_base64(text_at(message, "data"));
  if (!data || data->empty()) return false;
  add_line(lines, *data);
  return true;
}

bool loki(dom::element root, Lines& lines) {
  dom::array streams;
  if (root["streams"].get_array().get(streams) != simdjson::SUCCESS) return false;
  for (const dom::element stream : streams) {
    each(stream, "values", [&](dom::element entry) {
      std::string_view line;
      dom::array parts;
      const bool good = entry.get_array().get(parts) == simdjson::SUCCESS &&
                        parts.at(1).get_string().get(line) == simdjson::SUCCESS;
      add_line(lines, good ? line : std::string_view("not a log line"));
    });
  }
  return true;
}

bool cloudevent(dom::element event, Lines& lines) {
  dom::element data;
  if (event["data"].get(data) == simdjson::SUCCESS) {
    std::string_view text;
    if (data.get_string().get(text) == simdjson::SUCCESS) {
      add_line(lines, text);
    } else {
      add_line(lines, simdjson::minify(data));
    }
    return true;
  }
  const auto decoded = from_base64(text_at(event, "data_base64"));
  if (!decoded || decoded->empty()) return false;
  add_line(lines, *decoded);
  return true;
}

bool cloudevents(dom::element root, Lines& lines) {
  dom::array batch;
  if (root.get_array().get(batch) != simdjson::SUCCESS) return cloudevent(root, lines);
  for (const dom::element event : batch) {
    if (!cloudevent(event, lines)) add_line(lines, "no data");
  }
  return true;
}

/// OTLP's AnyValue as plain JSON, or "" where it holds no scalar.
std::string any_value(dom::element value) {
  for (const std::string_view kind : {"stringValue", "intValue", "doubleValue", "boolValue"}) {
    dom::element inner;
    if (value[kind].get(inner) == simdjson::SUCCESS) return simdjson::minify(inner);
  }
  return {};
}

/// The attributes of `owner` at `list`.
void add_all(FlatRecord& record, dom::element owner, std::string_view list) {
  each(owner, list, [&](dom::element attribute) {
    dom::element value;
    if (attribute["value"].get(value) == simdjson::SUCCESS)
      record.add(text_at(attribute, "key"), any_value(value));
  });
}

/// One log record with what it belongs to; what is nearer to it comes first.
std::string flat(dom::element record, dom::element resource_logs) {
  FlatRecord out;
  for (const std::string_view stamp : {"timeUnixNano", "observedTimeUnixNano"}) {
    dom::element time;
    if (record[stamp].get(time) == simdjson::SUCCESS) out.add(stamp, simdjson::minify(time));
  }
  add_all(out, record, "attributes");
  dom::element body;
  if (record["body"]["kvlistValue"].get(body) == simdjson::SUCCESS) add_all(out, body, "values");
  if (record["body"].get(body) == simdjson::SUCCESS) out.add("body", any_value(body));
  dom::element resource;
  if (resource_logs["resource"].get(resource) == simdjson::SUCCESS) add_all(out, resource, "attributes");
  return out.object();
}

bool otlp(dom::element root, Lines& lines) {
  dom::array resources;
  if (root["resourceLogs"].get_array().get(resources) != simdjson::SUCCESS) return false;
  for (const dom::element resource : resources) {
    each(resource, "scopeLogs", [&](dom::element scope) {
      each(scope, "logRecords", [&](dom::element record) { add_line(lines, flat(record, resource)); });
    });
  }
  return true;
}

}  // namespace

std::string message_id(SourceConfig::Envelope envelope, std::string_view body) {
  if (envelope != SourceConfig::Envelope::kPubsub) return {};
  dom::parser parser;
  dom::element message;
  if (parser.parse(body.data(), body.size(), true)["message"].get(message) != simdjson::SUCCESS) return {};
  // Both spellings are sent.
  const std::string_view id = text_at(message, "messageId");
  return std::string(id.empty() ? text_at(message, "message_id") : id);
}

std::optional<std::string> unwrap(SourceConfig::Envelope envelope, std::string_view body) {
  dom::parser parser;
  dom::element root;
  if (parser.parse(body.data(), body.size(), true).get(root) != simdjson::SUCCESS) return std::nullopt;
  Lines lines;
  bool good = false;
  switch (envelope) {
    case SourceConfig::Envelope::kNone:
      return std::string(body);
    case SourceConfig::Envelope::kPubsub:
      good = pubsub(root, lines);
      break;
    case SourceConfig::Envelope::kLoki:
      good = loki(root, lines);
      break;
    case SourceConfig::Envelope::kCloudevents:
      good = cloudevents(root, lines);
      break;
    case SourceConfig::Envelope::kOtlp:
      good = otlp(root, lines);
      break;
  }
  if (!good) return std::nullopt;
  return lines;
}

}  // namespace slod::decode
