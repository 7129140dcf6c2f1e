#include "config/scalars.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "slod/core/time.h"
#include "slod/slo/period.h"

namespace slod::config {

namespace {

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Unsigned decimal text times 10^decimals, exactly.
std::optional<std::int64_t> parse_fixed(std::string_view text, std::size_t decimals) {
  const std::size_t dot = text.find('.');
  const std::string_view whole = text.substr(0, dot);
  std::string digits(whole);
  std::string_view fraction;
  if (dot != std::string_view::npos) {
    fraction = text.substr(dot + 1);
    if (!all_digits(fraction)) return std::nullopt;
    while (fraction.size() > decimals && fraction.back() == '0') fraction.remove_suffix(1);
  }
  if (!all_digits(whole) || fraction.size() > decimals || whole.size() > 9) return std::nullopt;
  digits += fraction;
  digits.append(decimals - fraction.size(), '0');
  return parse_int(digits);
}

struct ByteUnit {
  std::string_view name;
  std::int64_t size;
};
constexpr std::array<ByteUnit, 10> kByteUnits = {{{"KiB", 1LL << 10},
                                                  {"MiB", 1LL << 20},
                                                  {"GiB", 1LL << 30},
                                                  {"TiB", 1LL << 40},
                                                  {"kB", 1'000},
                                                  {"KB", 1'000},
                                                  {"MB", 1'000'000},
                                                  {"GB", 1'000'000'000},
                                                  {"TB", 1'000'000'000'000},
                                                  {"B", 1}}};

std::string quoted(std::string_view text) {
  constexpr std::size_t kShown = 60;
  return "\"" + std::string(text.substr(0, kShown)) + (text.size() > kShown ? "..." : "") + "\"";
}

std::string duration_fault(std::string_view text) {
  if (parse_duration(text)) return "";
  if (parse_number(text)) {
    const std::string number(text);
    return quoted(text) + " has no unit; write " + number + "s (seconds), " + number + "m (minutes) or " +
           number + "d (days)";
  }
  return quoted(text) + " is not a duration; write 10s, 5m, 1h, 30d or 4w";
}

std::string percent_fault(std::string_view text) {
  if (parse_percent(text)) return "";
  if (parse_fixed(text, 4))
    return quoted(text) + " is more than 100; write a number from 0 to 100, such as 99.95";
  if (text.ends_with('%')) return quoted(text) + ": write a percentage as a plain number, without the % sign";
  if (parse_number(text) && text.find('.') != std::string_view::npos) {
    return quoted(text) + ": a percentage has at most 4 decimals and no sign or exponent";
  }
  return quoted(text) + " is not a percentage; write a number from 0 to 100, such as 99.95";
}

std::string bytes_fault(std::string_view text) {
  if (parse_bytes(text)) return "";
  if (parse_number(text)) return quoted(text) + " has no unit; write " + std::string(text) + "GB, MB or kB";
  return quoted(text) + " is not a size; write 500MB, 100GB or 1TiB";
}

std::string name_fault(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.' || c == ':';
  };
  if (text.empty() || text.size() > 100 || !std::all_of(text.begin(), text.end(), fits)) {
    return quoted(text) + " is not a name; use up to 100 letters, digits, '_', '-', '.' and ':'";
  }
  return text.starts_with("__") ? quoted(text) + ": names that begin with __ are slod's own" : "";
}

/// RFC 6901: after a tilde only 0 or 1.
std::string field_fault(std::string_view text) {
  if (text.empty()) return "a field path is empty; write a JSON Pointer such as /a/b";
  for (std::size_t i = 0; i < text.size() && text.front() == '/'; ++i) {
    const bool escape = text[i] == '~';
    if (escape && (i + 1 == text.size() || (text[i + 1] != '0' && text[i + 1] != '1'))) {
      return quoted(text) + " is not a JSON Pointer: in a key write ~0 for ~ and ~1 for /";
    }
  }
  return "";
}

}  // namespace

std::optional<std::int64_t> parse_int(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<Ppm> parse_percent(std::string_view text) {
  const auto value = parse_fixed(text, 4);
  if (!value || *value > kOne) return std::nullopt;
  return value;
}

std::optional<std::int64_t> parse_micros(std::string_view text) {
  return parse_fixed(text, 6);
}

std::optional<std::int64_t> parse_bytes(std::string_view text) {
  for (const ByteUnit& unit : kByteUnits) {
    if (!text.ends_with(unit.name)) continue;
    std::string_view number = text.substr(0, text.size() - unit.name.size());
    if (number.ends_with(' ')) number.remove_suffix(1);
    const auto thousandths = parse_fixed(number, 3);
    if (!thousandths || *thousandths > std::numeric_limits<std::int64_t>::max() / unit.size) {
      return std::nullopt;
    }
    return *thousandths * unit.size / 1000;
  }
  return std::nullopt;
}

std::optional<ListenAddress> parse_listen(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const auto port = parse_int(text.substr(colon + 1));
  if (!port || *port < 0 || *port > 65'535) return std::nullopt;
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host.find(':') != std::string_view::npos && !bracketed) return std::nullopt;
  if (host.find_first_of(" /@[]") != std::string_view::npos) return std::nullopt;
  ListenAddress address;
  address.host = host.empty() ? "0.0.0.0" : std::string(host);
  address.port = static_cast<std::uint16_t>(*port);
  address.on = true;
  return address;
}

std::optional<OutcomeRule::StatusRange> parse_status(std::string_view text) {
  OutcomeRule::StatusRange range;
  if (text.size() == 3 && (text.ends_with("xx") || text.ends_with("XX")) && text[0] >= '1' &&
      text[0] <= '5') {
    range.low = (text[0] - '0') * 100;
    range.high = range.low + 99;
    return range;
  }
  const std::size_t dash = text.find('-');
  const std::string_view low = text.substr(0, dash);
  const std::string_view high = dash == std::string_view::npos ? low : text.substr(dash + 1);
  if (!all_digits(low) || !all_digits(high) || low.size() > 3 || high.size() > 3) return std::nullopt;
  range.low = static_cast<int>(*parse_int(low));
  range.high = static_cast<int>(*parse_int(high));
  range.specificity = dash == std::string_view::npos ? 2 : 1;
  if (range.low > range.high || range.high > 599) return std::nullopt;
  return range;
}

std::optional<ThresholdCheck::Condition> parse_condition(std::string_view text) {
  using Op = ThresholdCheck::Op;
  struct Sign {
    std::string_view text;
    Op op;
  };
  constexpr std::array<Sign, 6> kSigns = {{{"<=", Op::kLessEqual},
                                           {">=", Op::kGreaterEqual},
                                           {"==", Op::kEqual},
                                           {"!=", Op::kNotEqual},
                                           {"<", Op::kLess},
                                           {">", Op::kGreater}}};
  for (const Sign& sign : kSigns) {
    if (!text.starts_with(sign.text)) continue;
    std::string_view number = text.substr(sign.text.size());
    while (number.starts_with(' ')) number.remove_prefix(1);
    const auto value = parse_number(number);
    if (!value) return std::nullopt;
    return ThresholdCheck::Condition{sign.op, *value};
  }
  return std::nullopt;
}

std::optional<int> parse_quarters(std::string_view text) {
  if (!text.ends_with('Q') && !text.ends_with('q')) return std::nullopt;
  const auto quarters = parse_int(text.substr(0, text.size() - 1));
  if (!quarters || *quarters < 1 || *quarters > 40) return std::nullopt;
  return static_cast<int>(*quarters);
}

std::string scalar_fault(Scalar kind, std::string_view text) {
  switch (kind) {
    case Scalar::kNone:
    case Scalar::kAnyText:
    case Scalar::kWord:
      return "";
    case Scalar::kText:
      return text.empty() ? "must not be empty" : "";
    case Scalar::kName:
      return name_fault(text);
    case Scalar::kBool:
      return text == "true" || text == "false" ? "" : quoted(text) + ": write true or false";
    case Scalar::kInt:
      return parse_int(text) ? "" : quoted(text) + " is not a whole number";
    case Scalar::kNumber:
      return parse_number(text) ? "" : quoted(text) + " is not a number";
    case Scalar::kDuration:
      return duration_fault(text);
    case Scalar::kPercent:
      return percent_fault(text);
    case Scalar::kBytes:
      return bytes_fault(text);
    case Scalar::kField:
      return field_fault(text);
    case Scalar::kListen:
      return parse_listen(text)
                 ? ""
                 : quoted(text) + " is not an address; write host:port, such as \"127.0.0.1:8080\"";
    case Scalar::kTimeZone:
      return slo::known_time_zone(std::string(text))
                 ? ""
                 : quoted(text) + " is not a known time zone; write an IANA name such as Asia/Tokyo or UTC";
    case Scalar::kStatus:
      return parse_status(text) ? ""
                                : quoted(text) + " is not a status; write 404, 500-503 or 5xx (0 to 599)";
    case Scalar::kCondition:
      return parse_condition(text)
                 ? ""
                 : quoted(text) + " is not a condition; write \"< -110\" (or <= > >= == !=)";
    case Scalar::kQuarters:
      return parse_quarters(text) ? "" : quoted(text) + ": write quarters, such as 2Q";
  }
  return "";
}

std::optional<Duration> read_duration(const View& view) {
  return parse_duration(view.text());
}
std::optional<Ppm> read_percent(const View& view) {
  return parse_percent(view.text());
}
std::optional<std::int64_t> read_int(const View& view) {
  return parse_int(view.text());
}
std::optional<double> read_number(const View& view) {
  return parse_number(view.text());
}
bool read_bool(const View& view, bool otherwise) {
  return view.is_scalar() ? view.text() == "true" : otherwise;
}

Secret read_secret_name(const View& view) {
  Secret secret;
  if (!view.is_map()) return secret;
  const View file = view["file"];
  secret.file = resolve_path(file.at().file, file.text());
  secret.env = view["env"].text();
  return secret;
}

}  // namespace slod::config
