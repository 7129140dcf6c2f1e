// Groups of one SLO: label set to group, admitted in journal order up to the caps; what comes later is
// counted in one overflow group with its good and bad, so that totals stay exact. Engine thread.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "slod/config/config.h"
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

  Groups(const SloConfig& slo, Tables& tables);

  /// The group of a label set; the same one for ever. `spec` is the series of a group that is admitted now.
  Index of(LabelSetId labels, const window::SeriesSpec& spec);
  [[nodiscard]] const std::vector<Group>& all() const { return groups_; }
  /// ("area", "shibuya") pairs in the order of group_by.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> labels(const Group& group) const;
  [[nodiscard]] bool on() const { return !keys_.empty(); }
  template <class A>
  void io(A& a) {
    a(groups_, by_labels_, by_values_, overflow_);
  }

 private:
  Index admit(std::vector<StringId> values, const window::SeriesSpec& spec);
  [[nodiscard]] Ppm objective_of(const std::vector<StringId>& values) const;

  const SloConfig& slo_;
  Tables& tables_;
  std::vector<StringId> keys_;
  std::vector<Group> groups_;
  boost::unordered_flat_map<LabelSetId, Index> by_labels_;
  std::map<std::vector<StringId>, Index> by_values_;
  std::optional<Index> overflow_;
};

}  // namespace slod::engine
