// When a long fold says how far it is, and looks whether anybody still wants it: after so much work, and not
// after so many groups, for a group holds from no record to tens of thousands. Pure. Thread: one owner.
#pragma once

#include <cstddef>

namespace slod::daemon {

class Pace {
 public:
  void did(std::size_t rows) { work_ += rows; }
  /// Asked at each step, a group or a tick. True: now. The first time at once.
  [[nodiscard]] bool due() {
    work_ += kOfAStep;
    if (work_ < kEvery) return false;
    work_ = 0;
    return true;
  }

 private:
  static constexpr std::size_t kOfAStep = 32, kEvery = 8192;  ///< 256 empty steps, or some ms of rows
  std::size_t work_ = kEvery;
};

}  // namespace slod::daemon
