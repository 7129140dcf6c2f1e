// Evaluator: the engine thread. It feeds committed groups to the engine in journal order; at each tick it
// publishes a snapshot and hands what changed to the store thread (ledger, then notifier). Recovery runs the
// same fold over the journal before the thread starts; ticks that the ledger has acted on are recomputed and
// send nothing.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "committer.h"
#include "slod/core/published.h"
#include "slod/core/remap.h"
#include "slod/engine/engine.h"
#include "slod/notify/notifier.h"
#include "slod/store/ledger.h"

namespace slod::daemon {

/// What one tick asks the store thread to do.
struct TickActions {
  Time tick;
  std::vector<engine::Transition> transitions;
  std::vector<store::Notification> notifications;
};

class Evaluator {
 public:
  Evaluator(std::shared_ptr<const Config> config, const std::vector<fleet::RegistryEntry>& registry,
            const Dictionary& journal_dictionary, store::Ledger& ledger);
  ~Evaluator();

  /// Folds the journal from its beginning. `progress` is told the share done, now and then. Before start().
  Status recover(journal::Journal& journal, const std::function<void(double)>& progress);
  void start(std::function<void()> on_notifications, std::function<void(const std::string&)> on_ledger_error);
  /// Evaluates what is queued, then stops both threads.
  void stop();

  [[nodiscard]] Mailbox<CommittedGroup>& inbox() { return inbox_; }
  [[nodiscard]] std::shared_ptr<const engine::Snapshot> snapshot() const { return published_.read(); }
  /// The text of the newest config in the journal; "" if none. After recover(), before start().
  [[nodiscard]] const std::string& last_config() const { return last_config_; }
  /// What was booked lately; its ids are dictionary()'s. Thread: any (BookingLog::read()).
  [[nodiscard]] const engine::BookingLog& log() const { return log_; }
  [[nodiscard]] const Dictionary& dictionary() const { return dictionary_; }
  [[nodiscard]] double tick_seconds() const { return tick_seconds_.load(std::memory_order_relaxed); }
  /// Position and journal time of the newest group that was evaluated. Thread: any.
  [[nodiscard]] std::uint64_t position() const { return seen_position_.load(std::memory_order_relaxed); }
  [[nodiscard]] Time stamp() const { return from_nanos(seen_stamp_.load(std::memory_order_relaxed)); }

 private:
  void loop();
  void store_loop();
  void apply(const CommittedGroup& committed, bool live);
  void apply(const journal::Control& control, bool live);
  void tick(Time at, bool live);
  void act(std::unique_ptr<TickActions> actions);
  void store(const TickActions& actions);
  Status write(const TickActions& actions);

  std::shared_ptr<const Config> config_;
  const Dictionary& journal_dictionary_;  ///< the committer writes it; ids that came with a group may be read
  Dictionary dictionary_;                 ///< the engine's own: no dictionary has two writers
  Translation translation_;
  engine::BookingLog log_;
  engine::Engine engine_;
  store::Ledger& ledger_;
  notify::Incidents incidents_;
  Published<engine::Snapshot> published_;
  Mailbox<CommittedGroup> inbox_;
  Mailbox<TickActions> to_store_;
  std::string last_config_;
  Time acted_on_;  ///< the ledger's last tick at start
  std::uint64_t position_ = 0;
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
