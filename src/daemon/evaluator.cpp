#include "evaluator.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "config_change.h"

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
      ledger_(context.ledger),
      checkpoints_(std::move(context.checkpoints)),
      saver_(checkpoints_),
      seal_(std::move(context.seal)),
      history_(std::move(context.history)),
      totals_(context.totals),
      inbox_(kGroupsQueued),
      to_store_(kActionsQueued),
      offers_(4),
      acted_on_(ledger_.last_tick()) {
  if (totals_ != nullptr) edition_ = totals_->kept().edition;
  fold_ = new_fold();
  routing_.publish(config_);
}

Evaluator::~Evaluator() {
  stop();
}

std::shared_ptr<JournalFold> Evaluator::new_fold() {
  auto fold = std::make_shared<JournalFold>(config_, registry_, journal_dictionary_);
  keep_hours(*fold);
  return fold;
}

/// What the fold counts is added to what there is.
void Evaluator::keep_hours(JournalFold& fold) {
  if (totals_ == nullptr) return;
  fold.keep_hours([this](HourlyTotals totals) {
    told_hours_ = totals.until;
    totals_->add(std::move(totals));
  });
}

/// Of fold_, whose hours were told from the beginning: from here on it adds to them.
void Evaluator::publish_recount(Time rows_since) {
  if (totals_ == nullptr) return;
  totals_->publish(++edition_, rows_since);
  told_hours_ = fold_->told_hours();
  keep_hours(*fold_);
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
    look_at_offers();
    if (last_round) return cut();
    inbox_.wait_until(SteadyClock::now() + kIdle);
  }
}

void Evaluator::apply(const CommittedGroup& committed, bool live) {
  const journal::Group& group = committed.group;
  fold_->apply(group, [&](TickOutcome& tick) { on_tick(tick, live); });
  for (const std::string& path : committed.unmatched_paths) fold_->engine().note_unmatched(path);
  seen_stamp_ = nanos(group.stamp);
  seen_position_ = group.position;
  const auto only_ticks = [](const journal::Control& c) { return c.kind == journal::ControlKind::kTick; };
  const bool ticks =
      !group.controls.empty() && std::all_of(group.controls.begin(), group.controls.end(), only_ticks);
  anything_new_ = anything_new_ || !ticks || !group.api.empty() || !group.device.empty();
  if (!live) return;
  note_history();
  if (!ticks) return;
  seal_if_due();
  cut_if_due();
}

/// Each block once per process; what a crash took comes again after the next start.
void Evaluator::seal_if_due() {
  const auto due = fold_->sealing().due();
  if (!seal_.hand_over || !due || *due <= sealed_until_) return;
  if (!seal_.close(fold_->sealing().closes(), fold_->history_blocks())) return;
  if (seal_.hand_over(fold_->sealing().block())) sealed_until_ = *due;
}

/// So that a fold from the beginning knows what was counted when, and of what nobody was to be told.
void Evaluator::note_history() {
  if (!history_.note || fold_->history_noted() >= fold_->history_blocks()) return;
  if (history_.note(fold_->history_note())) fold_->set_history_noted();
}

void Evaluator::on_tick(TickOutcome& tick, bool live) {
  auto actions = std::make_unique<TickActions>();
  actions->tick = tick.at;
  actions->transitions = std::move(tick.transitions);
  const bool acted_on = tick.at <= acted_on_;
  if (!live && acted_on) return;
  auto snapshot = fold_->snapshot();
  snapshot->tick_seconds = std::chrono::duration<double>(SteadyClock::now() - tick.begun).count();
  tick_seconds_ = snapshot->tick_seconds;
  for (notify::IncidentEvent& event : owed_) event.at = tick.at;
  compose(*snapshot, std::exchange(owed_, {}), *actions);
  compose(*snapshot, tick.events, *actions);
  fold_->log().publish();
  published_.publish(std::move(snapshot));
  if (acted_on) return;
  if (live) {
    act(std::move(actions));
  } else if (const Status written = write(*actions); !written && on_ledger_error_) {
    on_ledger_error_(written.error().message);
  }
}

void Evaluator::compose(const engine::Snapshot& snapshot, const std::vector<notify::IncidentEvent>& events,
                        TickActions& actions) const {
  const auto routing = routing_.read();
  for (const notify::IncidentEvent& event : events) {
    auto composed = notify::compose(*routing, snapshot, event);
    std::move(composed.begin(), composed.end(), std::back_inserter(actions.notifications));
  }
}

