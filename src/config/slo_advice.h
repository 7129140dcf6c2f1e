// Warnings about SLOs that are legal but unwise.
#pragma once

#include "config/build.h"

namespace slod::config {

/// Burn rules that can never fire, targets that one event breaks. `objective`, `slices`: where they stand.
void advise(Build& build, const SloConfig& slo, const View& objective, const View& budgeting);

}  // namespace slod::config
