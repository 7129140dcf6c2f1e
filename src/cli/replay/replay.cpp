#include "replay.h"

#include <algorithm>

#include "input.h"
#include "read_ahead.h"
#include "slod/config/retention.h"
#include "slod/core/remap.h"
#include "slod/route/intake.h"

namespace slod::cli {
namespace {

/// The intake of one input.
route::Intake intake_for(const Config& config, const SourceConfig& source, const route::Router& router,
                         std::optional<Time> until) {
  route::Intake intake(config, source, router, 0);
  intake.replay_mode(until);
  return intake;
}

/// One input: its file, read and decoded ahead, and the rows that wait for their turn in the merge.
class Stream {
 public:
  Stream(route::Intake intake, std::unique_ptr<LineBlocks> blocks, const std::string& source)
      : ahead_(std::move(intake), std::move(blocks), source) {}

  /// Reads on until a row waits or the input ends; tells the engine the counts of what was read.
  Status fill(Dictionary& dictionary, engine::Engine& engine) {
    while (!has_row() && !ended_) {
      auto block = ahead_.take();
      if (!block->status) return block->status.error();
      const RecordBatch& batch = block->batch;
      api_.clear();
      device_.clear();
      next_ = 0;
      remapper_.append(batch, dictionary, api_, device_);
      engine.count(batch.source, batch.counts);
      for (const std::string& path : batch.unmatched_paths) engine.note_unmatched(path);
      ended_ = block->last;
      first_arrival_ = block->first_arrival;
      last_arrival_ = block->last_arrival;
      bytes_read_ = block->bytes_read;
      ahead_.give_back(std::move(block));
    }
    return ok();
  }
  [[nodiscard]] bool has_row() const { return next_ < api_.size() + device_.size(); }
  /// Requires: has_row(). A source has a format or messages, so only one kind of row waits.
  [[nodiscard]] Time arrival() const {
    return next_ < api_.size() ? api_[next_].received : device_[next_].received;
  }
  void apply(engine::Engine& engine) {
    if (next_ < api_.size()) {
      constexpr std::size_t kAhead = engine::Engine::kLookAhead;
      if (next_ + kAhead < api_.size()) engine.prefetch(api_[next_ + kAhead]);
      engine.apply(api_[next_]);
    } else {
      engine.apply(device_[next_]);
    }
    ++next_;
  }
  /// Of the records read so far, those that nobody asked for too.
  [[nodiscard]] std::optional<Time> first_arrival() const { return first_arrival_; }
  [[nodiscard]] std::optional<Time> last_arrival() const { return last_arrival_; }
  [[nodiscard]] std::uint64_t bytes_read() const { return bytes_read_; }
  [[nodiscard]] std::uint64_t bytes_total() const { return ahead_.bytes_total(); }

 private:
  ReadAhead ahead_;
  Remapper remapper_;
  std::optional<Time> first_arrival_, last_arrival_;
  std::uint64_t bytes_read_ = 0;
  std::vector<ApiRow> api_;
  std::vector<DeviceRow> device_;
  std::size_t next_ = 0;
  bool ended_ = false;
};

class Replay {
 public:
  explicit Replay(const ReplayOptions& options)
      : options_(options),
        config_(*options.config),
        router_(config_),
        engine_(options.config, options.registry, dictionary_),
        quiet_(config::settles_after(config_)) {}

  Result<ReplayResult> run() {
    if (Status opened = open(); !opened) return opened.error();
    for (;;) {
      Stream* first = nullptr;  // of equal arrivals the earlier --input option's
      for (const auto& stream : streams_) {
        if (Status filled = stream->fill(dictionary_, engine_); !filled) return filled.error();
        if (stream->has_row() && (first == nullptr || stream->arrival() < first->arrival()))
          first = stream.get();
      }
      if (!next_tick_) begin_ticks();
      if (first == nullptr || stop_asked()) break;
      drain(*first);
      report_progress();
    }
    finish();
    result_.snapshot = result();
    return std::move(result_);
  }

