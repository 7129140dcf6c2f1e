#include "config/build_windows.h"

namespace slod::config {

namespace {

struct Calendar {
  const char* word;
  Window::Calendar calendar;
  int nominal_days, longest_days;
};
constexpr Calendar kCalendars[] = {{"day", Window::Calendar::kDay, 1, 1},
                                   {"week", Window::Calendar::kWeek, 7, 7},
                                   {"month", Window::Calendar::kMonth, 30, 31},
                                   {"quarter", Window::Calendar::kQuarter, 90, 92}};
constexpr Duration kFleetRetention = hours(24) * 365 * 3;

std::optional<Window> read_calendar(const View& value) {
  for (const Calendar& calendar : kCalendars) {
    if (value["calendar"].text() != calendar.word) continue;
    Window window;
    window.calendar = calendar.calendar;
    window.rolling = hours(24) * calendar.nominal_days;
    window.time_zone = value["time_zone"].text("UTC");
    window.text = calendar.word;
    return window;
  }
  return std::nullopt;
}

Duration longest(const Window& window) {
  for (const Calendar& calendar : kCalendars) {
    if (calendar.calendar == window.calendar) return hours(24) * calendar.longest_days;
  }
  return window.rolling;
}

}  // namespace

std::optional<Window> read_window(Build& build, const View& value) {
  if (value.is_map()) return read_calendar(value);
  if (!check_multiple(value, kSlotLength, build.faults)) return std::nullopt;
  Window window;
  window.rolling = *read_duration(value);
  window.text = format_duration(window.rolling);
  return window;
}

void check_retention(Build& build, const Window& window, bool fleet, const Place& place) {
  const Duration kept = fleet ? kFleetRetention : build.config.state.keep_journeys;
  if (longest(window) <= kept) return;
  const std::string what = fleet ? "the 3 years for which device-minutes are kept"
                                 : "`journal_retention.journeys` (" + format_duration(kept) + ")";
  build.faults.error(place, "the window " + window.text + " is longer than " + what);
}

void check_slice(Build& build, const View& slice, const Window& window) {
  if (!check_multiple(slice, kSlotLength, build.faults)) return;
  const bool calendar = window.calendar != Window::Calendar::kNone;
  const Duration whole = calendar ? Duration(hours(24)) : window.rolling;
  if (whole % *read_duration(slice) == Duration(0)) return;
  build.faults.error(slice.at(), "a slice of " + slice.text() + " does not divide " +
                                     (calendar ? "a day" : "the window of " + window.text));
}

}  // namespace slod::config
