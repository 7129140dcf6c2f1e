#include "slod/slo/period.h"

#include <date/tz.h>

#include <algorithm>
#include <cctype>
#include <numeric>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

namespace slod::slo {
namespace {

using LocalSeconds = date::local_time<std::chrono::seconds>;

const date::time_zone* find_zone(const std::string& name) {
  if (name.empty()) return nullptr;
  try {
    return date::locate_zone(name);
  } catch (const std::runtime_error&) {
    return nullptr;
  }
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

// Levenshtein distance, one row at a time.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

// "tokyo" and "Asia/Tokio" both mean Asia/Tokyo: the whole name or its city alone may be the near one.
std::size_t distance_to_zone(const std::string& wanted, std::string_view zone) {
  const std::string name = lower(zone);
  const std::size_t slash = name.rfind('/');
  const std::size_t whole = distance(wanted, name);
  if (slash == std::string::npos || wanted.find('/') != std::string::npos) return whole;
  return std::min(whole, distance(wanted, name.substr(slash + 1)));
}

std::string nearest_zone(const std::string& name) {
  const std::string wanted = lower(name);
  std::string best;
  std::size_t least = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const date::time_zone& zone : date::get_tzdb().zones) {
    const std::size_t d = distance_to_zone(wanted, zone.name());
    if (d >= least) continue;
    least = d;
    best = zone.name();
  }
  return best;
}

Error unknown_zone(const std::string& name) {
  const std::string near = nearest_zone(name);
  return Error{"unknown time zone \"" + name + "\"" +
               (near.empty() ? ": use an IANA name such as Asia/Tokyo" : ": did you mean " + near + "?")};
}

struct LocalPeriod {
  date::local_days begin, end;
};

LocalPeriod months(date::year_month_day day, int length) {
  const unsigned index = static_cast<unsigned>(day.month()) - 1;
  const unsigned first = index - index % static_cast<unsigned>(length) + 1;
  const date::year_month begin = day.year() / date::month{first};
  return {date::local_days(begin / 1), date::local_days((begin + date::months{length}) / 1)};
}

LocalPeriod local_period(Window::Calendar calendar, date::local_days day) {
  switch (calendar) {
    case Window::Calendar::kWeek: {
      const date::local_days monday = day - (date::weekday{day} - date::Monday);
      return {monday, monday + date::days{7}};
    }
    case Window::Calendar::kMonth:
      return months(date::year_month_day{day}, 1);
    case Window::Calendar::kQuarter:
      return months(date::year_month_day{day}, 3);
    default:
      return {day, day + date::days{1}};
  }
}

// Midnight as the zone has it: where daylight saving skips it, the day begins at the change; where it comes
// twice, at the first.
Time midnight(const date::time_zone& zone, date::local_days day) {
  return zone.to_sys(LocalSeconds{day}, date::choose::earliest);
}

}  // namespace

Result<Period> period_at(Window::Calendar calendar, const std::string& time_zone, Time at) {
  const date::time_zone* zone = find_zone(time_zone);
  if (zone == nullptr) return unknown_zone(time_zone);
  if (calendar == Window::Calendar::kNone) return Error{"a rolling window has no calendar period"};
  const auto local = zone->to_local(std::chrono::floor<std::chrono::seconds>(at));
  const LocalPeriod period = local_period(calendar, date::floor<date::days>(local));
  return Period{midnight(*zone, period.begin), midnight(*zone, period.end)};
}

bool known_time_zone(const std::string& time_zone) {
  return find_zone(time_zone) != nullptr;
}

}  // namespace slod::slo
