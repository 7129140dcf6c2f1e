#include "refold.h"

#include <algorithm>

#include "slod/daemon/sealing.h"
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

void apply(engine::Engine& engine, Sealing& sealing, const journal::Control& control,
           journal::Position position) {
  using journal::ControlKind;
  if (control.kind == ControlKind::kTick) {
    sealing.before_tick(control.at);
    engine.tick(control.at);
    sealing.after_tick(control.at, position);
  } else if (control.kind == ControlKind::kSealed) {
    sealing.settled(control.at);
  } else if (control.kind == ControlKind::kGap) {
    if (const auto from = parse_rfc3339(control.text)) engine.unobserved(control.subject, *from, control.at);
  } else if (control.kind == ControlKind::kSourceDown || control.kind == ControlKind::kSourceUp) {
    engine.source_up(control.subject, control.kind == ControlKind::kSourceUp, control.at);
  }
}

void apply(engine::Engine& engine, Sealing& sealing, const journal::Group& group) {
  engine.observed_from(group.stamp);
  for (const journal::Control& control : group.controls) apply(engine, sealing, control, group.position);
  for (const ApiRow& row : group.api) engine.apply(row);
  for (const DeviceRow& row : group.device) {
    if (!sealing.covers(row, group.position)) engine.apply(row);
  }
}

/// What the journal has forgotten of the range; "" for nothing. Device-minutes are sealed before they leave
/// it.
std::string missing(const RefoldInput& input, const SloConfig& slo, const journal::Group& first, Time last,
                    Time from) {
  if (slo.journey < 0) return "";
  Time kept = Time::min();
  if (first.position > 1) kept = first.stamp;
  const Time edge = last - input.keep_journeys;
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
  Sealing sealing(*config, dictionary, engine);
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
    for (const journal::SealedBlock& block : (*group)->sealed) {
      if ((*group)->position == 0 && !sealing.take(block))
        return Error{"what is sealed in the journal cannot be read"};
    }
    if ((*group)->position == 0) continue;
    if (first.position == 0) first.position = (*group)->position, first.stamp = (*group)->stamp;
    last = (*group)->stamp;
    apply(engine, sealing, **group);
  }
  if (sealing.outrun()) return Error{"the journal was sealed while it was read: ask again"};
  engine::Contributors answer =
      engine::contributors_of(*config, one, range, contributions.sums(), dictionary);
  answer.computed_from = "journal";
  answer.note = missing(input, one, first, last, slot_start(range.from));
  return answer;
}

}  // namespace slod::daemon
