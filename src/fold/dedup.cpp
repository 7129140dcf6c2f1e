#include "fold/dedup.h"

namespace slod::fold {

bool Dedup::first(StringId source, std::uint8_t kind, const Digest& id, Time received) {
  forget_expired(received);
  const Digest key = key_of(source, kind, id);
  const std::uint32_t hash = hash_of(key);
  const auto same = [&](std::uint32_t number) { return ring_[number - base_].key == key; };
  if (const std::uint32_t* known = index_.find(hash, same)) {
    Seen& seen = ring_[*known - base_];
    if (received - seen.received < kMemory) return false;
    seen.received = received;  // behind a younger one in the ring: the id starts anew
    return true;
  }
  if (ring_.size() == max_ids_) forget_oldest();
  ring_.push_back({key, received});
  index_.insert(hash, static_cast<std::uint32_t>(base_ + ring_.size() - 1));
  return true;
}

void Dedup::forget_oldest() {
  index_.erase(hash_of(ring_.front().key), base_);
  ring_.pop_front();
  ++base_;
}

void Dedup::forget_expired(Time now) {
  while (!ring_.empty() && now - ring_.front().received >= kMemory) forget_oldest();
}

}  // namespace slod::fold
