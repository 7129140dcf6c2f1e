#include <algorithm>
#include <map>
#include <set>

#include "config/build.h"
#include "config/presets.h"
#include "config/split.h"
#include "slod/core/suggest.h"

namespace slod::config {

namespace {

using Is = MessageRule::Is;

Is kind_of(const std::string& word) {
  if (word == "presence") return Is::kPresence;
  if (word == "command") return Is::kCommand;
  return word == "reply" ? Is::kReply : Is::kReport;
}

/// Which fields have a meaning in which kind of message.
const std::set<std::string>& fields_of(Is is) {
  static const std::map<Is, std::set<std::string>> kFields = {
      {Is::kReport, {"time", "time_unit", "device", "battery", "state", "seq", "boot", "position", "labels"}},
      {Is::kPresence, {"time", "time_unit", "device", "state"}},
      {Is::kCommand, {"time", "time_unit", "device", "id", "name", "labels"}},
      {Is::kReply, {"time", "time_unit", "device", "id", "name", "result"}}};
  return kFields.at(is);
}

/// What is wrong with a topic template, or "".
std::string topic_fault(const std::string& topic) {
  const std::vector<std::string> levels = split(topic, '/');
  std::set<std::string> captures;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const std::string& level = levels[i];
    if (level == "#" && i + 1 < levels.size()) return "`#` stands only at the end of a topic";
    if (level == "#" || level == "+") continue;
    if (level == "{device}" || level == "{name}") {
      if (!captures.insert(level).second) return level + " stands twice in the topic";
      continue;
    }
    if (level.find_first_of("{}") != std::string::npos) {
      return "\"" + level + "\": a topic knows {device} and {name}, each as a whole level; `+` is any level";
    }
    if (level.find_first_of("+#") != std::string::npos) return "`+` and `#` are whole levels of a topic";
  }
  return "";
}

FieldPath pointer(Build& build, const View& value) {
  const std::string path = value.text();
  if (!path.empty() && path.front() != '/') {
    build.faults.error(value.at(), "\"" + path + "\" is not a JSON Pointer; write \"/" + path + "\"");
  }
  return path;
}

void read_fields(Build& build, const View& fields, MessageRule& rule) {
  const std::map<std::string, FieldPath*> plain = {
      {"time", &rule.time},   {"device", &rule.device}, {"id", &rule.id},
      {"name", &rule.name},   {"result", &rule.result}, {"battery", &rule.battery},
      {"state", &rule.state}, {"seq", &rule.seq},       {"boot", &rule.boot}};
  for (const auto& [key, path] : plain) *path = pointer(build, fields[key]);
  rule.lat = pointer(build, fields["position"]["lat"]);
  rule.lon = pointer(build, fields["position"]["lon"]);
  if (fields["time_unit"].is_scalar()) rule.time_unit = unit_of(fields["time_unit"].text());
  for (const View& label : fields["labels"].entries()) rule.labels[label.key()] = pointer(build, label);
}

void check_meaning(Build& build, const View& message, const MessageRule& rule) {
  const std::string is = message["is"].text();
  const std::set<std::string>& allowed = fields_of(rule.is);
  for (const View& field : message["fields"].entries()) {
    if (allowed.count(field.key()) > 0) continue;
    build.faults.error(field.key_at(), "`" + field.key() + "` has no meaning in a " + is +
                                           " message (it has " + or_list({allowed.begin(), allowed.end()}) +
                                           ")");
  }
  const auto only = [&](const char* key, Is owner, const char* kind) {
    if (message[key].present() && rule.is != owner) {
      build.faults.error(message[key].key_at(),
                         std::string("`") + key + "` belongs to a " + kind + " message");
    }
  };
  only("online", Is::kPresence, "presence");
  only("offline", Is::kPresence, "presence");
  only("good", Is::kReply, "reply");
}

void check_complete(Build& build, const View& message, const MessageRule& rule) {
  const auto need = [&](bool there, const std::string& what) {
    if (!there) {
      build.faults.error(message["is"].at(), "a " + message["is"].text() + " message needs " + what);
    }
  };
  const bool device = rule.topic.find("{device}") != std::string::npos || !rule.device.empty();
  need(device, "{device} in its topic, or `device` in its fields");
  if (rule.is == Is::kPresence) {
    need(!rule.online.empty() || !rule.offline.empty(), "`online` and `offline` words");
  } else if (rule.is == Is::kCommand) {
    need(rule.topic.find("{name}") != std::string::npos || !rule.name.empty(),
         "{name} in its topic, or `name` in its fields");
  } else if (rule.is == Is::kReply) {
    need(!rule.good.empty(), "`good`: the results that mean done");
    need(!rule.result.empty(), "`result` in its fields");
  }
  for (const View& word : message["offline"].items()) {
    if (std::find(rule.online.begin(), rule.online.end(), word.text()) == rule.online.end()) continue;
    build.faults.error(word.at(), "\"" + word.text() + "\" is both an `online` and an `offline` word");
  }
}

MessageRule read_rule(Build& build, const View& message) {
  MessageRule rule;
  rule.topic = message["topic"].text();
  rule.is = kind_of(message["is"].text());
  rule.online = message["online"].texts();
  rule.offline = message["offline"].texts();
  rule.good = message["good"].texts();
  read_fields(build, message["fields"], rule);
  return rule;
}

}  // namespace

void build_messages(Build& build, const View& source, SourceConfig& out) {
  std::set<std::string> topics;
  for (const View& message : source["messages"].items()) {
    if (!message.is_map()) continue;
    const MessageRule rule = read_rule(build, message);
    const View topic = message["topic"];
    const std::string fault = topic_fault(rule.topic);
    if (!fault.empty()) build.faults.error(topic.at(), fault);
    if (topic.is_scalar() && !topics.insert(rule.topic).second) {
      build.faults.error(topic.at(),
                         "this topic stands above already; the first one would take every message");
    }
    if (message["is"].is_scalar()) {
      check_meaning(build, message, rule);
      if (fault.empty()) check_complete(build, message, rule);
    }
    out.messages.push_back(rule);
  }
  if (source["messages"].is_list() && out.messages.empty()) {
    build.faults.error(source["messages"].at(), "`messages` is empty");
  }
}

}  // namespace slod::config
