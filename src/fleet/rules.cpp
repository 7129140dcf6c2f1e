#include "rules.h"

#include <algorithm>

#include "slod/core/result.h"

namespace slod::fleet {
namespace {

std::uint64_t pair_key(std::uint32_t a, std::uint32_t b) {
  return (std::uint64_t{a} << 32) | b;
}

bool battery_wanted(const FleetConfig& fleet, const std::vector<std::string>& asked) {
  return fleet.battery || std::find(asked.begin(), asked.end(), "battery") != asked.end() ||
         std::any_of(fleet.classes.begin(), fleet.classes.end(),
                     [](const DeviceClass& c) { return c.battery.has_value(); });
}

CheckRule battery_rule(const BatteryCheck& check, Nanos default_age) {
  using Op = ThresholdCheck::Op;
  return {{Op::kLess, check.low},
          {Op::kGreaterEqual, check.recovered},
          check.max_age ? check.max_age->count() : default_age};
}

}  // namespace

const FleetConfig& fleet_of(const Config& config) {
  static const FleetConfig kDefault;
  return config.fleet ? *config.fleet : kDefault;
}

Rules::Rules(const Config& config, Dictionary& dictionary, const std::vector<std::string>& asked)
    : fleet_(fleet_of(config)), dictionary_(dictionary), has_battery_(battery_wanted(fleet_, asked)) {
  if (has_battery_) add_check("battery", 0, 0);
  for (const ThresholdCheck& check : fleet_.checks) {
    add_check(check.name, dictionary_.intern(check.field), check.dwell.count());
  }
  SLOD_ASSERT(value_checks() <= kMaxValueChecks);
  keep_labels(config);
}

void Rules::add_check(const std::string& name, StringId field, Nanos dwell) {
  reasons_.push_back(dictionary_.intern(name));
  fields_.push_back(field);
  dwell_.push_back(dwell);
}

void Rules::keep_labels(const Config& config) {
  const auto keep = [this](std::string_view name) { kept_keys_.insert(dictionary_.intern(name)); };
  for (const char* name : {"model", "firmware", "area"}) keep(name);
  for (const SloConfig& slo : config.slos) {
    if (slo.journey >= 0) continue;
    for (const std::string& name : slo.group_by) keep(name);
    for (const GroupObjective& group : slo.group_objectives) {
      for (const auto& [name, values] : group.match.any_of) keep(name);
    }
  }
  for (const DeviceClass& c : fleet_.classes) {
    for (const auto& [name, values] : c.match.any_of) keep(name);
  }
  constexpr std::string_view kPrefix = "device.";
  for (const JourneyConfig& journey : config.journeys) {
    for (const std::string& label : journey.labels) {
      if (label.starts_with(kPrefix)) keep(std::string_view(label).substr(kPrefix.size()));
    }
  }
}

int Rules::find_check(std::string_view name) const {
  for (std::size_t k = 0; k < reasons_.size(); ++k) {
    if (dictionary_.text(reasons_[k]) == name) return static_cast<int>(k);
  }
  return -1;
}

const Rule& Rules::rule(LabelSetId labels, StringId state) {
  const auto [at, added] =
      rule_index_.try_emplace(pair_key(labels, state), static_cast<std::uint32_t>(rules_.size()));
  if (added) rules_.push_back(resolve(labels, state));
  return rules_[at->second];
}

bool Rules::matches(const LabelMatch& match, LabelSetId labels) const {
  return std::all_of(match.any_of.begin(), match.any_of.end(), [&](const auto& wanted) {
    const std::string_view have = dictionary_.text(dictionary_.value(labels, dictionary_.find(wanted.first)));
    return std::find(wanted.second.begin(), wanted.second.end(), have) != wanted.second.end();
  });
}

/// The first matching class that says something about a thing decides that thing.
Rule Rules::resolve(LabelSetId labels, StringId state) const {
  const ReportInterval* every = nullptr;
  const int* lost_after = nullptr;
  std::optional<BatteryCheck> battery;
  for (const DeviceClass& c : fleet_.classes) {
    if (!matches(c.match, labels)) continue;
    if (c.report_every && every == nullptr) every = &*c.report_every;
    if (c.lost_after && lost_after == nullptr) lost_after = &*c.lost_after;
    if (c.battery && !battery) battery = c.battery;
  }
  if (every == nullptr) every = &fleet_.report_every;
  if (!battery) battery = fleet_.battery.value_or(BatteryCheck{});
  if (!battery->max_age && fleet_.battery) battery->max_age = fleet_.battery->max_age;

  const std::string word(dictionary_.text(state));
  const auto by_state = every->by_state.find(word);
  Rule rule;
  rule.interval = (by_state == every->by_state.end() ? every->otherwise : by_state->second).count();
  rule.lost = rule.interval * (lost_after == nullptr ? fleet_.lost_after : *lost_after);
  rule.in_service = !fleet_.in_service || std::find(fleet_.in_service->begin(), fleet_.in_service->end(),
                                                    word) != fleet_.in_service->end();
  if (has_battery_) rule.checks.push_back(battery_rule(*battery, rule.lost));
  for (const ThresholdCheck& check : fleet_.checks) {
    rule.checks.push_back(
        {check.unhealthy, check.healthy, check.max_age ? check.max_age->count() : rule.lost});
  }
  return rule;
}

LabelSetId Rules::merge(LabelSetId base, LabelSetId report) {
  if (report == 0) return base;
  const auto [at, added] = merged_.try_emplace(pair_key(base, report), base);
  if (!added) return at->second;
  const auto old = dictionary_.labels(base);
  std::vector<Label> all(old.begin(), old.end());
  for (const Label& label : dictionary_.labels(report)) {
    if (label.value == 0 || !kept_keys_.contains(label.key)) continue;
    const auto same =
        std::find_if(all.begin(), all.end(), [&](const Label& l) { return l.key == label.key; });
    if (same == all.end()) {
      all.push_back(label);
    } else {
      same->value = label.value;
    }
  }
  at->second = dictionary_.intern_labels(all);
  return at->second;
}

LabelSetId Rules::intern(const std::map<std::string, std::string>& labels) {
  std::vector<Label> kept;
  for (const auto& [name, value] : labels) {
    const Label label{dictionary_.intern(name), dictionary_.intern(value)};
    if (label.value != 0 && kept_keys_.contains(label.key)) kept.push_back(label);
  }
  return dictionary_.intern_labels(kept);
}

}  // namespace slod::fleet
