#include <deque>

#include "lane.h"

namespace slod::notify {

struct Notifier::Impl {
  explicit Impl(NotifierContext given) : context(std::move(given)) {}
  NotifierContext context;
  std::deque<Lane> lanes;
};

Notifier::Notifier(NotifierContext context) : impl_(std::make_unique<Impl>(std::move(context))) {
  for (const DestinationConfig& destination : impl_->context.config->destinations) {
    impl_->lanes.emplace_back(impl_->context, destination);
  }
}

Notifier::~Notifier() {
  stop(Duration(0));
}

void Notifier::start() {
  for (Lane& lane : impl_->lanes) lane.start();
}

void Notifier::wake() {
  for (Lane& lane : impl_->lanes) lane.wake();
}

void Notifier::stop(Duration deadline) {
  for (Lane& lane : impl_->lanes) lane.stop(impl_->context.wall_clock() + deadline);
}

NotifierFigures Notifier::figures() const {
  NotifierFigures figures;
  const Time now = impl_->context.wall_clock();
  for (const Lane& lane : impl_->lanes) {
    for (const auto& [outcome, count] : lane.outcomes()) figures.outcomes[{lane.name(), outcome}] = count;
    const auto oldest = impl_->context.ledger.oldest_pending(lane.name());
    figures.oldest_seconds[lane.name()] = oldest ? to_seconds(now - *oldest) : 0;
  }
  return figures;
}

}  // namespace slod::notify
