#include "refold.h"

#include <algorithm>

#include "slod/engine/engine.h"
#include "slod/journal/journal.h"

namespace slod::daemon {
namespace {

constexpr std::uint64_t kDrainEvery = 64;  // groups

/// The config with this SLO alone: nothing else is counted or judged.
std::shared_ptr<const Config> only(const Config& config, const SloConfig& slo) {
  auto lean = std::make_shared<Config>(config);
  lean->slos = {slo};
  lean->slos.front().group_by.clear();
  lean->slos.front().also.clear();
  for (AlertPolicy& policy : lean->policies) policy.rules.clear();
  lean->shards = 1;
  return lean;
}

void apply(engine::Engine& engine, const journal::Control& control) {
  using journal::ControlKind;
  if (control.kind == ControlKind::kTick) {
    engine.tick(control.at);
  } else if (control.kind == ControlKind::kGap) {
    if (const auto from = parse_rfc3339(control.text)) engine.unobserved(control.subject, *from, control.at);
  } else if (control.kind == ControlKind::kSourceDown || control.kind == ControlKind::kSourceUp) {
    engine.source_up(control.subject, control.kind == ControlKind::kSourceUp, control.at);
  }
}

void apply(engine::Engine& engine, const journal::Group& group) {
  engine.observed_from(group.stamp);
  for (const journal::Control& control : group.controls) apply(engine, control);
  for (const ApiRow& row : group.api) engine.apply(row);
  for (const DeviceRow& row : group.device) engine.apply(row);
}

/// What the journal has forgotten of the range; "" for nothing.
std::string missing(const RefoldInput& input, const SloConfig& slo, const journal::Group& first, Time last,
                    Time from) {
  const bool by_device =
      slo.journey < 0 || input.config->journeys[static_cast<std::size_t>(slo.journey)].device.has_value();
  Time kept = Time::min();
  if (first.position > 1) kept = first.stamp;
  const Time edge =
      last - (by_device ? std::min(input.keep_fleet, input.keep_journeys) : input.keep_journeys);
  if (first.stamp < edge) kept = std::max(kept, edge);
  if (kept <= from) return "";
  return "the journal keeps what this SLO needs since " + format_rfc3339(kept) +
         " (state.journal_retention): what is before that is missing or incomplete";
}

}  // namespace

Result<engine::Contributors> refold(const RefoldInput& input, const std::string& slo, engine::SlotRange range,
                                    const std::atomic<bool>& stopping) {
  const auto found = std::find_if(input.config->slos.begin(), input.config->slos.end(),
                                  [&](const SloConfig& s) { return s.name == slo; });
  if (found == input.config->slos.end()) return Error{"no SLO is called \"" + slo + "\""};
  const std::shared_ptr<const Config> config = only(*input.config, *found);
  const SloConfig& one = config->slos.front();
  Dictionary dictionary;
  engine::BookingLog log(*config, SIZE_MAX);
  engine::Engine engine(config, input.registry, dictionary);
  engine.record_to(log);
  engine::Contributions contributions(*config, one, range);
  auto reader = journal::read_sqlite_journal(input.journal_dir, 0, dictionary);
  if (!reader) return reader.error();
  journal::Group first;
  Time last;
  for (std::uint64_t read = 0;; ++read) {
    if (stopping.load()) return Error{"slod is stopping"};
    auto group = (*reader)->next();
    if (!group) return group.error();
    if (read % kDrainEvery == 0 || !group->has_value()) {
      contributions.add(*log.lane(one).view());
      log.lane(one).clear();
      if (one.journey < 0) {
        contributions.add_devices(*log.device_lane(one).view());
        log.device_lane(one).clear();
      }
    }
    if (!group->has_value()) break;
    if (read == 0) first.position = (*group)->position, first.stamp = (*group)->stamp;
    last = (*group)->stamp;
    apply(engine, **group);
  }
  engine::Contributors answer =
      engine::contributors_of(*config, one, range, contributions.sums(), dictionary);
  answer.computed_from = "journal";
  answer.note = missing(input, one, first, last, slot_start(range.from));
  return answer;
}

}  // namespace slod::daemon
