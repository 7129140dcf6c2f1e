// Hashing of bytes: wyhash's multiply-and-fold over 8-byte words. Fast on short keys, well mixed, the same on
// every run and machine of one endianness (digests are written to the journal). Not a defence against a
// chosen-key attack.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace slod {

inline std::uint64_t mix64(std::uint64_t a, std::uint64_t b) {
  const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// The n bytes at p (at most 8) as a little-endian word; loads that overlap instead of a copy of varying
/// length.
inline std::uint64_t load_word(const char* p, std::size_t n) {
  if (n == 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, p, 8);
    return word;
  }
  if (n >= 4) {
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    std::memcpy(&low, p, 4);
    std::memcpy(&high, p + n - 4, 4);
    return low | std::uint64_t{high} << (8 * (n - 4));
  }
  if (n == 0) return 0;
  const auto byte = [p](std::size_t i) { return std::uint64_t{static_cast<unsigned char>(p[i])} << (8 * i); };
  return byte(0) | byte(n / 2) | byte(n - 1);
}

inline std::uint64_t hash_bytes(std::string_view bytes, std::uint64_t seed = 0) {
  constexpr std::uint64_t kA = 0xa0761d6478bd642f;
  constexpr std::uint64_t kB = 0xe7037ed1a0b428db;
  std::uint64_t state = seed ^ kA ^ (bytes.size() * kB);
  const char* p = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 16; p += 16, left -= 16)
    state = mix64(load_word(p, 8) ^ kB ^ state, load_word(p + 8, 8) ^ kA);
  if (left >= 8) {
    state = mix64(load_word(p, 8) ^ kB ^ state, kA);
    p += 8;
    left -= 8;
  }
  if (left > 0) state = mix64(load_word(p, left) ^ kA ^ state, kB);
  return mix64(state ^ kA, kB ^ bytes.size());
}

}  // namespace slod
