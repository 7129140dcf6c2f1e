#include "fold/actors.h"

namespace slod::fold {

Actors::Actors(const std::vector<ActorConfig>& actors, Dictionary& dictionary) : dictionary_(dictionary) {
  for (const ActorConfig& actor : actors) matches_.emplace_back(actor.match, dictionary);
}

ActorIndex Actors::ask(LabelSetId labels) {
  ActorIndex found = kUnknownActor;
  for (std::size_t i = 0; i < matches_.size() && found == kUnknownActor; ++i) {
    if (matches_[i].matches(dictionary_, labels)) found = static_cast<ActorIndex>(i);
  }
  if (labels >= known_.size()) known_.resize(labels + 1, kUnasked);
  known_[labels] = found;
  return found;
}

}  // namespace slod::fold
