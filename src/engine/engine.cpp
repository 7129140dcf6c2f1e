#include "slod/engine/engine.h"

#include <algorithm>
#include <deque>
#include <map>

#include "accounts.h"
#include "counting.h"

namespace slod::engine {
namespace {

constexpr std::size_t kRecentTransitions = 200;
/// Gaps older than this are in no window.
constexpr Duration kLongestLookBack = hours(24 * 400);
constexpr std::size_t kUnhealthyListed = 50;
constexpr std::size_t kUnmatchedListed = 20;

/// For configs without a fleet: nothing is known of any device.
class NoDevices final : public fold::DeviceDirectory {
 public:
  [[nodiscard]] StringId label(StringId, std::string_view, Time) const override { return 0; }
};

/// What may be counted is there from the start: a counter that appears at 1 has no rate.
void at_zero(const Config& config, Snapshot& snapshot) {
  for (const JourneyConfig& journey : config.journeys) {
    if (journey.retry) snapshot.late_unfolded.try_emplace(journey.name, 0);
    if (!journey.device) continue;
    for (const char* kind : {"command", "reply"})
      snapshot.unmatched_legs.try_emplace({journey.device->source, kind}, 0);
  }
}

}  // namespace

struct Engine::Impl {
  Impl(std::shared_ptr<const Config> config_in, const std::vector<fleet::RegistryEntry>& registry,
       Dictionary& dictionary_in)
      : folded(config_in),
        config(std::move(config_in)),
        dictionary(dictionary_in),
        accounts(*config),
        counting(*config, dictionary) {
    find_sources();
    if (config->fleet) fleet.emplace(*config, dictionary, registry, counting.checks(), counting);
    fold.emplace(*config, dictionary, directory(), counting.views(), counting);
  }

  [[nodiscard]] const fold::DeviceDirectory& directory() const {
    if (fleet) return *fleet;
    return no_devices;
  }

  /// Nobody saw what `source` ("": any) would have told in [from, to).
  void unobserved(const std::string& source, Time from, Time to) {
    const StringId id = dictionary.intern(source);
    observation.gap(source, from, to);
    fold->source_unobserved(id, from, to);
    if (fleet) fleet->unobserved(id, from, to);
  }

  /// A source that is down is unobserved from now on, tick by tick, and not only once it is back: what its
  /// devices would have said is charged to nobody meanwhile.
  void source_up(const std::string& source, bool up, Time at) {
    accounts.up(source, up);
    const auto down = down_since.find(source);
    if (!up && down == down_since.end()) down_since.emplace(source, at);
    if (!up || down == down_since.end()) return;
    unobserved(source, down->second, at);
    down_since.erase(down);
  }

  [[nodiscard]] std::vector<std::string> sources_of_slo(const SloConfig& slo) const {
    if (slo.journey < 0) return config->fleet->sources;
    const JourneyConfig& journey = config->journeys[static_cast<std::size_t>(slo.journey)];
    std::vector<std::string> names;
    if (journey.api) names.push_back(journey.api->source);
    if (journey.device) names.push_back(journey.device->source);
    return names;
  }

  [[nodiscard]] bool source_down(const SloConfig& slo) const {
    if (slo.journey < 0) {
      const auto& sources = config->fleet->sources;
      return std::any_of(sources.begin(), sources.end(),
                         [&](const auto& name) { return !accounts.is_up(name); });
    }
    const JourneyConfig& journey = config->journeys[static_cast<std::size_t>(slo.journey)];
    return (journey.api && !accounts.is_up(journey.api->source)) ||
           (journey.device && !accounts.is_up(journey.device->source));
  }

  std::vector<Transition> tick(Time at);
  bool adopt(std::shared_ptr<const Config> next);
  void find_sources() {
    sources_of.clear();
    for (const SloConfig& slo : config->slos) sources_of.push_back(sources_of_slo(slo));
  }
  [[nodiscard]] std::shared_ptr<const Snapshot> read();
  template <class A>
  void io(A& a) {
    a(dictionary, accounts, observation, down_since, counting);
    a.same(fleet.has_value());
    if (fleet) a(*fleet);
    a(*fold, recent, last_tick);
  }

