// Evaluator: the engine thread. It feeds committed groups to the engine in journal order; at each tick it
// publishes a snapshot and hands what changed to the store thread (ledger, then notifier). Recovery runs the
// same fold over the journal before the thread starts, from the newest checkpoint that fits; ticks that the
// ledger has acted on are recomputed and send nothing. A checkpoint is cut behind a tick and saved only once
// the ledger has that tick. A refolding, made beside it of another config or with history, is brought up to
// the evaluator's position and swapped in between two groups: nobody is told of what it thinks of the past.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "checkpoint_saver.h"
#include "committer.h"
#include "slod/core/published.h"
#include "slod/daemon/refolding.h"
#include "slod/store/ledger.h"
#include "totals_keeper.h"

namespace slod::daemon {

/// A finished refolding, or none: then the config's SLOs shall answer from what is kept, if they can. What
/// checkpoints are made with then; whom to tell what became of it (evaluator's thread).
struct Offer {
  std::unique_ptr<Refolding> refolding;
  Time rows_since;  ///< of journal and history, when it had read them
  std::shared_ptr<const Config> config;
  std::map<std::string, std::string> made_with;
  std::function<void(const Status&)> done;
};

/// What one tick asks the store thread to do.
struct TickActions {
  Time tick;
  std::vector<engine::Transition> transitions;
  std::vector<store::Notification> notifications;
  std::unique_ptr<Cut> checkpoint;  ///< alone: of what came before
};

/// How far a recovery is. `of`: the journal's last position.
struct RecoveryProgress {
  const char* phase = "";
  journal::Position position = 0, of = 0;
  double share = 0;
};

/// Where a block goes that is to be made durable. The evaluator's thread, at ticks. Both or none.
struct SealTo {
  /// Closes history for reports that arrived before it; false: not now, history (`counted`: blocks of it that
  /// are in the numbers) brings some.
  std::function<bool(Time end, std::uint64_t counted)> close = {};
  std::function<bool(journal::SealedBlock)> hand_over = {};  ///< false: later
};

/// History: what there is, and how the journal is told that it is counted (false: later). Both or none.
struct HistoryTo {
  std::function<std::shared_ptr<const HistoryView>()> view = {};
  std::function<bool(journal::Control)> note = {};
};

struct EvaluatorContext {
  std::shared_ptr<const Config> config;
  const std::vector<fleet::RegistryEntry>& registry;
  const Dictionary& journal_dictionary;
  store::Ledger& ledger;
  CheckpointOptions checkpoints;
  SealTo seal = {};
  HistoryTo history = {};
  TotalsKeeper* totals = nullptr;  ///< may be null; outlives the evaluator
};

class Evaluator {
 public:
  explicit Evaluator(EvaluatorContext context);
  ~Evaluator();

  /// Folds the journal from the newest checkpoint that fits, else from its beginning, with the history that
  /// was counted. Before start().
  Status recover(journal::Journal& journal, const std::function<void(RecoveryProgress)>& progress);
  void start(std::function<void()> on_notifications, std::function<void(const std::string&)> on_ledger_error);
  /// Evaluates what is queued, saves a checkpoint, then stops all threads.
  void stop();

  [[nodiscard]] Mailbox<CommittedGroup>& inbox() { return inbox_; }
  [[nodiscard]] std::shared_ptr<const engine::Snapshot> snapshot() const { return published_.read(); }
  /// The text of the newest config in the journal; "" if none. After recover(), before start().
  [[nodiscard]] const std::string& last_config() const { return fold_->last_config(); }
  [[nodiscard]] const RouteDays& routes() const { return fold_->routes(); }
  /// What answers now, for its booking log, dictionary and config. Thread: any.
  [[nodiscard]] std::shared_ptr<const JournalFold> fold() const {
    const std::lock_guard lock(answering_mutex_);
    return answering_;
  }
  /// The refolding is swapped in as soon as the evaluator has come to its position. Thread: any one.
  void offer(std::unique_ptr<Offer> offer);
  /// Whom to notify from now on, and how. Thread: any one.
  void route_by(std::shared_ptr<const Config> config) { routing_.publish(std::move(config)); }
  /// Blocks of history in the numbers. Thread: any.
  [[nodiscard]] std::uint64_t history_blocks() const {
    return history_blocks_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] double tick_seconds() const { return tick_seconds_.load(std::memory_order_relaxed); }
  /// Position and journal time of the newest group that was evaluated. Thread: any.
  [[nodiscard]] std::uint64_t position() const { return seen_position_.load(std::memory_order_relaxed); }
  [[nodiscard]] Time stamp() const { return from_nanos(seen_stamp_.load(std::memory_order_relaxed)); }

