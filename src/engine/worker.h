// Worker: the thread of one shard. The engine's thread appends messages; full batches go to the worker
// through a lock-free queue and come back through another to be filled again. Exactly kBatches batches exist,
// so both queues are bounded, and an engine that is faster than its shard waits for a batch to come back.
//
// Invariants
//  1. A batch is owned by the one side whose queue it was last taken from; nobody looks at a batch in a
//  queue.
//  2. The worker takes batches in the order of handing over, and messages in the order of appending.
//  3. All kBatches - 1 batches other than the one being filled are back <=> everything handed over is done.
//  The
//     queue's release and acquire make what the worker wrote visible to the engine's thread: after finish()
//     the shard may be read there until the next hand-over.
// Progress: append() and the worker's loop are lock-free; they sleep on a semaphore while there is nothing
// to take.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <thread>

#include "shard.h"
#include "slod/core/mailbox.h"

namespace slod::engine {

class Worker {
 public:
  explicit Worker(Shard& shard);
  /// Does what was handed over, drops what was only appended.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Built in place: a Message is large, and most are small kinds of it.
  template <typename One>
  void append(const One& message) {
    filling_->messages.emplace_back(std::in_place_type<One>, message);
    if (filling_->messages.size() == kMessages) hand_over();
  }
  /// `last` runs on the worker's thread after everything appended so far. Follow with finish().
  void start(std::function<void(Shard&)> last);
  /// Waits until everything that was started is done.
  void finish();

 private:
  static constexpr std::size_t kBatches = 4, kMessages = 1024;
  struct Batch {
    std::vector<Message> messages;
    std::function<void(Shard&)> last;
  };
  void hand_over();
  [[nodiscard]] std::unique_ptr<Batch> take_back();
  void loop();

  Shard& shard_;
  std::unique_ptr<Batch> filling_;
  Mailbox<Batch> full_{kBatches}, empty_{kBatches};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace slod::engine
