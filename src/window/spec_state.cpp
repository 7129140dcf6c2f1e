#include "window/spec_state.h"

#include <algorithm>
#include <array>

#include "slod/core/result.h"

namespace slod::window {
namespace {

constexpr std::int64_t kHourSlots = 360;
constexpr std::int64_t kDaySlots = 24 * kHourSlots;

// What a series with an anchored window keeps, so that a new period can be summed exactly from slots already
// seen.
constexpr std::array<std::int64_t, 4> kAnchorKeeps = {kHourSlots, kDaySlots, 7 * kDaySlots, 32 * kDaySlots};

std::vector<std::int64_t> signature_of(const SeriesSpec& spec) {
  std::vector<std::int64_t> result;
  for (const WindowSpec& w : spec.windows) result.push_back(w.since ? 0 : w.length / kSlotLength);
  return result;
}

}  // namespace

std::int64_t resolution_of(std::int64_t window_slots) {
  if (window_slots <= kHourSlots) return 1;
  if (window_slots <= kDaySlots) return 6;
  if (window_slots <= 7 * kDaySlots) return 30;
  return kHourSlots;
}

Slot left_edge(std::int64_t length_slots, Slot now) {
  const std::int64_t k = resolution_of(length_slots);
  return floor_div(now - length_slots, k) * k;
}

SpecState::SpecState(const SeriesSpec& spec, Slot now)
    : visible(spec.windows.size()), signature_(signature_of(spec)) {
  std::uint32_t anchored = 0;
  for (const WindowSpec& w : spec.windows) {
    WindowState state;
    if (w.since) {
      state.since = anchored++;
    } else {
      SLOD_ASSERT(w.length > Duration{0} && w.length % kSlotLength == Duration{0});
      state.slots = w.length / kSlotLength;
    }
    windows.push_back(state);
  }
  if (anchored > 0) {
    for (const std::int64_t slots : kAnchorKeeps) windows.push_back({slots, 0, 0, 0});
  }
  for (const WindowState& w : windows) {
    if (!w.anchored()) add_level_for(w.slots, now);
  }
  for (WindowState& w : windows) {
    if (w.anchored()) continue;
    const std::int64_t k = resolution_of(w.slots);
    const auto level =
        std::find_if(levels.begin(), levels.end(), [&](const auto& l) { return l.slots_per_cell == k; });
    w.level = static_cast<std::uint32_t>(level - levels.begin());
    w.left = floor_div(now - w.slots, k);
  }
}

void SpecState::add_level_for(std::int64_t window_slots, Slot now) {
  const std::int64_t k = resolution_of(window_slots);
  auto level =
      std::find_if(levels.begin(), levels.end(), [&](const auto& l) { return l.slots_per_cell >= k; });
  if (level == levels.end() || level->slots_per_cell != k) {
    level = levels.insert(level, LevelState{k, 0, {}, {}});
  }
  level->longest = std::max(level->longest, window_slots);
  // Rounding may add a cell on the left; the running cell on the right is another.
  const auto capacity = static_cast<std::uint32_t>(level->longest / k + 2);
  level->ring = level->before = Ring(floor_div(now - level->longest, k), capacity);
}

bool SpecState::serves(const SeriesSpec& spec) const {
  return signature_ == signature_of(spec);
}

void SpecState::advance(Slot now) {
  moves.clear();
  for (std::uint32_t i = 0; i < windows.size(); ++i) {
    WindowState& w = windows[i];
    if (w.anchored()) continue;
    const Cell left = floor_div(now - w.slots, levels[w.level].slots_per_cell);
    if (left == w.left) continue;
    moves.push_back({i, w.level, w.left, left});
    w.left = left;
  }
  for (LevelState& l : levels) {
    l.before = l.ring;
    l.ring.move_to(floor_div(now - l.longest, l.slots_per_cell));
  }
}

SeriesSpec SpecState::spec() const {
  SeriesSpec spec;
  for (std::size_t i = 0; i < visible; ++i) {
    const WindowState& w = windows[i];
    spec.windows.push_back({kSlotLength * w.slots, w.anchored() ? std::optional<Slot>(0) : std::nullopt});
  }
  return spec;
}

bool SpecState::keeps_the_same(const SpecState& other) const {
  return std::equal(levels.begin(), levels.end(), other.levels.begin(), other.levels.end(),
                    [](const LevelState& a, const LevelState& b) {
                      return a.slots_per_cell == b.slots_per_cell && a.longest == b.longest;
                    });
}

std::uint32_t SpecState::anchored_count() const {
  return static_cast<std::uint32_t>(
      std::count_if(windows.begin(), windows.end(), [](const WindowState& w) { return w.anchored(); }));
}

}  // namespace slod::window
