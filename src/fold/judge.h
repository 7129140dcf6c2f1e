// What the legs of an attempt say, as of the last tick: pure functions of the legs.
#pragma once

#include "fold/legs.h"
#include "fold/unobserved.h"

namespace slod::fold {

/// Requires: an attempt. `leg` is the view's. Decision::made is false while undecided or not in the view.
[[nodiscard]] Decision judge(const Legs& legs, const JourneyConfig& journey, GoodWhen leg,
                             const UnobservedTimes& unobserved);

}  // namespace slod::fold
