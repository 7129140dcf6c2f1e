#include "slod/window/latency_windows.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "slod/core/result.h"
#include "window/histogram.h"

namespace slod::window {
namespace {

constexpr Slot kNone = std::numeric_limits<Slot>::max();
constexpr std::int64_t kFiveMinutes = 30, kOneHour = 360, kDaySlots = 8640;  // in slots

struct CellHistogram {
  std::int64_t cell = 0;
  Histogram values;
  template <class A>
  void io(A& a) {
    a(cell, values);
  }
};

// One rolling span: its cells, oldest first, and their sum. Its edge is the only thing that removes cells.
struct RollingSpan {
  std::int64_t slots = 0;  // length; 0: anchored
  std::int64_t slots_per_cell = kFiveMinutes;
  std::vector<CellHistogram> cells;
  Histogram sum;

  template <class A>
  void io(A& a) {
    a(slots, slots_per_cell, cells, sum);
  }
  [[nodiscard]] bool anchored() const { return slots == 0; }
  [[nodiscard]] std::int64_t left(Slot now) const { return floor_div(now - slots, slots_per_cell); }
  [[nodiscard]] Slot next_expiry() const {
    return cells.empty() ? kNone : (cells.front().cell + 1) * slots_per_cell + slots;
  }

  Histogram& cell_for(Slot slot) {
    const std::int64_t number = floor_div(slot, slots_per_cell);
    if (!cells.empty() && cells.back().cell == number) return cells.back().values;
    const auto at = std::lower_bound(cells.begin(), cells.end(), number,
                                     [](const CellHistogram& c, std::int64_t n) { return c.cell < n; });
    if (at != cells.end() && at->cell == number) return at->values;
    if (at == cells.end() && !cells.empty()) cells.back().values.trim();
    const auto index = at - cells.begin();
    if (cells.size() == cells.capacity()) cells.reserve(cells.size() + cells.size() / 4 + 1);
    return cells.insert(cells.begin() + index, CellHistogram{number, {}})->values;
  }

  /// `apply` adds to a histogram what happened in a slot before now.
  template <typename Apply>
  void enter(Slot slot, Slot now, Apply apply) {
    if (floor_div(slot, slots_per_cell) < left(now)) return;
    apply(cell_for(slot));
    apply(sum);
  }

  void advance(Slot now) {
    const auto end =
        std::find_if(cells.begin(), cells.end(), [&](const auto& c) { return c.cell >= left(now); });
    if (end == cells.end()) {
      sum = {};
    } else {
      for (auto c = cells.begin(); c != end; ++c) sum.subtract(c->values);
    }
    cells.erase(cells.begin(), end);
  }
};

struct Pending {
  Slot slot = 0;
  Histogram values;
  template <class A>
  void io(A& a) {
    a(slot, values);
  }
};

// The values of one waiting slot while many enter it: a value is one increment. Belongs to the entry of that
// slot in `pending`, into which it is emptied.
struct OpenSlot {
  Slot slot = kNone;
  std::vector<std::uint32_t> counts;  // by bin, as far as the highest octave that was seen
  std::uint64_t octaves = 0;          // those that hold values

  /// False: not taken.
  bool add(Slot at, Bin bin, int sign) {
    if (at != slot) return false;
    if (bin >= counts.size()) {
      if (sign < 0) return false;
      counts.resize((bin / 64U + 1) * 64U);
    }
    if (sign < 0 && counts[bin] == 0) return false;
    counts[bin] += static_cast<std::uint32_t>(sign);
    octaves |= std::uint64_t{1} << (bin / 64U);
    return true;
  }
  void empty_into(Histogram& values) {
    for (; octaves != 0; octaves &= octaves - 1) {
      const auto first = static_cast<Bin>(std::countr_zero(octaves) * 64);
      for (Bin bin = first; bin < first + 64; ++bin) {
        if (counts[bin] != 0) values.add(bin, counts[bin]);
        counts[bin] = 0;
      }
    }
    slot = kNone;
  }
};

struct Series {
  std::array<RollingSpan, 3> spans;
  Slot since = 0;                // kSloWindow, when anchored
  std::vector<Pending> pending;  // sorted by slot; slots at or after the last tick, and late ones
  OpenSlot open;

  [[nodiscard]] std::vector<Pending>::iterator first_from(Slot slot) {
    return std::lower_bound(pending.begin(), pending.end(), slot,
                            [](const Pending& p, Slot at) { return p.slot < at; });
  }
  void close() {
    if (open.slot != kNone) open.empty_into(first_from(open.slot)->values);
  }
  template <class A>
  void io(A& a) {
    close();
    for (RollingSpan& span : spans) a(span);
    a(since, pending);
  }
};

RollingSpan rolling(std::int64_t slots) {
  RollingSpan span;
  span.slots = slots;
  span.slots_per_cell = slots <= kOneHour ? kFiveMinutes : slots <= kDaySlots ? kOneHour : kDaySlots;
  return span;
}

// Nearest rank ceil(q * n) with q as the decimal that was meant: 0.9 * 10 is 9, though its product is above
// in binary.
std::int64_t nearest_rank(double q, std::int64_t n) {
  constexpr std::int64_t kParts = 1'000'000'000;
  const auto parts = static_cast<__int128>(std::llround(q * static_cast<double>(kParts)));
  const auto rank = static_cast<std::int64_t>((parts * n + kParts - 1) / kParts);
  return std::clamp<std::int64_t>(rank, 1, n);
}

}  // namespace

struct LatencyWindows::Impl {
  std::vector<Series> series;
  std::vector<Slot> due;  // the first tick at which anything of the series changes by itself
  Slot now = 0;
  bool late = false;  // a late value waits

