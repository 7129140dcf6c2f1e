#include "silence.h"

#include <algorithm>

namespace slod::fleet {

void Silence::start(Nanos at, Nanos interval, Nanos lost_after_intervals) {
  evidence = at;
  missed = later(at, interval);
  lost = later(at, lost_after_intervals);
}

Nanos Silence::down_since(Nanos as_of) const {
  Nanos since = kNever;
  if (as_of > lost) since = missed;
  if (offline != kNever && as_of > later(offline, kSettle)) since = std::min(since, offline);
  return since;
}

Nanos Silence::next_trip(Nanos as_of) const {
  Nanos next = lost >= as_of ? lost : kNever;
  const Nanos settled = offline == kNever ? kNever : later(offline, kSettle);
  return settled >= as_of ? std::min(next, settled) : next;
}

bool is_down(const Silence& silence, const std::vector<Outage>& closed, Nanos end, Nanos as_of) {
  if (end > silence.evidence) return end > silence.down_since(as_of);
  const auto after = std::lower_bound(closed.begin(), closed.end(), end,
                                      [](const Outage& o, Nanos at) { return o.to < at; });
  return after != closed.end() && after->from < end;
}

namespace {

/// Outages that evidence had closed before the gap was known.
void split_closed(std::vector<Outage>& closed, Outage gap, Nanos interval, Nanos lost) {
  std::vector<Outage> kept;
  for (const Outage& o : closed) {
    if (o.to <= gap.from || o.from >= gap.to) {
      kept.push_back(o);
      continue;
    }
    if (o.from < gap.from) kept.push_back({o.from, gap.from});
    if (o.to > later(gap.to, lost)) kept.push_back({later(gap.to, interval), o.to});
  }
  closed = std::move(kept);
}

}  // namespace

void restart(Silence& silence, std::vector<Outage>& closed, Outage gap) {
  if (silence.evidence == kNever) return;
  const Nanos interval = silence.missed - silence.evidence;
  const Nanos lost = silence.lost - silence.evidence;
  split_closed(closed, gap, interval, lost);
  if (silence.evidence >= gap.to) return;
  const Nanos down = silence.down_since(gap.from);
  if (down < gap.from) closed.push_back({down, gap.from});
  silence.start(gap.to, interval, lost);
  if (silence.offline != kNever) silence.offline = std::max(silence.offline, gap.to);
}

}  // namespace slod::fleet
