#include "slod/window/window_table.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "slod/core/result.h"
#include "window/cell_store.h"
#include "window/hour_tally.h"
#include "window/spec_state.h"

namespace slod::window {
namespace {

struct Pending {
  Slot slot = 0;
  Counts counts;
};

// Where the parts of a series stand in the table's flat arrays.
struct Series {
  std::uint32_t spec = 0;
  std::uint32_t stores = 0;      // first of its levels
  std::uint32_t since = 0;       // first of its anchored windows
  std::size_t sums = 0;          // first of its windows
  std::vector<Pending> pending;  // what waits for a tick: slots at or after the last one, and late ones
  bool sorted = true;            // pending, by slot; always so after a tick
  void sort();
  template <class A>
  void io(A& a) {
    if constexpr (!A::kReads) sort();  // equal counts give equal bytes, whenever memory made it merge
    a(spec, stores, since, sums, pending, sorted);
  }
};

bool before(const Pending& p, Slot slot) {
  return p.slot < slot;
}

void sort_and_merge(std::vector<Pending>& pending) {
  std::sort(pending.begin(), pending.end(),
            [](const Pending& a, const Pending& b) { return a.slot < b.slot; });
  std::size_t kept = 0;
  for (std::size_t i = 1; i < pending.size(); ++i) {
    if (pending[i].slot == pending[kept].slot) {
      pending[kept].counts += pending[i].counts;
    } else {
      pending[++kept] = pending[i];
    }
  }
  pending.resize(std::min(pending.size(), kept + 1));
}

void Series::sort() {
  if (!std::exchange(sorted, true)) sort_and_merge(pending);
}

// At the end; where there is no room, the memory grows only if merging equal slots does not make some.
void append_unsorted(std::vector<Pending>& pending, const Pending& one) {
  if (pending.size() == pending.capacity()) {
    sort_and_merge(pending);
    if (pending.size() * 2 > pending.capacity()) pending.reserve(pending.capacity() * 2);
  }
  pending.push_back(one);
}

}  // namespace

struct WindowTable::Impl {
  std::vector<SpecState> specs;
  std::vector<Series> series;
  std::vector<Slot> due;  // the first tick at which anything of the series but its newest slot changes
  std::vector<Counts> sums;
  std::vector<CellStore> stores;
  std::vector<Slot> since;
  Slot now = 0;
  bool late = false;  // something was recorded before now since the last tick
  HourTally hours;

