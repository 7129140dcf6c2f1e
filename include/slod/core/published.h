// Published<T>: the newest immutable value of one writer, for any number of readers.
//
// Who may call what: publish() one thread; read() any thread.
// Invariants
//  1. `current_` names the slot that readers take from; the writer never writes to that slot.
//  2. The writer writes only to a slot whose `readers` it saw at 0 after `current_` had left it.
//  3. A reader touches a slot's pointer only between its increment and decrement of `readers`, and only if
//  `current_`
//     still named the slot after the increment. (1, 2 and this: never while the writer writes it.)
// Progress: publish() is wait-free in practice (kSlots exceeds the readers that can be in the few
// instructions between increment and decrement) and otherwise tries the slots again; a reader is lock-free:
// it repeats only if a publish happened in between. Nobody waits for a slow user of a value: a value lives as
// long as somebody holds its pointer. Memory order: increment, re-check, store of current_ and check of
// readers are seq_cst, because it is the store-load order on both sides that makes invariant 2 hold.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>

namespace slod {

template <typename T>
class Published {
 public:
  /// The newest value; null before the first publish().
  [[nodiscard]] std::shared_ptr<const T> read() const {
    for (;;) {
      const std::size_t index = current_.load();
      Slot& slot = slots_[index];
      slot.readers.fetch_add(1);
      if (current_.load() == index) {
        std::shared_ptr<const T> value = slot.value;
        slot.readers.fetch_sub(1);
        return value;
      }
      slot.readers.fetch_sub(1);
    }
  }

  void publish(std::shared_ptr<const T> value) {
    const std::size_t current = current_.load();
    for (std::size_t i = (current + 1) % kSlots;; i = (i + 1) % kSlots) {
      if (i == current || slots_[i].readers.load() != 0) continue;
      slots_[i].value = std::move(value);
      current_.store(i);
      return;
    }
  }

 private:
  static constexpr std::size_t kSlots = 16;
  struct alignas(64) Slot {
    mutable std::atomic<int> readers{0};
    std::shared_ptr<const T> value;
  };
  mutable std::array<Slot, kSlots> slots_;
  std::atomic<std::size_t> current_{0};
};

}  // namespace slod
