#include "slod/slo/slo_math.h"

namespace slod::slo {
namespace {

using Wide = __int128;  // bad and valid to 2^63, times 1e12: below 2^103

struct Sides {
  Wide bad, allowed;
};

// Both sides of `bad / valid <> burn * (1 - objective)`, cross-multiplied.
Sides sides(std::int64_t bad, std::int64_t valid, std::int64_t burn_micros, Ppm objective) {
  constexpr Wide kScale = Wide{kOne} * kOne;
  return {bad * kScale, Wide{burn_micros} * (kOne - objective) * valid};
}

}  // namespace

std::optional<double> sli(std::int64_t good, std::int64_t valid) {
  if (valid <= 0) return std::nullopt;
  return static_cast<double>(good) / static_cast<double>(valid);
}

Budget budget(Ppm objective, std::int64_t bad, std::int64_t valid) {
  Budget result;
  result.spent = bad;
  if (valid <= 0) return result;
  const Wide allowed_micros = Wide{kOne - objective} * valid;
  result.allowed = static_cast<double>(allowed_micros) / static_cast<double>(kOne);
  if (allowed_micros > 0) {
    // One division of exact integers: a budget spent to the last event leaves 0, not -4.69e-14.
    result.remaining_ratio =
        static_cast<double>(allowed_micros - Wide{bad} * kOne) / static_cast<double>(allowed_micros);
  }
  return result;
}

std::optional<double> burn_rate(Ppm objective, std::int64_t bad, std::int64_t valid) {
  if (valid <= 0 || objective >= kOne) return std::nullopt;
  return static_cast<double>(Wide{bad} * kOne) / static_cast<double>(Wide{kOne - objective} * valid);
}

bool burns_faster(std::int64_t bad, std::int64_t valid, std::int64_t burn_micros, Ppm objective) {
  const auto [left, right] = sides(bad, valid, burn_micros, objective);
  return left > right;
}

bool burns_slower(std::int64_t bad, std::int64_t valid, std::int64_t burn_micros, Ppm objective) {
  const auto [left, right] = sides(bad, valid, burn_micros, objective);
  return left < right;
}

bool at_least(std::int64_t good, std::int64_t valid, Ppm target) {
  return valid > 0 && Wide{good} * kOne >= Wide{target} * valid;
}

}  // namespace slod::slo
