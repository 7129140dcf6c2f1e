// SpecState: what all series with equal windows share: resolutions, rings, and the edges at the last tick.
// Edges are counted in slots and cells, so all arithmetic is in integers. Thread: one owner.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "slod/window/window_table.h"
#include "window/cell_store.h"

namespace slod::window {

/// Slots per cell of the resolution that a rolling window of so many slots has: 10 s up to and including 1 h,
/// 1 min up to 1 d, 5 min up to 7 d, 1 h beyond.
[[nodiscard]] std::int64_t resolution_of(std::int64_t window_slots);

struct WindowState {
  std::int64_t slots = 0;   ///< length; 0: anchored
  std::uint32_t level = 0;  ///< index into SpecState::levels
  std::uint32_t since = 0;  ///< anchored: index among the anchored windows of the series
  Cell left = 0;            ///< rolling: first cell inside
  [[nodiscard]] bool anchored() const { return slots == 0; }
};

struct LevelState {
  std::int64_t slots_per_cell = 1;
  std::int64_t longest = 0;  ///< slots of its longest window, whose edge is the ring's
  Ring ring;
  Ring before;  ///< the ring before the running advance
};

/// An edge that a tick moved: the cells [from, to) leave the window.
struct EdgeMove {
  std::uint32_t window, level;
  Cell from, to;
};

class SpecState {
 public:
  SpecState(const SeriesSpec& spec, Slot now);
  [[nodiscard]] bool serves(const SeriesSpec& spec) const;
  /// Moves every edge to tick `now` (a slot number) and lists the moves.
  void advance(Slot now);
  /// The first tick at which `cell` of the window's level is outside the window.
  [[nodiscard]] Slot leaves_at(const WindowState& w, Cell cell) const {
    return (cell + 1) * levels[w.level].slots_per_cell + w.slots;
  }
  [[nodiscard]] std::uint32_t anchored_count() const;
  /// The windows as they were asked for; anchored ones with slot 0 as `since`.
  [[nodiscard]] SeriesSpec spec() const;
  /// Whether both keep the same cells.
  [[nodiscard]] bool keeps_the_same(const SpecState& other) const;
  SpecState() = default;  ///< to be read into
  template <class A>
  void io(A& a) {
    a(windows, visible, levels, signature_);
  }

  std::vector<WindowState> windows;  ///< those of the spec, then hidden ones that keep data for reanchoring
  std::size_t visible = 0;
  std::vector<LevelState> levels;  ///< finest first
  std::vector<EdgeMove> moves;

 private:
  void add_level_for(std::int64_t window_slots, Slot now);
  std::vector<std::int64_t> signature_;
};

}  // namespace slod::window
