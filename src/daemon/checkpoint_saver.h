// CheckpointSaver: compresses and writes checkpoints on a thread of its own, so that neither the evaluator
// nor the ledger waits for it. One that comes while two wait is passed over: the next one holds more.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "slod/core/mailbox.h"
#include "slod/engine/snapshot.h"
#include "slod/store/checkpoint.h"

namespace slod::daemon {

struct CheckpointOptions {
  std::string dir;                               ///< <state>/checkpoint
  std::map<std::string, std::string> made_with;  ///< see store::Checkpoint
  Duration every = minutes(5);                   ///< 0: only at a stop
  std::function<void(const std::string& level, const std::string& message)> log;
  /// Whether the hourly totals that the fold has told are durable; may be empty. Waits a little.
  std::function<bool(std::uint64_t edition, Time until)> counted = {};
};

/// The state behind a group, as the evaluator cut it.
struct Cut {
  std::uint64_t position = 0;
  Time stamp, last_tick;
  std::uint64_t edition = 0;  ///< of the hourly totals
  Time told_hours;
  std::map<std::string, std::string> made_with;
  std::string state;
  std::shared_ptr<const engine::Snapshot> snapshot;
  double pause = 0;  ///< seconds that the evaluator took for it
};

class CheckpointSaver {
 public:
  explicit CheckpointSaver(const CheckpointOptions& options);
  ~CheckpointSaver();

  void start();
  /// Thread: the store thread.
  void save(std::unique_ptr<Cut> cut);
  /// Writes what waits, then stops.
  void stop();

 private:
  void loop();
  void write(Cut& cut);

  const CheckpointOptions& options_;
  Mailbox<Cut> inbox_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace slod::daemon
