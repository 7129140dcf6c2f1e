// WindowTable: good and bad of every series by event-time slot, and the sums of every window over them, kept
// incrementally: reading any window is O(1), a late count corrects every window that contains it. A count,
// late or not, is added to one cell of 16 bytes and enters the windows at the next tick, or when settle()
// asks.
//
// At tick t a rolling window W covers the slots in [left, t) with left = t - W rounded down to the window's
// resolution: 10 s up to and including 1 h, 1 min up to 1 d, 5 min up to 7 d, 1 h beyond (so it holds between
// W and W plus one resolution of data). An anchored window covers [since, t). Slots at or after t (clock
// skew, the running slot) are kept and stay out of every sum until their time. Counts older than every window
// are dropped. Sums are integers: no drift. Memory is sparse: a series that saw 20 events does not pay for 30
// days of slots. Thread: one owner (the engine). Nothing here knows what an SLO is.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "slod/core/archive.h"
#include "slod/core/time.h"

namespace slod::window {

using SeriesId = std::uint32_t;

/// What a window sums. Deltas carry signs; a sum is never negative when every withdrawal had its booking.
struct Counts {
  std::int64_t good = 0;
  std::int64_t bad = 0;
  [[nodiscard]] std::int64_t valid() const { return good + bad; }
  Counts& operator+=(const Counts& o) {
    good += o.good;
    bad += o.bad;
    return *this;
  }
  Counts& operator-=(const Counts& o) {
    good -= o.good;
    bad -= o.bad;
    return *this;
  }
  friend bool operator==(const Counts&, const Counts&) = default;
};

struct WindowSpec {
  Duration length{0};         ///< rolling; a multiple of 10 s
  std::optional<Slot> since;  ///< anchored instead: the first slot
};

/// The first slot inside a rolling window of `length_slots` at the tick that starts slot `now`.
[[nodiscard]] Slot left_edge(std::int64_t length_slots, Slot now);

/// The windows of a series are fixed when it is added: index i of `windows` is what read(id, i) reads.
struct SeriesSpec {
  std::vector<WindowSpec> windows;
};

/// What entered the windows of a series in one hour of event time (hours since the epoch).
struct SeriesHour {
  SeriesId series = 0;
  std::int32_t hour = 0;  ///< since the epoch: small, a history has one for most of its events
  Counts counts;
  friend bool operator==(const SeriesHour&, const SeriesHour&) = default;
};

class WindowTable {
 public:
  WindowTable();
  ~WindowTable();
  WindowTable(WindowTable&&) noexcept;
  WindowTable& operator=(WindowTable&&) noexcept;

  /// Series are dense: 0, 1, 2... Series with an equal spec share it.
  SeriesId add(const SeriesSpec& spec);
  /// Adds signed counts to a slot: past, present or future, any order. Requires: add() gave the id.
  void record(SeriesId id, Slot slot, Counts delta) {
    Newest& newest = newest_[id];
    if (newest.slot != slot || !newest.add(delta)) record_elsewhere(id, slot, delta);
  }
  /// A hint: the series will be recorded soon.
  void prefetch(SeriesId id) const { __builtin_prefetch(&newest_[id], 1); }
  /// Moves to tick `at` (a multiple of 10 s, never backwards; any step): what is before `at` enters, what is
  /// left of each window's edge leaves. Cost: series that hold data near an edge, not the length of any
  /// window.
  void advance(Time at);
  /// Late counts recorded since the last tick enter the windows; no edge moves. Between ticks, before read().
  void settle();
  [[nodiscard]] Time now() const;  ///< the last tick; the epoch before the first
  /// The sum of a window at now(), of what was recorded before the last advance() or settle(). O(1).
  [[nodiscard]] Counts read(SeriesId id, std::size_t window) const;
  /// Starts an anchored window anew at `since` (a new calendar period); its sum is that of the kept slots
  /// from there.
  void reanchor(SeriesId id, std::size_t window, Slot since);
  /// Whether one window more on a series with the windows `kept` has now exactly the sum that it would have
  /// had from the beginning: its resolution is kept, at least as far back. An anchored one must begin at or
  /// before now().
  [[nodiscard]] bool can_add(const SeriesSpec& kept, const WindowSpec& window) const;
  /// One window more, behind the others. Requires: can_add(). Cost: the cells of the window.
  void add_window(SeriesId id, const WindowSpec& window);
  /// From here on what enters the windows is tallied by hour too, whether a window still reaches back to it
  /// or not. Before the first count.
  void keep_hours();
  /// What has entered since it was last asked, by series and hour: changes that add up to what an hour holds.
  [[nodiscard]] std::vector<SeriesHour> take_hours();
  [[nodiscard]] std::size_t size() const;
  /// Bytes held for one series, its share of shared tables left out.
  [[nodiscard]] std::size_t memory(SeriesId id) const;
  void io(archive::Writer& a);
  void io(archive::Reader& a);

 private:
  struct Impl;
  /// The slot that a series counts now, apart from the rest: nearly every count goes there, and touches this.
  struct alignas(16) Newest {
    static constexpr Slot kNone = std::numeric_limits<Slot>::max();
    Slot slot = kNone;
    std::int32_t good = 0, bad = 0;
    /// False, and nothing is added, if it does not fit.
    bool add(const Counts& delta) {
      std::int32_t sum_good = 0, sum_bad = 0;
      if (__builtin_add_overflow(good, delta.good, &sum_good)) return false;
      if (__builtin_add_overflow(bad, delta.bad, &sum_bad)) return false;
      good = sum_good;
      bad = sum_bad;
      return true;
    }
    [[nodiscard]] Counts counts() const { return {good, bad}; }
    static bool fits(std::int64_t n) { return n == static_cast<std::int32_t>(n); }
  };
  void record_elsewhere(SeriesId id, Slot slot, Counts delta);

  std::unique_ptr<Impl> impl_;
  std::vector<Newest> newest_;  ///< by series
};

}  // namespace slod::window
