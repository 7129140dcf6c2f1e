#include "evaluator.h"

#include <nlohmann/json.hpp>

namespace slod::daemon {
namespace {

constexpr std::size_t kGroupsQueued = 256;
constexpr std::size_t kActionsQueued = 1024;
constexpr auto kIdle = std::chrono::milliseconds(500);
constexpr auto kLedgerRetry = std::chrono::milliseconds(500);

using SteadyClock = std::chrono::steady_clock;

}  // namespace

store::StoredTransition stored(const engine::Transition& transition) {
  nlohmann::ordered_json json = {{"at", format_rfc3339(transition.at)},
                                 {"slo", transition.slo},
                                 {"severity", transition.severity},
                                 {"long", transition.long_window},
                                 {"short", transition.short_window},
                                 {"from", transition.from},
                                 {"to", transition.to},
                                 {"episode", transition.episode}};
  for (const auto& [name, value] : transition.labels) json["labels"][name] = value;
  return {transition.at,       transition.episode,
          transition.to,       transition.slo,
          transition.severity, json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
}

Evaluator::Evaluator(std::shared_ptr<const Config> config, const std::vector<fleet::RegistryEntry>& registry,
                     const Dictionary& journal_dictionary, store::Ledger& ledger)
    : config_(std::move(config)),
      journal_dictionary_(journal_dictionary),
      log_(*config_),
      engine_(config_, registry, dictionary_),
      ledger_(ledger),
      inbox_(kGroupsQueued),
      to_store_(kActionsQueued),
      acted_on_(ledger.last_tick()) {
  engine_.record_to(log_);
}

Evaluator::~Evaluator() {
  stop();
}

Status Evaluator::recover(journal::Journal& journal, const std::function<void(double)>& progress) {
  auto reader = journal.read_from(0);
  if (!reader) return reader.error();
  const auto last = static_cast<double>(std::max<journal::Position>(journal.last_position(), 1));
  CommittedGroup committed;
  for (std::uint64_t read = 0;; ++read) {
    auto group = (*reader)->next();
    if (!group) return group.error();
    if (!group->has_value()) break;
    committed.group = std::move(**group);
    apply(committed, false);
    if (read % 1024 == 0) progress(static_cast<double>(committed.group.position) / last);
  }
  // What is known can be asked for at once; the first tick may be half a minute away.
  auto snapshot = std::make_shared<engine::Snapshot>(*engine_.snapshot());
  snapshot->journal_position = position_;
  log_.publish();
  published_.publish(std::move(snapshot));
  return ok();
}

void Evaluator::start(std::function<void()> on_notifications,
                      std::function<void(const std::string&)> on_ledger_error) {
  on_notifications_ = std::move(on_notifications);
  on_ledger_error_ = std::move(on_ledger_error);
  thread_ = std::thread([this] { loop(); });
  store_thread_ = std::thread([this] { store_loop(); });
}

void Evaluator::stop() {
  stopping_ = true;
  inbox_.wake();
  if (thread_.joinable()) thread_.join();
  store_stopping_ = true;
  to_store_.wake();
  if (store_thread_.joinable()) store_thread_.join();
}

void Evaluator::loop() {
  for (;;) {
    const bool last_round = stopping_.load();
    while (const auto committed = inbox_.pop()) apply(*committed, true);
    if (last_round) return;
    inbox_.wait_until(SteadyClock::now() + kIdle);
  }
}

void Evaluator::apply(const CommittedGroup& committed, bool live) {
  const journal::Group& group = committed.group;
  position_ = group.position;
  log_.at(group.stamp);
  engine_.observed_from(group.stamp);
  for (const auto& [source, counts] : group.counts) engine_.count(source, counts);
  for (const journal::Control& control : group.controls) apply(control, live);
  for (const ApiRow& row : group.api) engine_.apply(translation_.row(journal_dictionary_, row, dictionary_));
  for (const DeviceRow& row : group.device)
    engine_.apply(translation_.row(journal_dictionary_, row, dictionary_));
  for (const std::string& path : committed.unmatched_paths) engine_.note_unmatched(path);
  seen_stamp_ = nanos(group.stamp);
  seen_position_ = group.position;
}

void Evaluator::apply(const journal::Control& control, bool live) {
  using journal::ControlKind;
  switch (control.kind) {
    case ControlKind::kTick:
      tick(control.at, live);
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

void Evaluator::tick(Time at, bool live) {
  const auto begin = SteadyClock::now();
  auto actions = std::make_unique<TickActions>();
  actions->tick = at;
  actions->transitions = engine_.tick(at);
  const std::vector<notify::IncidentEvent> events = incidents_.apply(actions->transitions);
  const bool acted_on = at <= acted_on_;
  if (!live && acted_on) return;
  auto snapshot = std::make_shared<engine::Snapshot>(*engine_.snapshot());
  snapshot->journal_position = position_;
  snapshot->tick_seconds = std::chrono::duration<double>(SteadyClock::now() - begin).count();
  tick_seconds_ = snapshot->tick_seconds;
  for (const notify::IncidentEvent& event : events) {
    auto composed = notify::compose(*config_, *snapshot, event);
    std::move(composed.begin(), composed.end(), std::back_inserter(actions->notifications));
  }
  log_.publish();
  published_.publish(std::move(snapshot));
  if (acted_on) return;
  if (live) {
    act(std::move(actions));
  } else if (const Status written = write(*actions); !written && on_ledger_error_) {
    on_ledger_error_(written.error().message);
  }
}

void Evaluator::act(std::unique_ptr<TickActions> actions) {
  while (!to_store_.push(actions)) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

void Evaluator::store_loop() {
  for (;;) {
    const bool last_round = store_stopping_.load();
    while (const auto actions = to_store_.pop()) {
      store(*actions);
      if (!actions->notifications.empty()) on_notifications_();
    }
    if (last_round) return;
    to_store_.wait_until(SteadyClock::now() + kIdle);
  }
}

/// Until it is written: what is not in the ledger is never sent. What waits behind it waits in order.
void Evaluator::store(const TickActions& actions) {
  for (bool told = false;; told = true) {
    const Status written = write(actions);
    if (written) return;
    if (!told) on_ledger_error_(written.error().message);
    if (store_stopping_.load()) return;
    std::this_thread::sleep_for(kLedgerRetry);
  }
}

Status Evaluator::write(const TickActions& actions) {
  std::vector<store::StoredTransition> transitions;
  for (const engine::Transition& transition : actions.transitions) transitions.push_back(stored(transition));
  return ledger_.record(actions.tick, transitions, actions.notifications);
}

}  // namespace slod::daemon
