// Connectivity of one device, by the time at which we received: the clock since the last evidence of life,
// and the outages that later evidence has closed. Pure values.
#pragma once

#include <vector>

#include "times.h"

namespace slod::fleet {

/// [from, to): the device was out of reach.
struct Outage {
  Nanos from = 0;
  Nanos to = 0;
};

struct Silence {
  Nanos evidence = kNever;  ///< last evidence (or where the clock was started); kNever: not started
  Nanos missed = kNever;    ///< evidence + interval: the first report that is missing
  Nanos lost =
      kNever;  ///< evidence + lost_after x interval: silence through this is an outage from `missed` on
  Nanos offline = kNever;  ///< first offline message since the evidence

  void start(Nanos at, Nanos interval, Nanos lost_after_intervals);
  /// Where the outage began that is known at `as_of`, kNever if there is none.
  [[nodiscard]] Nanos down_since(Nanos as_of) const;
  /// The next moment at or after `as_of` past which silence means more than it does now; kNever: none.
  [[nodiscard]] Nanos next_trip(Nanos as_of) const;
};

/// Just before `end`, as known at `as_of`: out of reach? `closed`: outages in order.
[[nodiscard]] bool is_down(const Silence& silence, const std::vector<Outage>& closed, Nanos end, Nanos as_of);

/// Nothing was seen in [from, to): the clock starts anew at `to`, and silence over the gap proves nothing.
void restart(Silence& silence, std::vector<Outage>& closed, Outage gap);

}  // namespace slod::fleet
