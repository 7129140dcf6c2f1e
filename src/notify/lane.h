// A lane: one destination, one thread. It takes what the ledger's outbox holds for its destination and sends
// until the destination says yes: 2xx is delivered, 429 and 503 wait as told, 5xx and the network are tried
// again with growing pauses, 400 and the like end as dead, 401, 403, 404 and 410 are tried every five minutes
// because a rotated token must heal them. An Alertmanager lane tells the level instead: every firing incident
// again each minute, to every replica.
#pragma once

#include <atomic>
#include <map>
#include <string>
#include <thread>

#include "slod/core/mailbox.h"
#include "slod/net/http_client.h"
#include "slod/notify/notifier.h"

namespace slod::notify {

/// What to do after an answer. Pure.
struct Verdict {
  enum class Action { kDelivered, kRetry, kDead };
  Action action = Action::kDelivered;
  Duration pause{0};
  std::string detail;
};
/// `attempts`: how many were made before this one. `body_ok`: Slack says "ok" in the body of its 200.
[[nodiscard]] Verdict judge(const Result<net::ClientResponse>& answer, int attempts, bool body_ok);

class Lane {
 public:
  Lane(const NotifierContext& context, const DestinationConfig& destination);
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;
  void start();
  void wake() { wakeup_.wake(); }
  void stop(Time deadline);
  [[nodiscard]] const std::string& name() const { return destination_.name; }
  [[nodiscard]] std::map<std::string, std::uint64_t> outcomes() const;

 private:
  void loop();
  void deliver_pending();
  void tell_alertmanager();
  bool deliver(const store::Notification& notification);
  [[nodiscard]] Result<net::ClientRequest> request_for(const store::Notification& notification) const;
  void settle(const store::Notification& notification, const Verdict& verdict);
  void note_state(const Verdict& verdict);

  const NotifierContext& context_;
  const DestinationConfig& destination_;
  Wakeup wakeup_;
  std::atomic<bool> stopping_{false};
  Time next_level_;                            ///< Alertmanager: when to tell again
  std::map<std::string, IncidentEvent> told_;  ///< Alertmanager: incidents that it knows as firing
  bool failing_ = false;
  std::atomic<std::uint64_t> delivered_{0}, retried_{0}, dead_{0};
  std::thread thread_;
};

}  // namespace slod::notify
