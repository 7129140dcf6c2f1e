// Notify: from transitions to messages that arrive. Incidents join the rules of one (SLO, severity) - and
// group, where a group fired - so that a person hears once; compose() renders what each destination is told;
// lanes deliver from the ledger's outbox, one thread, connection and deadline per destination, so that one
// that hangs delays nobody else.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "slod/config/config.h"
#include "slod/core/result.h"
#include "slod/engine/snapshot.h"
#include "slod/store/ledger.h"

namespace slod::notify {

/// From its first rule's firing to its last rule's end; rules that join meanwhile add no notification.
struct Incident {
  std::string key;  ///< stable: "slod/<slo>/<severity>[/<labels>]/<first firing slot>"
  std::string slo, severity;
  std::vector<std::pair<std::string, std::string>> labels;
  Time since;
  std::vector<std::string> firing_rules;  ///< "1h/5m", those that fire now
  template <class A>
  void io(A& a) {
    a(key, slo, severity, labels, since, firing_rules);
  }
};

struct IncidentEvent {
  Incident incident;
  bool opened = true;  ///< false: it ended
  Time at;
};

/// A fold of transitions: the same transitions give the same incidents. Thread: one owner.
class Incidents {
 public:
  [[nodiscard]] std::vector<IncidentEvent> apply(const std::vector<engine::Transition>& transitions);
  [[nodiscard]] std::vector<Incident> open() const;
  template <class A>
  void io(A& a) {
    a(open_);
  }
  /// Makes `now` the open ones. Those that were open keep their key and their beginning; returned is what
  /// that opens and ends.
  [[nodiscard]] std::vector<IncidentEvent> replace(const std::vector<Incident>& now, Time at);
  /// The open incident of this key's subject is known by it from now on. False: none is open.
  bool adopt(const std::string& key);

 private:
  std::map<std::string, Incident> open_;
};

/// The incidents of a snapshot: per (SLO, severity, group) with a firing rule of which people are to hear.
[[nodiscard]] std::vector<Incident> firing_in(const engine::Snapshot& snapshot);

/// Of an incident of which only the key is left: its SLO, severity and beginning.
[[nodiscard]] Incident ended_incident(const std::string& key);

/// What each destination that the routes name is told of an event. First matching route wins unless
/// `continue`. Alertmanager destinations get nothing here: they are told the level, again and again, by their
/// lane.
[[nodiscard]] std::vector<store::Notification> compose(const Config& config, const engine::Snapshot& snapshot,
                                                       const IncidentEvent& event);

struct NotifierContext {
  std::shared_ptr<const Config> config;
  store::Ledger& ledger;
  std::function<Result<std::string>(const Secret&)> read_secret;
  std::function<void(const std::string& level, const std::string& message)> log;
  std::function<Time()> wall_clock;
  std::function<std::shared_ptr<const engine::Snapshot>()> snapshot;
  std::string external_url;
};

struct NotifierFigures {
  std::map<std::pair<std::string, std::string>, std::uint64_t>
      outcomes;                                  ///< (destination, delivered|retried|dead|...)
  std::map<std::string, double> oldest_seconds;  ///< age of the oldest undelivered
};

class Notifier {
 public:
  explicit Notifier(NotifierContext context);
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  void start();
  /// Something new is in the outbox. Thread: any.
  void wake();
  /// Gives the lanes until the deadline for what is deliverable now, then stops and joins.
  void stop(Duration deadline);
  [[nodiscard]] NotifierFigures figures() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace slod::notify
