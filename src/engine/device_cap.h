// DeviceCap: how many bad events of each device there are in each window, so that one vehicle cannot own an
// SLO (`max_share_per_device`). In a window with `valid` events at most max(1, floor(share x valid)) bad
// events of one device count; the rest is capped: neither good nor bad. The windows are those of the SLO's
// series (window_table.h), edges included. Cost: a record is O(windows), a tick what enters and leaves, a
// reading the devices with bad events in the window. Memory: one entry per (slot, device) with bad events in
// the longest window. Shard's thread.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <vector>

#include "slod/config/config.h"
#include "slod/core/archive.h"
#include "slod/core/dictionary.h"
#include "slod/window/window_table.h"

namespace slod::engine {

class DeviceCap {
 public:
  explicit DeviceCap(const window::SeriesSpec& spec);

  /// A bad event (sign > 0) or its withdrawal. Events that name no device are not capped.
  void record(StringId device, Slot slot, int sign);
  /// An anchored window begins anew.
  void reanchor(std::size_t window, Slot since);
  /// To the tick at the start of slot `now`; never backwards.
  void advance(Slot now);
  /// The bad events of the window that do not count at `share` of its valid ones for a device. `sum`: all of
  /// the window.
  [[nodiscard]] std::int64_t capped(std::size_t window, const window::Counts& sum, Ppm share) const;
  /// One window more, behind the others. Requires: none of the windows kept so far is shorter, or it reaches
  /// no further back than what is kept.
  void add_window(const window::WindowSpec& window);

  template <class A>
  void io(A& a) {
    a(by_slot_, now_, spans_);
  }

 private:
  using ByDevice = std::map<StringId, std::int64_t>;
  struct Span {
    std::int64_t slots = 0;  ///< 0: anchored at `left`
    Slot left = 0;
    ByDevice bad;
    template <class A>
    void io(A& a) {
      a(slots, left, bad);
    }
  };
  static void add(ByDevice& to, StringId device, std::int64_t count);
  void add_slots(Span& span, Slot from, Slot to, int sign) const;

  static Span span_of(const window::WindowSpec& window);
  std::vector<Span> spans_;  // by window of the series
  std::map<Slot, ByDevice> by_slot_;
  Slot now_ = std::numeric_limits<Slot>::min();  // slots before it are in the windows
};

}  // namespace slod::engine
