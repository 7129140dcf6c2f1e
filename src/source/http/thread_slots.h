// One T per thread that asks, without a lock: for what a server thread keeps between requests. Unlike a
// thread_local it dies with its owner and not with the thread, so it may refer to what the owner refers to.
// Invariants: a slot's owner is set once, by compare-exchange from 0, and never changes; only the owner
// touches value. The address of a thread_local is unique among living threads; a new thread that gets a dead
// one's address inherits its slot, after the thread library has ordered the one's end before the other's
// start.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace slod::source {

template <typename T, std::size_t kSlots = 64>
class ThreadSlots {
 public:
  /// This thread's T; null if more than kSlots threads ask.
  T* mine() {
    static thread_local char marker = 0;
    const auto me = reinterpret_cast<std::uintptr_t>(&marker);
    for (Slot& slot : slots_) {
      std::uintptr_t owner = slot.owner.load(std::memory_order_acquire);
      if (owner == 0 && slot.owner.compare_exchange_strong(owner, me, std::memory_order_acq_rel))
        return &slot.value;
      if (owner == me) return &slot.value;
    }
    return nullptr;
  }

 private:
  struct Slot {
    std::atomic<std::uintptr_t> owner{0};
    T value{};
  };
  std::array<Slot, kSlots> slots_;
};

}  // namespace slod::source
