#include <array>
#include <bit>

#include "decode/value.h"
#include "slod/core/hash.h"

namespace slod::decode {
namespace {

constexpr std::array<std::int64_t, 10> kPowers = {1,       10,        100,        1'000,       10'000,
                                                  100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};

static_assert(std::endian::native == std::endian::little, "eight_digits counts from the low end");

/// The number that eight digits write, or -1: neighbours are added up, eight digits, four pairs, two fours
/// (Lemire, "Quickly parsing eight digits", 2018).
std::int64_t eight_digits(const char* text) {
  std::uint64_t word = load_word(text, 8) ^ 0x3030303030303030;
  if ((((word + 0x7676767676767676) | word) & 0x8080808080808080) != 0) return -1;
  word = word * 10 + (word >> 8U);
  word = ((word & 0x000000FF000000FF) * 0x000F424000000064 +
          ((word >> 16U) & 0x000000FF000000FF) * 0x0000271000000001) >>
         32U;
  return static_cast<std::int64_t>(word);
}

/// Adds the digits from `at` on to `value`; where they end. More than eighteen are too many for `value`.
const char* add_digits(const char* at, const char* end, std::uint64_t& value) {
  for (; at != end; ++at) {
    const unsigned digit = static_cast<unsigned char>(*at) - unsigned{'0'};
    if (digit > 9) break;
    value = value * 10 + digit;
  }
  return at;
}

}  // namespace

std::optional<Duration> plain_decimal(std::string_view text, Duration unit) {
  const char* at = text.data();
  const char* const end = at + text.size();
  std::uint64_t whole = 0;
  if (text.size() >= 8) {
    if (const std::int64_t front = eight_digits(at); front >= 0) {
      whole = static_cast<std::uint64_t>(front);
      at += 8;
    }
  }
  at = add_digits(at, end, whole);
  if (at == text.data() || at - text.data() > 18) return std::nullopt;
  std::uint64_t part = 0;
  const char* const point = at;
  if (at != end && *at == '.') at = add_digits(at + 1, end, part);
  const auto decimals = static_cast<std::size_t>(at - point - (at != point ? 1 : 0));
  std::int64_t nanos = 0;
  const bool plain = at == end && decimals <= 9 && unit <= seconds(1) &&
                     !__builtin_mul_overflow(static_cast<std::int64_t>(whole), unit.count(), &nanos) &&
                     nanos <= 9'200'000'000'000'000'000;
  if (!plain) return std::nullopt;
  const auto digits = static_cast<std::int64_t>(part);
  if (unit == seconds(1)) return Duration(nanos + digits * kPowers[9 - decimals]);
  return Duration(nanos + digits * unit.count() / kPowers[decimals]);
}

std::optional<Duration> decimal(std::string_view text, Duration unit) {
  // The careful way knows signs, exponents and more digits.
  const auto plain = plain_decimal(text, unit);
  return plain ? plain : parse_decimal(text, unit);
}

}  // namespace slod::decode
