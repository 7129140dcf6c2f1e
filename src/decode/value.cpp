#include "decode/value.h"

#include <charconv>
#include <cmath>
#include <cstring>

namespace slod::decode {
namespace {

constexpr double kMicrosOfLastTime = 9.2e15;

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// A number of `unit`s as text or number, exactly where it is written exactly; doubles to the nanosecond.
std::optional<Duration> exact(const Value& value, Duration unit) {
  std::int64_t nanos = 0;
  switch (value.kind) {
    case Value::Kind::kText:
      return decimal(trim(value.text), unit);
    case Value::Kind::kDuration:
      return Duration(value.integer);
    case Value::Kind::kInt:
      if (__builtin_mul_overflow(value.integer, unit.count(), &nanos)) return std::nullopt;
      return Duration(nanos);
    case Value::Kind::kDouble: {
      const double scaled = value.real * static_cast<double>(unit.count());
      if (!(std::fabs(scaled) < 9.2e18)) return std::nullopt;
      return Duration(std::llround(scaled));
    }
    default:
      return std::nullopt;
  }
}

std::optional<Time> double_time(double number, Duration unit) {
  const double micros = number * (static_cast<double>(unit.count()) / 1000.0);
  if (!(std::fabs(micros) < kMicrosOfLastTime)) return std::nullopt;
  return from_nanos(std::llround(micros) * 1000);
}

std::optional<Time> text_time(std::string_view text, Duration unit) {
  if (text.size() > 10 && text[4] == '-') return parse_rfc3339(text);
  if (text.size() > 11 && text[2] == '/') return parse_clf_time(text);
  const auto since = decimal(text, unit);
  if (!since) return std::nullopt;
  return Time(*since);
}

/// Cuts a unit suffix off `text`; `unit` stays where there is none.
Duration take_unit(std::string_view& text, Duration unit) {
  struct Suffix {
    std::string_view text;
    Duration unit;
  };
  constexpr std::array<Suffix, 5> kSuffixes = {{{"ms", Duration(1'000'000)},
                                                {"us", Duration(1000)},
                                                {"\xc2\xb5s", Duration(1000)},
                                                {"ns", Duration(1)},
                                                {"s", seconds(1)}}};
  if (text.empty() || text.back() != 's') return unit;
  for (const Suffix& suffix : kSuffixes) {
    if (!text.ends_with(suffix.text)) continue;
    text.remove_suffix(suffix.text.size());
    return suffix.unit;
  }
  return unit;
}

Read check_latency(std::optional<Duration> latency, Duration unit, Duration& out) {
  if (!latency) return Read::kBad;
  if (*latency == -unit) return Read::kMissing;
  if (*latency < Duration(0) || *latency > kOneDay) return Read::kBad;
  out = *latency;
  return Read::kOk;
}

/// What nearly every status is: three digits. -1 for anything else.
int three_digits(std::string_view text) {
  if (text.size() != 3 || !is_digit(text[0]) || !is_digit(text[1]) || !is_digit(text[2])) return -1;
  return (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
}

/// "504, 502" or "504 : -": what nginx writes after several tries.
bool is_status_list(std::string_view list) {
  for (;;) {
    const std::size_t end = list.find_first_of(",:");
    const std::string_view item = trim(list.substr(0, end));
    if (item != "-" && three_digits(item) < 0) return false;
    if (end == std::string_view::npos) return true;
    list.remove_prefix(end + 1);
  }
}

Read text_latency(std::string_view text, Duration unit, Duration& out) {
  text = trim(text);
  const Duration own = take_unit(text, unit);
  return check_latency(decimal(trim(text), own), own, out);  // "12 ms"
}

/// "0.100, 0.004" or, across internal redirects, "0.100 : 0.004"; "-" for an attempt that got no answer.
Read list_latency(std::string_view list, Duration unit, Duration& out) {
  Duration sum{0};
  bool any = false;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const std::size_t colon = std::min(list.find(" : "), list.size());
    const std::size_t end = std::min(comma, colon);
    const std::string_view item = trim(list.substr(0, end));
    list.remove_prefix(std::min(end + (comma < colon ? 1 : 3), list.size()));
    if (item.empty() || item == "-") continue;
    Duration one{0};
    const Read read = text_latency(item, unit, one);
    if (read == Read::kBad) return read;
    if (read == Read::kMissing) continue;
    sum += one;
    if (sum > kOneDay) return Read::kBad;
    any = true;
  }
  if (!any) return Read::kMissing;
  out = sum;
  return Read::kOk;
}

std::string_view write_double(double number, NumberText& room) {
  const auto [end, error] = std::to_chars(room.data(), room.data() + room.size() - 2, number);
  if (error != std::errc{}) return {};
  std::size_t size = static_cast<std::size_t>(end - room.data());
  if (std::string_view(room.data(), size).find_first_of(".eni") == std::string_view::npos) {
    room[size++] = '.';  // "2.0" is not "2": a firmware's version may look like a number
    room[size++] = '0';
  }
  return {room.data(), size};
}

template <typename Integer>
std::string_view write_integer(Integer number, NumberText& room) {
  const auto [end, error] = std::to_chars(room.data(), room.data() + room.size(), number);
  return error == std::errc{} ? std::string_view(room.data(), static_cast<std::size_t>(end - room.data()))
                              : std::string_view{};
}

}  // namespace

Value duration_value(Duration duration) {
  Value value;
  value.kind = Value::Kind::kDuration;
  value.integer = duration.count();
  return value;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

bool is_blank_text(std::string_view text) {
  text = trim(text);
  return text.empty() || text == "-";
}

Read read_time(const Value& value, Duration unit, Time& out) {
  if (is_missing(value)) return Read::kMissing;
  std::optional<Time> time;
  if (value.kind == Value::Kind::kText) {
    time = text_time(trim(value.text), unit);
  } else if (value.kind == Value::Kind::kDouble) {
    time = double_time(value.real, unit);
  } else if (const auto since = exact(value, unit)) {
    time = Time(*since);
  }
  if (!time || nanos(*time) <= 0) return Read::kBad;
  out = *time;
  return Read::kOk;
}

Read read_latency(const Value& value, Duration unit, Duration& out) {
  if (is_missing(value)) return Read::kMissing;
  if (value.kind != Value::Kind::kText) return check_latency(exact(value, unit), unit, out);
  if (const auto plain = plain_decimal(value.text, unit)) return check_latency(plain, unit, out);
  if (value.text.find_first_of(",:") != std::string_view::npos) return list_latency(value.text, unit, out);
  return text_latency(value.text, unit, out);
}

Read read_status(const Value& value, int& out) {
  if (value.kind == Value::Kind::kText) {
    const int plain = three_digits(value.text);
    if (plain >= 0 && plain <= 599) {
      out = plain;
      return Read::kOk;
    }
  }
  if (is_missing(value)) return Read::kMissing;
  Value last = value;
  if (value.kind == Value::Kind::kText) {
    const std::size_t at = value.text.find_last_of(",:");
    if (at != std::string_view::npos && !is_status_list(value.text.substr(0, at))) return Read::kBad;
    if (at != std::string_view::npos) last.text = value.text.substr(at + 1);
    if (is_missing(last)) return Read::kMissing;
  }
  std::int64_t status = 0;
  if (read_integer(last, status) != Read::kOk || status < 0 || status > 599) return Read::kBad;
  out = static_cast<int>(status);
  return Read::kOk;
}

Read read_integer(const Value& value, std::int64_t& out) {
  if (is_missing(value)) return Read::kMissing;
  if (value.kind == Value::Kind::kInt) {
    out = value.integer;
    return Read::kOk;
  }
  if (value.kind == Value::Kind::kText) {
    const std::string_view text = trim(value.text);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error == std::errc{} && end == text.data() + text.size()) return Read::kOk;
  }
  double number = 0;
  if (read_number(value, number) != Read::kOk) return Read::kBad;
  if (number != std::floor(number) || std::fabs(number) > 9e15) return Read::kBad;
  out = static_cast<std::int64_t>(number);
  return Read::kOk;
}

Read read_number(const Value& value, double& out) {
  if (is_missing(value)) return Read::kMissing;
  switch (value.kind) {
    case Value::Kind::kInt:
      out = static_cast<double>(value.integer);
      return Read::kOk;
    case Value::Kind::kUint:
      out = static_cast<double>(value.natural);
      return Read::kOk;
    case Value::Kind::kDouble:
      out = value.real;
      return Read::kOk;
    case Value::Kind::kText: {
      const std::string_view text = trim(value.text);
      // from_chars would take "inf" and "nan".
      const char last = text.back();
      if (!(is_digit(last) || last == '.')) return Read::kBad;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
      if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(out)) return Read::kBad;
      return Read::kOk;
    }
    default:
      return Read::kBad;
  }
}

bool read_flag(const Value& value) {
  if (value.kind == Value::Kind::kBool) return value.truth;
  if (value.kind == Value::Kind::kText) return value.text == "1" || value.text == "true";
  double number = 0;
  return read_number(value, number) == Read::kOk && number != 0;
}

std::string_view scalar_text(const Value& value, NumberText& room) {
  if (is_missing(value)) return {};
  switch (value.kind) {
    case Value::Kind::kText:
      return value.text;
    case Value::Kind::kInt:
      return write_integer(value.integer, room);
    case Value::Kind::kUint:
      return write_integer(value.natural, room);
    case Value::Kind::kDouble:
      return write_double(value.real, room);
    case Value::Kind::kBool:
      return value.truth ? "true" : "false";
    default:
      return {};
  }
}

}  // namespace slod::decode
