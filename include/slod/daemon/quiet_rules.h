// QuietRules: alert rules that fire because history was put in, and nobody is told of them: there are no
// alerts for the past. Such a rule is told of at the first tick at which both its windows burn although its
// short window holds nothing from before the history came; until then, and once it has ended, it is as if it
// had never fired. A rule that begins to fire while its short window still reaches into the history is such a
// rule too. Evaluator's thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "slod/engine/snapshot.h"
#include "slod/notify/notifier.h"

namespace slod::daemon {

class QuietRules {
 public:
  /// Every rule that fires in `snapshot`, or would see history in its short window, but belongs to none of
  /// the incidents that people know. History ends at `history_end`; the epoch: there is none.
  void add_unless(const engine::Snapshot& snapshot, const std::vector<notify::Incident>& known,
                  Time history_end = {});
  /// What people are to hear of a tick's transitions: not the ends of quiet rules; and those that are quiet
  /// no more.
  [[nodiscard]] std::vector<engine::Transition> heard(const std::vector<engine::Transition>& transitions,
                                                      const engine::Snapshot& snapshot);
  /// Sets RuleStatus::quiet.
  void mark(engine::Snapshot& snapshot) const;
  [[nodiscard]] bool empty() const { return until_.empty(); }
  template <class A>
  void io(A& a) {
    a(until_);
  }
  /// As JSON, for the journal; and back, beside what is known already.
  [[nodiscard]] std::string text() const;
  void read(const std::string& text);
  /// Forgets the rules that neither fire in it nor see history.
  void prune(const engine::Snapshot& snapshot);

 private:
  std::map<std::string, Time> until_;  ///< by key: when the short window is free of history
};

}  // namespace slod::daemon
