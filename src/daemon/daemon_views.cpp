// What the web threads are told.
#include <algorithm>

#include "running_daemon.h"

namespace slod::daemon {

serve::ProcessFigures Daemon::figures() const {
  serve::ProcessFigures figures;
  figures.version = options_.version;
  figures.revision = options_.revision;
  figures.config_reload_ok = reload_ok_.load();
  figures.refused["web"] = web_->shed();
  if (ingest_) figures.refused["ingest"] = ingest_->shed();
  if (!ready_.load()) return figures;
  figures.journal_bytes = journal_->bytes();
  const journal::Trimmed trimmed = committer_->trimmed();
  figures.dropped_by_age = trimmed.by_age;
  figures.dropped_by_room = trimmed.by_room;
  figures.early_seals = trimmed.early_seals;
  figures.totals_until = totals_->kept().until;
  figures.totals_failures = totals_->failures();
  figures.commit_seconds = committer_->commit_seconds();
  figures.disk_full = committer_->disk_full();
  if (evaluator_->position() < committer_->position()) {
    figures.fold_lag_seconds = std::max(0.0, to_seconds(wall_clock() - evaluator_->stamp()));
  }
  std::shared_ptr<notify::Notifier> notifier;
  {
    const std::lock_guard lock(notifier_mutex_);
    notifier = notifier_;
  }
  const notify::NotifierFigures notified = notifier->figures();
  figures.notifications = notified.outcomes;
  figures.outbox_oldest_seconds = notified.oldest_seconds;
  return figures;
}

/// The engine hears of a lost connection with the next tick, and before the first one a snapshot tells of
/// the life before: nobody is told meanwhile that a source is up which is not.
std::shared_ptr<const engine::Snapshot> Daemon::not_up(std::shared_ptr<const engine::Snapshot> snapshot) {
  if (!snapshot) return snapshot;
  std::vector<std::string> down;
  {
    const std::lock_guard lock(sources_mutex_);
    for (const auto& source : sources_) {
      if (!source->health().up.load()) down.push_back(source->name());
    }
  }
  const auto is_wrong = [&](const engine::SourceReading& reading) {
    return reading.up && std::find(down.begin(), down.end(), reading.source) != down.end();
  };
  if (std::none_of(snapshot->sources.begin(), snapshot->sources.end(), is_wrong)) return snapshot;
  if (shown_of_ != snapshot || shown_down_ != down) {
    auto shown = std::make_shared<engine::Snapshot>(*snapshot);
    for (engine::SourceReading& reading : shown->sources) reading.up = reading.up && !is_wrong(reading);
    shown_ = std::move(shown);
    shown_of_ = snapshot;
    shown_down_ = down;
  }
  return shown_;
}

serve::WebContext Daemon::web_context() {
  serve::WebContext context;
  context.snapshot = [this]() -> std::shared_ptr<const engine::Snapshot> {
    const Evaluator* evaluator = evaluator_seen_.load();
    return evaluator != nullptr ? not_up(evaluator->snapshot()) : nullptr;
  };
  context.figures = [this] { return figures(); };
  context.readiness = [this] {
    if (ready_.load()) return serve::Readiness{true, "", 1};
    return serve::Readiness{false, progress_phase_.load(), progress_.load(), progress_position_.load(),
                            progress_of_.load()};
  };
  context.contributors = [this](const std::string& slo, engine::SlotRange range, serve::Contributed done) {
    return ready_.load() && why_->ask(slo, range, std::move(done));
  };
  context.history = [this](const std::string& slo, serve::HistoryRange range, serve::Remembered done) {
    return ready_.load() &&
           why_->run([this, slo, range, done = std::move(done)] { done(past_of(slo, range)); });
  };
  context.transitions_json = [this] {
    std::string array = "[";
    if (ready_.load()) {
      for (const auto& transition : ledger_->transitions(200))
        array += (array.size() > 1 ? "," : "") + transition.json;
    }
    return array + "]";
  };
  context.config = [this] { return config_state(); };
  context.reload = [this](serve::AnswerReload answer) {
    const std::lock_guard lock(reload_mutex_);
    reloads_asked_.push_back(std::move(answer));
  };
  return context;
}

Result<serve::SloPast> Daemon::past_of(const std::string& name, const serve::HistoryRange& range) const {
  const std::shared_ptr<const Config> config = evaluator_->fold()->config();
  const auto slo = std::find_if(config->slos.begin(), config->slos.end(),
                                [&](const SloConfig& one) { return one.name == name; });
  if (slo == config->slos.end()) return Error{"no SLO is called \"" + name + "\""};
  auto read = journal::read_totals(config->state.dir + "/journal",
                                   {engine::measure_of(*config, *slo), hour_of(range.from), hour_of(range.to),
                                    range.step / hours(1), range.groups, serve::kMostHistoryPoints});
  if (!read) return read.error();
  return serve::SloPast{*slo,
                        {std::move(read->series), read->kept.until, read->kept.recounted_from, read->cut}};
}

serve::ConfigState Daemon::config_state() const {
  serve::ConfigState state;
  state.reload_ok = reload_ok_.load();
  if (const auto config = current_.read()) state.revision = revision_of(*config);
  if (!ready_.load()) return state;
  const RecomputeState recompute = recompute_->state();
  state.recomputing = recompute.running;
  state.to = recompute.revision;
  state.why = recompute.why;
  state.progress = recompute.progress;
  state.error = recompute.error;
  return state;
}

/// Whether the numbers hold all that was put in as history.
std::string Daemon::history_state() const {
  const std::uint64_t blocks = history_->view()->blocks;
  const bool counted = evaluator_->history_blocks() >= blocks;
  const RecomputeState state = recompute_->state();
  return "{\"blocks\":" + std::to_string(blocks) + ",\"counted\":" + (counted ? "true" : "false") +
         ",\"progress\":" +
         std::to_string(state.running ? state.progress
                        : counted     ? 1.0
                                      : 0.0) +
         "}";
}

}  // namespace slod::daemon
