// Taking over a changed config while everything runs.
#include <future>
#include <set>
#include <utility>

#include "log.h"
#include "running_daemon.h"
#include "slod/config/load.h"

namespace slod::daemon {
void Daemon::answer_reloads(bool asked_by_signal) {
  std::vector<serve::AnswerReload> asked;
  {
    const std::lock_guard lock(reload_mutex_);
    asked.swap(reloads_asked_);
  }
  if (asked.empty() && !asked_by_signal) return;
  const serve::ReloadAnswer answer = reload();
  reload_ok_ = answer.refused.empty();
  for (const std::string& fault : answer.refused) log("error", "reload refused: " + fault);
  if (answer.refused.empty()) log("info", "reload: " + answer.done);
  for (const serve::AnswerReload& tell : asked) tell(answer);
}

serve::ReloadAnswer Daemon::reload() {
  serve::ReloadAnswer answer;
  const config::Loaded loaded = config::load({options_.config_file});
  for (const config::Fault& fault : loaded.faults) {
    if (!fault.warning) answer.refused.push_back(config::format_fault(fault, false));
  }
  if (!loaded.config) {
    if (answer.refused.empty()) answer.refused.emplace_back("the config cannot be read");
    return answer;
  }
  const ConfigChange change = change_between(*config_, *loaded.config);
  for (const std::string& key : change.needs_restart)
    answer.refused.push_back(key + " cannot change while slod runs: restart it, or put the key back");
  auto registry = read_registry(*loaded.config);
  if (!registry) answer.refused.push_back("fleet.registry: " + registry.error().message);
  if (!answer.refused.empty()) return answer;
  answer.recomputes = change.facts || registry->digest != registry_.digest;
  if (Status applied = apply(loaded.config, change, std::move(*registry)); !applied) {
    answer.refused.push_back(applied.error().message);
    return answer;
  }
  answer.revision = revision_of(*config_);
  answer.done = "revision " + answer.revision + " is taken over";
  if (answer.recomputes) answer.done += "; the past is being computed anew";
  return answer;
}

/// From here on the new config holds: for what comes in at once, for the numbers when the past is computed.
Status Daemon::apply(std::shared_ptr<const Config> next, const ConfigChange& change, Registry registry) {
  const std::shared_ptr<const Config> old = std::exchange(config_, std::move(next));
  generations_.push_back(std::make_unique<Generation>(config_));
  // Another text of the same numbers is taken over too, which costs nothing: the next checkpoint is made with
  // it, and a start with that text can use it.
  const bool recompute = change.numbers || old->text != config_->text || registry.digest != registry_.digest;
  registry_ = std::move(registry);
  if (old->text != config_->text) note_config();
  open_gate();  // secrets are read anew, whatever has changed
  const Status sources = restart_sources(*old);
  evaluator_->route_by(config_);
  if (change.notifications) {
    std::shared_ptr<notify::Notifier> before;
    {
      const std::lock_guard lock(notifier_mutex_);
      before = notifier_;
    }
    before->stop(seconds(1));
    start_notifier();
  }
  if (recompute) recompute_->want(basis());
  // Only now: the new revision without a recomputation beside it would mean that the numbers are the new
  // ones.
  current_.publish(config_);
  return sources;
}

/// Stops what reads otherwise or is gone, and starts anew from where it stopped.
Status Daemon::restart_sources(const Config& old) {
  std::vector<std::unique_ptr<source::RunningSource>> kept, gone;
  std::set<std::string> running;
  {
    const std::lock_guard lock(sources_mutex_);
    for (auto& source : sources_) {
      const bool stays = !reads_differently(old, *config_, source->name());
      if (stays) running.insert(source->name());
      (stays ? kept : gone).push_back(std::move(source));
    }
    sources_ = std::move(kept);
  }
  for (const auto& source : gone) source->stop();
  std::promise<std::vector<SourcePosition>> promise;
  committer_->after_commit([&] { promise.set_value(journal_->positions()); });
  const std::vector<SourcePosition> positions = promise.get_future().get();
  gone.clear();
  for (const SourceConfig& source : generations_.back()->config->sources) {
    if (running.contains(source.name)) continue;
    if (Status started = start_source(source, positions); !started) return started;
  }
  return ok();
}

}  // namespace slod::daemon
