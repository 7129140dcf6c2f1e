// Ballast: a file that is only in the way. When the disk is full it is dropped, so that what must still be
// written - ticks, the ledger, delivery marks - has room; as long as it is gone no records are taken in.
// Thread: any.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

namespace slod::store {

class Ballast {
 public:
  static constexpr std::uint64_t kBytes = 8U << 20U;

  /// A file of at most `bytes`, and of at most an eighth of the room that the disk has when it is made.
  explicit Ballast(std::string path, std::uint64_t bytes = kBytes) : path_(std::move(path)), most_(bytes) {}
  Ballast(const Ballast&) = delete;
  Ballast& operator=(const Ballast&) = delete;

  /// Makes it, if there is room for it and for as much again. Returns there().
  bool fill();
  /// Gives its room back. True: there was some to give.
  bool drop();
  [[nodiscard]] bool there() const { return there_.load(std::memory_order_acquire); }

 private:
  const std::string path_;
  const std::uint64_t most_;
  std::mutex mutex_;           ///< guards the file
  std::uint64_t dropped_ = 0;  ///< its size when it was dropped: the room that must be back
  std::atomic<bool> there_{false};
};

}  // namespace slod::store
