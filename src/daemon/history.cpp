#include "history.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "disk_full.h"

namespace slod::daemon {
namespace {

constexpr std::size_t kQueue = 64;
/// Each overlaps in time with all the others; a refold holds one file of each open.
constexpr std::size_t kMostStreams = 200;
constexpr auto kIdle = std::chrono::milliseconds(500);

std::string id_of(const std::string& source, const std::string& key) {
  return source + '\0' + key;
}

}  // namespace

History::History(HistoryOptions options) : options_(std::move(options)), queue_(kQueue) {}

History::~History() {
  stop();
}

Result<std::unique_ptr<History>> History::open(HistoryOptions options) {
  std::error_code error;
  std::filesystem::create_directories(options.dir, error);
  if (error) return Error{"cannot create " + options.dir + ": " + error.message()};
  std::unique_ptr<History> history(new History(std::move(options)));
  if (const Status loaded = history->load(); !loaded) return loaded.error();
  history->publish();
  return history;
}

Status History::load() {
  std::error_code error;
  for (std::size_t number = 1; std::filesystem::is_directory(history_stream(options_.dir, number), error);
       ++number) {
    streams_.push_back({history_stream(options_.dir, number)});
    if (Status loaded = load(streams_.back()); !loaded) return loaded;
  }
  return ok();
}

Status History::load(Stream& stream) {
  Dictionary dictionary;
  journal::JournalOptions options = options_.journal;
  options.dir = stream.dir;
  auto journal = journal::open_sqlite_journal(options, dictionary);
  if (!journal) return Error{"history: " + journal.error().message};
  for (const journal::StoredKey& stored : (*journal)->keys_since(Time{}))
    remember(stored.source, stored.key, stream);
  // After keys_since(): it says nothing of a fault, but a journal that had one takes no more and cannot be
  // trimmed.
  if (const Status trimmed = (*journal)->trim(options_.wall_clock()); !trimmed)
    options_.log("history: " + trimmed.error().message);
  const Result<Time> gone = (*journal)->rows_since();
  if (!gone) return Error{"history: " + gone.error().message};
  if (*gone == Time{}) return ok();
  Time first = Time::max();  // a stream is in the order of arrival, and what goes are its oldest blocks
  for (const journal::StoredKey& stored : (*journal)->keys_since(Time{})) {
    if (const auto arrivals = arrivals_in(stored.key.answer)) first = std::min(first, arrivals->from);
  }
  if (first != Time::max()) stream.rows_since = first;
  return ok();
}

void History::remember(const std::string& source, const IdempotencyKey& key, Stream& stream) {
  ++blocks_;
  known_.try_emplace(id_of(source, key.key), Known{key.body, key.answer});
  const auto arrivals = arrivals_in(key.answer);
  if (!arrivals) return;
  stream.last = std::max(stream.last, arrivals->to);
  coverage_.add(source, *arrivals);
}

void History::start() {
  open_ = true;
  thread_ = std::thread([this] { loop(); });
}

void History::stop() {
  open_ = false;
  stopping_ = true;
  queue_.wake();
  if (thread_.joinable()) thread_.join();
}

bool History::submit(Submission& submission) {
  if (!open_.load()) return false;
  auto item = std::make_unique<Submission>(std::move(submission));
  if (queue_.push(item)) return true;
  submission = std::move(*item);
  return false;
}

bool History::submit_wait(Submission& submission) {
  while (!submit(submission)) {
    if (!open_.load()) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

void History::loop() {
  for (;;) {
    const bool last_round = stopping_.load();
    while (const auto item = queue_.pop()) item->done(commit(*item));
    if (last_round) return;
    queue_.wait_until(std::chrono::steady_clock::now() + kIdle);
  }
}

bool History::close_fleet(Time until, std::uint64_t counted) {
  const std::unique_lock lock(closing_, std::try_to_lock);
  if (!lock || view()->blocks > counted) return false;
  fleet_closed_ = std::max(fleet_closed_.load(), nanos(until));
  return true;
}

/// It was closed after the block was read: read again, they are late.
bool History::too_late(const RecordBatch& records) const {
  return std::any_of(records.device.begin(), records.device.end(), [&](const DeviceRow& row) {
    const bool of_fleet = row.kind == MessageKind::kReport || row.kind == MessageKind::kPresence;
    return of_fleet && nanos(row.received) < fleet_closed_.load();
  });
}

CommitAnswer History::commit(Submission& submission) {
  const std::lock_guard lock(closing_);
  RecordBatch& records = *submission.batch;
  const auto known = known_.find(id_of(records.source, submission.key->key));
  if (known != known_.end()) {
    const bool same = known->second.body == submission.key->body;
    return {same ? Committed::kRepeated : Committed::kConflict, known->second.answer};
  }
  if (too_late(records)) return {Committed::kRefused, {}};
  if (options_.room && !options_.room()) return {Committed::kRefused, kDiskFull};
  const Status stored = store(records, *submission.key);
  if (stored) return {};
  options_.log("history: " + stored.error().message);
  return {Committed::kRefused, journal_ && journal_->disk_full() ? kDiskFull : ""};
}

/// The stream whose newest arrival is the latest that is not after the batch; the open one if it fits.
/// Nothing: a new one is needed.
std::optional<std::size_t> History::stream_for(const RecordBatch& records) const {
  const bool api = !records.api.empty();
  if (!api && records.device.empty()) return streams_.empty() ? std::nullopt : std::optional(current_);
  const Time first = api ? records.api.front().received : records.device.front().received;
  if (current_ < streams_.size() && streams_[current_].last <= first) return current_;
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    if (streams_[i].last <= first && (!best || streams_[*best].last < streams_[i].last)) best = i;
  }
  return best;
}

Status History::open_stream(std::size_t index) {
  if (journal_ && index == current_) return ok();
  journal_.reset();
  dictionary_ = std::make_unique<Dictionary>();
  journal::JournalOptions options = options_.journal;
  options.dir = streams_[index].dir;
  auto journal = journal::open_sqlite_journal(options, *dictionary_);
  if (!journal) return journal.error();
  journal_ = std::move(*journal);
  current_ = index;
  remapper_ = {};
  if (!std::exchange(doubtful_, false)) return ok();
  for (const journal::StoredKey& stored : journal_->keys_since(Time{})) {
    if (!known_.contains(id_of(stored.source, stored.key.key)))
      remember(stored.source, stored.key, streams_[index]);
  }
  return ok();
}

Status History::store(RecordBatch& records, const IdempotencyKey& key) {
  std::optional<std::size_t> index = stream_for(records);
  if (!index) {
    if (streams_.size() >= kMostStreams) {
      return Error{"there are " + std::to_string(kMostStreams) +
                   " backfills that all overlap in time: merge the logs into one file, sorted by time"};
    }
    index = streams_.size();
    streams_.push_back({history_stream(options_.dir, streams_.size() + 1)});
  }
  if (Status opened = open_stream(*index); !opened) return opened;
  // Found on the disk after a failed append: the sender's next try gets its answer.
  if (known_.contains(id_of(records.source, key.key))) return Error{"the block is stored already"};
  journal::Group group;
  group.stamp = options_.wall_clock();
  remapper_.append(records, *dictionary_, group.api, group.device);
  group.counts.emplace_back(records.source, records.counts);
  group.keys.push_back({records.source, key, group.stamp});
  const auto appended = journal_->append(group);
  if (!appended) {
    doubtful_ = !journal_->disk_full();
    if (doubtful_) journal_.reset();
    return appended.error();
  }
  remember(records.source, key, streams_[*index]);
  publish();
  return ok();
}

void History::publish() {
  auto view = std::make_shared<HistoryView>();
  for (const Stream& stream : streams_) {
    view->dirs.push_back(stream.dir);
    view->rows_since = std::max(view->rows_since, stream.rows_since);
  }
  view->blocks = blocks_;
  view->coverage = coverage_;
  view_.publish(std::move(view));
}

}  // namespace slod::daemon
