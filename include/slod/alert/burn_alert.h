// The state of one burn-rate rule of one SLO (or one of its groups). Pure: counts in, transition out.
// inactive -> firing at the first tick where both windows burn faster than the rule; firing -> inactive after
// the short window's burn has stayed below 0.9 * burn at every tick for the short window's length. Without
// valid events in the short window, or while a source it needs is down, a firing alert is held. Thread: its
// owner's (the engine).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "slod/config/config.h"
#include "slod/window/window_table.h"

namespace slod::alert {

enum class State : std::uint8_t { kInactive, kFiring };
[[nodiscard]] const char* state_name(State state);

struct RuleInput {
  Time at;
  window::Counts long_window, short_window;
  /// Expected valid events in the part of each window that slod did not observe; added to valid. 0: fully
  /// observed.
  std::int64_t long_unseen = 0, short_unseen = 0;
  std::int64_t bad_devices = -1;  ///< distinct devices with bad events in the long window; -1: not known
  bool source_down = false;
};

class BurnAlert {
 public:
  /// Lifetime: rule and policy outlive it.
  BurnAlert(const BurnRule& rule, const AlertPolicy& policy, Ppm objective);
  /// Goes on where another judge of the same windows stood.
  void resume(const BurnAlert& old) {
    state_ = old.state_;
    held_ = old.held_;
    burning_ = old.burning_;
    since_ = old.since_;
    calm_since_ = old.calm_since_;
  }
  /// Returns the new state if it changed.
  std::optional<State> evaluate(const RuleInput& input);
  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] std::optional<Time> since() const { return since_; }  ///< firing since
  [[nodiscard]] bool held() const { return held_; }
  [[nodiscard]] bool burning() const { return burning_; }  ///< both windows did at the last tick
  [[nodiscard]] const BurnRule& rule() const { return *rule_; }
  template <class A>
  void io(A& a) {
    a(state_, held_, since_, calm_since_);
  }

 private:
  [[nodiscard]] bool fires(const RuleInput& input) const;

  const BurnRule* rule_;
  const AlertPolicy* policy_;
  Ppm objective_;
  State state_ = State::kInactive;
  bool held_ = false;
  bool burning_ = false;
  std::optional<Time> since_;
  std::optional<Time> calm_since_;  ///< first tick of the run of ticks below 0.9 * burn
};

}  // namespace slod::alert
