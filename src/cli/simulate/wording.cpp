#include "cli/simulate/wording.h"

#include <nlohmann/json.hpp>

namespace slod::cli {
namespace {

using nlohmann::ordered_json;

void set(ordered_json& json, const FieldPath& path, const ordered_json& value) {
  if (path.empty()) return;
  if (path.front() == '/') {
    json[ordered_json::json_pointer(path)] = value;
  } else {
    json[path] = value;
  }
}

/// Replaces {captures} and, in topics, wildcards.
template <typename Value>
std::string fill(const std::string& text, Value value_of) {
  std::string filled;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t close = text[at] == '{' ? text.find('}', at) : std::string::npos;
    if (close == std::string::npos) {
      filled += text[at++];
      continue;
    }
    filled += value_of(text.substr(at + 1, close - at - 1));
    at = close + 1;
  }
  return filled;
}

}  // namespace

std::string log_line(const LogFormat& format, const RequestFacts& facts) {
  const LogFields& fields = format.fields;
  ordered_json json = ordered_json::object();
  set(json, fields.time, format_rfc3339(format.stamp_is_end ? facts.start + facts.latency : facts.start));
  set(json, fields.method, facts.method);
  set(json, fields.path, facts.path);
  set(json, fields.status, facts.status);
  set(json, fields.latency,
      static_cast<double>(facts.latency.count()) / static_cast<double>(fields.latency_unit.count()));
  set(json, fields.id, facts.id);
  set(json, fields.device, facts.device);
  set(json, fields.user, facts.user);
  for (const auto& [name, path] : fields.labels) {
    const auto found = facts.labels.find(name);
    if (found != facts.labels.end()) set(json, path, found->second);
  }
  return json.dump();
}

std::string message_payload(const MessageRule& rule, const MessageFacts& facts) {
  if (rule.is == MessageRule::Is::kPresence) return facts.state;
  ordered_json json = ordered_json::object();
  set(json, rule.time, format_rfc3339(facts.time));
  set(json, rule.device, facts.device);
  set(json, rule.id, facts.id);
  set(json, rule.name, facts.name);
  set(json, rule.result, facts.result);
  if (rule.is != MessageRule::Is::kReport) return json.dump();
  set(json, rule.battery, facts.battery);
  set(json, rule.state, facts.state);
  set(json, rule.seq, facts.seq);
  set(json, rule.boot, facts.boot);
  set(json, rule.lat, facts.lat);
  set(json, rule.lon, facts.lon);
  for (const auto& [name, path] : rule.labels) {
    const auto found = facts.labels.find(name);
    if (found != facts.labels.end()) set(json, path, found->second);
  }
  for (const FieldPath& path : rule.values) {
    const auto found = facts.values.find(path);
    if (found != facts.values.end()) set(json, path, found->second);
  }
  return json.dump();
}

std::string message_topic(const MessageRule& rule, const MessageFacts& facts) {
  std::string topic = fill(rule.topic, [&](const std::string& name) {
    return name == "device" ? facts.device : name == "name" ? facts.name : std::string("x");
  });
  for (char& c : topic) {
    if (c == '+' || c == '#') c = 'x';
  }
  return topic;
}

std::string request_path(const std::string& route, const std::string& device, const std::string& id) {
  return fill(route, [&](const std::string& name) { return name == "device" ? device : id; });
}

double healthy_value(const ThresholdCheck& check) {
  using Op = ThresholdCheck::Op;
  switch (check.healthy.op) {
    case Op::kLess:
    case Op::kLessEqual:
      return check.healthy.value - 5;
    case Op::kGreater:
    case Op::kGreaterEqual:
      return check.healthy.value + 5;
    case Op::kEqual:
      return check.healthy.value;
    case Op::kNotEqual:
      return check.healthy.value + 1;
  }
  return check.healthy.value;
}

}  // namespace slod::cli
