#include "window/cell_store.h"

#include <algorithm>

namespace slod::window {
namespace {

bool fits(std::int64_t n) {
  return n >= std::numeric_limits<std::int32_t>::min() && n <= std::numeric_limits<std::int32_t>::max();
}

}  // namespace

void CellStore::add(const Ring& ring, Cell cell, Counts delta) {
  Packed& packed = slot_for(ring, cell);
  last_ = std::max(last_, cell);
  const Counts now{packed.good + delta.good, packed.bad + delta.bad};
  if (fits(now.good) && fits(now.bad)) {
    packed = {static_cast<std::int32_t>(now.good), static_cast<std::int32_t>(now.bad)};
    return;
  }
  if (!spill_) spill_ = std::make_unique<Spill>();
  (*spill_)[cell] += now;
  packed = {};
}

CellStore::Packed& CellStore::slot_for(const Ring& ring, Cell cell) {
  // A sparse entry costs 12 bytes, a dense cell 8: half full is where the ring is the smaller of the two.
  if (!dense_ && sparse_.size() - head_ >= 4 && (sparse_.size() - head_) * 2 >= ring.capacity)
    make_dense(ring);
  return dense_ ? dense_[ring.index(cell)] : sparse_slot(cell);
}

CellStore::Packed& CellStore::sparse_slot(Cell cell) {
  const auto number = static_cast<std::int32_t>(cell);
  if (sparse_.size() > head_ && sparse_.back().cell == number) return sparse_.back().counts;
  const std::size_t at = lower_bound(cell);
  if (at < sparse_.size() && sparse_[at].cell == number) return sparse_[at].counts;
  // Grows by a quarter instead of doubling: thousands of sparse series share the memory.
  if (sparse_.size() == sparse_.capacity()) sparse_.reserve(sparse_.size() + sparse_.size() / 4 + 4);
  return sparse_.insert(sparse_.begin() + static_cast<std::ptrdiff_t>(at), Entry{number, {}})->counts;
}

std::size_t CellStore::lower_bound(Cell cell) const {
  const auto begin = sparse_.begin() + head_;
  if (begin == sparse_.end() || sparse_.back().cell < cell) return sparse_.size();
  const auto at =
      std::lower_bound(begin, sparse_.end(), cell, [](const Entry& e, Cell c) { return e.cell < c; });
  return static_cast<std::size_t>(at - sparse_.begin());
}

Counts CellStore::sum(const Ring& ring, Cell from, Cell to) const {
  Counts total = spill_ ? spilled(from, to) : Counts{};
  if (dense_) {
    to = std::min(to, last_ + 1);
    for (Cell c = std::max(from, ring.left); c < to; ++c) {
      const Packed& packed = dense_[ring.index(c)];
      total += {packed.good, packed.bad};
    }
    return total;
  }
  for (std::size_t i = lower_bound(from); i < sparse_.size() && sparse_[i].cell < to; ++i) {
    total += {sparse_[i].counts.good, sparse_[i].counts.bad};
  }
  return total;
}

Counts CellStore::spilled(Cell from, Cell to) const {
  Counts total;
  for (auto at = spill_->lower_bound(from); at != spill_->end() && at->first < to; ++at) total += at->second;
  return total;
}

void CellStore::make_dense(const Ring& ring) {
  dense_ = std::make_unique<Packed[]>(ring.capacity);
  dense_capacity_ = ring.capacity;
  for (std::size_t i = head_; i < sparse_.size(); ++i)
    dense_[ring.index(sparse_[i].cell)] = sparse_[i].counts;
  sparse_ = std::vector<Entry>();
  head_ = 0;
}

void CellStore::expire(const Ring& ring, Cell left) {
  if (spill_) {
    spill_->erase(spill_->begin(), spill_->lower_bound(left));
    if (spill_->empty()) spill_.reset();
  }
  if (dense_) {
    expire_dense(ring, left);
  } else {
    expire_sparse(left);
  }
}

void CellStore::expire_dense(const Ring& ring, Cell left) {
  if (left > last_) {
    dense_.reset();
    dense_capacity_ = 0;
    return;
  }
  for (Cell c = ring.left; c < left; ++c) dense_[ring.index(c)] = {};
}

void CellStore::expire_sparse(Cell left) {
  head_ = static_cast<std::uint32_t>(lower_bound(left));
  if (head_ * 2 < sparse_.size()) return;  // compacting at half keeps the cost per entry constant
  sparse_.erase(sparse_.begin(), sparse_.begin() + head_);
  head_ = 0;
  if (sparse_.capacity() > 4 * sparse_.size() + 16) sparse_.shrink_to_fit();
}

Cell CellStore::first_from(Cell from) const {
  if (dense_) return from <= last_ ? from : kNever;
  const std::size_t at = lower_bound(from);
  return at < sparse_.size() ? sparse_[at].cell : kNever;
}

std::size_t CellStore::memory() const {
  constexpr std::size_t kMapNode = 64;
  return sizeof(*this) + sparse_.capacity() * sizeof(Entry) + dense_capacity_ * sizeof(Packed) +
         (spill_ ? spill_->size() * kMapNode : 0);
}

}  // namespace slod::window
