// Where messages enter: called in the MQTT library's callback, returns when the message is in the inbox,
// because returning acknowledges it. When the inbox is full or the disk fails it waits; the broker keeps what
// it has, drops us when we stay silent for too long, and sends everything again. Never drops, never throws.
// Threads: put() the callback's; the rest any.
#pragma once

#include <atomic>
#include <functional>

#include "source/mqtt/inbox.h"

namespace slod::source {

class Entrance {
 public:
  /// `room`: false while what room the disk has is kept for alerts; may be empty.
  Entrance(Inbox& inbox, std::function<Time()> wall_clock, std::function<bool()> room = {})
      : inbox_(inbox), wall_clock_(std::move(wall_clock)), room_(std::move(room)) {}

  /// `message.received` is set here. Does not return before the message is stored; after abandon(), never.
  void put(InboxMessage message) noexcept;

  /// How long the present put() has been waiting for room or disk; zero if it is not waiting.
  [[nodiscard]] Duration waiting_for() const;
  /// Whether it waits because the room is not for messages.
  [[nodiscard]] bool kept_out() const { return kept_out_.load(std::memory_order_relaxed); }
  /// From now on a put() that waits does not return any more: the process is about to end, and what is not
  /// stored must not be acknowledged.
  void abandon() { abandoned_.store(true); }

 private:
  [[nodiscard]] bool try_once(const InboxMessage& message) noexcept;

  Inbox& inbox_;
  const std::function<Time()> wall_clock_;
  const std::function<bool()> room_;
  std::atomic<bool> kept_out_{false};
  std::atomic<std::int64_t> since_{0};  // steady clock, ns; 0: no put() is under way
  std::atomic<bool> abandoned_{false};
};

}  // namespace slod::source