/// After a start: the ledger knows by which keys people were told. What they believe to fire and does not is
/// ended; what fires although they should have heard of it and did not is quiet: history had made it fire.
void Evaluator::settle_with_ledger() {
  const std::vector<std::string> told = ledger_.open_keys();
  std::vector<std::string> subjects;
  for (const std::string& key : told) {
    const std::string subject = key.substr(0, key.rfind('/'));
    subjects.push_back(subject);
    if (!fold_->incidents().adopt(key)) owed_.push_back({notify::ended_incident(key), false, {}});
  }
  const auto snapshot = fold_->snapshot();
  const auto routing = routing_.read();
  std::vector<notify::Incident> heard;
  for (const notify::Incident& incident : fold_->incidents().open()) {
    const std::string subject = incident.key.substr(0, incident.key.rfind('/'));
    const bool known = std::find(subjects.begin(), subjects.end(), subject) != subjects.end();
    if (known || notify::compose(*routing, *snapshot, {incident, true, incident.since}).empty())
      heard.push_back(incident);
  }
  if (heard.size() == fold_->incidents().open().size()) return;
  fold_->quiet().add_unless(*snapshot, heard);
  static_cast<void>(fold_->incidents().replace(heard, snapshot->as_of));
}

void Evaluator::let_answer(std::shared_ptr<const JournalFold> fold) {
  const std::lock_guard lock(answering_mutex_);
  answering_ = std::move(fold);
}

// ---- refolds
// ------------------------------------------------------------------------------------------------------

void Evaluator::offer(std::unique_ptr<Offer> offer) {
  while (!offers_.push(offer) && !stopping_.load()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  inbox_.wake();
}

void Evaluator::look_at_offers() {
  while (auto newer = offers_.pop()) offered_ = std::move(newer);
  // Groups that are committed and not yet evaluated come through the inbox first.
  if (!offered_ || (offered_->refolding && offered_->refolding->position() > fold_->position())) return;
  const std::unique_ptr<Offer> offer = std::move(offered_);
  offer->done(offer->refolding ? install(*offer) : adopt(*offer));
}

Status Evaluator::adopt(Offer& offer) {
  const ConfigChange change = change_between(*config_, *offer.config);
  const auto before = checkpoints_made_with_.find("registry"), after = offer.made_with.find("registry");
  const bool same_registry = before != checkpoints_made_with_.end() && after != offer.made_with.end() &&
                             before->second == after->second;
  if (change.facts || !change.needs_restart.empty() || !same_registry || !fold_->adopt(offer.config))
    return Error{"the past must be folded again"};
  fold_->quiet().prune(*fold_->snapshot());
  config_ = std::move(offer.config);
  checkpoints_made_with_ = std::move(offer.made_with);
  show_new_picture();
  return ok();
}

Status Evaluator::install(Offer& offer) {
  Refolding& refolding = *offer.refolding;
  if (Status caught_up = refolding.catch_up(fold_->position()); !caught_up) return caught_up;
  const std::shared_ptr<JournalFold> next = refolding.take();
  const std::vector<notify::Incident> known = fold_->incidents().open();
  next->incidents() = fold_->incidents();
  next->quiet() = fold_->quiet();
  next->quiet().prune(*next->snapshot());
  if (next->history_blocks() > fold_->history_blocks())
    next->quiet().add_unless(*next->snapshot(), known, next->history_end());
  fold_ = next;
  publish_recount(offer.rows_since);
  config_ = next->config();
  checkpoints_made_with_ = std::move(offer.made_with);
  history_blocks_ = next->history_blocks();
  next->log().publish();
  let_answer(next);
  show_new_picture();
  note_history();
  cut_at_ = Time{};  // at the next tick: a start shall not have to do this again
  anything_new_ = true;
  return ok();
}

/// What another config or history makes of the last tick; incidents that are not there any more end.
void Evaluator::show_new_picture() {
  auto snapshot = fold_->snapshot();
  const auto events = fold_->incidents().replace(notify::firing_in(*snapshot), snapshot->as_of);
  auto actions = std::make_unique<TickActions>();
  actions->tick = snapshot->as_of;
  // What is not there any more is spoken of by the last picture that had it.
  const auto last = published_.read();
  for (const notify::IncidentEvent& event : events) {
    const bool there = std::any_of(snapshot->slos.begin(), snapshot->slos.end(), [&](const auto& reading) {
      return reading.config->name == event.incident.slo;
    });
    compose(there || !last ? *snapshot : *last, {event}, *actions);
  }
  anything_new_ = true;
  fold_->log().publish();
  published_.publish(std::move(snapshot));
  act(std::move(actions));
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
