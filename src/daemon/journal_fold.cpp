#include "slod/daemon/journal_fold.h"

#include "slod/core/archive.h"

namespace slod::daemon {

JournalFold::JournalFold(std::shared_ptr<const Config> config,
                         const std::vector<fleet::RegistryEntry>& registry,
                         const Dictionary& journal_dictionary)
    : journal_dictionary_(journal_dictionary), engine_(std::move(config), registry, dictionary_) {}

void JournalFold::apply(const journal::Group& group, const OnTick& on_tick) {
  position_ = group.position;
  stamp_ = group.stamp;
  engine_.observed_from(group.stamp);
  for (const auto& [source, counts] : group.counts) engine_.count(source, counts);
  for (const journal::Control& control : group.controls) apply(control, on_tick);
  for (const ApiRow& row : group.api) engine_.apply(translation_.row(journal_dictionary_, row, dictionary_));
  for (const DeviceRow& row : group.device)
    engine_.apply(translation_.row(journal_dictionary_, row, dictionary_));
}

void JournalFold::apply(const journal::Control& control, const OnTick& on_tick) {
  using journal::ControlKind;
  switch (control.kind) {
    case ControlKind::kTick:
      tick(control.at, on_tick);
      break;
    case ControlKind::kGap:
      if (const auto from = parse_rfc3339(control.text))
        engine_.unobserved(control.subject, *from, control.at);
      break;
    case ControlKind::kSourceDown:
      engine_.source_up(control.subject, false, control.at);
      break;
    case ControlKind::kSourceUp:
      engine_.source_up(control.subject, true, control.at);
      break;
    case ControlKind::kConfig:
      last_config_ = control.text;
      break;
    default:
      break;  // kept for later readers of the journal; nothing to fold yet
  }
}

void JournalFold::tick(Time at, const OnTick& on_tick) {
  TickOutcome outcome;
  outcome.at = at;
  outcome.begun = std::chrono::steady_clock::now();
  outcome.transitions = engine_.tick(at);
  outcome.events = incidents_.apply(outcome.transitions);
  last_tick_ = at;
  on_tick(outcome);
}

template <class A>
void JournalFold::io(A& a) {
  a(engine_, incidents_, last_config_, position_, stamp_, last_tick_);
}

std::string JournalFold::archived(std::size_t expected) {
  archive::Writer writer(expected);
  io(writer);
  return writer.take();
}

bool JournalFold::restore(std::string_view bytes) {
  archive::Reader reader(bytes);
  io(reader);
  return reader.complete();
}

}  // namespace slod::daemon