 private:
  Status open() {
    for (const ReplayInput& input : options_.inputs) {
      const SourceConfig* source = config_.source(input.source);
      if (source == nullptr)
        return Error{"--input: no source is called \"" + input.source + "\" in the config"};
      auto blocks = LineBlocks::open(input.path);
      if (!blocks) return blocks.error();
      streams_.push_back(std::make_unique<Stream>(intake_for(config_, *source, router_, options_.until),
                                                  std::move(*blocks), source->name));
    }
    return ok();
  }

  /// Applies rows of `stream` as long as they are the first of all.
  void drain(Stream& stream) {
    std::optional<Time> before;     // rows of earlier options that arrive then come first
    std::optional<Time> not_after;  // rows of later options may wait behind equal arrivals
    bool earlier_option = true;
    for (const auto& other : streams_) {
      if (other.get() == &stream) {
        earlier_option = false;
      } else if (other->has_row()) {
        auto& limit = earlier_option ? before : not_after;
        limit = limit ? std::min(*limit, other->arrival()) : other->arrival();
      }
    }
    while (stream.has_row()) {
      const Time arrival = stream.arrival();
      if ((before && arrival >= *before) || (not_after && arrival > *not_after)) return;
      tick_until(arrival);
      stream.apply(engine_);
      settle_after(arrival);
      ++result_.records;
    }
  }

  /// Ticks begin after the first record, be it one that nobody asked for. Every stream has read up to its
  /// first row.
  void begin_ticks() {
    std::optional<Time> first;
    for (const auto& stream : streams_) {
      if (const auto arrival = stream->first_arrival()) first = first ? std::min(*first, *arrival) : *arrival;
    }
    if (first) next_tick_ = floor_to(*first, config_.evaluation_interval) + config_.evaluation_interval;
  }

  /// The tick at t has seen what arrived before t.
  void tick_until(Time arrival) {
    while (*next_tick_ <= arrival) {
      if (*next_tick_ > settled_)
        next_tick_ = std::max(*next_tick_, floor_to(arrival, config_.evaluation_interval));
      tick();
    }
  }

  void settle_after(Time arrival) {
    if (quiet_) settled_ = arrival + *quiet_;
  }

  void tick() {
    auto transitions = engine_.tick(*next_tick_);
    std::move(transitions.begin(), transitions.end(), std::back_inserter(result_.transitions));
    *next_tick_ += config_.evaluation_interval;
    result_.has_tick = true;
    if (options_.until && *next_tick_ > *options_.until) as_of_last_tick_ = engine_.snapshot();
  }

  /// As of the last tick; the counts of the sources also of what arrived behind it, before --until.
  [[nodiscard]] std::shared_ptr<const engine::Snapshot> result() const {
    auto now = engine_.snapshot();
    if (!as_of_last_tick_) return now;
    auto snapshot = std::make_shared<engine::Snapshot>(*as_of_last_tick_);
    snapshot->sources = now->sources;
    return snapshot;
  }

  void finish() {
    if (!next_tick_) return;
    if (result_.interrupted || !options_.until) {
      for (const auto& stream : streams_) {
        const auto last = stream->last_arrival();
        if (last && !result_.interrupted) tick_until(*last);
      }
      tick();
      return;
    }
    const Time last = floor_to(*options_.until, config_.evaluation_interval);
    tick_until(last);
  }

  bool stop_asked() {
    if (!options_.interrupted || !options_.interrupted()) return false;
    result_.interrupted = true;
    return true;
  }

  void report_progress() const {
    if (!options_.progress) return;
    std::uint64_t bytes = 0, total = 0;
    for (const auto& stream : streams_) {
      bytes += stream->bytes_read();
      total += stream->bytes_total();
    }
    options_.progress(bytes, total, result_.records);
  }

  const ReplayOptions& options_;
  const Config& config_;
  route::Router router_;
  Dictionary dictionary_;
  engine::Engine engine_;
  std::vector<std::unique_ptr<Stream>> streams_;
  std::optional<Time> next_tick_;
  const std::optional<Duration> quiet_;  ///< after so long without a record everything has settled
  Time settled_ = Time::max();
  std::shared_ptr<const engine::Snapshot> as_of_last_tick_;  ///< once the last tick before --until has been
  ReplayResult result_;
};

}  // namespace

Result<ReplayResult> replay(const ReplayOptions& options) {
  return Replay(options).run();
}

}  // namespace slod::cli
