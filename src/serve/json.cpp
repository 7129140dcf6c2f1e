// The JSON of the API and of `slod replay`: ordered as documented, undefined numbers are null, numbers
// unrounded.
#include <nlohmann/json.hpp>

#include "slod/serve/render.h"

namespace slod::serve {

std::optional<SliBounds> sli_bounds(const SloConfig& slo, window::Counts counts,
                                    const engine::Missing& missing) {
  constexpr double kComplete = 0.999;
  if (slo.budgeting || missing.completeness >= kComplete) return std::nullopt;
  const auto all = static_cast<double>(counts.valid() + missing.all());
  const auto good = static_cast<double>(counts.good);
  return SliBounds{good / all, (good + static_cast<double>(missing.all())) / all};
}

std::optional<SliBounds> sli_bounds(const engine::SloReading& reading) {
  return sli_bounds(*reading.config, {reading.good, reading.bad}, reading.missing);
}

namespace {

using Json = nlohmann::ordered_json;
using engine::SloReading;

Json number(std::optional<double> value) {
  return value ? Json(*value) : Json(nullptr);
}

/// Objectives and targets as ratios, exact in text: 999'500 ppm is 0.9995.
double ratio(Ppm ppm) {
  return static_cast<double>(ppm) / static_cast<double>(kOne);
}

Json labels_json(const std::vector<std::pair<std::string, std::string>>& labels) {
  Json json = Json::object();
  for (const auto& [name, value] : labels) json[name] = value;
  return json;
}

Json budget_json(const slo::Budget& budget) {
  return {{"allowed", budget.allowed},
          {"spent", budget.spent},
          {"remaining_ratio", number(budget.remaining_ratio)}};
}

Json rules_json(const std::vector<engine::RuleStatus>& rules) {
  Json array = Json::array();
  for (const engine::RuleStatus& rule : rules) {
    Json one = {{"severity", rule.severity},
                {"long", rule.long_window},
                {"short", rule.short_window},
                {"burn", rule.burn},
                {"state", rule.firing ? "firing" : "inactive"}};
    if (rule.firing && rule.since) one["since"] = format_rfc3339(*rule.since);
    if (rule.held) one["held"] = true;
    if (rule.quiet) one["quiet"] = true;
    array.push_back(std::move(one));
  }
  return array;
}

Json groups_json(const SloReading& reading) {
  Json array = Json::array();
  for (const engine::GroupReading& group : reading.groups) {
    Json one = {{"labels", labels_json(group.labels)},
                {"good", group.good},
                {"bad", group.bad},
                {"valid", group.good + group.bad}};
    if (group.capped) one["capped"] = *group.capped;
    if (group.objective != reading.config->objective) one["objective"] = ratio(group.objective);
    if (!group.alerts.empty()) one["alerts"] = rules_json(group.alerts);
    array.push_back(std::move(one));
  }
  return array;
}

/// What is missing of a window, where that is enough to matter.
void add_doubt(const SloConfig& slo, window::Counts counts, const engine::Missing& missing, Json& json) {
  const auto bounds = sli_bounds(slo, counts, missing);
  if (!bounds) return;
  json["completeness"] = missing.completeness;
  json["sli_bounds"] = {{"low", bounds->low}, {"high", bounds->high}};
}

Json also_json(const SloReading& reading) {
  Json array = Json::array();
  for (const engine::AlsoReading& also : reading.also) {
    array.push_back({{"window", also.window},
                     {"since", format_rfc3339(also.since)},
                     {"good", also.good},
                     {"bad", also.bad},
                     {"valid", also.good + also.bad},
                     {"sli", number(also.sli)},
                     {"budget", budget_json(also.budget)}});
    add_doubt(*reading.config, {also.good, also.bad}, also.missing, array.back());
  }
  return array;
}

void add_windows(const SloReading& reading, Json& json) {
  Json burn = Json::object(), counts = Json::object();
  for (const engine::WindowReading& window : reading.windows) {
    burn[window.window] = number(window.burn);
    counts[window.window] = {{"good", window.counts.good}, {"bad", window.counts.bad}};
    add_doubt(*reading.config, window.counts, window.missing, counts[window.window]);
  }
  json["burn"] = std::move(burn);
  json["counts"] = std::move(counts);
}

Json reading_json(const SloReading& reading) {
  const SloConfig& slo = *reading.config;
  Json json = {{"slo", slo.name},
               {"service", slo.service},
               {"objective", ratio(slo.objective)},
               {"window", slo.window.text},
               {"good", reading.good},
               {"bad", reading.bad},
               {"valid", reading.good + reading.bad},
               {"excluded", reading.excluded}};
  if (reading.capped) json["capped"] = *reading.capped;
  if (slo.journey >= 0) {
    json["attempts"] = reading.attempts;
    json["booked_late"] = reading.booked_late;
  } else {
    json["unobserved"] = reading.missing.unobserved;
    json["expected"] = reading.expected.value_or(0);
    json["coverage"] = number(reading.coverage);
  }
  json["sli"] = number(reading.sli);
  if (slo.journey >= 0) json["sli_raw"] = number(reading.sli_raw);
  json["budget"] = budget_json(reading.budget);
  add_windows(reading, json);
  if (slo.journey >= 0) {
    json["latency"] = {
        {"p50", number(reading.p50)}, {"p90", number(reading.p90)}, {"p99", number(reading.p99)}};
  }
  json["outcomes"] = Json::object();
  for (const auto& [outcome, count] : reading.outcomes) json["outcomes"][outcome] = count;
  json["completeness"] = reading.missing.completeness;
  if (reading.missing.shed > 0) json["shed"] = reading.missing.shed;
  if (const auto bounds = sli_bounds(reading)) {
    json["sli_bounds"] = {{"low", bounds->low}, {"high", bounds->high}};
  }
  if (reading.unknown_actor) json["unknown_actor"] = *reading.unknown_actor;
  if (reading.counts_since) json["counts_since"] = format_rfc3339(*reading.counts_since);
  json["has_data"] = reading.has_data;
  json["alerts"] = rules_json(reading.alerts);
  json["groups"] = groups_json(reading);
  if (!reading.also.empty()) json["also"] = also_json(reading);
  return json;
}

Json condition_json(const engine::Exemplar& exemplar) {
  using fold::DeviceCondition;
  const DeviceCondition& condition = exemplar.condition;
  if (condition.link == DeviceCondition::Link::kNone) return nullptr;
  const bool out =
      condition.link == DeviceCondition::Link::kSilent || condition.link == DeviceCondition::Link::kOffline;
  const bool heard = condition.heard_seconds != DeviceCondition::kNotHeard;
  const bool battery = condition.battery != DeviceCondition::kNoBattery;
  return {{"connectivity", engine::link_name(condition.link)},
          {"since", out ? Json(format_rfc3339(exemplar.at - seconds(condition.out_seconds))) : Json(nullptr)},
          {"last_heard",
           heard ? Json(format_rfc3339(exemplar.at - seconds(condition.heard_seconds))) : Json(nullptr)},
          {"battery", battery ? Json(condition.battery / 10.0) : Json(nullptr)},
          {"failing", exemplar.check.empty() ? Json(nullptr) : Json(exemplar.check)}};
}

Json exemplar_json(const engine::Exemplar& exemplar, bool show_device) {
  Json json = {{"at", format_rfc3339(exemplar.at)}, {"route", exemplar.route}, {"actor", exemplar.actor}};
  if (show_device) json["device"] = exemplar.device;
  json["outcome"] = exemplar.outcome;
  json["status"] = exemplar.status == 0 ? Json(nullptr) : Json(exemplar.status);
  json["latency"] = number(exemplar.latency);
  json["attempts"] = exemplar.attempts;
  json["labels"] = labels_json(exemplar.labels);
  json["sentence"] = exemplar.sentence;
  json["condition"] = condition_json(exemplar);
  return json;
}

Json exemplars_json(const engine::Snapshot& snapshot, const SloReading& reading) {
  Json array = Json::array();
  for (const auto& exemplar : reading.exemplars)
    array.push_back(exemplar_json(*exemplar, snapshot.config->server.show_devices));
  return array;
}

Json sources_array(const engine::Snapshot& snapshot) {
  Json array = Json::array();
  for (const engine::SourceReading& source : snapshot.sources) {
    Json one = {{"source", source.source},
                {"received", source.received},
                {"accepted", source.accepted},
                {"duplicate", source.duplicate},
                {"ignored", source.ignored},
                {"rejected", source.rejected},
                {"late", source.late},
                {"shed", source.shed},
                {"accepted_late", source.accepted_late}};
    if (!source.rejected_by_reason.empty()) one["rejected_by_reason"] = source.rejected_by_reason;
    one["last_event"] = source.last_event ? Json(format_rfc3339(*source.last_event)) : Json(nullptr);
    one["up"] = source.up;
    array.push_back(std::move(one));
  }
  return array;
}

Json transition_json(const engine::Transition& transition) {
  Json json = {{"at", format_rfc3339(transition.at)},
               {"slo", transition.slo},
               {"severity", transition.severity},
               {"long", transition.long_window},
               {"short", transition.short_window},
               {"from", transition.from},
               {"to", transition.to}};
  if (!transition.labels.empty()) json["labels"] = labels_json(transition.labels);
  return json;
}

/// Device ids and paths come from outside: what is not UTF-8 is shown as a replacement character.
std::string dump(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string slos_json(const engine::Snapshot& snapshot, const std::vector<engine::Transition>* transitions,
                      int indent) {
  Json json = {{"as_of", snapshot.as_of == Time{} ? Json(nullptr) : Json(format_rfc3339(snapshot.as_of))}};
  json["slos"] = Json::array();
  for (const SloReading& reading : snapshot.slos) json["slos"].push_back(reading_json(reading));
  json["sources"] = sources_array(snapshot);
  if (transitions != nullptr) {
    json["transitions"] = Json::array();
    for (const engine::Transition& transition : *transitions)
      json["transitions"].push_back(transition_json(transition));
  }
  return dump(json, indent);
}

std::string slo_json(const engine::Snapshot& snapshot, const std::string& slo) {
  for (const SloReading& reading : snapshot.slos) {
    if (reading.config->name != slo) continue;
    Json json = reading_json(reading);
    json["as_of"] = format_rfc3339(snapshot.as_of);
    json["owner"] = reading.config->owner;
    json["runbook"] = reading.config->runbook;
    json["first_steps"] = reading.config->first_steps;
    if (reading.config->journey >= 0) json["exemplars"] = exemplars_json(snapshot, reading);
    return dump(json, -1);
  }
  return "";
}

std::string sources_json(const engine::Snapshot& snapshot, bool disk_full) {
  Json json = {{"as_of", format_rfc3339(snapshot.as_of)}, {"sources", sources_array(snapshot)}};
  if (disk_full) json["disk_full"] = true;
  json["unmatched_paths"] = Json::array();
  for (const auto& [path, count] : snapshot.unmatched_paths) {
    json["unmatched_paths"].push_back({{"path", path}, {"count", count}});
  }
  return dump(json, -1);
}

std::string alerts_json(const engine::Snapshot& snapshot) {
  Json json = {
      {"as_of", format_rfc3339(snapshot.as_of)}, {"alerts", Json::array()}, {"transitions", Json::array()}};
  const auto add = [&](const SloReading& reading, const engine::RuleStatus& rule, const Json& labels) {
    if (!rule.firing) return;
    Json one = {{"slo", reading.config->name}, {"service", reading.config->service}};
    one.update(rules_json({rule})[0]);
    if (!labels.empty()) one["labels"] = labels;
    json["alerts"].push_back(std::move(one));
  };
  for (const SloReading& reading : snapshot.slos) {
    for (const engine::RuleStatus& rule : reading.alerts) add(reading, rule, Json::object());
    for (const engine::GroupReading& group : reading.groups) {
      for (const engine::RuleStatus& rule : group.alerts) add(reading, rule, labels_json(group.labels));
    }
  }
  for (const engine::Transition& transition : snapshot.recent_transitions) {
    json["transitions"].push_back(transition_json(transition));
  }
  return dump(json, -1);
}

}  // namespace slod::serve
