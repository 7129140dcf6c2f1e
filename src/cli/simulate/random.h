// Randomness that is addressed, not drawn: the same seed, subject and index give the same numbers, whatever
// else was asked before. So an incident changes what it touches and nothing else. Pure.
#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>

#include "slod/core/hash.h"

namespace slod::cli {

class Draw {
 public:
  Draw(std::uint64_t seed, std::string_view subject, std::uint64_t a = 0, std::uint64_t b = 0)
      : state_(hash_bytes(subject,
                          mix64(seed ^ 0x9e3779b97f4a7c15, a + 1) ^ mix64(b + 0x2545f4914f6cdd1d, a ^ b))) {}

  std::uint64_t bits() {
    // splitmix64
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111eb;
    return z ^ (z >> 31U);
  }
  /// In [0, 1).
  double unit() { return static_cast<double>(bits() >> 11U) * 0x1.0p-53; }
  double between(double low, double high) { return low + (high - low) * unit(); }
  bool chance(double probability) { return unit() < probability; }
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(bits() % n); }
  double exponential(double mean) { return -mean * std::log1p(-unit()); }
  double lognormal(double median, double sigma) {
    constexpr double kTwoPi = 6.283185307179586;
    const double radius = std::sqrt(-2 * std::log1p(-unit()));
    return median * std::exp(sigma * radius * std::cos(kTwoPi * unit()));
  }

 private:
  std::uint64_t state_;
};

}  // namespace slod::cli
