// Tells the world about the connection: logs, on_connection, the health flag, and a warning while the
// entrance waits. Owns one thread, so that neither the library's callbacks nor the feed ever wait for whoever
// listens.
#pragma once

#include <atomic>
#include <string>
#include <thread>

#include "source/mqtt/broker_link.h"
#include "source/mqtt/mqtt_source.h"

namespace slod::source {

class LinkWatcher {
 public:
  struct Watched {
    BrokerLink& link;
    const Entrance& entrance;
    const Inbox& inbox;
    WakeUp& bell;
    SourceHealth& health;
  };
  LinkWatcher(const std::string& source, const std::string& broker, Watched watched, Log log,
              OnConnection on_connection, Duration warn_when_waiting);
  ~LinkWatcher();

  void start();
  /// Tells a last `down` if the connection was up.
  void stop();

 private:
  void run();
  void tell_changes();
  void tell(bool up, Duration unnoticed = Duration(0));
  void tell_still_down();
  void tell_waiting();
  void tell_healed();
  void say(const std::string& level, const std::string& text) const;

  const std::string source_, broker_;
  Watched watched_;
  const Log log_;
  const OnConnection on_connection_;
  const Duration warn_when_waiting_;
  std::atomic<bool> stopping_{false};
  int told_ = -1;  // what on_connection was told last; -1: nothing
  std::chrono::steady_clock::time_point next_complaint_{};
  bool complained_of_waiting_ = false;
  std::uint64_t failures_told_ = 0;
  std::chrono::steady_clock::time_point next_failures_{};
  std::thread thread_;
};

}  // namespace slod::source
