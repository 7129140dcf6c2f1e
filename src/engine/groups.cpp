#include "groups.h"

#include <algorithm>

namespace slod::engine {

Groups::Groups(const SloConfig& slo, Tables& tables) : slo_(slo), tables_(tables) {
  for (const std::string& key : slo.group_by) keys_.push_back(tables.dictionary->intern(key));
}

Groups::Index Groups::of(LabelSetId labels, const window::SeriesSpec& spec) {
  if (const auto known = by_labels_.find(labels); known != by_labels_.end()) return known->second;
  std::vector<StringId> values;
  values.reserve(keys_.size());
  for (const StringId key : keys_) values.push_back(tables_.dictionary->value(labels, key));
  const auto same = by_values_.find(values);
  const Index index = same != by_values_.end() ? same->second : admit(std::move(values), spec);
  by_labels_.emplace(labels, index);
  return index;
}

Groups::Index Groups::admit(std::vector<StringId> values, const window::SeriesSpec& spec) {
  const auto own = static_cast<std::int64_t>(groups_.size()) - (overflow_ ? 1 : 0);
  if (own >= tables_.groups_per_slo || tables_.groups_left <= 0) {
    if (!overflow_) {
      overflow_ = static_cast<Index>(groups_.size());
      groups_.push_back({{}, tables_.windows.add(spec), slo_.objective, true});
    }
    return *overflow_;
  }
  --tables_.groups_left;
  const auto index = static_cast<Index>(groups_.size());
  const Ppm objective = objective_of(values);
  by_values_.emplace(values, index);
  groups_.push_back({std::move(values), tables_.windows.add(spec), objective, false});
  return index;
}

Ppm Groups::objective_of(const std::vector<StringId>& values) const {
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

std::vector<std::pair<std::string, std::string>> Groups::labels(const Group& group) const {
  std::vector<std::pair<std::string, std::string>> labels;
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    labels.emplace_back(slo_.group_by[i],
                        group.overflow ? kOverflow : std::string(tables_.dictionary->text(group.values[i])));
  }
  return labels;
}

}  // namespace slod::engine