  const std::shared_ptr<const Config>
      folded;                            // fold, fleet and accounts go by it: what they read is the same in
  std::shared_ptr<const Config> config;  // this one, whose SLOs answer
  Dictionary& dictionary;
  Accounts accounts;
  Counting counting;
  Observation observation;
  std::map<std::string, Time> down_since;
  std::vector<std::vector<std::string>> sources_of;  // by SLO
  NoDevices no_devices;
  std::optional<fleet::Fleet> fleet;
  std::optional<fold::Fold> fold;
  std::deque<Transition> recent;
  std::optional<Time> last_tick;
};

std::vector<Transition> Engine::Impl::tick(Time at) {
  for (auto& [source, since] : down_since) {
    unobserved(source, since, at);
    since = at;
  }
  fold->tick(at);
  if (fleet) fleet->tick(at);
  last_tick = at;
  observation.forget_before(at - kLongestLookBack);
  std::vector<bool> down;
  for (const SloConfig& slo : config->slos) down.push_back(source_down(slo));
  std::vector<Transition> transitions = counting.tick({at, observation, down, sources_of});
  for (const Transition& transition : transitions) recent.push_back(transition);
  while (recent.size() > kRecentTransitions) recent.pop_front();
  return transitions;
}

bool Engine::Impl::adopt(std::shared_ptr<const Config> next) {
  if (!last_tick || !counting.adopt(*next)) return false;
  config = std::move(next);
  find_sources();
  return true;
}

std::shared_ptr<const Snapshot> Engine::Impl::read() {
  auto next = std::make_shared<Snapshot>();
  next->config = config;
  if (last_tick) next->as_of = *last_tick;
  next->slos = counting.read();
  next->sources = accounts.sources(fold->counters());
  next->recent_transitions.assign(recent.begin(), recent.end());
  if (fleet) {
    next->fleet = fleet->counts();
    next->unhealthy = fleet->unhealthy_now(kUnhealthyListed);
  }
  next->unmatched_paths = accounts.unmatched_paths(kUnmatchedListed);
  next->unmatched_legs = fold->counters().unmatched_legs;
  next->late_unfolded = fold->counters().late_unfolded;
  at_zero(*config, *next);
  return next;
}

std::string measure_of(const Config& config, const SloConfig& slo) {
  const Plan plan(config);
  const auto known = std::find_if(config.slos.begin(), config.slos.end(),
                                  [&](const SloConfig& one) { return one.name == slo.name; });
  if (known == config.slos.end()) return "";
  return plan.measures[plan.measure_of[static_cast<std::size_t>(known - config.slos.begin())]].spec.key;
}

Engine::Engine(std::shared_ptr<const Config> config, const std::vector<fleet::RegistryEntry>& registry,
               Dictionary& dictionary)
    : impl_(std::make_unique<Impl>(std::move(config), registry, dictionary)) {}
Engine::~Engine() = default;

void Engine::apply(const ApiRow& row) {
  Account* account = impl_->accounts.of(row.source, impl_->dictionary);
  const bool fresh = impl_->fold->apply(row);
  if (account == nullptr) return;
  if (!fresh) ++account->duplicates;
  account->seen(std::min(row.start, row.received));  // a clock that runs ahead is not news
}

void Engine::apply(const DeviceRow& row) {
  Account* account = impl_->accounts.of(row.source, impl_->dictionary);
  const bool of_fleet = row.kind == MessageKind::kReport || row.kind == MessageKind::kPresence;
  bool fresh = true;
  if (!of_fleet) {
    fresh = impl_->fold->apply(row);
  } else if (impl_->fleet) {
    fresh = impl_->fleet->apply(row);
    if (!fresh && account != nullptr) ++account->fleet_duplicates;
    const bool late = row.has_time && impl_->last_tick && slot_of(row.time) < slot_of(*impl_->last_tick);
    if (fresh && late && account != nullptr) ++account->late_rows;
  }
  if (account == nullptr) return;
  if (!fresh) ++account->duplicates;
  account->seen(std::min(row.time, row.received));
}

void Engine::prefetch(const ApiRow& row) const {
  impl_->fold->prefetch(row);
}

void Engine::count(const std::string& source, const SourceCounts& counts) {
  impl_->accounts.count(source, counts);
}
void Engine::missing(const std::string& source, std::uint64_t records, Time at) {
  impl_->counting.missing(source, slot_of(at), static_cast<std::int64_t>(records));
}
void Engine::note_unmatched(const std::string& path) {
  impl_->accounts.note_unmatched(path);
}

void Engine::observed_from(Time at) {
  impl_->observation.begin(at);
}

void Engine::unobserved(const std::string& source, Time from, Time to) {
  impl_->unobserved(source, from, to);
}

void Engine::source_up(const std::string& source, bool up, Time at) {
  impl_->source_up(source, up, at);
}

void Engine::record_to(BookingLog& log) {
  impl_->counting.record_to(log);
}

bool Engine::adopt(std::shared_ptr<const Config> next) {
  return impl_->adopt(std::move(next));
}

void Engine::record_to(MinuteLedger& ledger) {
  impl_->counting.record_to(ledger);
}

std::vector<StringId> Engine::checks() const {
  std::vector<StringId> ids;
  for (const std::string& name : impl_->counting.checks()) ids.push_back(impl_->dictionary.intern(name));
  return ids;
}

void Engine::book_sealed(const SealedMinutes& minutes) {
  const std::vector<std::string>& checks = impl_->counting.checks();
  const auto check = std::find(checks.begin(), checks.end(), impl_->dictionary.text(minutes.check));
  if (check == checks.end()) return;
  fleet::MinuteBooking booking;
  booking.check = static_cast<int>(check - checks.begin());
  booking.slot = minutes.slot;
  booking.state = static_cast<fleet::MinuteState>(minutes.state & 3);
  booking.reason = minutes.reason;
  booking.labels = minutes.labels;
  impl_->counting.book_sealed(booking, minutes.count);
}

SealedFleet Engine::fleet_facts(Time until) {
  SealedFleet facts;
  if (impl_->fleet) facts = impl_->fleet->facts(until);
  impl_->accounts.tell(facts.sources, impl_->dictionary);
  return facts;
}

void Engine::seal_fleet(Time until, SealedFleet& facts) {
  if (impl_->fleet) impl_->fleet->seal(until, facts);
}

void Engine::restore_fleet(const SealedFleet& facts, Time until, Time now) {
  if (impl_->fleet) impl_->fleet->restore(facts, until, now);
  impl_->accounts.restore(facts.sources, impl_->dictionary);
}

std::vector<Transition> Engine::tick(Time at) {
  return impl_->tick(at);
}
void Engine::keep_hours() {
  impl_->counting.keep_hours();
}
std::vector<MeasureHours> Engine::take_hours() {
  return impl_->counting.take_hours();
}
std::shared_ptr<const Snapshot> Engine::snapshot() const {
  return impl_->read();
}

void Engine::io(archive::Writer& a) {
  impl_->io(a);
}
void Engine::io(archive::Reader& a) {
  impl_->io(a);
}

}  // namespace slod::engine
