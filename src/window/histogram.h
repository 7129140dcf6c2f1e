// Histogram: a compact log-linear latency histogram (bins of bin_of). One byte string holds, octave by
// octave, a bitmap of the bins that hold values and their counts in 1, 2, 4 or 8 bytes, as wide as the octave
// needs: 13 bytes for one value, 0.5 to 1 KB for a day of 100,000. Adding a value touches one octave; nothing
// is ever decoded as a whole. Merging is addition of bins. Thread: one owner.
#pragma once

#include <cstdint>
#include <vector>

namespace slod::window {

using Bin = std::uint16_t;

class Histogram {
 public:
  /// Adds n values (or takes away, n negative; never below none: what was not there is not taken).
  void add(Bin bin, std::int64_t n);
  void add(const Histogram& other) { merge(other, 1); }
  void subtract(const Histogram& other) { merge(other, -1); }
  [[nodiscard]] std::int64_t count() const { return total_; }
  /// The bin that holds the value of rank `rank`, 1 <= rank <= count().
  [[nodiscard]] Bin at_rank(std::int64_t rank) const;
  /// Gives back what growing left over: for cells that will hardly change any more.
  void trim() { bytes_.shrink_to_fit(); }
  template <class A>
  void io(A& a) {
    a(bytes_, total_);
  }
  [[nodiscard]] std::size_t memory() const { return sizeof(*this) + bytes_.capacity(); }

 private:
  using Position = std::size_t;

  void merge(const Histogram& other, std::int64_t sign);
  Position add_from(Position at, Bin bin, std::int64_t n);
  [[nodiscard]] Position find_octave(Position at, std::uint8_t octave) const;
  void insert_bin(Position octave, std::uint64_t bit);
  void erase_bin(Position octave, std::uint64_t bit);
  void widen(Position octave, std::int64_t value);
  void grow(Position at, std::size_t bytes);
  void shrink(Position at, std::size_t bytes);

  std::vector<std::uint8_t> bytes_;
  std::int64_t total_ = 0;
};

}  // namespace slod::window
