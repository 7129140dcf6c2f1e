// Refolding: the whole past once more, into a new fold: the live journal in its order, and history in the
// order of arrival between it, as if it had come when it arrived. Ticks are those of the journal; where
// history lies in times in which slod did not run, they are made up at every multiple of the evaluation
// interval, as a replay does. Recovery without a checkpoint, `slod verify` and what is asked of a range that
// is no longer in memory use it too. Beside the daemon it runs in a thread of its own; then the evaluator's
// thread takes it over and brings it up to its own position.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "slod/daemon/history_view.h"
#include "slod/daemon/journal_fold.h"
#include "slod/daemon/pace.h"

namespace slod::daemon {

/// What else is told of while it runs. Each may be empty.
struct RefoldingEar {
  std::function<void()> begins;  ///< and once more, if it has to begin anew
  JournalFold::OnTick tick;      ///< of the journal's ticks; nobody is told of those of the past
  std::function<void(const journal::Group&)> group;  ///< of the journal, when it is applied
};

/// Who is told what is counted, hour by hour. Both or none.
struct HoursTo {
  std::function<void()> begins;  ///< and once more, if it has to begin anew
  JournalFold::TellHours tell;
};

struct RefoldingInput {
  std::shared_ptr<const Config> config;
  std::vector<fleet::RegistryEntry> registry;
  std::shared_ptr<const HistoryView> history;  ///< may be null
  /// Opens a reader of the live journal from its beginning.
  std::function<Result<std::unique_ptr<journal::Reader>>(Dictionary&)> journal;
  const Dictionary& journal_dictionary;              ///< that live groups will have, once the fold answers
  std::function<journal::Position()> last_position;  ///< for the share; may be empty
  /// Told the share done, now and then; false: stop, nobody wants it any more.
  std::function<bool(double)> progress;
  RefoldingEar ear = {};
  std::size_t most_bookings = engine::BookingLog::kMost;
  HoursTo hours = {};
};

class Refolding {
 public:
  explicit Refolding(RefoldingInput input);
  ~Refolding();
  /// Everything that the journal and history hold now. Errors: damage. Nothing is in fold() if it was
  /// stopped.
  Status run();
  [[nodiscard]] bool finished() const { return finished_; }
  /// The live groups up to `position`. Requires: finished(), position <= the journal's last.
  Status catch_up(journal::Position position);
  [[nodiscard]] journal::Position position() const { return fold_->position(); }
  [[nodiscard]] JournalFold& fold() { return *fold_; }
  /// For good, once it has begun for the last time: see RefoldingEar::begins.
  [[nodiscard]] std::shared_ptr<JournalFold> shared() const { return fold_; }
  [[nodiscard]] std::shared_ptr<JournalFold> take() { return std::move(fold_); }

 private:
  struct Stream;
  Status open();
  [[nodiscard]] std::shared_ptr<JournalFold> new_fold() const;
  void reset();
  void apply(const journal::Group& group);
  Status fill(Stream& stream);
  Status merge();
  Status next_live();
  void apply_live();
  void apply_history(Stream& stream);
  void tick(Time at);
  void note_tick();
  void tick_until(Time arrival);
  bool goes_on();

  RefoldingInput input_;
  std::shared_ptr<JournalFold> fold_;
  std::unique_ptr<journal::Reader> reader_;
  std::optional<journal::Group> live_;
  std::vector<std::unique_ptr<Stream>> streams_;
  std::uint64_t blocks_read_ = 0;
  Pace pace_;
  std::optional<Time> next_tick_, last_history_;
  bool finished_ = false, stopped_ = false;
};

}  // namespace slod::daemon
