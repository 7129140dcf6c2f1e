// Evaluator: the engine thread. It feeds committed groups to the engine in journal order; at each tick it
// publishes a snapshot and hands what changed to the store thread (ledger, then notifier). Recovery runs the
// same fold over the journal before the thread starts, from the newest checkpoint that fits; ticks that the
// ledger has acted on are recomputed and send nothing. A checkpoint is cut behind a tick and saved only once
// the ledger has that tick.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "checkpoint_saver.h"
#include "committer.h"
#include "slod/core/published.h"
#include "slod/daemon/journal_fold.h"
#include "slod/store/ledger.h"

namespace slod::daemon {

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

struct EvaluatorContext {
  std::shared_ptr<const Config> config;
  const std::vector<fleet::RegistryEntry>& registry;
  const Dictionary& journal_dictionary;
  store::Ledger& ledger;
  CheckpointOptions checkpoints;
};

class Evaluator {
 public:
  explicit Evaluator(EvaluatorContext context);
  ~Evaluator();

  /// Folds the journal from the newest checkpoint that fits, else from its beginning. Before start().
  Status recover(journal::Journal& journal, const std::function<void(RecoveryProgress)>& progress);
  void start(std::function<void()> on_notifications, std::function<void(const std::string&)> on_ledger_error);
  /// Evaluates what is queued, saves a checkpoint, then stops all threads.
  void stop();

  [[nodiscard]] Mailbox<CommittedGroup>& inbox() { return inbox_; }
  [[nodiscard]] std::shared_ptr<const engine::Snapshot> snapshot() const { return published_.read(); }
  /// The text of the newest config in the journal; "" if none. After recover(), before start().
  [[nodiscard]] const std::string& last_config() const { return fold_->last_config(); }
  /// What was booked lately; its ids are dictionary()'s. Thread: any (BookingLog::read()).
  [[nodiscard]] const engine::BookingLog& log() const { return log_; }
  /// After recover().
  [[nodiscard]] const Dictionary& dictionary() const { return fold_->dictionary(); }
  [[nodiscard]] double tick_seconds() const { return tick_seconds_.load(std::memory_order_relaxed); }
  /// Position and journal time of the newest group that was evaluated. Thread: any.
  [[nodiscard]] std::uint64_t position() const { return seen_position_.load(std::memory_order_relaxed); }
  [[nodiscard]] Time stamp() const { return from_nanos(seen_stamp_.load(std::memory_order_relaxed)); }

 private:
  void loop();
  void store_loop();
  [[nodiscard]] std::unique_ptr<JournalFold> new_fold();
  /// Why the checkpoint cannot be used; "": fold_ is what it holds.
  std::string use(const store::CheckpointFile& file, journal::Journal& journal);
  void restore(journal::Journal& journal, const std::function<void(RecoveryProgress)>& progress);
  void apply(const CommittedGroup& committed, bool live);
  void on_tick(TickOutcome& tick, bool live);
  void cut_if_due();
  void cut();
  void act(std::unique_ptr<TickActions> actions);
  void store(const TickActions& actions);
  Status write(const TickActions& actions);

  std::shared_ptr<const Config> config_;
  std::vector<fleet::RegistryEntry> registry_;
  const Dictionary& journal_dictionary_;  ///< the committer writes it; ids that came with a group may be read
  engine::BookingLog log_;
  std::unique_ptr<JournalFold> fold_;
  store::Ledger& ledger_;
  CheckpointOptions checkpoints_;
  CheckpointSaver saver_;
  Published<engine::Snapshot> published_;
  Mailbox<CommittedGroup> inbox_;
  Mailbox<TickActions> to_store_;
  Time acted_on_;                       ///< the ledger's last tick at start
  journal::Position cut_position_ = 0;  ///< of the newest checkpoint
  Time cut_at_;                         ///< its journal time
  bool anything_new_ = false;           ///< since then, beside ticks
  std::size_t archive_size_ = 0;        ///< of the newest archive
  std::atomic<bool> stopping_{false}, store_stopping_{false};
  std::atomic<double> tick_seconds_{0};
  std::atomic<std::uint64_t> seen_position_{0};
  std::atomic<std::int64_t> seen_stamp_{0};
  std::function<void()> on_notifications_;
  std::function<void(const std::string&)> on_ledger_error_;
  std::thread thread_, store_thread_;
};

/// A transition as the API shows it and the ledger keeps it.
[[nodiscard]] store::StoredTransition stored(const engine::Transition& transition);

}  // namespace slod::daemon
