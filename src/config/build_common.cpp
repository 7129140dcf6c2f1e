#include <algorithm>
#include <set>

#include "config/build.h"
#include "slod/core/suggest.h"

namespace slod::config {

int find_name(const View& value, const std::vector<std::string>& names, const std::string& what,
              FaultList& faults) {
  if (!value.is_scalar()) return -1;
  const auto found = std::find(names.begin(), names.end(), value.text());
  if (found != names.end()) return static_cast<int>(found - names.begin());
  faults.error(value.at(), "unknown " + what + " \"" + value.text() + "\"" +
                               (names.empty() ? "; none is defined" : did_you_mean(value.text(), names)));
  return -1;
}

LabelMatch read_match(const View& map) {
  LabelMatch match;
  for (const View& entry : map.entries()) match.any_of[entry.key()] = entry.texts();
  return match;
}

bool check_multiple(const View& value, Duration step, FaultList& faults) {
  const auto duration = read_duration(value);
  if (!duration) return false;
  if (duration->count() <= 0) {
    faults.error(value.at(), "must be longer than 0");
    return false;
  }
  if (step.count() > 0 && *duration % step != Duration(0)) {
    faults.error(value.at(), "\"" + value.text() + "\" is not a multiple of " + format_duration(step));
    return false;
  }
  return true;
}

void check_secret(Build& build, const View& secret) {
  if (!secret.is_map() || secret["file"].present() != secret["env"].present()) return;
  build.faults.error(secret.at(), "a secret is either { file: PATH } or { env: NAME }");
}

std::vector<std::string> all_log_labels(const Config& config) {
  std::set<std::string> labels;
  for (const SourceConfig& source : config.sources) {
    if (source.format) {
      for (const auto& label : source.format->fields.labels) labels.insert(label.first);
    }
    for (const MessageRule& rule : source.messages) {
      if (rule.is != MessageRule::Is::kCommand) continue;
      for (const auto& label : rule.labels) labels.insert(label.first);
    }
  }
  return {labels.begin(), labels.end()};
}

std::vector<std::string> device_labels(const Config& config, const Documents& documents) {
  std::set<std::string> labels;
  const View fleet = documents.single("fleet");
  for (const std::string& name : fleet["sources"].texts()) {
    const SourceConfig* source = config.source(name);
    if (source == nullptr) continue;
    for (const MessageRule& rule : source->messages) {
      if (rule.is != MessageRule::Is::kReport) continue;
      for (const auto& label : rule.labels) labels.insert(label.first);
      if (!rule.state.empty()) labels.insert("state");
    }
  }
  if (fleet["registry"].present()) labels.insert({"model", "firmware", "area", "state"});
  if (documents.single("areas").present()) labels.insert("area");
  return {labels.begin(), labels.end()};
}

bool has_message(const SourceConfig& source, MessageRule::Is is) {
  return std::any_of(source.messages.begin(), source.messages.end(),
                     [is](const MessageRule& rule) { return rule.is == is; });
}

}  // namespace slod::config
