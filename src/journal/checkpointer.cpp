#include "journal/checkpointer.h"

#include <algorithm>
#include <utility>

#include "journal/segment.h"

namespace slod::journal {
namespace {

/// What the committer copies by itself without a thought: less than a commit of many records writes.
constexpr int kFewPages = 16;
/// Under full load the rest does not get smaller any more after so many passes.
constexpr int kPasses = 2;
/// The thread copies that much at a time: often enough that one pass never fills the disk's queue.
constexpr int kSteps = 16;
constexpr int kMost = 4;

/// A full disk heals, and the log still holds everything.
bool passes_by(const sqlite::Database& database) {
  return database.disk_full();
}

}  // namespace

Checkpointer::Checkpointer(std::uint64_t log_bytes)
    : limit_(std::max(kSteps, static_cast<int>(log_bytes / kPageBytes))) {}

Checkpointer::~Checkpointer() {
  await_idle();
  if (!thread_.joinable()) return;
  state_ = State::kOver;
  state_.notify_all();
  thread_.join();
}

void Checkpointer::await_idle() const {
  while (state_ == State::kCopying) state_.wait(State::kCopying);
}

void Checkpointer::begin_anew() {
  copied_ = last_ = passes_ = held_from_ = 0;
}

void Checkpointer::leave() {
  await_idle();
  begin_anew();
  error_.reset();
  database_.reset();
}

Status Checkpointer::committed(sqlite::Database& database) {
  const int pages = database.log_pages();
  if (state_ == State::kCopying) {
    if (pages < limit_ * kMost) return ok();
    await_idle();
  }
  if (error_) return *std::exchange(error_, std::nullopt);
  if (pages <= last_) begin_anew();
  last_ = pages;
  if (held_from_ > 0 && pages < held_from_ + limit_) return ok();
  const int left = pages - copied_;
  if (pages < limit_) {
    if (left * kSteps >= limit_) hand_over(database);
    return ok();
  }
  if (left <= kFewPages || passes_ >= kPasses) return copy_rest(database);
  ++passes_;
  hand_over(database);
  return ok();
}

void Checkpointer::hand_over(const sqlite::Database& database) {
  path_ = database.path();
  state_ = State::kCopying;
  if (!thread_.joinable()) thread_ = std::thread([this] { loop(); });
  state_.notify_all();
}

Status Checkpointer::copy_rest(sqlite::Database& database) {
  const Result<sqlite::Database::Copied> done = database.checkpoint();
  if (!done && !passes_by(database)) return done.error();
  // Whether it begins anew shows at the next commit; if not, nothing can be done about it for a while.
  held_from_ = last_;
  passes_ = 0;
  if (done) copied_ = done->copied;
  return ok();
}

void Checkpointer::loop() {
  for (;;) {
    state_.wait(State::kIdle);
    const State state = state_;
    if (state == State::kOver) return;
    if (state == State::kIdle) continue;
    copy();
    state_ = State::kIdle;
    state_.notify_all();
  }
}

void Checkpointer::copy() {
  if (!database_) {
    Result<sqlite::Database> opened = sqlite::Database::open(path_, sqlite::Database::Mode::kReadWrite);
    // No file descriptor, no memory: the committer does it when the log is long.
    if (!opened || !opened->exec("PRAGMA synchronous=FULL; PRAGMA mmap_size=0; PRAGMA user_version")) return;
    database_ = std::move(*opened);
  }
  const Result<sqlite::Database::Copied> done = database_->checkpoint();
  if (!done) {
    if (!passes_by(*database_)) error_ = done.error();
    return;
  }
  if (const Status synced = database_->sync_file(); !synced) error_ = synced.error();
  copied_ = std::max(copied_, done->copied);
}

}  // namespace slod::journal
