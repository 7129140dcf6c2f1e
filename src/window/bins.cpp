// The log-linear bins: one per nanosecond below 128 ns, then 64 per octave. A bin of octave 2^e is 2^(e-6)
// wide and its middle is at most 2^(e-7) from any of its values, which are at least 2^e: an error of at most
// 1/128 = 0.7813 %.
#include <bit>

#include "slod/window/latency_windows.h"

namespace slod::window {
namespace {

constexpr std::uint64_t kLinear = 128;  // values below have a bin each
constexpr int kFirstOctave = 7;         // 2^7 = kLinear
constexpr int kSubBits = 6;             // 64 bins per octave

}  // namespace

std::uint16_t bin_of(Duration latency) {
  const auto ns = latency.count() < 0 ? std::uint64_t{0} : static_cast<std::uint64_t>(latency.count());
  if (ns < kLinear) return static_cast<std::uint16_t>(ns);
  const int octave = 63 - std::countl_zero(ns);
  const std::uint64_t sub = (ns >> (octave - kSubBits)) & 63;
  return static_cast<std::uint16_t>(kLinear + static_cast<std::uint64_t>(octave - kFirstOctave) * 64 + sub);
}

Duration bin_value(std::uint16_t bin) {
  if (bin < kLinear) return Duration(bin);
  const int octave = kFirstOctave + (bin - static_cast<int>(kLinear)) / 64;
  const std::int64_t sub = bin % 64;
  const std::int64_t width = std::int64_t{1} << (octave - kSubBits);
  return Duration((64 + sub) * width + width / 2);
}

}  // namespace slod::window
