#include "cli/simulate/script.h"

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <set>

namespace slod::cli {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

bool has_any(const std::string& text, std::initializer_list<const char*> words) {
  const std::string low = lower(text);
  return std::any_of(words.begin(), words.end(),
                     [&](const char* w) { return low.find(w) != std::string::npos; });
}

bool ends_a_ride(const std::string& name) {
  const std::string low = lower(name);
  return low.starts_with("lock") || low.ends_with("lock") ? low.find("unlock") == std::string::npos
                                                          : has_any(low, {"end", "finish", "stop", "return"});
}

const MessageRule* rule_of(const SourceConfig& source, MessageRule::Is is) {
  for (const MessageRule& rule : source.messages) {
    if (rule.is == is) return &rule;
  }
  return nullptr;
}

void add_act(Script& script, const JourneyConfig& journey) {
  Act act;
  act.journey = &journey;
  act.at_end = ends_a_ride(journey.name);
  if (journey.api) {
    const SourceConfig* source = script.config->source(journey.api->source);
    const bool can_post = source != nullptr && source->kind == SourceConfig::Kind::kHttp && source->format &&
                          source->format->syntax == LogFormat::Syntax::kJson &&
                          source->envelope == SourceConfig::Envelope::kNone;
    if (can_post) act.api = source;
    if (!can_post) {
      script.warnings.push_back("journey " + journey.name + ": its source " + journey.api->source +
                                " does not take posted JSON without an envelope; its requests are left out");
    }
  }
  if (journey.device) {
    act.device = script.config->source(journey.device->source);
    if (act.device != nullptr) {
      act.command = rule_of(*act.device, MessageRule::Is::kCommand);
      act.reply = rule_of(*act.device, MessageRule::Is::kReply);
    }
  }
  if (act.api == nullptr && act.command == nullptr) return;
  (act.at_end ? script.closing : script.opening).push_back(act);
}

void find_states(Script& script) {
  std::vector<std::string> states;
  if (script.config->fleet && script.config->fleet->in_service) states = *script.config->fleet->in_service;
  const auto find = [&](std::initializer_list<const char*> words, const char* otherwise) -> std::string {
    for (const std::string& state : states) {
      if (has_any(state, words)) return state;
    }
    return states.empty() ? otherwise : states.front();
  };
  script.riding = find({"rid", "use", "driv", "run", "trip", "busy"}, "riding");
  script.idle = find({"avail", "idle", "ready"}, "available");
  script.parked = find({"park", "stand", "idle"}, "parked");
}

void find_areas(Script& script) {
  std::vector<std::string> areas = {"tokyo", "osaka", "yokohama", "fukuoka"};
  for (const SloConfig& slo : script.config->slos) {
    for (const GroupObjective& group : slo.group_objectives) {
      const auto found = group.match.any_of.find("area");
      if (found == group.match.any_of.end()) continue;
      for (const std::string& area : found->second) {
        if (std::find(areas.begin(), areas.end(), area) == areas.end()) areas.push_back(area);
      }
    }
  }
  script.areas = areas;
}

}  // namespace

Script make_script(const Config& config) {
  Script script;
  script.config = &config;
  for (const JourneyConfig& journey : config.journeys) add_act(script, journey);
  for (const SourceConfig& source : config.sources) {
    for (const MessageRule& rule : source.messages) {
      if (rule.is == MessageRule::Is::kReport) script.reports.emplace_back(&source, &rule);
      if (rule.is == MessageRule::Is::kPresence) script.presence.emplace_back(&source, &rule);
    }
  }
  find_states(script);
  find_areas(script);
  for (const ActorConfig& actor : config.actors) {
    double weight = 10;
    if (has_any(actor.name, {"rider", "user", "customer", "driver"})) weight = 90;
    if (has_any(actor.name, {"operat", "ops", "staff"})) weight = 4;
    if (has_any(actor.name, {"synth", "probe", "test", "bot"})) weight = 3;
    script.actor_weights.push_back(weight);
  }
  return script;
}

int pick_actor(const Script& script, Draw& draw) {
  double total = 0;
  for (const double weight : script.actor_weights) total += weight;
  double at = draw.unit() * total;
  for (std::size_t i = 0; i < script.actor_weights.size(); ++i) {
    at -= script.actor_weights[i];
    if (at < 0) return static_cast<int>(i);
  }
  return static_cast<int>(script.actor_weights.size()) - 1;
}

int operator_actor(const Script& script) {
  for (std::size_t i = 0; i < script.config->actors.size(); ++i) {
    if (has_any(script.config->actors[i].name, {"operat", "ops", "staff"})) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace slod::cli
