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

/// Of a group of rows: nothing to do. False: damaged.
bool take_sealed(const journal::Group& group, Sealing& sealing) {
  return group.position != 0 ||
         std::all_of(group.sealed.begin(), group.sealed.end(),
                     [&](const journal::SealedBlock& block) { return sealing.take(block); });
}

/// What is booked so far: read, and forgotten.
void drain(engine::BookingLog& log, const SloConfig& slo, engine::Contributions& into) {
  into.add(*log.lane(slo).view());
  log.lane(slo).clear();
  if (slo.journey >= 0) return;
  into.add_devices(*log.device_lane(slo).view());
  log.device_lane(slo).clear();
}

struct Known {
  journal::Group first;  ///< without its rows
  Time last, sealed;     ///< journal time; the end of what is sealed
};

/// What the journal has forgotten of the range; "" for nothing. Device-minutes are sealed before they leave
/// it, without whose they are; how a device stood when a journey failed goes with the reports.
std::string missing(const RefoldInput& input, const SloConfig& slo, const Known& known, Time from) {
  const std::string reports = "what devices said is known since " + format_rfc3339(known.sealed) +
                              " (state.journal_retention.fleet): ";
  if (slo.journey < 0)
    return known.sealed <= from ? "" : reports + "of the minutes before that, whose they were is not";
  Time kept = Time::min();
  if (known.first.position > 1) kept = known.first.stamp;
  const Time edge = known.last - input.keep_journeys;
  if (known.first.stamp < edge) kept = std::max(kept, edge);
  if (kept <= from) return known.sealed <= from ? "" : reports + "how a device stood before that is not";
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
  Known known;
  for (std::uint64_t read = 0;; ++read) {
    if (stopping.load()) return Error{"slod is stopping"};
    auto group = (*reader)->next();
    if (!group) return group.error();
    if (read % kDrainEvery == 0 || !group->has_value()) drain(log, one, contributions);
    if (!group->has_value()) break;
    if (!take_sealed(**group, sealing)) return Error{"what is sealed in the journal cannot be read"};
    if ((*group)->position == 0) continue;
    if (known.first.position == 0)
      known.first.position = (*group)->position, known.first.stamp = (*group)->stamp;
    known.last = (*group)->stamp;
    apply(engine, sealing, **group);
  }
  if (sealing.outrun()) return Error{"the journal was sealed while it was read: ask again"};
  engine::Contributors answer =
      engine::contributors_of(*config, one, range, contributions.sums(), dictionary);
  answer.computed_from = "journal";
  known.sealed = sealing.until();
  answer.note = missing(input, one, known, slot_start(range.from));
  return answer;
}

}  // namespace slod::daemon
