#include "groups.h"

#include <algorithm>

#include "slod/core/result.h"

namespace slod::engine {

bool Groups::learn(const Admitted& admitted, const window::SeriesSpec& spec) {
  SLOD_ASSERT(admitted.group <= groups_.size());
  if (admitted.overflow) {
    overflow_ = admitted.group;
  } else {
    by_labels_.emplace(admitted.labels, admitted.group);
  }
  if (admitted.group < groups_.size()) return false;
  const Ppm objective = admitted.overflow ? slo_.objective : objective_of(admitted.values);
  groups_.push_back({admitted.values, tables_->windows.add(spec), objective, admitted.overflow});
  return true;
}

Ppm Groups::objective_of(const std::vector<StringId>& values) const {
  const auto matches = [&](const auto& wanted) {
    const auto key = std::find(slo_.group_by.begin(), slo_.group_by.end(), wanted.first);
    if (key == slo_.group_by.end()) return false;
    const auto place = static_cast<std::size_t>(key - slo_.group_by.begin());
    const auto value = tables_->dictionary->text(values[place]);
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
  for (std::size_t i = 0; i < slo_.group_by.size(); ++i) {
    labels.emplace_back(slo_.group_by[i],
                        group.overflow ? kOverflow : std::string(tables_->dictionary->text(group.values[i])));
  }
  return labels;
}

}  // namespace slod::engine
