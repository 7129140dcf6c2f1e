#include "refold.h"

#include <algorithm>
#include <optional>

#include "slod/daemon/refolding.h"

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
  Dictionary none;  // no group comes with ids of the daemon's
  Known known;
  std::optional<engine::Contributions> contributions;
  std::unique_ptr<Refolding> refolding;
  const auto drain_now = [&] { drain(refolding->fold().log(), one, *contributions); };
  std::uint64_t told = 0;
  RefoldingEar ear;
  ear.begins = [&] {
    contributions.emplace(*config, one, range);
    known = {};
  };
  ear.group = [&](const journal::Group& group) {
    if (known.first.position == 0) known.first.position = group.position, known.first.stamp = group.stamp;
    known.last = group.stamp;
    if (++told % kDrainEvery == 0) drain_now();
  };
  const auto go_on = [&](double) {
    drain_now();
    return !stopping.load();
  };
  const auto open = [&](Dictionary& dictionary) {
    return journal::read_sqlite_journal(input.journal_dir, 0, dictionary);
  };
  refolding = std::make_unique<Refolding>(
      RefoldingInput{config, input.registry, input.history, open, none, {}, go_on, std::move(ear), SIZE_MAX});
  if (const Status folded = refolding->run(); !folded) return folded.error();
  if (!refolding->finished()) return Error{"slod is stopping"};
  drain_now();
  engine::Contributors answer =
      engine::contributors_of(*config, one, range, contributions->sums(), refolding->fold().dictionary());
  answer.computed_from = "journal";
  known.sealed = refolding->fold().sealing().until();
  answer.note = missing(input, one, known, slot_start(range.from));
  return answer;
}

}  // namespace slod::daemon
