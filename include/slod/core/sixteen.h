// Sixteen bytes at once: which of them are this one, or below that one. Vectors of the compiler, so one
// source for all machines; every x86-64 has the instructions. Pure, any thread.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace slod {

class Sixteen {
 public:
  static constexpr std::size_t kSize = 16;
  using Lanes [[gnu::vector_size(kSize)]] = signed char;

  /// The bytes from p on. Requires: so many are readable.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): memcpy does it
  explicit Sixteen(const char* p) { std::memcpy(&lanes_, p, kSize); }
  void store(char* p) const { std::memcpy(p, &lanes_, kSize); }

  /// Bit i: byte i is one of `marks`.
  template <char... marks>
  [[nodiscard]] std::uint32_t find() const {
    return bits(((lanes_ == static_cast<signed char>(marks)) | ...));
  }
  /// Bit i: byte i is one of `marks`, a control character, or not ASCII.
  template <char... marks>
  [[nodiscard]] std::uint32_t find_or_odd() const {
    return bits(((lanes_ == static_cast<signed char>(marks)) | ...) |
                (lanes_ < static_cast<signed char>(' ')));
  }
  /// Bit i: byte i is the same in both.
  [[nodiscard]] std::uint32_t same(const Sixteen& other) const { return bits(lanes_ == other.lanes_); }

 private:
  static std::uint32_t bits(Lanes truth) {
#if defined(__SSE2__)
    __m128i wide;
    std::memcpy(&wide, &truth, sizeof wide);
    return static_cast<std::uint32_t>(_mm_movemask_epi8(wide));
#else
    std::uint32_t found = 0;
    for (unsigned i = 0; i < kSize; ++i) found |= truth[i] != 0 ? 1U << i : 0U;
    return found;
#endif
  }
  Lanes lanes_;
};

/// The first of `marks` in [at, end), or `end`. Requires: Sixteen::kSize readable bytes at `end`.
template <char... marks>
const char* find_padded(const char* at, const char* end) {
  for (; at < end; at += Sixteen::kSize) {
    const std::uint32_t found = Sixteen(at).find<marks...>();
    if (found == 0) continue;
    at += std::countr_zero(found);
    return at < end ? at : end;
  }
  return end;
}

}  // namespace slod
