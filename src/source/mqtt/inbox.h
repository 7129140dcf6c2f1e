// The inbox: what the broker handed over and the journal does not hold yet, as append-only files. The MQTT
// callback appends and returns, which acknowledges the message; the reader follows like the reader of a
// tailed file and its position commits together with the records. Why: docs/decisions/0004-inbox.md.
//
// Invariants
// 1. A message that append() called kStored is whole in the file (with `sync`: on the disk) before append()
// returns.
// 2. end() never points behind bytes that are not written; everything before it is whole frames.
// 3. A file is removed only after a position behind it has been committed.
// 4. backlog() is the bytes between the committed position and end(), never less.
// Threads: append() the callback's; release(), leave() the reader's; the rest any.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "source/mqtt/inbox_files.h"
#include "source/mqtt/inbox_frame.h"
#include "source/mqtt/wake_up.h"

namespace slod::source {

struct InboxOptions {
  std::string dir;
  std::string source;
  std::uint64_t max_file = 64ULL << 20U;      ///< bytes; then a new generation begins
  std::uint64_t max_backlog = 256ULL << 20U;  ///< bytes; then append() says kFull
  bool sync = false;                          ///< fdatasync before append() returns
};

class Inbox {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Inbox>> open(const InboxOptions& options,
                                                           const std::vector<SourcePosition>& positions,
                                                           const Log& log);
  ~Inbox();
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  enum class Append { kStored, kFull, kFailed };
  /// kFull, kFailed: nothing of the message remains, try again later. A message larger than the whole backlog
  /// fits when the inbox is empty.
  [[nodiscard]] Append append(const InboxMessage& message);
  /// errno of the last append, 0 if it did not fail.
  [[nodiscard]] int last_error() const { return last_error_.load(std::memory_order_relaxed); }
  /// How often one failed, and with which errno the last of them.
  [[nodiscard]] std::uint64_t failures() const { return failures_.load(std::memory_order_acquire); }
  [[nodiscard]] int last_failure() const { return last_failure_.load(std::memory_order_relaxed); }

  [[nodiscard]] InboxPoint start() const { return recovered_.start; }
  /// As it was found.
  [[nodiscard]] const RecoveredInbox& recovered() const { return recovered_; }
  [[nodiscard]] InboxPoint end() const;
  [[nodiscard]] std::uint64_t backlog() const { return backlog_.load(std::memory_order_acquire); }
  [[nodiscard]] const InboxOptions& options() const { return options_; }

  /// Sleeps until something was appended after `point`, wake() was called, or the time is up.
  void wait_past(InboxPoint point, Duration at_most);
  void wake() { bell_.signal(); }
  /// These bytes are committed. Never takes more than there is: the unreadable end of a file was never
  /// counted.
  void release(std::uint64_t bytes) {
    backlog_.fetch_sub(std::min(bytes, backlog_.load(std::memory_order_acquire)), std::memory_order_acq_rel);
  }
  /// Everything in this generation is committed and the reader has left it.
  void leave(std::uint64_t generation);

 private:
  Inbox(InboxOptions options, const RecoveredInbox& recovered, int fd);
  [[nodiscard]] Append failed();
  void note_failure();
  [[nodiscard]] bool write_frame();
  [[nodiscard]] bool next_generation();

  const InboxOptions options_;
  const RecoveredInbox recovered_;
  InboxPoint tail_;                 // callback thread: where the next frame goes
  int fd_;                          // callback thread: the newest generation
  std::string frame_;               // callback thread
  std::atomic<std::uint64_t> end_;  // tail_, packed, published
  std::atomic<std::uint64_t> backlog_;
  std::atomic<int> last_error_{0}, last_failure_{0};
  std::atomic<std::uint64_t> failures_{0};
  std::atomic<bool> waiting_{false};  // the reader sleeps, or is about to: ringing costs a system call
  WakeUp bell_;
};

}  // namespace slod::source
