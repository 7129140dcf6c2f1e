// Groups of one measure: label set to group, as Admission decided. A label set that nobody admitted is
// counted in the overflow group with its good and bad. Label sets are looked up per event, and their ids are
// dense: a page of places for every so many ids, made when one of them is admitted. Thread: the shard's.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
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
  void series_of_newest(window::SeriesId series);
  /// Requires: learn() was told what Admission said of the label set.
  [[nodiscard]] Index of(LabelSetId labels) const { return place_of(labels).group; }
  [[nodiscard]] window::SeriesId series_of(LabelSetId labels) const { return place_of(labels).series; }
  /// A hint: series_of() will be asked.
  void prefetch(LabelSetId labels) const {
    const std::size_t page = labels / kPage;
    if (page < pages_.size() && pages_[page]) __builtin_prefetch(&(*pages_[page])[labels % kPage]);
  }
  [[nodiscard]] const std::vector<Group>& all() const { return groups_; }
  /// After reading, follow with find_places().
  template <class A>
  void io(A& a) {
    a(groups_, admitted_);
  }
  /// False: what was read does not fit together. `label_sets`: how many there are.
  [[nodiscard]] bool find_places(std::size_t label_sets);

 private:
  static constexpr std::size_t kPage = 512;
  static constexpr Index kOfNobody = 0xffffffff;
  struct Place {
    Index group = kOfNobody;
    window::SeriesId series = 0;
  };
  using Page = std::array<Place, kPage>;

  [[nodiscard]] const Place& place_of(LabelSetId labels) const {
    const std::size_t page = labels / kPage;
    if (page >= pages_.size() || !pages_[page]) return overflow_;
    const Place& place = (*pages_[page])[labels % kPage];
    return place.group == kOfNobody ? overflow_ : place;
  }
  void set_place(LabelSetId labels, Index group);

  std::vector<Group> groups_;
  std::vector<std::pair<LabelSetId, Index>> admitted_;  // in the order of admission
  std::vector<std::unique_ptr<Page>> pages_;            // the same, by label set
  Place overflow_;
};

}  // namespace slod::engine
