// The actor rule that would take most of the loss out of an SLO. Pure.
#pragma once

#include "slod/engine/contributors.h"

namespace slod::engine {

/// Proposes the values of a label that the source maps which have at least twice their share of the bad
/// events, where they have at least half of these together. Of an SLO of several actors, where one of them
/// does: the SLO without it. Nothing where the SLO would not be kept better, nothing would be left, or an
/// actor has these values already.
[[nodiscard]] std::optional<ActorProposal> propose_actor(const Config& config, const SloConfig& slo,
                                                         const Contributors& answer);

}  // namespace slod::engine
