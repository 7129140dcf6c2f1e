// Names an attempt: its actor, the labels that its journey keeps, and its retry key. Owned by the fold.
#pragma once

#include "fold/actors.h"
#include "fold/plan.h"

namespace slod::fold {

class AttemptMaker {
 public:
  AttemptMaker(const Config& config, Dictionary& dictionary, Plan& plan)
      : actors_(config.actors, dictionary), plan_(plan) {}

  [[nodiscard]] ActorIndex actor_of(LabelSetId labels) { return actors_.of(labels); }
  /// Fills in what follows from the row: actor, labels, retry key. `facts` has everything else.
  void name(AttemptFacts& facts, Journey& journey, std::uint64_t user, LabelSetId labels) {
    facts.actor = actors_.of(labels);
    facts.labels = journey.labels.of(labels, facts.device, facts.start);
    if (journey.retry_by.empty()) return;
    facts.has_key = plan_.has_retry_key(journey, facts, user, labels);
    if (facts.has_key) facts.key = plan_.retry_key(journey, facts, user, labels);
  }

 private:
  Actors actors_;
  Plan& plan_;
};

}  // namespace slod::fold
