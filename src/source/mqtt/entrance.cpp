#include "source/mqtt/entrance.h"

#include <algorithm>
#include <thread>

namespace slod::source {
namespace {

constexpr auto kFirstPause = std::chrono::milliseconds(5);
constexpr auto kLongestPause = std::chrono::milliseconds(100);

std::int64_t steady_now() {
  return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

bool Entrance::try_once(const InboxMessage& message) noexcept {
  try {
    kept_out_.store(room_ && !room_(), std::memory_order_relaxed);
    if (kept_out_.load(std::memory_order_relaxed)) return false;
    return inbox_.append(message) == Inbox::Append::kStored;
  } catch (...) {  // out of memory for one huge message: as good as no room
    return false;
  }
}

void Entrance::put(InboxMessage message) noexcept {
  since_.store(steady_now(), std::memory_order_release);
  message.received = wall_clock_();
  auto pause = kFirstPause;
  while (!try_once(message)) {
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, kLongestPause);
    while (abandoned_.load()) std::this_thread::sleep_for(hours(1));
  }
  since_.store(0, std::memory_order_release);
}

Duration Entrance::waiting_for() const {
  const std::int64_t since = since_.load(std::memory_order_acquire);
  return since == 0 ? Duration(0) : Duration(std::max<std::int64_t>(1, steady_now() - since));
}

}  // namespace slod::source
