// Mailbox<T>: a bounded lock-free queue from many producers to one consumer that can sleep.
// Who may call what: push() any thread; pop(), wait_*() the consumer. Full: push() refuses, and the caller
// keeps its item: an HTTP source answers 503, a file or inbox waits. Boost.Lockfree carries the pointers
// (fixed nodes, no allocation after construction); a POSIX semaphore wakes the sleeper, posted only when it
// said that it sleeps. Invariant: an item that push() took is seen by pop() before wait_until() sleeps:
// `asleep_` is set before the last emptiness check and read after the push (both seq_cst).
#pragma once

#include <semaphore.h>

#include <atomic>
#include <boost/lockfree/queue.hpp>
#include <chrono>
#include <cstddef>
#include <ctime>
#include <memory>

namespace slod {

/// Wakes one sleeping thread; remembers one wake-up that came early.
class Wakeup {
 public:
  Wakeup() { sem_init(&semaphore_, 0, 0); }
  ~Wakeup() { sem_destroy(&semaphore_); }
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;

  void wake() { sem_post(&semaphore_); }
  /// Returns at a wake-up or at `deadline`.
  void wait_until(std::chrono::steady_clock::time_point deadline) {
    const auto since = deadline.time_since_epoch();
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(since);
    timespec at{};
    at.tv_sec = whole.count();
    at.tv_nsec = std::chrono::duration_cast<std::chrono::nanoseconds>(since - whole).count();
    // EINTR and ETIMEDOUT look alike to a caller that checks its condition again.
    if (sem_clockwait(&semaphore_, CLOCK_MONOTONIC, &at) == 0) {
      while (sem_trywait(&semaphore_) == 0) {
      }
    }
  }

 private:
  sem_t semaphore_{};
};

template <typename T>
class Mailbox {
 public:
  explicit Mailbox(std::size_t capacity) : queue_(capacity), capacity_(capacity) {}
  ~Mailbox() {
    while (pop()) {
    }
  }
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  /// False: full; `item` is untouched.
  bool push(std::unique_ptr<T>& item) {
    if (size_.fetch_add(1) >= capacity_ || !queue_.bounded_push(item.get())) {
      size_.fetch_sub(1);
      return false;
    }
    static_cast<void>(item.release());
    if (asleep_.load() && asleep_.exchange(false)) wakeup_.wake();
    return true;
  }
  /// Null: empty.
  std::unique_ptr<T> pop() {
    T* item = nullptr;
    if (!queue_.pop(item)) return nullptr;
    size_.fetch_sub(1);
    return std::unique_ptr<T>(item);
  }
  [[nodiscard]] std::size_t size() const { return size_.load(std::memory_order_relaxed); }
  /// Sleeps until something is in the mailbox, wake() is called, or the deadline. May return early.
  void wait_until(std::chrono::steady_clock::time_point deadline) {
    asleep_.store(true);
    if (queue_.empty()) wakeup_.wait_until(deadline);
    asleep_.store(false);
  }
  void wake() { wakeup_.wake(); }

 private:
  boost::lockfree::queue<T*> queue_;
  std::size_t capacity_;
  std::atomic<std::size_t> size_{0};
  std::atomic<bool> asleep_{false};
  Wakeup wakeup_;
};

}  // namespace slod
