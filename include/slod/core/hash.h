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

inline std::uint64_t load_word(const char* p, std::size_t n) {
  std::uint64_t word = 0;
  std::memcpy(&word, p, n);
  return word;
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
