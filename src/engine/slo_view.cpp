#include "slo_view.h"

#include <algorithm>

namespace slod::engine {

using window::Counts;

SloView::SloView(const Config& config, const SloConfig& slo, const Population& population,
                 const Measure& measure, const Tables& tables)
    : config_(config),
      slo_(slo),
      policy_(config.policies[static_cast<std::size_t>(slo.alert_policy)]),
      population_(population),
      measure_(measure),
      tables_(tables),
      lengths_(windows_of(policy_)),
      alerts_(alerts_for(slo.objective)) {
  const auto place = [&](Duration length) {
    const auto found = std::lower_bound(lengths_.begin(), lengths_.end(), length);
    return static_cast<std::size_t>(found - lengths_.begin());
  };
  for (const BurnRule& rule : policy_.rules)
    rule_windows_.push_back({place(rule.long_window), place(rule.short_window)});
}

std::vector<alert::BurnAlert> SloView::alerts_for(Ppm objective) const {
  std::vector<alert::BurnAlert> alerts;
  for (const BurnRule& rule : policy_.rules) alerts.emplace_back(rule, policy_, objective);
  return alerts;
}

bool SloView::bind() {
  bool all = true;
  const MeasureWindows& windows = measure_.windows();
  const auto place = [&](const Window& window) {
    const auto found = windows.find(window);
    all = all && found.has_value();
    return found.value_or(0);
  };
  policy_windows_.clear();
  also_.clear();
  for (const Duration length : lengths_) {
    Window window;
    window.rolling = length;
    policy_windows_.push_back({place(window), format_duration(length)});
  }
  slo_window_ = place(slo_.window);
  const auto among = windows.find_slo(slo_.window);
  among_slo_windows_ = among.value_or(0);
  for (const Window& also : slo_.also) also_.push_back({place(also), also.text});
  return all && among.has_value();
}

void SloView::learn(bool member) {
  const Groups::Group& newest = measure_.groups()[groups_.size()];
  Group& group = groups_.emplace_back();
  group.member = member;
  group.objective = member ? objective_of(newest.values) : slo_.objective;
  if (member && policy_.per_group) group.alerts = alerts_for(group.objective);
}

Ppm SloView::objective_of(const std::vector<StringId>& values) const {
  const auto matches = [&](const auto& wanted) {
    const auto key = std::find(slo_.group_by.begin(), slo_.group_by.end(), wanted.first);
    if (key == slo_.group_by.end()) return false;
    const auto place = static_cast<std::size_t>(key - slo_.group_by.begin());
    const auto value = tables_.dictionary->text(values[place]);
    return std::find(wanted.second.begin(), wanted.second.end(), value) != wanted.second.end();
  };
  for (const GroupObjective& special : slo_.group_objectives) {
    const auto& any_of = special.match.any_of;
    if (std::all_of(any_of.begin(), any_of.end(), matches)) return special.objective;
  }
  return slo_.objective;
}

/// Null: the overflow group's.
std::vector<std::pair<std::string, std::string>> SloView::labels(const std::vector<StringId>* values) const {
  std::vector<std::pair<std::string, std::string>> labels;
  for (std::size_t i = 0; i < slo_.group_by.size(); ++i) {
    labels.emplace_back(slo_.group_by[i],
                        values == nullptr ? kOverflow : std::string(tables_.dictionary->text((*values)[i])));
  }
  return labels;
}

Counts SloView::judged(std::size_t window) const {
  Counts sum = measure_.sum(window);
  if (slo_.max_share_per_device > 0) sum.bad -= measure_.capped(window, slo_.max_share_per_device);
  return sum;
}

Counts SloView::judged_group(std::size_t group, std::size_t window) const {
  Counts sum = measure_.group_sum(group, window);
  if (slo_.max_share_per_device > 0)
    sum.bad -= measure_.group_capped(group, window, slo_.max_share_per_device);
  return sum;
}

}  // namespace slod::engine