  template <typename Apply>
  void enter(Series& s, Slot slot, Apply apply) const {
    for (RollingSpan& span : s.spans) {
      if (!span.anchored()) {
        span.enter(slot, now, apply);
      } else if (slot >= s.since) {
        apply(span.sum);
      }
    }
  }
  Histogram& pending_for(std::uint32_t id, Slot slot);
  void wait(std::uint32_t id, Slot slot, Bin bin, int sign);
  void withdraw_late(std::uint32_t id, Slot slot, Bin bin);
  void advance(Series& s) const;
  void advance_due();
  [[nodiscard]] static Slot next_due(const Series& s);
  [[nodiscard]] Histogram sum_since(const Series& s) const;
  [[nodiscard]] static const RollingSpan* source_of(const Series& s, std::int64_t slots);
  template <class A>
  void io(A& a) {
    a(series, due, now, late);
  }
};

Histogram& LatencyWindows::Impl::pending_for(std::uint32_t id, Slot slot) {
  std::vector<Pending>& pending = series[id].pending;
  if (!pending.empty() && pending.back().slot == slot) return pending.back().values;
  due[id] = std::min(due[id], slot + 1);
  const auto at = series[id].first_from(slot);
  if (at != pending.end() && at->slot == slot) return at->values;
  return pending.insert(at, Pending{slot, {}})->values;
}

void LatencyWindows::Impl::wait(std::uint32_t id, Slot slot, Bin bin, int sign) {
  Series& s = series[id];
  if (s.open.add(slot, bin, sign)) return;
  Histogram& values = pending_for(id, slot);
  values.add(bin, sign);
  constexpr std::int64_t kBusy = 32;  // values in a slot, from which on the memory for all bins pays
  if (values.count() < kBusy || (s.open.slot != kNone && slot < s.open.slot)) return;
  s.close();
  s.open.slot = slot;
}

// It waits still, or it has entered: a histogram does not take away what it does not hold.
void LatencyWindows::Impl::withdraw_late(std::uint32_t id, Slot slot, Bin bin) {
  Series& s = series[id];
  if (s.open.slot == slot) s.close();
  const auto waiting = s.first_from(slot);
  if (waiting != s.pending.end() && waiting->slot == slot) {
    const std::int64_t before = waiting->values.count();
    waiting->values.add(bin, -1);
    if (waiting->values.count() < before) return;
  }
  enter(s, slot, [&](Histogram& h) { h.add(bin, -1); });
  due[id] = std::min(due[id], next_due(s));
}

void LatencyWindows::Impl::advance(Series& s) const {
  if (s.open.slot == kNone) s.open.counts = {};  // nothing much came lately
  s.close();
  for (RollingSpan& span : s.spans) {
    if (!span.anchored() && span.next_expiry() <= now) span.advance(now);
  }
  const auto end =
      std::find_if(s.pending.begin(), s.pending.end(), [&](const auto& p) { return p.slot >= now; });
  for (auto p = s.pending.begin(); p != end; ++p) {
    enter(s, p->slot, [&](Histogram& h) { h.add(p->values); });
  }
  s.pending.erase(s.pending.begin(), end);
  constexpr std::size_t kUsual = 4;
  if (s.pending.capacity() > kUsual) s.pending.shrink_to_fit();
}

void LatencyWindows::Impl::advance_due() {
  for (std::size_t id = 0; id < due.size(); ++id) {
    if (due[id] > now) continue;
    advance(series[id]);
    due[id] = next_due(series[id]);
  }
}

Slot LatencyWindows::Impl::next_due(const Series& s) {
  Slot first = s.pending.empty() ? kNone : s.pending.front().slot + 1;
  for (const RollingSpan& span : s.spans) {
    if (!span.anchored()) first = std::min(first, span.next_expiry());
  }
  return first;
}

// The hour's 5 min cells if they reach back to the anchor and one begins there, else the day's hour cells
// that begin at or after it.
Histogram LatencyWindows::Impl::sum_since(const Series& s) const {
  const RollingSpan& hour = s.spans[kHour];
  const bool fine =
      s.since % hour.slots_per_cell == 0 && floor_div(s.since, hour.slots_per_cell) >= hour.left(now);
  const RollingSpan& span = fine ? hour : s.spans[kDaySpan];
  Histogram sum;
  for (const CellHistogram& c : span.cells) {
    if (c.cell * span.slots_per_cell >= s.since) sum.add(c.values);
  }
  return sum;
}

// A rolling window's cells are those of any span of its resolution that reaches as far back.
const RollingSpan* LatencyWindows::Impl::source_of(const Series& s, std::int64_t slots) {
  const std::int64_t per_cell = rolling(slots).slots_per_cell;
  for (const RollingSpan& span : s.spans) {
    if (!span.anchored() && span.slots_per_cell == per_cell && span.slots >= slots) return &span;
  }
  return nullptr;
}

LatencyWindows::LatencyWindows() : impl_(std::make_unique<Impl>()) {}
LatencyWindows::~LatencyWindows() = default;
LatencyWindows::LatencyWindows(LatencyWindows&&) noexcept = default;
LatencyWindows& LatencyWindows::operator=(LatencyWindows&&) noexcept = default;

std::uint32_t LatencyWindows::add(Duration slo_window, std::optional<Slot> since) {
  SLOD_ASSERT(since || (slo_window > Duration{0} && slo_window % kSlotLength == Duration{0}));
  Series s;
  s.spans[kHour] = rolling(kOneHour);
  s.spans[kDaySpan] = rolling(kDaySlots);
  if (since) {
    s.since = *since;
  } else {
    s.spans[kSloWindow] = rolling(slo_window / kSlotLength);
  }
  impl_->series.push_back(std::move(s));
  impl_->due.push_back(kNone);
  return static_cast<std::uint32_t>(impl_->series.size() - 1);
}

void LatencyWindows::reanchor(std::uint32_t id, Slot since) {
  Series& s = impl_->series[id];
  SLOD_ASSERT(s.spans[kSloWindow].anchored());
  s.since = since;
  s.spans[kSloWindow].sum = impl_->sum_since(s);
}

bool LatencyWindows::can_add(std::uint32_t id, const WindowSpec& slo_window) const {
  const Series& s = impl_->series[id];
  if (!slo_window.since) return Impl::source_of(s, slo_window.length / kSlotLength) != nullptr;
  // Exact where a span's cells reach back to the anchor and one begins there.
  const auto holds = [&](const RollingSpan& span) {
    return floor_div(*slo_window.since, span.slots_per_cell) >= span.left(impl_->now) &&
           *slo_window.since % span.slots_per_cell == 0;
  };
  return holds(s.spans[kHour]) || holds(s.spans[kDaySpan]);
}

std::uint32_t LatencyWindows::add_like(std::uint32_t id, const WindowSpec& slo_window) {
  impl_->series[id].close();
  Series s = impl_->series[id];
  if (slo_window.since) {
    s.spans[kSloWindow] = {};
    s.since = *slo_window.since;
    s.spans[kSloWindow].sum = impl_->sum_since(s);
  } else {
    const std::int64_t slots = slo_window.length / kSlotLength;
    RollingSpan span = *Impl::source_of(s, slots);
    span.slots = slots;
    span.advance(impl_->now);
    s.spans[kSloWindow] = std::move(span);
  }
  impl_->due.push_back(Impl::next_due(s));
  impl_->series.push_back(std::move(s));
  return static_cast<std::uint32_t>(impl_->series.size() - 1);
}

void LatencyWindows::record(std::uint32_t id, Slot slot, Duration latency, int sign) {
  SLOD_ASSERT(id < impl_->series.size());
  const Bin bin = bin_of(latency);
  const bool late = slot < impl_->now;
  if (late && sign < 0) return impl_->withdraw_late(id, slot, bin);
  impl_->late = impl_->late || late;
  impl_->wait(id, slot, bin, sign);
}

void LatencyWindows::advance(Time at) {
  const Slot tick = slot_of(at);
  SLOD_ASSERT(slot_start(tick) == at && tick >= impl_->now);
  impl_->now = tick;
  impl_->late = false;
  impl_->advance_due();
}

void LatencyWindows::settle() {
  if (std::exchange(impl_->late, false)) impl_->advance_due();
}

std::optional<Duration> LatencyWindows::quantile(std::uint32_t id, Span span, double q) const {
  const Histogram& sum = impl_->series[id].spans[span].sum;
  if (sum.count() == 0) return std::nullopt;
  return bin_value(sum.at_rank(nearest_rank(q, sum.count())));
}

std::int64_t LatencyWindows::count(std::uint32_t id, Span span) const {
  return impl_->series[id].spans[span].sum.count();
}

std::size_t LatencyWindows::memory(std::uint32_t id) const {
  const Series& s = impl_->series[id];
  std::size_t bytes = sizeof(Series) + sizeof(Slot);
  for (const RollingSpan& span : s.spans) {
    bytes += span.sum.memory() - sizeof(Histogram);
    bytes += (span.cells.capacity() - span.cells.size()) * sizeof(CellHistogram);
    for (const CellHistogram& c : span.cells) bytes += sizeof(c.cell) + c.values.memory();
  }
  for (const Pending& p : s.pending) bytes += sizeof(p.slot) + p.values.memory();
  bytes += s.open.counts.capacity() * sizeof(s.open.counts[0]);
  return bytes;
}

void LatencyWindows::io(archive::Writer& a) {
  impl_->io(a);
}
void LatencyWindows::io(archive::Reader& a) {
  impl_->io(a);
}

}  // namespace slod::window
