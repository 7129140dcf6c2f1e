// Groups of one measure: label set to group, as Admission decided. A label set that nobody admitted is
// counted in the overflow group with its good and bad. Thread: the shard's.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "admission.h"
#include "slod/window/window_table.h"

namespace slod::engine {

inline constexpr const char* kOverflow = "__overflow__";

class Groups {
 public:
  using Index = std::uint32_t;
  struct Group {
    std::vector<StringId> values;  ///< in the order of group_by
    window::SeriesId series = 0;
    bool overflow = false;
    template <class A>
    void io(A& a) {
      a(values, series, overflow);
    }
  };

  /// True if the group is new: then series_of_newest() is the caller's to set.
  bool learn(const Admitted& admitted);
  void series_of_newest(window::SeriesId series) { groups_.back().series = series; }
  /// Requires: learn() was told what Admission said of the label set.
  [[nodiscard]] Index of(LabelSetId labels) const {
    const auto known = by_labels_.find(labels);
    return known == by_labels_.end() ? overflow_ : known->second;
  }
  [[nodiscard]] const std::vector<Group>& all() const { return groups_; }
  template <class A>
  void io(A& a) {
    a(groups_, by_labels_, overflow_);
  }

 private:
  std::vector<Group> groups_;
  boost::unordered_flat_map<LabelSetId, Index> by_labels_;
  Index overflow_ = 0;
};

}  // namespace slod::engine
