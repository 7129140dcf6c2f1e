#include "admission.h"

#include <algorithm>
#include <set>

namespace slod::engine {

Admission::Admission(const Config& config, const Plan& plan, Dictionary& dictionary)
    : dictionary_(&dictionary),
      own_(config.slos.size(), 0),
      short_(config.slos.size(), 0),
      per_slo_(config.limits.groups_per_slo),
      left_(config.limits.groups) {
  for (const PlannedMeasure& planned : plan.measures) {
    Measure& known = measures_.emplace_back();
    known.slos = planned.slos;
    for (const std::string& key : planned.spec.group_by) known.keys.push_back(dictionary.intern(key));
  }
}

void Admission::note_asked(Measure& measure, LabelSetId labels) {
  const std::size_t word = labels / 64;
  if (word >= measure.asked.size()) measure.asked.resize(std::max(word + 1, measure.asked.size() * 2));
  measure.asked[word] |= std::uint64_t{1} << (labels % 64);
}

std::vector<Admitted> Admission::decide(const std::vector<std::uint32_t>& measures, LabelSetId labels) {
  std::vector<Admitted> known, fresh;
  std::map<std::uint32_t, std::size_t> asking;  // SLO -> its measure's place in fresh, in the config's order
  for (const std::uint32_t index : measures) {
    Measure& measure = measures_[index];
    note_asked(measure, labels);
    Admitted admitted{index, labels, 0, false, {}, {}};
    for (const StringId key : measure.keys) admitted.values.push_back(dictionary_->value(labels, key));
    if (const auto same = measure.by_values.find(admitted.values); same != measure.by_values.end()) {
      admitted.group = same->second;
      known.push_back(std::move(admitted));
      continue;
    }
    for (const std::uint32_t slo : measure.slos) asking.emplace(slo, fresh.size());
    fresh.push_back(std::move(admitted));
  }
  for (const auto& [slo, place] : asking) {
    if (!has_room(slo)) {
      short_[slo] = 1;
      continue;
    }
    --left_;
    ++own_[slo];
    fresh[place].slos.push_back(slo);
  }
  for (Admitted& admitted : fresh) {
    Measure& measure = measures_[admitted.measure];
    if (auto tell = settled(measure, std::move(admitted))) known.push_back(std::move(*tell));
  }
  return known;
}

std::optional<Admitted> Admission::settled(Measure& measure, Admitted admitted) {
  if (!admitted.slos.empty()) {
    admitted.group = measure.groups++;
    measure.by_values.emplace(admitted.values, admitted.group);
    return admitted;
  }
  if (measure.overflow) return std::nullopt;  // an unknown label set is in the overflow group
  measure.overflow = admitted.group = measure.groups++;
  admitted.overflow = true;
  admitted.values.clear();
  return admitted;
}

std::vector<std::uint32_t> Admission::order_of_asking() const {
  std::map<std::uint32_t, std::uint32_t> measure_of;
  for (std::uint32_t i = 0; i < measures_.size(); ++i) {
    for (const std::uint32_t slo : measures_[i].slos) {
      if (!measures_[i].keys.empty()) measure_of.emplace(slo, i);
    }
  }
  std::vector<std::uint32_t> order;
  order.reserve(measure_of.size());
  for (const auto& [slo, measure] : measure_of) order.push_back(measure);
  return order;
}

std::vector<std::uint32_t> Admission::order_of_asking(const Plan& plan) {
  std::vector<std::uint32_t> order;
  for (const std::uint32_t measure : plan.measure_of) {
    if (!plan.measures[measure].spec.group_by.empty()) order.push_back(measure);
  }
  return order;
}

// While nobody is short of room, an SLO has the groups of its measure, and what others have does not matter
// but for the cap on all. Once somebody is, who has what depends on who came first: then the SLOs of the
// measures must ask in the same order as before, and all of one measure must be alike.
std::optional<Admission> Admission::adopted(const Config& next, const Plan& plan) const {
  Admission made = *this;
  made.own_.assign(next.slos.size(), 0);
  made.short_.assign(next.slos.size(), 0);
  made.left_ = next.limits.groups;
  const bool scarce = std::any_of(short_.begin(), short_.end(), [](std::uint8_t s) { return s != 0; });
  if (scarce && order_of_asking() != order_of_asking(plan)) return std::nullopt;
  for (std::size_t i = 0; i < measures_.size(); ++i) {
    const std::vector<std::uint32_t>&before = measures_[i].slos, &after = plan.measures[i].slos;
    made.measures_[i].slos = after;
    if (measures_[i].keys.empty()) continue;
    const std::uint32_t example = before.front();
    const bool alike = std::all_of(before.begin(), before.end(),
                                   [&](std::uint32_t slo) { return own_[slo] == own_[example]; });
    if (scarce && !alike) return std::nullopt;
    for (const std::uint32_t slo : after) {
      made.own_[slo] = own_[example];
      made.short_[slo] = short_[example];
      made.left_ -= own_[example];
    }
  }
  if (made.left_ < 0) return std::nullopt;
  return made;
}

}  // namespace slod::engine
