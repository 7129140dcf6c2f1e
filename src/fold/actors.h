// Who did it: the first actor of the config whose labels match, once per label set. Owned by the fold.
#pragma once

#include <vector>

#include "fold/label_match.h"

namespace slod::fold {

class Actors {
 public:
  Actors(const std::vector<ActorConfig>& actors, Dictionary& dictionary);
  /// kUnknownActor if none matches.
  ActorIndex of(LabelSetId labels) {
    if (labels < known_.size() && known_[labels] != kUnasked) return known_[labels];
    return ask(labels);
  }

 private:
  static constexpr ActorIndex kUnasked = -2;
  ActorIndex ask(LabelSetId labels);

  const Dictionary& dictionary_;
  std::vector<CompiledMatch> matches_;
  std::vector<ActorIndex> known_;  // by label set: dense ids make a plain vector the fastest cache
};

}  // namespace slod::fold