  std::uint32_t spec_for(const SeriesSpec& spec);
  void park(SeriesId id, Slot slot, Counts delta);
  void enter(SeriesId id, Slot slot, Counts delta);
  void enter_pending(SeriesId id);
  void enter_newest(SeriesId id, Newest& newest) {
    enter(id, newest.slot, newest.counts());
    newest = {};
  }
  void move_edges(SeriesId id);
  [[nodiscard]] Slot next_due(SeriesId id) const;
  [[nodiscard]] Counts sum_since(const Series& s, Slot from) const;
  [[nodiscard]] static bool holds_exactly(const SpecState& spec, Slot from);
  [[nodiscard]] Counts sum_of(const Series& s, const WindowState& window) const;
  template <class A>
  void io(A& a) {
    a(specs, series, due, sums, stores, since, now, late, hours);
  }
};

std::uint32_t WindowTable::Impl::spec_for(const SeriesSpec& spec) {
  const auto found = std::find_if(specs.begin(), specs.end(), [&](const auto& s) { return s.serves(spec); });
  const auto index = static_cast<std::uint32_t>(found - specs.begin());
  if (found == specs.end()) specs.emplace_back(spec, now);
  return index;
}

void WindowTable::Impl::park(SeriesId id, Slot slot, Counts delta) {
  Series& s = series[id];
  std::vector<Pending>& pending = s.pending;
  if (!pending.empty() && pending.back().slot == slot) {
    pending.back().counts += delta;
    return;
  }
  due[id] = std::min(due[id], slot + 1);
  // A few slots are the rule (the running ones and clock skew) and stay sorted. A history that is loaded
  // before the first tick is appended as it comes and sorted once, at the tick.
  constexpr std::size_t kFew = 128;
  if (pending.empty() || (s.sorted && pending.back().slot < slot)) {
    pending.push_back({slot, delta});
  } else if (!s.sorted || pending.size() > kFew) {
    s.sorted = false;
    append_unsorted(pending, {slot, delta});
  } else if (const auto at = std::lower_bound(pending.begin(), pending.end(), slot, before);
             at->slot == slot) {
    at->counts += delta;
  } else {
    pending.insert(at, {slot, delta});
  }
}

void WindowTable::Impl::enter(SeriesId id, Slot slot, Counts delta) {
  hours.add(id, slot, delta);
  const Series& s = series[id];
  const SpecState& spec = specs[s.spec];
  std::array<Cell, 4> cells{};
  for (std::size_t l = 0; l < spec.levels.size(); ++l) {
    const LevelState& level = spec.levels[l];
    cells[l] = level.slots_per_cell == 1 ? slot : floor_div(slot, level.slots_per_cell);
    if (cells[l] >= level.ring.left) stores[s.stores + l].add(level.ring, cells[l], delta);
  }
  Slot first = due[id];
  for (std::size_t i = 0; i < spec.windows.size(); ++i) {
    const WindowState& w = spec.windows[i];
    if (w.anchored()) {
      if (slot >= since[s.since + w.since]) sums[s.sums + i] += delta;
    } else if (cells[w.level] >= w.left) {
      sums[s.sums + i] += delta;
      first = std::min(first, spec.leaves_at(w, cells[w.level]));
    }
  }
  due[id] = first;
}

void WindowTable::Impl::enter_pending(SeriesId id) {
  std::vector<Pending>& pending = series[id].pending;
  series[id].sort();
  const auto end = std::lower_bound(pending.begin(), pending.end(), now, before);
  for (auto p = pending.begin(); p != end; ++p) enter(id, p->slot, p->counts);
  constexpr std::size_t kUsual = 8;  // a history that was loaded before the first tick gives its memory back
  const bool trim = pending.capacity() > kUsual;
  pending.erase(pending.begin(), end);
  if (trim) pending.shrink_to_fit();
}

void WindowTable::Impl::move_edges(SeriesId id) {
  const Series& s = series[id];
  const SpecState& spec = specs[s.spec];
  for (const EdgeMove& m : spec.moves) {
    sums[s.sums + m.window] -= stores[s.stores + m.level].sum(spec.levels[m.level].before, m.from, m.to);
  }
  for (std::size_t l = 0; l < spec.levels.size(); ++l) {
    const LevelState& level = spec.levels[l];
    if (level.ring.left != level.before.left) stores[s.stores + l].expire(level.before, level.ring.left);
  }
}

Slot WindowTable::Impl::next_due(SeriesId id) const {
  const Series& s = series[id];
  const SpecState& spec = specs[s.spec];
  Slot first = s.pending.empty() ? kNever : s.pending.front().slot + 1;
  for (const WindowState& w : spec.windows) {
    if (w.anchored()) continue;
    const Cell cell = stores[s.stores + w.level].first_from(w.left);
    if (cell != kNever) first = std::min(first, spec.leaves_at(w, cell));
  }
  return first;
}

// The finest level that reaches back to `from` and has a cell that begins there; failing that, the coarsest
// level's cells that begin at or after `from`.
Counts WindowTable::Impl::sum_since(const Series& s, Slot from) const {
  const SpecState& spec = specs[s.spec];
  for (std::size_t l = 0; l < spec.levels.size(); ++l) {
    const LevelState& level = spec.levels[l];
    const Cell cell = floor_div(from, level.slots_per_cell);
    const bool exact = cell >= level.ring.left && cell * level.slots_per_cell == from;
    if (exact) return stores[s.stores + l].sum(level.ring, cell, kNever);
  }
  const std::size_t last = spec.levels.size() - 1;
  const std::int64_t k = spec.levels[last].slots_per_cell;
  return stores[s.stores + last].sum(spec.levels[last].ring, floor_div(from - 1, k) + 1, kNever);
}

bool WindowTable::Impl::holds_exactly(const SpecState& spec, Slot from) {
  return std::any_of(spec.levels.begin(), spec.levels.end(), [&](const LevelState& level) {
    const Cell cell = floor_div(from, level.slots_per_cell);
    return cell >= level.ring.left && cell * level.slots_per_cell == from;
  });
}

Counts WindowTable::Impl::sum_of(const Series& s, const WindowState& window) const {
  if (window.anchored()) return sum_since(s, since[s.since + window.since]);
  const LevelState& level = specs[s.spec].levels[window.level];
  return stores[s.stores + window.level].sum(level.ring, window.left, kNever);
}

WindowTable::WindowTable() : impl_(std::make_unique<Impl>()) {}
WindowTable::~WindowTable() = default;
WindowTable::WindowTable(WindowTable&&) noexcept = default;
WindowTable& WindowTable::operator=(WindowTable&&) noexcept = default;

SeriesId WindowTable::add(const SeriesSpec& spec) {
  Series s;
  s.spec = impl_->spec_for(spec);
  s.stores = static_cast<std::uint32_t>(impl_->stores.size());
  s.since = static_cast<std::uint32_t>(impl_->since.size());
  s.sums = impl_->sums.size();
  const SpecState& shared = impl_->specs[s.spec];
  impl_->stores.resize(impl_->stores.size() + shared.levels.size());
  impl_->sums.resize(impl_->sums.size() + shared.windows.size());
  for (const WindowSpec& w : spec.windows) {
    if (w.since) impl_->since.push_back(*w.since);
  }
  impl_->series.push_back(std::move(s));
  newest_.emplace_back();
  impl_->due.push_back(kNever);
  return static_cast<SeriesId>(impl_->series.size() - 1);
}

// The newer of two slots is the one to count next; the other waits apart. Late ones give way to those on
// time.
void WindowTable::record_elsewhere(SeriesId id, Slot slot, Counts delta) {
  SLOD_ASSERT(id < impl_->series.size());
  Newest& newest = newest_[id];
  impl_->late = impl_->late || slot < impl_->now;
  const bool fits = Newest::fits(delta.good) && Newest::fits(delta.bad);
  if (!fits || (newest.slot != Newest::kNone && newest.slot > slot)) return impl_->park(id, slot, delta);
  if (newest.slot != Newest::kNone) impl_->park(id, newest.slot, newest.counts());
  newest = {slot, static_cast<std::int32_t>(delta.good), static_cast<std::int32_t>(delta.bad)};
}

void WindowTable::advance(Time at) {
  const Slot tick = slot_of(at);
  SLOD_ASSERT(slot_start(tick) == at && tick >= impl_->now);
  if (tick == impl_->now) return;
  impl_->now = tick;
  impl_->late = false;
  for (SpecState& spec : impl_->specs) spec.advance(tick);
  for (SeriesId id = 0; id < newest_.size(); ++id) {
    const bool due = impl_->due[id] <= tick, counted = newest_[id].slot < tick;
    if (!due && !counted) continue;
    impl_->move_edges(id);
    if (due) impl_->enter_pending(id);
    if (counted) impl_->enter_newest(id, newest_[id]);
    impl_->due[id] = impl_->next_due(id);
  }
}

void WindowTable::settle() {
  if (!std::exchange(impl_->late, false)) return;
  for (SeriesId id = 0; id < newest_.size(); ++id) {
    const bool counted = newest_[id].slot < impl_->now;
    if (impl_->due[id] > impl_->now && !counted) continue;
    impl_->enter_pending(id);
    if (counted) impl_->enter_newest(id, newest_[id]);
    impl_->due[id] = impl_->next_due(id);
  }
}

Time WindowTable::now() const {
  return slot_start(impl_->now);
}

Counts WindowTable::read(SeriesId id, std::size_t window) const {
  const Series& s = impl_->series[id];
  SLOD_ASSERT(window < impl_->specs[s.spec].visible);
  return impl_->sums[s.sums + window];
}

void WindowTable::reanchor(SeriesId id, std::size_t window, Slot since) {
  const Series& s = impl_->series[id];
  const SpecState& spec = impl_->specs[s.spec];
  SLOD_ASSERT(window < spec.visible && spec.windows[window].anchored());
  impl_->since[s.since + spec.windows[window].since] = since;
  impl_->sums[s.sums + window] = impl_->sum_since(s, since);
}

bool WindowTable::can_add(const SeriesSpec& kept, const WindowSpec& window) const {
  SeriesSpec more = kept;
  more.windows.push_back(window);
  const SpecState before(kept, impl_->now), after(more, impl_->now);
  if (!before.keeps_the_same(after)) return false;
  return !window.since || (*window.since <= impl_->now && Impl::holds_exactly(before, *window.since));
}

// The series' cells stay where they are; its sums move to a place where there is room for one more.
void WindowTable::add_window(SeriesId id, const WindowSpec& window) {
  Series& s = impl_->series[id];
  const std::uint32_t old_spec = s.spec;
  const std::size_t visible = impl_->specs[old_spec].visible;
  const std::uint32_t anchored = impl_->specs[old_spec].anchored_count();
  SeriesSpec more = impl_->specs[old_spec].spec();
  more.windows.push_back(window);
  s.spec = impl_->spec_for(more);
  const SpecState& spec = impl_->specs[s.spec];
  SLOD_ASSERT(spec.keeps_the_same(impl_->specs[old_spec]));
  const std::vector<Slot> since(impl_->since.begin() + s.since, impl_->since.begin() + s.since + anchored);
  s.since = static_cast<std::uint32_t>(impl_->since.size());
  impl_->since.insert(impl_->since.end(), since.begin(), since.end());
  if (window.since) impl_->since.push_back(*window.since);
  const std::size_t old_sums = std::exchange(s.sums, impl_->sums.size());
  impl_->sums.resize(s.sums + spec.windows.size());
  for (std::size_t w = 0; w < spec.windows.size(); ++w) {
    const std::size_t before = w < visible ? w : w - 1;  // hidden windows stand behind the new one
    impl_->sums[s.sums + w] =
        w == visible ? impl_->sum_of(s, spec.windows[w]) : impl_->sums[old_sums + before];
  }
  impl_->due[id] = std::min(impl_->due[id], impl_->next_due(id));
}

void WindowTable::keep_hours() {
  impl_->hours.keep();
}

std::vector<SeriesHour> WindowTable::take_hours() {
  return impl_->hours.take();
}

std::size_t WindowTable::size() const {
  return impl_->series.size();
}

std::size_t WindowTable::memory(SeriesId id) const {
  const Series& s = impl_->series[id];
  const SpecState& spec = impl_->specs[s.spec];
  std::size_t bytes = sizeof(Series) + sizeof(Newest) + sizeof(Slot) + spec.windows.size() * sizeof(Counts) +
                      spec.anchored_count() * sizeof(Slot) + s.pending.capacity() * sizeof(Pending);
  for (std::size_t l = 0; l < spec.levels.size(); ++l) bytes += impl_->stores[s.stores + l].memory();
  return bytes;
}

void WindowTable::io(archive::Writer& a) {
  impl_->io(a);
  a(newest_);
}
void WindowTable::io(archive::Reader& a) {
  impl_->io(a);
  a(newest_);
  if (newest_.size() != impl_->series.size()) a.fail();
}

}  // namespace slod::window
