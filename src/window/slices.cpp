#include "slod/window/slices.h"

#include <algorithm>
#include <map>

#include "slod/core/result.h"
#include "window/cell_store.h"

namespace slod::window {

struct SliceBook::Impl {
  std::int64_t slots_per_slice = 1;
  std::int64_t target_ppm = 0;
  std::int64_t keep = 0;  // slots
  Ring ring;
  CellStore counts;                 // by slice; slots before `now` only
  std::map<Slot, Counts> pending;   // at or after `now`
  std::map<Cell, Counts> verdicts;  // slices touched since the last tick, with what they were booked as
  Slot now = 0;

  [[nodiscard]] Cell slice_of(Slot slot) const { return floor_div(slot, slots_per_slice); }
  // A slice is kept while it ends after now - keep, that is while its last slot is at or after it.
  [[nodiscard]] Cell first_kept() const { return slice_of(now - keep); }
  [[nodiscard]] Counts verdict(Cell slice) const;
  void enter(Slot slot, Counts delta);
  template <class A>
  void io(A& a) {
    a.same(slots_per_slice);
    a(ring, counts, pending, verdicts, now);
  }
};

Counts SliceBook::Impl::verdict(Cell slice) const {
  const Counts c = counts.get(ring, slice);
  if (c.valid() <= 0) return {};
  constexpr __int128 kOneInPpm = 1'000'000;
  const bool good = c.good * kOneInPpm >= static_cast<__int128>(target_ppm) * c.valid();
  return good ? Counts{1, 0} : Counts{0, 1};
}

void SliceBook::Impl::enter(Slot slot, Counts delta) {
  const Cell slice = slice_of(slot);
  if (slice < ring.left) return;
  verdicts.try_emplace(slice, verdict(slice));
  counts.add(ring, slice, delta);
}

SliceBook::SliceBook(Duration slice, std::int64_t target_ppm, Duration keep)
    : impl_(std::make_unique<Impl>()) {
  SLOD_ASSERT(slice > Duration{0} && slice % kSlotLength == Duration{0} && keep >= slice);
  impl_->slots_per_slice = slice / kSlotLength;
  impl_->target_ppm = target_ppm;
  constexpr Duration kCoarsestEdge = hours(1);
  impl_->keep = (keep + kCoarsestEdge + kSlotLength - Duration{1}) / kSlotLength;
  const auto capacity = static_cast<std::uint32_t>(impl_->keep / impl_->slots_per_slice + 2);
  impl_->ring = Ring(impl_->first_kept(), capacity);
}

SliceBook::~SliceBook() = default;
SliceBook::SliceBook(SliceBook&&) noexcept = default;
SliceBook& SliceBook::operator=(SliceBook&&) noexcept = default;

void SliceBook::record(Slot slot, Counts delta) {
  if (slot >= impl_->now) {
    impl_->pending[slot] += delta;
  } else {
    impl_->enter(slot, delta);
  }
}

void SliceBook::advance(Time at, std::vector<std::pair<Slot, Counts>>& deltas) {
  Impl& book = *impl_;
  const Slot tick = slot_of(at);
  SLOD_ASSERT(slot_start(tick) == at && tick >= book.now);
  const auto emit = [&] {
    for (const auto& [slice, booked] : book.verdicts) {
      Counts delta = book.verdict(slice);
      delta -= booked;
      if (delta != Counts{}) deltas.emplace_back(slice * book.slots_per_slice, delta);
    }
    book.verdicts.clear();
  };
  emit();  // what late counts changed, while their slices are surely kept
  book.now = tick;
  if (const Cell left = book.first_kept(); left != book.ring.left) {
    book.counts.expire(book.ring, left);
    book.ring.move_to(left);
  }
  const auto end = book.pending.lower_bound(tick);
  for (auto p = book.pending.begin(); p != end; ++p) book.enter(p->first, p->second);
  book.pending.erase(book.pending.begin(), end);
  const auto sorted_from = static_cast<std::ptrdiff_t>(deltas.size());
  emit();
  std::inplace_merge(deltas.begin(), deltas.begin() + sorted_from, deltas.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
}

std::size_t SliceBook::memory() const {
  constexpr std::size_t kMapNode = 64;
  return sizeof(Impl) + impl_->counts.memory() + (impl_->pending.size() + impl_->verdicts.size()) * kMapNode;
}

void SliceBook::io(archive::Writer& a) {
  impl_->io(a);
}
void SliceBook::io(archive::Reader& a) {
  impl_->io(a);
}

}  // namespace slod::window
