// Journal time: never decreases, advances with the boot clock (which counts suspension), and follows the wall
// clock: small differences are slewed, one over 60 s is adopted only after it has stood for 60 s, and then
// says so, so that a clock that jumps there and back moves nothing. A wall clock that went
// back by more than that is met at half speed, since journal time cannot go back with it. Pure: both clocks
// are arguments. Thread: the committer.
#pragma once

#include <optional>

#include "slod/core/time.h"

namespace slod::daemon {

class JournalClock {
 public:
  /// `last`: the journal's newest stamp; journal time starts at the later of it and the wall clock.
  JournalClock(Time last, Time wall, Duration boot);

  struct Reading {
    Time now;
    std::optional<Time>
        jumped_from;  ///< the wall clock's difference was adopted: [jumped_from, now) is a gap
  };
  Reading read(Time wall, Duration boot);

 private:
  Time now_;
  Duration boot_;
  bool slow_ = false;  ///< journal time is far ahead, and goes at half speed until they meet
  std::optional<Duration> differs_since_;  ///< boot time since which the wall clock is more than kJump away
};

}  // namespace slod::daemon
