#include "asked_range.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

namespace slod::serve {
namespace {

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    const char* digits = text.data() + i + 1;
    const bool escape = text[i] == '%' && i + 2 < text.size() &&
                        std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2;
    out += escape ? static_cast<char>(value) : text[i];
    if (escape) i += 2;
  }
  return out;
}

/// The last value of a key of the query; nothing without it. A plus stays one: time zones have it.
std::optional<std::string> parameter(std::string_view target, std::string_view key) {
  std::optional<std::string> found;
  std::size_t at = target.find('?');
  while (at != std::string_view::npos) {
    const std::string_view rest = target.substr(at + 1);
    const std::string_view pair = rest.substr(0, rest.find('&'));
    const std::size_t equals = pair.find('=');
    if (pair.substr(0, equals) == key)
      found = equals == std::string_view::npos ? "" : unescaped(pair.substr(equals + 1));
    at = target.find('&', at + 1);
  }
  return found;
}

std::optional<Time> time_of(const std::string& text) {
  if (const auto time = parse_rfc3339(text)) return time;
  const auto since_epoch = parse_decimal(text, seconds(1));
  if (!since_epoch) return std::nullopt;
  return Time(*since_epoch);
}

Result<Time> asked_time(std::string_view target, std::string_view key, Time otherwise) {
  const auto text = parameter(target, key);
  if (!text) return otherwise;
  if (const auto time = time_of(*text)) return *time;
  return Error{"`" + std::string(key) + "` is \"" + text->substr(0, 60) +
               "\"; write a time as 2026-11-22T12:00:00Z, or seconds since the epoch"};
}

/// From when on, and until when at most.
struct Asked {
  Time from, to;
};

Result<Asked> asked_times(std::string_view target, Time as_of, Duration back) {
  const Result<Time> to = asked_time(target, "to", as_of);
  if (!to) return to.error();
  const Time end = std::min(*to, as_of);
  if (const auto since = parameter(target, "since")) {
    const auto duration = parse_duration(*since);
    if (!duration || *duration <= Duration(0)) {
      return Error{"`since` is \"" + since->substr(0, 60) +
                   "\"; write a length of time, such as 30m, 1h or 7d"};
    }
    if (parameter(target, "from")) return Error{"write `from` or `since`, not both"};
    back = std::min<Duration>(*duration, hours(24 * 3660));
  }
  const Result<Time> from = asked_time(target, "from", end - back);
  if (!from) return from.error();
  if (*from >= *to) return Error{"`from` must be before `to`"};
  return Asked{*from, end};
}

}  // namespace

Result<engine::SlotRange> asked_range(std::string_view target, Time as_of) {
  const Result<Asked> asked = asked_times(target, as_of, hours(1));
  if (!asked) return asked.error();
  const Time end = asked->to;
  const Slot last = slot_of(end) + (slot_start(slot_of(end)) < end ? 1 : 0);
  const Slot first = slot_of(asked->from);
  if (first >= last)
    return Error{"nothing is known yet of that time: the numbers are as of " + format_rfc3339(as_of)};
  return engine::SlotRange{first, last};
}

Result<HistoryRange> asked_history(std::string_view target, Time as_of) {
  constexpr Duration kFewDays = hours(72);
  const Result<Asked> asked = asked_times(target, as_of, hours(24 * 30));
  if (!asked) return asked.error();
  if (asked->from >= asked->to)
    return Error{"nothing is known yet of that time: the numbers are as of " + format_rfc3339(as_of)};
  HistoryRange range;
  range.step = asked->to - asked->from <= kFewDays ? Duration(hours(1)) : kOneDay;
  if (const auto text = parameter(target, "step")) {
    const auto step = parse_duration(*text);
    if (!step || *step < hours(1) || *step % hours(1) != Duration(0) || *step > hours(24 * 366)) {
      return Error{"`step` is \"" + text->substr(0, 60) +
                   "\"; write whole hours or days, such as 1h, 1d or 7d: totals are kept by the hour"};
    }
    range.step = *step;
  }
  const auto groups = parameter(target, "groups");
  if (groups && *groups != "0" && *groups != "1") return Error{"`groups` is 1 (each group too) or 0"};
  range.groups = groups == "1";
  range.from = floor_to(asked->from, range.step);
  range.to = floor_to(asked->to - Duration(1), range.step) + range.step;
  return range;
}

}  // namespace slod::serve
