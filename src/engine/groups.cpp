#include "groups.h"

#include "slod/core/result.h"

namespace slod::engine {

bool Groups::learn(const Admitted& admitted) {
  SLOD_ASSERT(admitted.group <= groups_.size());
  const bool is_new = admitted.group == groups_.size();
  if (is_new) groups_.push_back({admitted.values, 0, admitted.overflow});
  if (admitted.overflow) {
    overflow_ = {admitted.group, groups_[admitted.group].series};
  } else {
    admitted_.emplace_back(admitted.labels, admitted.group);
    set_place(admitted.labels, admitted.group);
  }
  return is_new;
}

void Groups::series_of_newest(window::SeriesId series) {
  groups_.back().series = series;
  if (groups_.back().overflow) {
    overflow_.series = series;
  } else {
    set_place(admitted_.back().first, admitted_.back().second);
  }
}

bool Groups::find_places(std::size_t label_sets) {
  pages_.clear();
  overflow_ = {};
  for (Index i = 0; i < groups_.size(); ++i) {
    if (groups_[i].overflow) overflow_ = {i, groups_[i].series};
  }
  for (const auto& [labels, group] : admitted_) {
    if (labels >= label_sets || group >= groups_.size()) return false;
    set_place(labels, group);
  }
  return true;
}

void Groups::set_place(LabelSetId labels, Index group) {
  const std::size_t page = labels / kPage;
  if (page >= pages_.size()) pages_.resize(page + 1);
  if (!pages_[page]) pages_[page] = std::make_unique<Page>();
  (*pages_[page])[labels % kPage] = {group, groups_[group].series};
}

}  // namespace slod::engine
