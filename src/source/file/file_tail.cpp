// The thread of one tailed file: blocks of lines to the committer, one at a time. A block that could not be
// stored is read again: the file keeps it.
#include <pthread.h>

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "slod/decode/decoder.h"
#include "slod/source/sources.h"
#include "source/file/tail_reader.h"

namespace slod::source {

namespace {

/// The committer's answer, waited for. Shared with `done`, which may come after the waiter has gone.
class Verdict {
 public:
  void set(Committed result) {
    const std::lock_guard lock(mutex_);
    result_ = result;
    changed_.notify_all();
  }
  /// Nothing: stop came first.
  std::optional<Committed> wait(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, stop, [this] { return result_.has_value(); });
    return result_;
  }
  /// Sleeps, at most until stop.
  void pause(std::stop_token stop, std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, time, [] { return false; });
  }

 private:
  std::mutex mutex_;  // guards result_
  std::condition_variable_any changed_;
  std::optional<Committed> result_;
};

class FileTail final : public RunningSource {
 public:
  FileTail(const Surroundings& surroundings, const SourceConfig& source, TailReader reader,
           const TailOptions& options)
      : around_(surroundings),
        source_(source),
        reader_(std::move(reader)),
        options_(options),
        intake_(around_.config, source_, around_.router, around_.user_key),
        thread_([this](std::stop_token stop) { follow(stop); }) {
    ::pthread_setname_np(thread_.native_handle(), ("tail/" + source_.name).substr(0, 15).c_str());
  }
  ~FileTail() override { stop(); }

  void stop() override {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
    health_.up = false;
  }
  [[nodiscard]] const SourceHealth& health() const override { return health_; }
  [[nodiscard]] const std::string& name() const override { return source_.name; }

 private:
  void follow(std::stop_token stop) {
    Verdict nothing;
    report_loss();
    while (!stop.stop_requested()) {
      const auto block = reader_.next(TailReader::Clock::now());
      report_presence(reader_.has_file());
      if (!block) {
        health_.drained = true;
        nothing.pause(stop, options_.poll);
      } else if (store(*block, stop)) {
        reader_.commit();
      } else {
        nothing.pause(stop, std::chrono::seconds(1));
      }
    }
  }

  bool store(const TailBlock& block, std::stop_token stop) {
    const Time now = around_.wall_clock();
    Submission submission;
    submission.batch = std::make_unique<RecordBatch>();
    submission.batch->source = source_.name;
    if (!block.lines.empty()) intake_.lines(block.lines, now, *submission.batch);
    if (block.long_lines > 0) {
      submission.batch->counts.rejected[decode::reject_name(decode::Reject::kTooLong)] += block.long_lines;
    }
    submission.position = block.position;
    const auto verdict = std::make_shared<Verdict>();
    submission.done = [verdict](const CommitAnswer& answer) { verdict->set(answer.result); };
    if (!around_.committer.submit_wait(submission)) return false;
    if (verdict->wait(stop) != Committed::kDurable) return false;
    health_.last_event = nanos(now);
    return true;
  }

  void report_loss() const {
    if (!around_.log || !reader_.lost()) return;
    around_.log("warn", "source " + source_.name + ": the file that was read up to byte " +
                            std::to_string(reader_.lost()->offset) + " is neither " + source_.path +
                            " nor beside it uncompressed; lines beyond that are not counted: " +
                            "slod backfill can bring them in");
  }

  void report_presence(bool there) {
    if (health_.up.exchange(there) == there && told_) return;
    told_ = true;
    if (!around_.log) return;
    if (there) {
      around_.log("info", "source " + source_.name + ": following " + source_.path);
    } else {
      around_.log("warn",
                  "source " + source_.name + ": waiting for " + source_.path + ", which cannot be read");
    }
  }

  const Surroundings around_;
  const SourceConfig& source_;
  TailReader reader_;
  const TailOptions options_;
  route::Intake intake_;
  SourceHealth health_;
  bool told_ = false;
  std::jthread thread_;  ///< last: it uses all of the above
};

}  // namespace

std::unique_ptr<RunningSource> start_file_tail(const Surroundings& surroundings, const SourceConfig& source,
                                               const std::vector<SourcePosition>& positions) {
  const TailOptions options;
  return std::make_unique<FileTail>(surroundings, source,
                                    TailReader(source.name, source.path, options, positions), options);
}

}  // namespace slod::source
