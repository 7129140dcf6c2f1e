#include "evaluator.h"

#include <algorithm>
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

Evaluator::Evaluator(EvaluatorContext context)
    : config_(std::move(context.config)),
      registry_(context.registry),
      journal_dictionary_(context.journal_dictionary),
      log_(*config_),
      fold_(new_fold()),
      ledger_(context.ledger),
      checkpoints_(std::move(context.checkpoints)),
      saver_(checkpoints_),
      inbox_(kGroupsQueued),
      to_store_(kActionsQueued),
      acted_on_(ledger_.last_tick()) {}

Evaluator::~Evaluator() {
  stop();
}

std::unique_ptr<JournalFold> Evaluator::new_fold() {
  auto fold = std::make_unique<JournalFold>(config_, registry_, journal_dictionary_);
  fold->engine().record_to(log_);
  return fold;
}

void Evaluator::start(std::function<void()> on_notifications,
                      std::function<void(const std::string&)> on_ledger_error) {
  on_notifications_ = std::move(on_notifications);
  on_ledger_error_ = std::move(on_ledger_error);
  thread_ = std::thread([this] { loop(); });
  store_thread_ = std::thread([this] { store_loop(); });
  saver_.start();
}

void Evaluator::stop() {
  stopping_ = true;
  inbox_.wake();
  if (thread_.joinable()) thread_.join();
  store_stopping_ = true;
  to_store_.wake();
  if (store_thread_.joinable()) store_thread_.join();
  saver_.stop();
}

void Evaluator::loop() {
  for (;;) {
    const bool last_round = stopping_.load();
    while (const auto committed = inbox_.pop()) apply(*committed, true);
    if (last_round) return cut();
    inbox_.wait_until(SteadyClock::now() + kIdle);
  }
}

void Evaluator::apply(const CommittedGroup& committed, bool live) {
  const journal::Group& group = committed.group;
  log_.at(group.stamp);
  fold_->apply(group, [&](TickOutcome& tick) { on_tick(tick, live); });
  for (const std::string& path : committed.unmatched_paths) fold_->engine().note_unmatched(path);
  seen_stamp_ = nanos(group.stamp);
  seen_position_ = group.position;
  const auto only_ticks = [](const journal::Control& c) { return c.kind == journal::ControlKind::kTick; };
  const bool ticks =
      !group.controls.empty() && std::all_of(group.controls.begin(), group.controls.end(), only_ticks);
  anything_new_ = anything_new_ || !ticks || !group.api.empty() || !group.device.empty();
  if (live && ticks) cut_if_due();
}

void Evaluator::on_tick(TickOutcome& tick, bool live) {
  auto actions = std::make_unique<TickActions>();
  actions->tick = tick.at;
  actions->transitions = std::move(tick.transitions);
  const bool acted_on = tick.at <= acted_on_;
  if (!live && acted_on) return;
  auto snapshot = std::make_shared<engine::Snapshot>(*fold_->engine().snapshot());
  snapshot->journal_position = fold_->position();
  snapshot->tick_seconds = std::chrono::duration<double>(SteadyClock::now() - tick.begun).count();
  tick_seconds_ = snapshot->tick_seconds;
  for (const notify::IncidentEvent& event : tick.events) {
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
      if (actions->checkpoint) {
        // What a checkpoint holds is not computed again, so the ledger must have acted on all of it.
        if (actions->checkpoint->last_tick <= ledger_.last_tick())
          saver_.save(std::move(actions->checkpoint));
        continue;
      }
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
