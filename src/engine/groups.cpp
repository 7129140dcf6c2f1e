#include "groups.h"

#include "slod/core/result.h"

namespace slod::engine {

bool Groups::learn(const Admitted& admitted) {
  SLOD_ASSERT(admitted.group <= groups_.size());
  if (admitted.overflow) {
    overflow_ = admitted.group;
  } else {
    by_labels_.emplace(admitted.labels, admitted.group);
  }
  if (admitted.group < groups_.size()) return false;
  groups_.push_back({admitted.values, 0, admitted.overflow});
  return true;
}

}  // namespace slod::engine