 private:
  void loop();
  void store_loop();
  [[nodiscard]] std::shared_ptr<JournalFold> new_fold();
  /// Why the checkpoint cannot be used; "": fold_ is what it holds.
  std::string use(const store::CheckpointFile& file, journal::Journal& journal);
  void restore(journal::Journal& journal, const std::function<void(RecoveryProgress)>& progress);
  Status replay(journal::Journal& journal, const std::function<void(RecoveryProgress)>& progress);
  [[nodiscard]] Result<bool> lacks_history(journal::Journal& journal) const;
  Status refold(journal::Journal& journal, const std::function<void(RecoveryProgress)>& progress);
  void note_history();
  void keep_hours(JournalFold& fold);
  void publish_recount(Time rows_since);
  void apply(const CommittedGroup& committed, bool live);
  void on_tick(TickOutcome& tick, bool live);
  void settle_with_ledger();
  void let_answer(std::shared_ptr<const JournalFold> fold);
  void look_at_offers();
  Status install(Offer& offer);
  Status adopt(Offer& offer);
  void show_new_picture();
  void compose(const engine::Snapshot& snapshot, const std::vector<notify::IncidentEvent>& events,
               TickActions& actions) const;
  void seal_if_due();
  void cut_if_due();
  void cut();
  void act(std::unique_ptr<TickActions> actions);
  void store(const TickActions& actions);
  Status write(const TickActions& actions);

  std::shared_ptr<const Config> config_;
  std::vector<fleet::RegistryEntry> registry_;
  const Dictionary& journal_dictionary_;  ///< the committer writes it; ids that came with a group may be read
  std::shared_ptr<JournalFold> fold_;
  mutable std::mutex
      answering_mutex_;  ///< guards the next: a Published would keep folds of the past; off the event path
  std::shared_ptr<const JournalFold> answering_;
  Published<Config> routing_;
  std::vector<notify::IncidentEvent> owed_;  ///< found at a start: the next tick tells them
  store::Ledger& ledger_;
  CheckpointOptions checkpoints_;
  std::map<std::string, std::string> checkpoints_made_with_;  ///< of fold_
  CheckpointSaver saver_;
  SealTo seal_;
  HistoryTo history_;
  TotalsKeeper* totals_;
  std::uint64_t edition_ = 0;        ///< of the hourly totals that fold_ adds to
  Time told_hours_;                  ///< what it has told of them
  Time sealed_until_ = Time::min();  ///< of the newest block that was handed over
  Published<engine::Snapshot> published_;
  Mailbox<CommittedGroup> inbox_;
  Mailbox<TickActions> to_store_;
  Mailbox<Offer> offers_;
  std::unique_ptr<Offer> offered_;
  Time acted_on_;                       ///< the ledger's last tick at start
  journal::Position cut_position_ = 0;  ///< of the newest checkpoint
  Time cut_at_;                         ///< its journal time
  bool anything_new_ = false;           ///< since then, beside ticks
  std::size_t archive_size_ = 0;        ///< of the newest archive
  std::atomic<bool> stopping_{false}, store_stopping_{false};
  std::atomic<double> tick_seconds_{0};
  std::atomic<std::uint64_t> seen_position_{0}, history_blocks_{0};
  std::atomic<std::int64_t> seen_stamp_{0};
  std::function<void()> on_notifications_;
  std::function<void(const std::string&)> on_ledger_error_;
  std::thread thread_, store_thread_;
};

/// A transition as the API shows it and the ledger keeps it.
[[nodiscard]] store::StoredTransition stored(const engine::Transition& transition);

}  // namespace slod::daemon
