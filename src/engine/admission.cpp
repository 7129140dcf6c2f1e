#include "admission.h"

#include <algorithm>

namespace slod::engine {

Admission::Admission(const Config& config, Dictionary& dictionary)
    : dictionary_(dictionary), per_slo_(config.limits.groups_per_slo), left_(config.limits.groups) {
  for (const SloConfig& slo : config.slos) {
    Slo& known = slos_.emplace_back();
    for (const std::string& key : slo.group_by) known.keys.push_back(dictionary.intern(key));
  }
}

std::optional<Admitted> Admission::decide(std::size_t index, LabelSetId labels) {
  Slo& slo = slos_[index];
  const std::size_t word = labels / 64;
  if (word >= slo.asked.size()) slo.asked.resize(std::max(word + 1, slo.asked.size() * 2));
  slo.asked[word] |= std::uint64_t{1} << (labels % 64);
  Admitted admitted{static_cast<std::uint32_t>(index), labels, 0, false, {}};
  for (const StringId key : slo.keys) admitted.values.push_back(dictionary_.value(labels, key));
  if (const auto same = slo.by_values.find(admitted.values); same != slo.by_values.end()) {
    admitted.group = same->second;
    return admitted;
  }
  const auto own = static_cast<std::int64_t>(slo.groups) - (slo.overflow ? 1 : 0);
  if (own < per_slo_ && left_ > 0) {
    --left_;
    admitted.group = slo.groups++;
    slo.by_values.emplace(admitted.values, admitted.group);
    return admitted;
  }
  if (slo.overflow) return std::nullopt;  // an unknown label set is in the overflow group
  slo.overflow = admitted.group = slo.groups++;
  admitted.overflow = true;
  admitted.values.clear();
  return admitted;
}

}  // namespace slod::engine
