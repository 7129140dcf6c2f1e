// CellStore: the counts of one series at one resolution, by cell number (a cell is one or more slots). A
// sorted vector of 12-byte entries while few cells hold data, a ring of 8-byte cells once many do; back to
// nothing when all of them have left. The Ring that a call gets says which cells are kept; it is shared by
// all series with the same windows, so the store itself does not hold it. Thread: one owner.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <vector>

#include "slod/core/archive.h"
#include "slod/window/window_table.h"

namespace slod::window {

using Cell = std::int64_t;
inline constexpr Cell kNever = std::numeric_limits<std::int64_t>::max();

/// The kept cells [left, left + capacity), and where `left` stands in a dense ring.
struct Ring {
  Cell left = 0;
  std::uint32_t capacity = 0;
  std::uint32_t left_index = 0;

  Ring() = default;
  Ring(Cell first, std::uint32_t cells) : capacity(cells) { move_to(first); }
  void move_to(Cell first) {
    left = first;
    left_index = static_cast<std::uint32_t>(first - floor_div(first, capacity) * capacity);
  }
  /// Requires: left <= cell < left + capacity.
  [[nodiscard]] std::uint32_t index(Cell cell) const {
    const auto i = left_index + static_cast<std::uint32_t>(cell - left);
    return i < capacity ? i : i - capacity;
  }
};

class CellStore {
 public:
  /// Adds to a cell inside the ring. Counts of a cell may be of any size; beyond 2^31 they cost a map entry.
  void add(const Ring& ring, Cell cell, Counts delta);
  [[nodiscard]] Counts get(const Ring& ring, Cell cell) const { return sum(ring, cell, cell + 1); }
  /// The sum of the kept cells in [from, to).
  [[nodiscard]] Counts sum(const Ring& ring, Cell from, Cell to) const;
  /// Forgets the cells before `left`; `ring` is still the one of before.
  void expire(const Ring& ring, Cell left);
  /// No cell in [from, result) holds data; kNever if none at or after `from` does. Exact while sparse.
  [[nodiscard]] Cell first_from(Cell from) const;
  [[nodiscard]] std::size_t memory() const;
  template <class A>
  void io(A& a);

 private:
  struct Packed {
    std::int32_t good = 0, bad = 0;
  };
  struct Entry {
    std::int32_t cell = 0;
    Packed counts;
  };
  using Spill = std::map<Cell, Counts>;

  Packed& slot_for(const Ring& ring, Cell cell);
  Packed& sparse_slot(Cell cell);
  [[nodiscard]] std::size_t lower_bound(Cell cell) const;
  [[nodiscard]] Counts spilled(Cell from, Cell to) const;
  void make_dense(const Ring& ring);
  void expire_sparse(Cell left);
  void expire_dense(const Ring& ring, Cell left);

  std::vector<Entry> sparse_;        // sorted by cell; entries before head_ have left
  std::unique_ptr<Packed[]> dense_;  // null while sparse
  std::unique_ptr<Spill> spill_;     // what did not fit into 32 bits
  std::uint32_t head_ = 0;
  std::uint32_t dense_capacity_ = 0;
  Cell last_ = std::numeric_limits<Cell>::min();  // newest cell that ever held data
};

template <class A>
void CellStore::io(A& a) {
  if constexpr (!A::kReads) sparse_.erase(sparse_.begin(), sparse_.begin() + head_);
  head_ = 0;
  bool spilled = spill_ != nullptr;
  a(sparse_, last_, spilled);
  dense_capacity_ = static_cast<std::uint32_t>(a.count(dense_capacity_, sizeof(Packed)));
  if constexpr (A::kReads) {
    dense_ = dense_capacity_ > 0 ? std::make_unique<Packed[]>(dense_capacity_) : nullptr;
    spill_ = spilled ? std::make_unique<Spill>() : nullptr;
  }
  if (dense_) a.raw(dense_.get(), dense_capacity_ * sizeof(Packed));
  if (spill_) a(*spill_);
}

}  // namespace slod::window
