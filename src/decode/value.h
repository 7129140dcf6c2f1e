// One field's value as a record carried it, and the ways to read it. Log formats write numbers as strings,
// "-" or "" for what is missing, lists of times, units as suffixes; every reader here accepts all of that.
// Pure functions, any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "slod/core/time.h"

namespace slod::decode {

// The union has one initialised member.
struct Value {  // NOLINT(cppcoreguidelines-pro-type-member-init)
  /// kMissing and kNull come first.
  enum class Kind : std::uint8_t { kMissing, kNull, kText, kInt, kUint, kDouble, kBool, kJson, kDuration };
  Kind kind = Kind::kMissing;
  bool truth = false;  ///< kBool
  union {
    std::int64_t integer = 0;  ///< kInt; kDuration: nanoseconds
    std::uint64_t natural;     ///< kUint: above the range of kInt
    double real;               ///< kDouble
  };
  std::string_view text;  ///< kText; kJson: minified, where it was asked for
};

[[nodiscard]] inline Value text_value(std::string_view text) {
  Value value;
  value.kind = Value::Kind::kText;
  value.text = text;
  return value;
}
[[nodiscard]] Value duration_value(Duration duration);

/// "", blanks or "-".
[[nodiscard]] bool is_blank_text(std::string_view text);
/// Absent, null, "", "-".
[[nodiscard]] inline bool is_missing(const Value& value) {
  if (value.kind != Value::Kind::kText) return value.kind <= Value::Kind::kNull;
  // Longer blanks are somebody's text.
  return value.text.empty() ||
         (value.text.size() <= 8 && value.text.front() <= '-' && is_blank_text(value.text));
}

/// What reading a value gave: nothing there, something unusable, or the result.
enum class Read : std::uint8_t { kMissing, kBad, kOk };

/// RFC 3339, the common log format's "22/Nov/2026:12:33:05 +0900", or a number of `unit`s. Strings and
/// integers are exact; a JSON double is rounded to the microsecond (a double of 1.8e9 s is unique there).
/// Bad: zero, negative, beyond the year 2261.
[[nodiscard]] Read read_time(const Value& value, Duration unit, Time& out);

/// The same, line after line: what the minute of the line before was need not be worked out again. Owned by
/// one decoder.
class TimeReader {
 public:
  [[nodiscard]] Read read(const Value& value, Duration unit, Time& out);

 private:
  [[nodiscard]] std::optional<Time> same_minute(std::string_view text) const;
  void remember(std::string_view text, Time time);

  // Of the last stamp: "22/Nov/2026:12:33:" or "2026-11-22T12:33:", " +0900" or "Z", and that minute.
  static constexpr std::size_t kMostMinute = 18, kMostZone = 8;
  std::array<char, kMostMinute> minute_{};
  std::array<char, kMostZone> zone_{};
  std::size_t minute_size_ = 0, zone_size_ = 0;
  Time begin_;
};

/// A number of `unit`s, "0.058927s", "2ms" (a suffix wins over `unit`), or nginx's list "0.100, 0.004" (its
/// sum). -1 is how HAProxy and ALB write "none". Bad: other negatives, more than a day.
[[nodiscard]] Read read_latency(const Value& value, Duration unit, Duration& out);

/// 0 to 599; of nginx's list "504, 502" the last.
[[nodiscard]] Read read_status(const Value& value, int& out);

/// A whole number, also as text or as 5.0.
[[nodiscard]] Read read_integer(const Value& value, std::int64_t& out);
/// A finite number, also as text.
[[nodiscard]] Read read_number(const Value& value, double& out);
/// true, "true", a non-zero number, "1".
[[nodiscard]] bool read_flag(const Value& value);

/// Room for a number as text.
using NumberText = std::array<char, 40>;
/// A scalar as text: strings as they are, numbers as JSON writes them, booleans as words; "" where missing or
/// not a scalar.
[[nodiscard]] std::string_view scalar_text(const Value& value, NumberText& room);

/// "22/Nov/2026:12:33:05 +0900".
[[nodiscard]] std::optional<Time> parse_clf_time(std::string_view text);
/// Digits, perhaps a point and up to nine more digits; nothing for whatever else a number may be.
[[nodiscard]] std::optional<Duration> plain_decimal(std::string_view text, Duration unit);
/// parse_decimal, with that as a short way.
[[nodiscard]] std::optional<Duration> decimal(std::string_view text, Duration unit);

[[nodiscard]] std::string_view trim(std::string_view text);

}  // namespace slod::decode
