// WindowTable: good and bad of every series by event-time slot, and the sums of every window over them, kept
// incrementally: reading any window is O(1), a late count corrects every window that contains it.
//
// At tick t a rolling window W covers the slots in [left, t) with left = t - W rounded down to the window's
// resolution: 10 s up to and including 1 h, 1 min up to 1 d, 5 min up to 7 d, 1 h beyond (so it holds between
// W and W plus one resolution of data). An anchored window covers [since, t). Slots at or after t (clock
// skew, the running slot) are kept and stay out of every sum until their time. Counts older than every window
// are dropped. Sums are integers: no drift. Memory is sparse: a series that saw 20 events does not pay for 30
// days of slots. Thread: one owner (the engine). Nothing here knows what an SLO is.
#pragma once

#include <cstdint>
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

class WindowTable {
 public:
  WindowTable();
  ~WindowTable();
  WindowTable(WindowTable&&) noexcept;
  WindowTable& operator=(WindowTable&&) noexcept;

  /// Series are dense: 0, 1, 2... Series with an equal spec share it.
  SeriesId add(const SeriesSpec& spec);
  /// Adds signed counts to a slot: past, present or future, any order.
  void record(SeriesId id, Slot slot, Counts delta);
  /// Moves to tick `at` (a multiple of 10 s, never backwards; any step): what is before `at` enters, what is
  /// left of each window's edge leaves. Cost: series that hold data near an edge, not the length of any
  /// window.
  void advance(Time at);
  [[nodiscard]] Time now() const;  ///< the last tick; the epoch before the first
  /// The sum of a window at now(). O(1).
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
  [[nodiscard]] std::size_t size() const;
  /// Bytes held for one series, its share of shared tables left out.
  [[nodiscard]] std::size_t memory(SeriesId id) const;
  void io(archive::Writer& a);
  void io(archive::Reader& a);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace slod::window
