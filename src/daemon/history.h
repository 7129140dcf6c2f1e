// History: what `slod backfill` brings, durable before it is answered, beside the journal and in the
// journal's format. A block of lines is kept under its key for as long as its records
// (journal_retention.journeys), so that it counts once however often it comes. Records lie in streams
// (<state>/history/NNNN, a journal each), each in the order of arrival, so that a refold can merge them with
// the live journal; a block that goes back in time begins a new stream. A time whose device-minutes are
// sealed is closed for reports. Thread: its own is the only writer; submit(), view(), fleet_closed(): any.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "slod/core/mailbox.h"
#include "slod/core/published.h"
#include "slod/core/remap.h"
#include "slod/core/submission.h"
#include "slod/daemon/history_view.h"
#include "slod/journal/journal.h"

namespace slod::daemon {

struct HistoryOptions {
  std::string dir;                  ///< <state>/history
  journal::JournalOptions journal;  ///< `dir` is set per stream
  std::function<Time()> wall_clock;
  std::function<void(const std::string& error)> log;
  std::function<bool()> room = {};  ///< false: what room the disk has is kept for alerts; may be empty
};

class History final : public SubmissionSink {
 public:
  /// Reads the keys and the extent of what is there. Errors: a stream that is damaged or in use.
  [[nodiscard]] static Result<std::unique_ptr<History>> open(HistoryOptions options);
  ~History() override;

  void start();
  /// Commits what is queued, then stops; later submissions are refused.
  void stop();
  bool submit(Submission& submission) override;
  bool submit_wait(Submission& submission) override;
  [[nodiscard]] std::shared_ptr<const HistoryView> view() const { return view_.read(); }

  /// No report or presence that arrived before `until` is taken from now on. False, and nothing is closed: a
  /// block is being stored, or there are more than the `counted` ones, so device-minutes are not final yet.
  /// Never waits. Thread: the evaluator's.
  [[nodiscard]] bool close_fleet(Time until, std::uint64_t counted);
  [[nodiscard]] Time fleet_closed() const { return from_nanos(fleet_closed_.load()); }

 private:
  struct Stream {
    std::string dir;
    Time last = Time::min();   ///< newest arrival
    Time rows_since = Time{};  ///< see HistoryView
  };
  struct Known {
    Digest body;
    std::string answer;
  };

  explicit History(HistoryOptions options);
  Status load();
  Status load(Stream& stream);
  void remember(const std::string& source, const IdempotencyKey& key, Stream& stream);
  void loop();
  [[nodiscard]] CommitAnswer commit(Submission& submission);
  [[nodiscard]] bool too_late(const RecordBatch& records) const;
  Status store(RecordBatch& records, const IdempotencyKey& key);
  [[nodiscard]] std::optional<std::size_t> stream_for(const RecordBatch& records) const;
  Status open_stream(std::size_t index);
  void publish();

  HistoryOptions options_;
  Mailbox<Submission> queue_;
  std::vector<Stream> streams_;
  std::unordered_map<std::string, Known> known_;
  Coverage coverage_;
  std::uint64_t blocks_ = 0;
  Published<HistoryView> view_;
  // The stream that is open for writing.
  std::size_t current_ = 0;
  std::unique_ptr<Dictionary> dictionary_;
  std::unique_ptr<journal::Journal> journal_;
  Remapper remapper_;
  bool doubtful_ = false;  ///< an append failed: what is on the disk may be more than what is known
  std::mutex closing_;     ///< held while a block is judged and stored, and while the fleet is closed
  std::atomic<std::int64_t> fleet_closed_{nanos(Time::min())};
  std::atomic<bool> open_{false}, stopping_{false};
  std::thread thread_;
};

}  // namespace slod::daemon
