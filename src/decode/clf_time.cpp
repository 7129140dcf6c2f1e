#include "decode/value.h"

namespace slod::decode {
namespace {

/// A two-digit number at `at`, or -1.
int two_digits(std::string_view text, std::size_t at) {
  const int tens = text[at] - '0';
  const int ones = text[at + 1] - '0';
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -1 : tens * 10 + ones;
}

/// 1 to 12, or 0.
unsigned month_number(std::string_view name) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const std::size_t at = kMonths.find(name);
  return at == std::string_view::npos || at % 3 != 0 ? 0 : static_cast<unsigned>(at / 3 + 1);
}

}  // namespace

std::optional<Time> parse_clf_time(std::string_view text) {
  if (text.size() != 26) return std::nullopt;
  const bool punctuated = text[2] == '/' && text[6] == '/' && text[11] == ':' && text[14] == ':' &&
                          text[17] == ':' && text[20] == ' ' && (text[21] == '+' || text[21] == '-');
  const int day = two_digits(text, 0);
  const unsigned month = month_number(text.substr(3, 3));
  const int century = two_digits(text, 7);
  const int year = two_digits(text, 9);
  const int hour = two_digits(text, 12);
  const int minute = two_digits(text, 15);
  const int second = two_digits(text, 18);
  const int zone_hour = two_digits(text, 22);
  const int zone_minute = two_digits(text, 24);
  if (!punctuated || month == 0 || day < 1 || century < 0 || year < 0 || hour < 0 || hour > 23 ||
      minute < 0 || minute > 59 || second < 0 || second > 60 || zone_hour < 0 || zone_hour > 23 ||
      zone_minute < 0 || zone_minute > 59)
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(century * 100 + year), std::chrono::month(month),
                                         std::chrono::day(static_cast<unsigned>(day))};
  // Nanoseconds in 64 bits hold the years 1678 to 2261.
  if (!date.ok() || date.year() < std::chrono::year(1678) || date.year() > std::chrono::year(2261))
    return std::nullopt;
  const int zone = (zone_hour * 60 + zone_minute) * (text[21] == '-' ? -1 : 1);
  return Time(std::chrono::sys_days(date)) + hours(hour) + minutes(minute - zone) + seconds(second);
}

}  // namespace slod::decode
