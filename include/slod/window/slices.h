// SliceBook: counts of one series judged by time slices (`budgeting: { slice, target }`). Slices are
// epoch-aligned; one is good if good / valid in it is at least the target, bad otherwise, in no count without
// valid events. The book turns signed counts by slot into signed counts of slices, which a WindowTable then
// sums like any events: a slice is booked in its first slot, +1 good or +1 bad, and re-booked when late
// counts change its verdict. The running slice is judged by what it has so far. Everything is integers.
// Thread: one owner.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "slod/core/archive.h"
#include "slod/core/time.h"
#include "slod/window/window_table.h"

namespace slod::window {

class SliceBook {
 public:
  /// `slice`: a multiple of 10 s. `target_ppm`: parts per million. `keep`: the longest window over it (the
  /// longest possible period, for a calendar one); for an hour more than that, the coarsest rounding of a
  /// window's left edge, late counts may still change a slice.
  SliceBook(Duration slice, std::int64_t target_ppm, Duration keep);
  ~SliceBook();
  SliceBook(SliceBook&&) noexcept;
  SliceBook& operator=(SliceBook&&) noexcept;

  /// Adds signed counts to a slot: past, present or future, any order. Those of a slice that is no longer
  /// kept (it ended at or before the last tick - keep - 1 h) are dropped.
  void record(Slot slot, Counts delta);
  /// Moves to tick `at` (a multiple of 10 s, never backwards) and appends to `deltas`, by slot, what the
  /// slices of the slots before `at` changed: feed each pair to WindowTable::record. A slice whose verdict
  /// stays gives nothing.
  void advance(Time at, std::vector<std::pair<Slot, Counts>>& deltas);
  [[nodiscard]] std::size_t memory() const;
  void io(archive::Writer& a);
  void io(archive::Reader& a);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace slod::window
