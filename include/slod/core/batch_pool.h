// Batches that are used again, so that a body costs neither the memory of its rows nor the growing of its
// dictionary. Who owns a batch gives it back by letting go of it, on whichever thread. Invariants: a batch is
// either in the pool or with one owner; take() is called by one thread; give_back() by any, and a full pool
// frees what it gets; the pool lives as long as any of its batches (they share it).
#pragma once

#include <memory>

#include "slod/core/mailbox.h"
#include "slod/core/record.h"

namespace slod {

class BatchPool;

/// Gives a batch back to its pool; without one, frees it.
class ReturnBatch {
 public:
  ReturnBatch() = default;
  explicit ReturnBatch(std::shared_ptr<BatchPool> pool) : pool_(std::move(pool)) {}
  // A batch from make_unique has no pool.
  ReturnBatch(std::default_delete<RecordBatch>) noexcept {}  // NOLINT(google-explicit-constructor)
  void operator()(RecordBatch* batch) const;

 private:
  std::shared_ptr<BatchPool> pool_;
};
using BatchPointer = std::unique_ptr<RecordBatch, ReturnBatch>;

class BatchPool : public std::enable_shared_from_this<BatchPool> {
 public:
  /// An empty batch. Thread: the pool's one consumer.
  [[nodiscard]] BatchPointer take() {
    auto kept = kept_.pop();
    if (!kept) kept = std::make_unique<RecordBatch>();
    kept->clear();
    return {kept.release(), ReturnBatch(shared_from_this())};
  }
  /// Thread: any.
  void give_back(std::unique_ptr<RecordBatch> batch) {
    if (batch->api.capacity() + batch->device.capacity() <= kMostRows) kept_.push(batch);
  }

 private:
  static constexpr std::size_t kMostKept = 64;
  static constexpr std::size_t kMostRows = 4096;
  Mailbox<RecordBatch> kept_{kMostKept};
};

inline void ReturnBatch::operator()(RecordBatch* batch) const {
  std::unique_ptr<RecordBatch> owned(batch);
  if (pool_) pool_->give_back(std::move(owned));
}

}  // namespace slod
