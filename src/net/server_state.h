// What the connections of one server share. Counters are atomics: every loop thread and the owner use them.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "slod/net/http_server.h"

namespace slod::net {

/// How many connections each address has. Asked once per connection, not per request: a lock is cheap enough.
class AddressCounts {
 public:
  bool take(const std::string& address, std::size_t most) {
    const std::lock_guard lock(mutex_);
    std::size_t& count = counts_[address];
    if (count >= most) return false;
    ++count;
    return true;
  }
  void give_back(const std::string& address) {
    const std::lock_guard lock(mutex_);
    const auto found = counts_.find(address);
    if (found != counts_.end() && --found->second == 0) counts_.erase(found);
  }

 private:
  std::mutex mutex_;
  std::unordered_map<std::string, std::size_t> counts_;
};

struct ServerState {
  ServerState(const Limits& the_limits, Handler& the_handler) : limits(the_limits), handler(the_handler) {}

  const Limits limits;
  Handler& handler;
  std::atomic<std::size_t> connections{0};
  AddressCounts addresses;
  std::atomic<std::size_t> body_bytes{0};  ///< reserved by bodies in flight
  std::atomic<std::uint64_t> shed{0};
  std::atomic<bool> draining{false};
};

/// One connection's place among those of its address; empty: not counted.
class AddressSlot {
 public:
  AddressSlot() = default;
  AddressSlot(std::shared_ptr<ServerState> state, std::string address)
      : state_(std::move(state)), address_(std::move(address)) {}
  AddressSlot(AddressSlot&& other) noexcept = default;
  AddressSlot& operator=(AddressSlot&&) = delete;
  ~AddressSlot() {
    if (state_) state_->addresses.give_back(address_);
  }

 private:
  std::shared_ptr<ServerState> state_;
  std::string address_;
};

/// Room for one body in the server's budget, given back when the answer is known.
class Reservation {
 public:
  explicit Reservation(ServerState& state) : state_(&state) {}
  ~Reservation() { state_->body_bytes.fetch_sub(held_, std::memory_order_relaxed); }
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;

  /// Holds at least `bytes` from now on. False, and nothing changed: there is no room.
  bool grow_to(std::size_t bytes) {
    if (bytes <= held_) return true;
    const std::size_t more = bytes - held_;
    const std::size_t before = state_->body_bytes.fetch_add(more, std::memory_order_relaxed);
    if (more > state_->limits.in_flight_bytes || before > state_->limits.in_flight_bytes - more) {
      state_->body_bytes.fetch_sub(more, std::memory_order_relaxed);
      return false;
    }
    held_ += more;
    return true;
  }

 private:
  ServerState* state_;
  std::size_t held_ = 0;
};

}  // namespace slod::net
