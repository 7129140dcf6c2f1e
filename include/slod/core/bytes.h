// Comparing short texts without the call that memcmp is. Pure, any thread.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace slod {

/// Two words at the front and at the end, which may overlap. Requires: at least sizeof(Word) bytes.
template <typename Word>
bool same_words(const char* a, const char* b, std::size_t size) {
  Word a0, a1, b0, b1;
  std::memcpy(&a0, a, sizeof a0);
  std::memcpy(&b0, b, sizeof b0);
  std::memcpy(&a1, a + size - sizeof a1, sizeof a1);
  std::memcpy(&b1, b + size - sizeof b1, sizeof b1);
  return ((a0 ^ b0) | (a1 ^ b1)) == 0;
}

inline bool same_bytes(const char* a, const char* b, std::size_t size) {
  if (size > 16) return std::memcmp(a, b, size) == 0;
  if (size >= 8) return same_words<std::uint64_t>(a, b, size);
  if (size >= 4) return same_words<std::uint32_t>(a, b, size);
  if (size >= 2) return same_words<std::uint16_t>(a, b, size);
  return size == 0 || *a == *b;
}

inline bool same_text(std::string_view a, std::string_view b) {
  return a.size() == b.size() && same_bytes(a.data(), b.data(), a.size());
}

}  // namespace slod
