// Groups of one SLO: label set to group, as Admission decided. A label set that was not admitted is counted
// in the overflow group with its good and bad. Thread: the shard's.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "admission.h"
#include "tables.h"

namespace slod::engine {

inline constexpr const char* kOverflow = "__overflow__";

class Groups {
 public:
  using Index = std::uint32_t;
  struct Group {
    std::vector<StringId> values;  ///< in the order of group_by
    window::SeriesId series = 0;
    Ppm objective = 0;
    bool overflow = false;
    template <class A>
    void io(A& a) {
      a(values, series, objective, overflow);
    }
  };

  Groups(const SloConfig& slo, Tables& tables) : slo_(slo), tables_(&tables) {}

  /// True if the group is new; then `spec` is its series.
  bool learn(const Admitted& admitted, const window::SeriesSpec& spec);
  /// Requires: learn() was told what Admission said of the label set.
  [[nodiscard]] Index of(LabelSetId labels) const {
    const auto known = by_labels_.find(labels);
    return known == by_labels_.end() ? overflow_ : known->second;
  }
  [[nodiscard]] const std::vector<Group>& all() const { return groups_; }
  /// ("area", "shibuya") pairs in the order of group_by.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> labels(const Group& group) const;
  [[nodiscard]] bool on() const { return !slo_.group_by.empty(); }
  template <class A>
  void io(A& a) {
    a(groups_, by_labels_, overflow_);
  }

 private:
  [[nodiscard]] Ppm objective_of(const std::vector<StringId>& values) const;

  const SloConfig& slo_;
  Tables* tables_;
  std::vector<Group> groups_;
  boost::unordered_flat_map<LabelSetId, Index> by_labels_;
  Index overflow_ = 0;
};

}  // namespace slod::engine
