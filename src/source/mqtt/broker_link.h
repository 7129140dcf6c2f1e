// One connection to one broker through Paho, kept up for ever: MQTT 5, a session that outlives us, subscribed
// anew on every connect (Paho never does that). Messages go to the entrance; what happens to the connection
// is noted for another thread to tell. Traps of the library that this file is shaped by: docs/mqtt.md, last
// section. Threads: start(), stop() the owner's; connected() and the take_ functions any. Paho's own thread
// calls in.
#pragma once

#include <mqtt/async_client.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "slod/config/config.h"
#include "source/mqtt/entrance.h"

namespace slod::source {

struct BrokerAccess {
  std::string host;
  std::uint16_t port = 1883;
  bool tls = false;
  std::string client_id;
  std::string username, password;
  std::string ca_file, cert_file, key_file;
  int qos = 1;
  std::vector<std::string> filters;
  Duration keep_alive = seconds(30);  ///< whole seconds
  [[nodiscard]] std::string address() const { return host + ":" + std::to_string(port); }
};

/// What the library's threads saw, for the thread that logs and tells.
struct LinkEvents {
  unsigned ups = 0, downs = 0;                             ///< since the last look
  Duration silent{0};                                      ///< the longest that a loss went unnoticed
  std::vector<std::pair<std::string, std::string>> notes;  ///< level, text
};

class BrokerLink {
 public:
  BrokerLink(BrokerAccess access, Entrance& entrance, WakeUp& bell);
  ~BrokerLink();
  BrokerLink(const BrokerLink&) = delete;
  BrokerLink& operator=(const BrokerLink&) = delete;

  /// Begins to connect and to retry for ever. Errors: what no retry can mend (an unreadable certificate
  /// file).
  [[nodiscard]] Status start();
  /// Disconnects, waiting a few seconds at most. Messages that arrive meanwhile are still stored.
  void stop();

  /// Connected, and every subscription answered: from now on what we do not take waits in the broker.
  [[nodiscard]] bool connected() const { return connected_.load(std::memory_order_acquire); }
  [[nodiscard]] LinkEvents take_events();
  /// Why the last attempt failed; "" if none did.
  [[nodiscard]] std::string last_failure();
  /// The same as a connection of our own finds it: the library mostly says no more than that it failed. May
  /// take seconds.
  [[nodiscard]] std::string explained_failure();

 private:
  class Listener;
  void install_handlers();
  void on_connected() noexcept;
  void on_subscribed();
  void on_down(const std::string& why) noexcept;
  void on_message(const ::mqtt::message& message) noexcept;
  void note(const std::string& level, const std::string& text);
  void heard();
  [[nodiscard]] Duration unnoticed() const;

  const BrokerAccess access_;
  Entrance& entrance_;
  WakeUp& bell_;
  std::atomic<bool> connected_{false};
  std::atomic<bool> session_told_{false};   // of this connection
  std::atomic<std::size_t> unanswered_{0};  // subscriptions of this connection
  std::atomic<std::int64_t> heard_{0};      // steady clock, ns: the broker's last sign of life
  std::atomic<bool> stalled_{false};        // the last callback took so long that no ping was answered
  std::mutex mutex_;                        // guards events_ and last_failure_: never held while waiting
  LinkEvents events_;
  std::string last_failure_;
  std::unique_ptr<Listener> connect_listener_, subscribe_listener_;
  std::unique_ptr<::mqtt::async_client> client_;
};

}  // namespace slod::source
