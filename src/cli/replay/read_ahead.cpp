#include "read_ahead.h"

#include <utility>

namespace slod::cli {

ReadAhead::ReadAhead(route::Intake intake, std::unique_ptr<LineBlocks> blocks, const std::string& source)
    : intake_(std::move(intake)),
      blocks_(std::move(blocks)),
      source_(source),
      bytes_total_(blocks_->bytes_total()),
      thread_([this] { loop(); }) {}

ReadAhead::~ReadAhead() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void ReadAhead::loop() {
  for (bool last = false; !last;) {
    auto block = empty_block();
    decode(*block);
    last = block->last;
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stop_ || ready_.size() < kAhead; });
    if (stop_) return;
    ready_.push_back(std::move(block));
    lock.unlock();
    changed_.notify_all();
  }
}

std::unique_ptr<DecodedBlock> ReadAhead::empty_block() {
  const std::lock_guard lock(mutex_);
  if (used_up_.empty()) return std::make_unique<DecodedBlock>();
  auto block = std::move(used_up_.back());
  used_up_.pop_back();
  return block;
}

void ReadAhead::decode(DecodedBlock& block) {
  block.batch.clear();
  block.batch.source = source_;
  const auto lines = blocks_->next();
  block.bytes_read = blocks_->bytes_read();
  if (!lines) {
    block.status = lines.error();
    block.last = true;
    return;
  }
  block.last = lines->empty();
  if (!block.last) block.last = intake_.lines(*lines, Time{}, block.batch).reached_until;
  block.first_arrival = intake_.first_arrival();
  block.last_arrival = intake_.last_arrival();
}

std::unique_ptr<DecodedBlock> ReadAhead::take() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !ready_.empty(); });
  auto block = std::move(ready_.front());
  ready_.pop_front();
  lock.unlock();
  changed_.notify_all();
  return block;
}

void ReadAhead::give_back(std::unique_ptr<DecodedBlock> block) {
  const std::lock_guard lock(mutex_);
  used_up_.push_back(std::move(block));
}

}  // namespace slod::cli
