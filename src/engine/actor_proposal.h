// The actor rule that would take most of the loss out of an SLO. Pure.
#pragma once

#include "slod/engine/contributors.h"

namespace slod::engine {

/// Proposes where one value of a label that the source maps has at least half of the bad events and at least
/// twice its share of all; further values of that label that stand out likewise come with it. Nothing where
/// the SLO would not be kept better, nothing would be left, or an actor has just these values already.
[[nodiscard]] std::optional<ActorProposal> propose_actor(const Config& config, const SloConfig& slo,
                                                         const Contributors& answer);

}  // namespace slod::engine
