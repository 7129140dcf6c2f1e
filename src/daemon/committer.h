// Committer: the only writer of the journal. It takes what all sources queued (bounded), stamps it with
// journal time, commits it as one group, and only then lets the sources answer and hands the group to the
// evaluator. It also writes the ticks: a tick is a record in the stream, after everything that had been
// queued before its time. A full queue refuses (HTTP) or makes the source wait (files, inboxes); a full
// evaluator queue stops the committer.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "journal_clock.h"
#include "key_store.h"
#include "slod/config/config.h"
#include "slod/core/mailbox.h"
#include "slod/core/published.h"
#include "slod/core/remap.h"
#include "slod/core/submission.h"
#include "slod/journal/journal.h"
#include "slod/store/ballast.h"

namespace slod::daemon {

/// A committed group and the paths that no journey matched (not journaled: they are for people).
struct CommittedGroup {
  journal::Group group;
  std::vector<std::string> unmatched_paths;
};

struct CommitterContext {
  const Config& config;
  journal::Journal& journal;
  Dictionary& dictionary;
  Mailbox<CommittedGroup>& evaluator;
  std::function<Time()> wall_clock;
  std::function<Duration()> boot_clock;
  /// True once the sources have read what had piled up while slod was away: until then (at most 30 s) no tick
  /// runs.
  std::function<bool()> sources_drained;
  /// What does not end the process: a full disk, old segments that cannot be removed.
  std::function<void(const std::string& error)> log;
  /// The journal cannot be written any more: the group that met it is never answered, what is queued behind
  /// it is refused; the process must end with code 3.
  std::function<void(const std::string& error)> on_dead_journal;
  /// The group up to which everything is in the hourly totals, durably; empty: nobody keeps any.
  std::function<journal::Position()> counted = {};
  /// May be null. Dropped when not even a tick finds room; as long as it is gone, submissions are refused.
  store::Ballast* ballast = nullptr;
};

class Committer final : public SubmissionSink {
 public:
  explicit Committer(CommitterContext context);
  ~Committer() override;

  /// Keys of the last 24 h, from the journal. Call before start().
  void restore_keys();
  void start();
  /// Commits what is queued, then stops; later submissions are refused.
  void stop();

  bool submit(Submission& submission) override;
  bool submit_wait(Submission& submission) override;
  /// Queues a control record (source up or down, gap, config). Thread: any.
  void control(journal::Control control);
  /// The same without waiting. False: not now. Thread: the evaluator's: the committer may wait for it.
  [[nodiscard]] bool note(journal::Control control);
  /// Appended behind the next tick. False: not now. Thread: the evaluator's. Never waits: the committer may
  /// wait for the evaluator.
  [[nodiscard]] bool seal(journal::SealedBlock block);
  /// Runs on the committer's thread once everything queued before is in the journal (or refused).
  void after_commit(std::function<void()> task);
  /// Duration of the newest commit in seconds.
  /// Records are refused for want of room. Any thread.
  [[nodiscard]] bool disk_full() const { return disk_full_.load(std::memory_order_relaxed); }
  [[nodiscard]] double commit_seconds() const { return commit_seconds_.load(std::memory_order_relaxed); }
  /// Journal time at this moment: what a record that arrives now is stamped with. Thread: any.
  [[nodiscard]] Time now() const;
  /// As of the newest tick. Thread: any.
  [[nodiscard]] journal::Trimmed trimmed() const { return *trimmed_.read(); }
  [[nodiscard]] std::uint64_t position() const { return position_.load(std::memory_order_relaxed); }

 private:
  struct Item {
    Submission submission;
    std::optional<journal::Control> control;
    std::function<void()> task;
  };
  struct Batch {
    journal::Group group;
    std::vector<std::string> unmatched_paths;
    std::vector<std::pair<std::function<void(CommitAnswer)>, CommitAnswer>> answers;
  };

  void loop();
  void drain(Batch& batch, Time now);
  void take(Item& item, Batch& batch, Time now);
  bool answered_by_key(Submission& submission, Batch& batch, Time now);
  bool commit(Batch& batch);
  /// After append failed: false if the journal is dead.
  bool not_stored(Batch& batch, const std::string& error);
  void note_disk(bool full, const std::string& error);
  Result<journal::Position> append(journal::Group& group);
  /// No ballast: what room there is belongs to ticks and alerts. Tries to get it back, once a second.
  [[nodiscard]] bool room_is_short();
  void refuse_all();
  bool commit_tick(Time now, Time tick);
  bool commit_sealed(Time now);
  void hand_over(Batch& batch);
  bool may_tick(Time now);
  void trim(Time now);
  void add_gap(Batch& batch, const JournalClock::Reading& reading);
  void add_counts(journal::Group& group, const std::string& source, const SourceCounts& counts);

  CommitterContext context_;
  Mailbox<Item> queue_;
  Mailbox<journal::SealedBlock> to_seal_;
  std::unique_ptr<journal::SealedBlock> sealing_;  ///< until it is durable
  Published<journal::Trimmed> trimmed_;
  bool seal_failed_ = false;
  KeyStore keys_;
  Remapper remapper_;
  std::optional<Time> begun_;  ///< until the first tick may run
  bool ticking_ = false;
  Time last_look_;  ///< journal time at the loop's last round; the epoch: none yet
  std::vector<journal::Control> held_controls_;  ///< while the disk is full; ticks are missed instead
  std::atomic<bool> disk_full_{false};
  std::chrono::steady_clock::time_point next_refill_{};
  std::atomic<bool> open_{false};
  std::atomic<bool> stopping_{false};
  std::atomic<double> commit_seconds_{0};
  std::atomic<std::int64_t> ahead_of_boot_{0};  ///< journal time less boot time, at the last look
  std::atomic<std::int64_t> looked_at_{0};      ///< journal time then
  std::atomic<std::uint64_t> position_{0};
  std::thread thread_;
};

}  // namespace slod::daemon
