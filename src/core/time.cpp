#include "slod/core/time.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <limits>

namespace slod {
namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Reads exactly `count` digits at the front of `text`.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!is_digit(text[i])) return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

/// ".123" as nanoseconds, digits beyond nine cut; 0 where there is no fraction.
std::optional<std::int64_t> take_fraction(std::string_view& text) {
  if (!take(text, '.')) return 0;
  std::int64_t value = 0;
  std::size_t digits = 0;
  while (!text.empty() && is_digit(text.front())) {
    if (digits < 9) value = value * 10 + (text.front() - '0');
    ++digits;
    text.remove_prefix(1);
  }
  if (digits == 0) return std::nullopt;
  for (; digits < 9; ++digits) value *= 10;
  return value;
}

/// "Z", "+09:00", "+0900", "-03": the offset to subtract.
std::optional<std::int64_t> take_offset(std::string_view& text) {
  if (take(text, 'Z') || take(text, 'z')) return 0;
  const bool east = !text.empty() && text.front() == '+';
  if (!take(text, '+') && !take(text, '-')) return std::nullopt;
  const auto hour = take_digits(text, 2);
  if (!hour || *hour > 23) return std::nullopt;
  std::optional<int> minute = 0;
  if (take(text, ':') || !text.empty()) minute = take_digits(text, 2);
  if (!minute || *minute > 59) return std::nullopt;
  const std::int64_t offset = (std::int64_t{*hour} * 60 + *minute) * 60;
  return east ? offset : -offset;
}

struct UnitName {
  std::string_view name;
  std::int64_t length;
};
constexpr std::array<UnitName, 8> kUnits = {{{"w", 7 * 86400 * kNanosPerSecond},
                                             {"d", 86400 * kNanosPerSecond},
                                             {"h", 3600 * kNanosPerSecond},
                                             {"ms", 1'000'000},
                                             {"m", 60 * kNanosPerSecond},
                                             {"s", kNanosPerSecond},
                                             {"us", 1000},
                                             {"ns", 1}}};

}  // namespace

std::optional<Time> parse_rfc3339(std::string_view text) {
  const auto year = take_digits(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = take_digits(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = take_digits(text, 2);
  if (!day || !(take(text, 'T') || take(text, 't') || take(text, ' '))) return std::nullopt;
  const auto hour = take_digits(text, 2);
  if (!hour || *hour > 23 || !take(text, ':')) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute || *minute > 59 || !take(text, ':')) return std::nullopt;
  const auto second = take_digits(text, 2);
  if (!second || *second > 60) return std::nullopt;  // 60: a leap second counts as the next minute's first
  const auto fraction = take_fraction(text);
  if (!fraction) return std::nullopt;
  const auto offset = take_offset(text);
  if (!offset || !text.empty()) return std::nullopt;

  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  // Nanoseconds in 64 bits hold the years 1678 to 2261.
  if (!date.ok() || *year < 1678 || *year > 2261) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const std::int64_t total = ((days * 24 + *hour) * 60 + *minute) * 60 + *second - *offset;
  return from_nanos(total * kNanosPerSecond + *fraction);
}

/// What may stand behind a decimal's digits: nothing (0), or "e" and a number from -18 to 18.
std::optional<int> parse_exponent(std::string_view text) {
  if (text.empty()) return 0;
  if (text.front() != 'e' && text.front() != 'E') return std::nullopt;
  text.remove_prefix(1);
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  int exponent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), exponent);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && exponent >= -18 && exponent <= 18 ? std::optional(exponent) : std::nullopt;
}

/// value / scale times 10^exponent; false if that leaves 90 bits.
bool apply_exponent(int exponent, __int128& value, __int128& scale) {
  for (; exponent > 0; --exponent) {
    value *= 10;
    if (value > (__int128{1} << 90)) return false;
  }
  for (; exponent < 0; ++exponent) {
    if (scale >= __int128{1'000'000'000'000'000'000}) {
      value /= 10;
    } else {
      scale *= 10;
    }
  }
  return true;
}

std::optional<Duration> parse_decimal(std::string_view text, Duration unit) {
  const bool negative = !text.empty() && text.front() == '-';
  if (negative || (!text.empty() && text.front() == '+')) text.remove_prefix(1);
  __int128 value = 0;  // in units, scaled by 10^decimals
  __int128 scale = 1;
  bool any = false;
  bool point = false;
  for (; !text.empty(); text.remove_prefix(1)) {
    const char c = text.front();
    if (c == '.' && !point) {
      point = true;
      continue;
    }
    if (!is_digit(c)) break;
    any = true;
    if (point && scale >= __int128{1'000'000'000'000'000'000}) continue;
    value = value * 10 + (c - '0');
    if (point) scale *= 10;
    if (value > (__int128{1} << 90)) return std::nullopt;
  }
  if (!any) return std::nullopt;
  const std::optional<int> exponent = parse_exponent(text);
  if (!exponent || !apply_exponent(*exponent, value, scale)) return std::nullopt;
  // value < 2^90 and units up to a second (2^30) fit; longer units are first cut to what 64 bits can hold
  // anyway.
  if (unit.count() > kNanosPerSecond && value / scale > 10'000'000'000) return std::nullopt;
  const __int128 nanos_total = value * unit.count() / scale;
  if (nanos_total > std::numeric_limits<std::int64_t>::max()) return std::nullopt;
  const auto result = static_cast<std::int64_t>(nanos_total);
  return Duration(negative ? -result : result);
}

std::string format_rfc3339(Time t) {
  // Not as a difference of times: the midnight before the first of all times is none.
  constexpr std::int64_t kDay = Duration(hours(24)).count();
  const std::int64_t in_day = (nanos(t) % kDay + kDay) % kDay;
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(floor_div(nanos(t), kDay)))};
  const std::chrono::hh_mm_ss clock{Duration(in_day)};
  std::array<char, 48> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  std::string text = buffer.data();
  const std::int64_t fraction = clock.subseconds().count();
  if (fraction != 0) {
    const int digits = fraction % 1'000'000 == 0 ? 3 : fraction % 1000 == 0 ? 6 : 9;
    const std::int64_t cut = digits == 3 ? fraction / 1'000'000 : digits == 6 ? fraction / 1000 : fraction;
    std::snprintf(buffer.data(), buffer.size(), ".%0*lld", digits, static_cast<long long>(cut));
    text += buffer.data();
  }
  return text + "Z";
}

std::optional<Duration> parse_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  while (!text.empty()) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || number < 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const UnitName* unit = nullptr;
    for (const UnitName& candidate : kUnits) {
      if (!text.starts_with(candidate.name)) continue;
      unit = &candidate;
      break;
    }
    if (unit == nullptr) return std::nullopt;
    text.remove_prefix(unit->name.size());
    std::int64_t part = 0;
    if (__builtin_mul_overflow(number, unit->length, &part) || __builtin_add_overflow(total, part, &total)) {
      return std::nullopt;
    }
  }
  return Duration(total);
}

std::string format_duration(Duration d) {
  constexpr std::array<UnitName, 5> kCanonical = {{{"d", 86400 * kNanosPerSecond},
                                                   {"h", 3600 * kNanosPerSecond},
                                                   {"m", 60 * kNanosPerSecond},
                                                   {"s", kNanosPerSecond},
                                                   {"ms", 1'000'000}}};
  if (d.count() == 0) return "0s";
  for (const UnitName& unit : kCanonical) {
    if (d.count() % unit.length == 0) return std::to_string(d.count() / unit.length) + std::string(unit.name);
  }
  return std::to_string(d.count()) + "ns";
}

}  // namespace slod
