// The naive model of a WindowTable's series: keeps every event and recounts by the documented edge rule.
// Written from the rule's text, in nanoseconds, so that it shares no arithmetic with the code under test.
#pragma once

#include <optional>
#include <vector>

#include "slod/window/window_table.h"

namespace slod::window::test {

struct ModelEvent {
  Slot slot;
  Counts counts;
};

inline Duration documented_resolution(Duration window) {
  if (window <= hours(1)) return seconds(10);
  if (window <= hours(24)) return minutes(1);
  if (window <= hours(24 * 7)) return minutes(5);
  return hours(1);
}

/// The first moment inside a rolling window at tick `at`.
inline Time documented_left_edge(Duration window, Time at) {
  return floor_to(at - window, documented_resolution(window));
}

class SeriesModel {
 public:
  explicit SeriesModel(SeriesSpec spec) : spec_(std::move(spec)) {}
  void record(Slot slot, Counts delta) { events_.push_back({slot, delta}); }
  void reanchor(std::size_t window, Slot since) { spec_.windows[window].since = since; }
  [[nodiscard]] const SeriesSpec& spec() const { return spec_; }
  [[nodiscard]] const std::vector<ModelEvent>& events() const { return events_; }

  [[nodiscard]] Counts read(std::size_t window, Time at) const {
    const WindowSpec& w = spec_.windows[window];
    const Time left = w.since ? slot_start(*w.since) : documented_left_edge(w.length, at);
    Counts total;
    for (const ModelEvent& e : events_) {
      const Time start = slot_start(e.slot);
      if (start >= left && start < at) total += e.counts;
    }
    return total;
  }

 private:
  SeriesSpec spec_;
  std::vector<ModelEvent> events_;
};

}  // namespace slod::window::test
