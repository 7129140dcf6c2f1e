// Alert policies: the written ones, and the default that a missing one means, scaled to a window. Pure.
#pragma once

#include "slod/config/config.h"

namespace slod::config {

/// The SRE Workbook's four rules with each window times `window` / 30 d, rounded to 10 s; factors as they
/// are. Example: for 28 d the 1 h becomes 56 m. Source: SRE Workbook, chapter 5, table 5-8.
[[nodiscard]] AlertPolicy scaled_default_policy(Duration window);
/// burn * (1 - objective) >= 1: not even with every event bad.
[[nodiscard]] bool can_never_fire(const BurnRule& rule, Ppm objective);

}  // namespace slod::config
