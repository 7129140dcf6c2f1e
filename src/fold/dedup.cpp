#include "fold/dedup.h"

#include "slod/core/hash.h"

namespace slod::fold {

Dedup::Dedup(std::size_t max_ids) : max_ids_(max_ids), index_(0, Hash{this}, Equal{this}) {}

bool Dedup::first(StringId source, std::uint8_t kind, const Digest& id, Time received) {
  forget_expired(received);
  const std::uint64_t scope = (std::uint64_t{source} << 8) | kind;
  const Digest key{id.hi ^ mix64(scope + 1, 0x9e3779b97f4a7c15), id.lo};
  if (const auto known = index_.find(key); known != index_.end()) {
    Seen& seen = ring_[*known - base_];
    if (received - seen.received < kMemory) return false;
    seen.received = received;  // behind a younger one in the ring: the id starts anew
    return true;
  }
  if (ring_.size() == max_ids_) forget_oldest();
  ring_.push_back({key, received});
  index_.insert(static_cast<std::uint32_t>(base_ + ring_.size() - 1));
  return true;
}

void Dedup::forget_oldest() {
  index_.erase(base_);
  ring_.pop_front();
  ++base_;
}

void Dedup::forget_expired(Time now) {
  while (!ring_.empty() && now - ring_.front().received >= kMemory) forget_oldest();
}

}  // namespace slod::fold
