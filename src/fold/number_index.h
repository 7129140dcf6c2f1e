// From 32 bits of a hash to a number: open addressing with linear probing in 8-byte cells, at most half full,
// so that what is not there costs one cache line, which prefetch() can fetch early. A hash may belong to
// several numbers: the caller says which one is meant. The home of a cell follows from the upper bits of its
// hash, so growing is one pass in order, and needs nothing but the cells. Owned by whoever holds the numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace slod::fold {

class NumberIndex {
 public:
  NumberIndex() { clear(); }

  void clear() {
    bits_ = kFirstBits;
    size_ = 0;
    cells_.assign(std::size_t{1} << bits_, Cell{});
  }
  /// Room for n numbers without growing on the way.
  void reserve(std::size_t n) {
    while (n * 2 > cells_.size()) grow();
  }
  [[nodiscard]] std::size_t size() const { return size_; }

  void prefetch(std::uint32_t hash) const {
    const Cell* const cell = &cells_[home(marked(hash))];
    __builtin_prefetch(cell);
    asm volatile("" : : "r"(cell));  // or g++ takes a function that only prefetches for one that does nothing
  }

  /// The number with this hash that `meant` is true for; nullptr: none.
  template <typename Meant>
  [[nodiscard]] const std::uint32_t* find(std::uint32_t hash, const Meant& meant) const {
    hash = marked(hash);
    for (std::size_t i = home(hash); cells_[i].hash != kEmpty; i = next(i)) {
      if (cells_[i].hash == hash && meant(cells_[i].number)) return &cells_[i].number;
    }
    return nullptr;
  }
  void insert(std::uint32_t hash, std::uint32_t number) {
    if ((size_ + 1) * 2 > cells_.size()) grow();
    place({marked(hash), number});
    ++size_;
  }
  /// Requires: it was inserted.
  void erase(std::uint32_t hash, std::uint32_t number) {
    std::size_t hole = home(marked(hash));
    while (cells_[hole].number != number || cells_[hole].hash != marked(hash)) hole = next(hole);
    // Every cell stays reachable from its home: those behind the hole that may lie in it move up.
    for (std::size_t i = next(hole); cells_[i].hash != kEmpty; i = next(i)) {
      const std::size_t mask = cells_.size() - 1;
      if (((i - home(cells_[i].hash)) & mask) < ((i - hole) & mask)) continue;
      cells_[hole] = cells_[i];
      hole = i;
    }
    cells_[hole] = {};
    --size_;
  }

 private:
  static constexpr unsigned kFirstBits = 6;
  static constexpr std::uint32_t kEmpty = 0;
  struct Cell {
    std::uint32_t hash = kEmpty;
    std::uint32_t number = 0;
  };
  static std::uint32_t marked(std::uint32_t hash) { return hash == kEmpty ? 1 : hash; }
  [[nodiscard]] std::size_t home(std::uint32_t hash) const { return hash >> (32 - bits_); }
  [[nodiscard]] std::size_t next(std::size_t i) const { return (i + 1) & (cells_.size() - 1); }
  void place(Cell cell) {
    std::size_t i = home(cell.hash);
    while (cells_[i].hash != kEmpty) i = next(i);
    cells_[i] = cell;
  }
  void grow() {
    const std::vector<Cell> old = std::exchange(cells_, std::vector<Cell>(cells_.size() * 2));
    ++bits_;
    for (const Cell& cell : old) {
      if (cell.hash != kEmpty) place(cell);
    }
  }

  std::vector<Cell> cells_;  // 2^bits_ of them
  unsigned bits_ = 0;
  std::size_t size_ = 0;
};

}  // namespace slod::fold
