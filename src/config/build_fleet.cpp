#include <unistd.h>

#include <algorithm>
#include <set>

#include "config/build.h"
#include "slod/core/suggest.h"

namespace slod::config {

namespace {

using Is = MessageRule::Is;
using Condition = ThresholdCheck::Condition;

bool holds(const Condition& condition, double value) {
  switch (condition.op) {
    case ThresholdCheck::Op::kLess:
      return value < condition.value;
    case ThresholdCheck::Op::kLessEqual:
      return value <= condition.value;
    case ThresholdCheck::Op::kGreater:
      return value > condition.value;
    case ThresholdCheck::Op::kGreaterEqual:
      return value >= condition.value;
    case ThresholdCheck::Op::kEqual:
      return value == condition.value;
    case ThresholdCheck::Op::kNotEqual:
      return value != condition.value;
  }
  return false;
}

Condition negation(Condition condition) {
  using Op = ThresholdCheck::Op;
  switch (condition.op) {
    case Op::kLess:
      condition.op = Op::kGreaterEqual;
      break;
    case Op::kLessEqual:
      condition.op = Op::kGreater;
      break;
    case Op::kGreater:
      condition.op = Op::kLessEqual;
      break;
    case Op::kGreaterEqual:
      condition.op = Op::kLess;
      break;
    case Op::kEqual:
      condition.op = Op::kNotEqual;
      break;
    case Op::kNotEqual:
      condition.op = Op::kEqual;
      break;
  }
  return condition;
}

/// Some value that both conditions accept exists if one of these probes is one: conditions change only at
/// their values.
bool contradict(const Condition& a, const Condition& b) {
  const double low = std::min(a.value, b.value);
  const double high = std::max(a.value, b.value);
  const double probes[] = {low - 1, low, (low + high) / 2, high, high + 1};
  return std::any_of(std::begin(probes), std::end(probes),
                     [&](double v) { return holds(a, v) && holds(b, v); });
}

ReportInterval read_interval(Build& build, const View& value) {
  ReportInterval interval;
  const View otherwise = value.is_map() ? value["default"] : value;
  if (check_multiple(otherwise, Duration(0), build.faults)) interval.otherwise = *read_duration(otherwise);
  for (const View& state : value["state"].entries()) {
    if (check_multiple(state, Duration(0), build.faults)) {
      interval.by_state[state.key()] = *read_duration(state);
    }
  }
  return interval;
}

BatteryCheck read_battery(Build& build, const View& value) {
  BatteryCheck battery;
  battery.low = read_number(value["low"]).value_or(battery.low);
  battery.recovered = read_number(value["recovered"]).value_or(std::max(battery.recovered, battery.low));
  if (battery.recovered < battery.low) {
    build.faults.error(value["recovered"].at(), "`recovered` must be at least `low`");
  }
  if (check_multiple(value["max_age"], Duration(0), build.faults)) {
    battery.max_age = read_duration(value["max_age"]);
  }
  return battery;
}

ThresholdCheck read_check(Build& build, const View& value) {
  ThresholdCheck check;
  check.name = value.key();
  check.field = value["field"].text();
  if (!check.field.empty() && check.field.front() != '/') {
    build.faults.error(value["field"].at(),
                       "\"" + check.field + "\" is not a JSON Pointer; write \"/" + check.field + "\"");
  }
  const auto unhealthy = parse_condition(value["unhealthy"].text());
  const auto healthy = parse_condition(value["healthy"].text());
  if (unhealthy) check.unhealthy = *unhealthy;
  check.healthy = healthy ? *healthy : negation(check.unhealthy);
  if (unhealthy && healthy && contradict(*unhealthy, *healthy)) {
    build.faults.error(value["healthy"].at(), "a value can be both unhealthy and healthy");
  }
  check.dwell = read_duration(value["dwell"]).value_or(Duration(0));
  if (check_multiple(value["max_age"], Duration(0), build.faults)) {
    check.max_age = read_duration(value["max_age"]);
  }
  static const std::set<std::string> kTaken = {"connectivity", "battery", "any", "device-share"};
  if (kTaken.count(check.name) > 0) {
    build.faults.error(value.key_at(),
                       "\"" + check.name + "\" has a meaning of its own; choose another name");
  }
  return check;
}

void check_labels(Build& build, const View& match, const std::vector<std::string>& known) {
  for (const View& entry : match.entries()) {
    if (std::find(known.begin(), known.end(), entry.key()) != known.end()) continue;
    build.faults.error(entry.key_at(),
                       "unknown device label \"" + entry.key() + "\"" + did_you_mean(entry.key(), known));
  }
}

void read_sources(Build& build, const View& fleet, FleetConfig& out) {
  const std::vector<std::string> names = build.documents.names("sources");
  for (const View& source : fleet["sources"].items()) {
    if (find_name(source, names, "source", build.faults) < 0) continue;
    out.sources.push_back(source.text());
    const SourceConfig* config = build.config.source(source.text());
    if (!has_message(*config, Is::kReport) && !has_message(*config, Is::kPresence)) {
      build.faults.error(source.at(),
                         "source \"" + source.text() + "\" has no `is: report` or `is: presence` message");
    }
  }
}

void read_classes(Build& build, const View& fleet, FleetConfig& out) {
  const std::vector<std::string> labels = device_labels(build.config, build.documents);
  for (const View& item : fleet["classes"].items()) {
    DeviceClass entry;
    entry.match = read_match(item["match"]);
    check_labels(build, item["match"], labels);
    if (item["report_every"].present()) entry.report_every = read_interval(build, item["report_every"]);
    if (const auto lost = read_int(item["connectivity"]["lost_after"])) {
      entry.lost_after = static_cast<int>(*lost);
    }
    if (item["battery"].present()) entry.battery = read_battery(build, item["battery"]);
    out.classes.push_back(std::move(entry));
  }
}

bool any_report_maps(const Config& config, const FleetConfig& fleet, FieldPath MessageRule::*field) {
  for (const std::string& name : fleet.sources) {
    for (const MessageRule& rule : config.source(name)->messages) {
      if (rule.is == Is::kReport && !(rule.*field).empty()) return true;
    }
  }
  return false;
}

/// Reports hand the fields of the checks on, in the order of the checks.
void give_values(Config& config, const FleetConfig& fleet) {
  for (SourceConfig& source : config.sources) {
    if (std::find(fleet.sources.begin(), fleet.sources.end(), source.name) == fleet.sources.end()) continue;
    for (MessageRule& rule : source.messages) {
      if (rule.is != Is::kReport) continue;
      for (const ThresholdCheck& check : fleet.checks) {
        if (std::find(rule.values.begin(), rule.values.end(), check.field) == rule.values.end()) {
          rule.values.push_back(check.field);
        }
      }
    }
  }
}

void check_reports(Build& build, const View& view, const FleetConfig& fleet) {
  const bool states = fleet.in_service || !fleet.report_every.by_state.empty();
  const bool known = any_report_maps(build.config, fleet, &MessageRule::state) || !fleet.registry.empty();
  if (states && !known) {
    build.faults.error(
        view.key_at(),
        "`in_service` and `report_every.state` need a report that maps `state`, or a `registry`");
  }
  if (view["battery"].present() && !any_report_maps(build.config, fleet, &MessageRule::battery)) {
    build.faults.error(view["battery"].key_at(), "no report of the fleet's sources maps `battery`");
  }
  if (!fleet.registry.empty() && ::access(fleet.registry.c_str(), R_OK) != 0) {
    build.faults.warning(view["registry"].at(),
                         "\"" + fleet.registry + "\" cannot be read now; no device is expected until it can");
  }
}

}  // namespace

void build_fleet(Build& build) {
  const View fleet = build.documents.single("fleet");
  if (!fleet.is_map()) return;
  FleetConfig out;
  read_sources(build, fleet, out);
  out.registry = resolve_path(fleet.at().file, fleet["registry"].text());
  if (const View in_service = fleet["in_service"]; in_service.present()) {
    out.in_service = in_service["state"].texts();
    if (out.in_service->empty())
      build.faults.error(in_service.at(), "`in_service` needs a state, or no device is ever in service");
  }
  out.report_every = read_interval(build, fleet["report_every"]);
  out.lost_after = static_cast<int>(read_int(fleet["connectivity"]["lost_after"]).value_or(out.lost_after));
  if (fleet["battery"].present()) out.battery = read_battery(build, fleet["battery"]);
  if (check_multiple(fleet["missing_after"], Duration(0), build.faults)) {
    out.missing_after = *read_duration(fleet["missing_after"]);
  }
  out.broker_down_is_unhealthy = fleet["broker_down"].text() == "unhealthy";
  for (const View& check : fleet["checks"].entries()) out.checks.push_back(read_check(build, check));
  read_classes(build, fleet, out);
  check_reports(build, fleet, out);
  give_values(build.config, out);
  build.config.fleet = std::move(out);
}

}  // namespace slod::config
