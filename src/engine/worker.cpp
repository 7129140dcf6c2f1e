#include "worker.h"

#include "slod/core/result.h"

namespace slod::engine {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr auto kIdle = std::chrono::seconds(1);

}  // namespace

Worker::Worker(Shard& shard) : shard_(shard), filling_(std::make_unique<Batch>()) {
  for (std::size_t i = 1; i < kBatches; ++i) {
    auto batch = std::make_unique<Batch>();
    const bool room = empty_.push(batch);
    SLOD_ASSERT(room);
  }
  thread_ = std::thread([this] { loop(); });
}

Worker::~Worker() {
  stopping_.store(true);
  full_.wake();
  thread_.join();
}

void Worker::start(std::function<void(Shard&)> last) {
  filling_->last = std::move(last);
  hand_over();
}

void Worker::finish() {
  std::array<std::unique_ptr<Batch>, kBatches> back;
  for (std::size_t i = 0; i < kBatches - 1; ++i) back[i] = take_back();
  for (std::size_t i = 0; i < kBatches - 1; ++i) {
    const bool room = empty_.push(back[i]);
    SLOD_ASSERT(room);
  }
}

void Worker::hand_over() {
  const bool room = full_.push(filling_);
  SLOD_ASSERT(room);  // there are no more batches than places
  filling_ = take_back();
}

std::unique_ptr<Worker::Batch> Worker::take_back() {
  for (;;) {
    if (auto batch = empty_.pop()) return batch;
    empty_.wait_until(SteadyClock::now() + kIdle);
  }
}

void Worker::loop() {
  for (;;) {
    const bool last_round = stopping_.load();
    while (auto batch = full_.pop()) {
      for (const Message& message : batch->messages) {
        std::visit([this](const auto& one) { shard_.take(one); }, message);
      }
      batch->messages.clear();
      if (batch->last) std::exchange(batch->last, nullptr)(shard_);
      const bool room = empty_.push(batch);
      SLOD_ASSERT(room);
    }
    if (last_round) return;
    full_.wait_until(SteadyClock::now() + kIdle);
  }
}

}  // namespace slod::engine
