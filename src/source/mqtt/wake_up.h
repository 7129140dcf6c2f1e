// A bell between two threads: signal() never blocks, wait() sleeps until it was rung or the time is up. Rings
// are not counted, so whoever waits looks again at what it waits for.
#pragma once

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

#include "slod/core/result.h"
#include "slod/core/time.h"

namespace slod::source {

class WakeUp {
 public:
  WakeUp() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) { SLOD_ASSERT(fd_ >= 0); }
  ~WakeUp() { ::close(fd_); }
  WakeUp(const WakeUp&) = delete;
  WakeUp& operator=(const WakeUp&) = delete;

  void signal() {
    const std::uint64_t one = 1;
    // Only a full counter can fail, and that one has been rung.
    [[maybe_unused]] const ssize_t written = ::write(fd_, &one, sizeof one);
  }
  void wait(Duration at_most) {
    pollfd waiting{fd_, POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(at_most.count() / 1'000'000)) <= 0) return;
    std::uint64_t rung = 0;
    [[maybe_unused]] const ssize_t read = ::read(fd_, &rung, sizeof rung);
  }

 private:
  const int fd_;
};

}  // namespace slod::source
