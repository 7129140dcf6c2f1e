#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "slod/slo/slo_math.h"

namespace slod::slo {
namespace {

// Below this a ratio is what is left of rounding errors, not an event in any window that fits in memory.
constexpr double kNoise = 1e-12;

}  // namespace

std::string percent(std::optional<double> ratio, int decimals) {
  if (!ratio || !std::isfinite(*ratio)) return "n/a";
  const double step = std::pow(10.0, -decimals);
  double value = std::round(*ratio * 100.0 / step) * step;
  if (std::abs(*ratio) < kNoise) {
    value = 0.0;
  } else if (*ratio < 1.0 && value >= 100.0 - step / 2) {
    value = 100.0 - step;
  } else if (std::abs(value) < step / 2) {
    value = std::copysign(step, *ratio);
  }
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), "%.*f %%", decimals, value + 0.0);
  return std::string(text.data(), static_cast<std::size_t>(std::clamp(length, 0, 63)));
}

}  // namespace slod::slo
