#include "window/histogram.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "slod/core/result.h"

namespace slod::window {
namespace {

// One octave: bitmap (8 bytes), octave number, width of a count, bytes of all counts (2); then a count per
// set bit, lowest bin first. The bytes could be counted from the bitmap; kept, they make walking the octaves
// three times faster.
constexpr std::size_t kOctaveAt = 8, kWidthAt = 9, kBytesAt = 10, kHead = 12;

std::uint64_t bitmap_at(const std::uint8_t* octave) {
  std::uint64_t bits;
  std::memcpy(&bits, octave, sizeof(bits));
  return bits;
}

std::size_t bins_in(const std::uint8_t* octave) {
  return static_cast<std::size_t>(std::popcount(bitmap_at(octave)));
}
std::size_t count_bytes(const std::uint8_t* octave) {
  std::uint16_t bytes;
  std::memcpy(&bytes, octave + kBytesAt, sizeof(bytes));
  return bytes;
}

std::size_t size_of(const std::uint8_t* octave) {
  return kHead + count_bytes(octave);
}

void set_bitmap(std::uint8_t* octave, std::uint64_t bits) {
  std::memcpy(octave, &bits, sizeof(bits));
  const auto bytes = static_cast<std::uint16_t>(std::popcount(bits) * octave[kWidthAt]);
  std::memcpy(octave + kBytesAt, &bytes, sizeof(bytes));
}

template <typename T>
std::int64_t load_as(const std::uint8_t* from) {
  T value;
  std::memcpy(&value, from, sizeof(value));
  return static_cast<std::int64_t>(value);
}

template <typename T>
void store_as(std::uint8_t* to, std::int64_t count) {
  const auto value = static_cast<T>(count);
  std::memcpy(to, &value, sizeof(value));
}

std::int64_t load_count(const std::uint8_t* from, std::uint8_t width) {
  switch (width) {
    case 1:
      return *from;
    case 2:
      return load_as<std::uint16_t>(from);
    case 4:
      return load_as<std::uint32_t>(from);
    default:
      return load_as<std::int64_t>(from);
  }
}

void store_count(std::uint8_t* to, std::uint8_t width, std::int64_t count) {
  switch (width) {
    case 1:
      store_as<std::uint8_t>(to, count);
      break;
    case 2:
      store_as<std::uint16_t>(to, count);
      break;
    case 4:
      store_as<std::uint32_t>(to, count);
      break;
    default:
      store_as<std::int64_t>(to, count);
      break;
  }
}

std::uint8_t width_for(std::int64_t count) {
  if (count <= 0xFF) return 1;
  if (count <= 0xFFFF) return 2;
  return count <= 0xFFFF'FFFF ? 4 : 8;
}

std::size_t rank_of(const std::uint8_t* octave, std::uint64_t bit) {
  return static_cast<std::size_t>(std::popcount(bitmap_at(octave) & (bit - 1)));
}

template <typename Visit>
void for_each_bin(const std::uint8_t* octave, Visit visit) {
  const std::uint8_t* count = octave + kHead;
  for (std::uint64_t bits = bitmap_at(octave); bits != 0; bits &= bits - 1) {
    visit(static_cast<Bin>(octave[kOctaveAt] * 64 + std::countr_zero(bits)),
          load_count(count, octave[kWidthAt]));
    count += octave[kWidthAt];
  }
}

}  // namespace

void Histogram::add(Bin bin, std::int64_t n) {
  add_from(0, bin, n);
}

// Starts looking at octave position `at` and returns the octave's position: merging walks both sides once.
Histogram::Position Histogram::add_from(Position at, Bin bin, std::int64_t n) {
  const auto octave = static_cast<std::uint8_t>(bin / 64);
  const std::uint64_t bit = std::uint64_t{1} << (bin % 64);
  at = find_octave(at, octave);
  const bool there = at < bytes_.size() && bytes_[at + kOctaveAt] == octave;
  if (n <= 0 && (!there || (bitmap_at(&bytes_[at]) & bit) == 0)) return at;
  if (!there) {
    grow(at, kHead);
    std::memset(&bytes_[at], 0, kHead);
    bytes_[at + kOctaveAt] = octave;
    bytes_[at + kWidthAt] = 1;
  }
  if ((bitmap_at(&bytes_[at]) & bit) == 0) insert_bin(at, bit);
  const std::uint8_t width = bytes_[at + kWidthAt];
  const std::size_t offset = at + kHead + rank_of(&bytes_[at], bit) * width;
  const std::int64_t old = load_count(&bytes_[offset], width);
  const std::int64_t now = std::max<std::int64_t>(0, old + n);
  total_ += now - old;
  if (now == 0) {
    erase_bin(at, bit);
  } else if (width_for(now) <= width) {
    store_count(&bytes_[offset], width, now);
  } else {
    widen(at, now);
    store_count(&bytes_[at + kHead + rank_of(&bytes_[at], bit) * bytes_[at + kWidthAt]],
                bytes_[at + kWidthAt], now);
  }
  return at;
}

Histogram::Position Histogram::find_octave(Position at, std::uint8_t octave) const {
  while (at < bytes_.size() && bytes_[at + kOctaveAt] < octave) at += size_of(&bytes_[at]);
  return at;
}

void Histogram::insert_bin(Position octave, std::uint64_t bit) {
  const std::uint8_t width = bytes_[octave + kWidthAt];
  const std::size_t at = octave + kHead + rank_of(&bytes_[octave], bit) * width;
  grow(at, width);
  store_count(&bytes_[at], width, 0);
  set_bitmap(&bytes_[octave], bitmap_at(&bytes_[octave]) | bit);
}

void Histogram::erase_bin(Position octave, std::uint64_t bit) {
  const std::uint8_t width = bytes_[octave + kWidthAt];
  const std::size_t at = octave + kHead + rank_of(&bytes_[octave], bit) * width;
  const std::uint64_t bits = bitmap_at(&bytes_[octave]) & ~bit;
  set_bitmap(&bytes_[octave], bits);
  shrink(at, width);
  if (bits == 0) shrink(octave, kHead);
}

// Rewrites the octave's counts in the width that `value` needs, from the last to the first, in place.
void Histogram::widen(Position octave, std::int64_t value) {
  const std::uint8_t before = bytes_[octave + kWidthAt];
  const std::uint8_t after = width_for(value);
  const std::size_t bins = bins_in(&bytes_[octave]);
  grow(octave + kHead + bins * before, bins * (std::size_t{after} - before));
  std::uint8_t* counts = &bytes_[octave] + kHead;
  for (std::size_t i = bins; i-- > 0;)
    store_count(counts + i * after, after, load_count(counts + i * before, before));
  bytes_[octave + kWidthAt] = after;
  set_bitmap(&bytes_[octave], bitmap_at(&bytes_[octave]));
}

void Histogram::grow(Position at, std::size_t bytes) {
  // By an eighth, not by doubling: a series has up to seventy of these.
  if (bytes_.size() + bytes > bytes_.capacity())
    bytes_.reserve(bytes_.size() + bytes + bytes_.size() / 8 + 4);
  bytes_.insert(bytes_.begin() + static_cast<std::ptrdiff_t>(at), bytes, 0);
}

void Histogram::shrink(Position at, std::size_t bytes) {
  const auto from = bytes_.begin() + static_cast<std::ptrdiff_t>(at);
  bytes_.erase(from, from + static_cast<std::ptrdiff_t>(bytes));
}

void Histogram::merge(const Histogram& other, std::int64_t sign) {
  if (sign > 0 && total_ == 0) {
    *this = other;
    return;
  }
  Position mine = 0;
  for (Position at = 0; at < other.bytes_.size(); at += size_of(&other.bytes_[at])) {
    for_each_bin(&other.bytes_[at], [&](Bin bin, std::int64_t n) { mine = add_from(mine, bin, sign * n); });
  }
}

Bin Histogram::at_rank(std::int64_t rank) const {
  SLOD_ASSERT(rank >= 1 && rank <= total_);
  std::int64_t seen = 0;
  Bin result = 0;
  for (Position at = 0; seen < rank; at += size_of(&bytes_[at])) {
    for_each_bin(&bytes_[at], [&](Bin bin, std::int64_t n) {
      if (seen < rank) result = bin;
      seen += n;
    });
  }
  return result;
}

}  // namespace slod::window
