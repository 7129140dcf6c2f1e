#include <array>

#include "decode/value.h"

namespace slod::decode {
namespace {

constexpr std::array<std::int64_t, 10> kPowers = {1,       10,        100,        1'000,       10'000,
                                                  100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};

/// Digits at the front of `text`, at most `limit`; their number in `count`.
std::int64_t take_digits(std::string_view& text, std::size_t limit, std::size_t& count) {
  std::int64_t value = 0;
  count = 0;
  while (count < text.size() && count < limit) {
    const unsigned digit = static_cast<unsigned char>(text[count]) - unsigned{'0'};
    if (digit > 9) break;
    value = value * 10 + digit;
    ++count;
  }
  text.remove_prefix(count);
  return value;
}

}  // namespace

std::optional<Duration> decimal(std::string_view text, Duration unit) {
  std::string_view rest = text;
  std::size_t whole_digits = 0;
  const std::int64_t whole = take_digits(rest, 19, whole_digits);
  std::size_t part_digits = 0;
  std::int64_t part = 0;
  if (!rest.empty() && rest.front() == '.') {
    rest.remove_prefix(1);
    part = take_digits(rest, 9, part_digits);
  }
  // The careful way knows signs, exponents and more digits.
  std::int64_t nanos = 0;
  const bool plain = whole_digits > 0 && whole_digits < 19 && rest.empty() && unit <= seconds(1) &&
                     !__builtin_mul_overflow(whole, unit.count(), &nanos) &&
                     nanos <= 9'200'000'000'000'000'000;
  if (!plain) return parse_decimal(text, unit);
  if (unit == seconds(1)) return Duration(nanos + part * kPowers[9 - part_digits]);
  return Duration(nanos + part * unit.count() / kPowers[part_digits]);
}

}  // namespace slod::decode
