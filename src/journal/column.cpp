#include "journal/column.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace slod::journal {
namespace {

enum Mode : std::uint8_t { kConstant = 0, kOffsets = 1, kOffsetsOrNone = 2, kDeltas = 3 };
enum DecimalMode : std::uint8_t { kAsDecimals = 0, kAsDoubles = 1 };

constexpr std::array<std::uint64_t, 4> kUnits = {1, 1'000, 1'000'000, 1'000'000'000};
constexpr std::array<double, 8> kPowers = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7};
constexpr double kExactBelow = 9007199254740992.0;  // 2^53

/// Differences wrap: any two numbers have one, and adding it back gives the number.
std::uint64_t minus(std::int64_t a, std::int64_t b) {
  return static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b);
}
std::int64_t plus(std::int64_t a, std::uint64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + b);
}

bool constant(std::span<const std::int64_t> values) {
  return std::all_of(values.begin(), values.end(), [&](std::int64_t v) { return v == values.front(); });
}

void put_constant(std::string& out, std::int64_t value) {
  out.push_back(static_cast<char>(kConstant));
  put_signed(out, value);
}

/// The largest unit for which `divides(unit)` holds; 1 always does.
template <typename Divides>
std::uint8_t largest_unit(Divides divides) {
  for (std::uint8_t unit = 3; unit > 0; --unit) {
    if (divides(kUnits[unit])) return unit;
  }
  return 0;
}

/// Calls `write(char* to) -> char*` for n values, each at most kMaxVarint bytes.
template <typename Write>
void put_each(std::string& out, std::size_t n, Write write) {
  const std::size_t before = out.size();
  out.resize(before + n * kMaxVarint);
  char* const end = write(out.data() + before);
  out.resize(static_cast<std::size_t>(end - out.data()));
}

struct Range {
  std::int64_t low = 0;
  std::int64_t high = 0;
  bool has_none = false;
  bool has_value = false;
};

Range range_of(std::span<const std::int64_t> values, std::optional<std::int64_t> none) {
  Range range;
  for (const std::int64_t v : values) {
    if (none && v == *none) {
      range.has_none = true;
      continue;
    }
    range.low = range.has_value ? std::min(range.low, v) : v;
    range.high = range.has_value ? std::max(range.high, v) : v;
    range.has_value = true;
  }
  return range;
}

bool scaled(double value, double power, std::int64_t& out) {
  const double wide = std::round(value * power);
  if (!(std::fabs(wide) < kExactBelow)) return false;
  out = static_cast<std::int64_t>(wide);
  return std::bit_cast<std::uint64_t>(static_cast<double>(out) / power) ==
         std::bit_cast<std::uint64_t>(value);
}

/// The fewest digits behind the point with which every value is exact, or nothing.
std::optional<std::uint8_t> digits_for(std::span<const double> values) {
  std::uint8_t digits = 0;
  for (const double v : values) {
    if (std::isnan(v)) continue;
    std::int64_t ignored = 0;
    while (!scaled(v, kPowers[digits], ignored)) {
      if (++digits == kPowers.size()) return std::nullopt;
    }
  }
  return digits;
}

std::vector<std::int64_t> as_decimals(std::span<const double> values, double power) {
  std::vector<std::int64_t> out;
  out.reserve(values.size());
  for (const double v : values) {
    std::int64_t number = kNoNumber;
    // More digits than a value needs may overflow 2^53 for a huge neighbour: the caller checks.
    if (!std::isnan(v) && !scaled(v, power, number)) return {};
    out.push_back(number);
  }
  return out;
}

}  // namespace

void put_offsets(std::string& out, std::span<const std::int64_t> values, std::optional<std::int64_t> none) {
  if (values.empty()) return;
  if (constant(values)) return put_constant(out, values.front());
  Range range = range_of(values, none);
  if (range.has_none && minus(range.high, range.low) == ~std::uint64_t{0}) {
    none = std::nullopt;  // no room for one more code: the mark is a value like the others
    range = range_of(values, none);
  }
  const std::uint64_t shift = range.has_none ? 1 : 0;
  const std::uint8_t unit = largest_unit([&](std::uint64_t size) {
    return std::all_of(values.begin(), values.end(), [&](std::int64_t v) {
      return (none && v == *none) || minus(v, range.low) % size == 0;
    });
  });
  const std::uint64_t size = kUnits[unit];
  out.push_back(static_cast<char>(range.has_none ? kOffsetsOrNone : kOffsets));
  out.push_back(static_cast<char>(unit));
  put_signed(out, range.low);
  put_each(out, values.size(), [&](char* to) {
    for (const std::int64_t v : values) {
      const bool missing = none && v == *none;
      to = write_varint(to, missing ? 0 : minus(v, range.low) / size + shift);
    }
    return to;
  });
}

void put_deltas(std::string& out, std::span<const std::int64_t> values, std::int64_t origin) {
  if (values.empty()) return;
  if (constant(values)) return put_constant(out, values.front());
  const auto signed_minus = [](std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(minus(a, b));
  };
  const std::uint8_t unit = largest_unit([&](std::uint64_t size) {
    std::int64_t previous = origin;
    return std::all_of(values.begin(), values.end(), [&](std::int64_t v) {
      const std::int64_t delta = signed_minus(v, previous);
      previous = v;
      return delta % static_cast<std::int64_t>(size) == 0;
    });
  });
  const auto size = static_cast<std::int64_t>(kUnits[unit]);
  out.push_back(static_cast<char>(kDeltas));
  out.push_back(static_cast<char>(unit));
  put_each(out, values.size(), [&](char* to) {
    std::int64_t previous = origin;
    for (const std::int64_t v : values) {
      to = write_varint(to, zigzag(signed_minus(v, previous) / size));
      previous = v;
    }
    return to;
  });
}

bool get_numbers(ByteReader& in, std::span<std::int64_t> values, std::int64_t origin,
                 std::optional<std::int64_t> none) {
  if (values.empty()) return true;
  const auto mode = in.word<std::uint8_t>();
  if (mode == kConstant) {
    std::fill(values.begin(), values.end(), in.signed_varint());
    return in.good();
  }
  const auto unit = in.word<std::uint8_t>();
  if (mode > kDeltas || unit >= kUnits.size() || (mode == kOffsetsOrNone && !none)) return false;
  if (mode == kDeltas) {
    for (std::int64_t& v : values) {
      v = plus(origin, static_cast<std::uint64_t>(in.signed_varint()) * kUnits[unit]);
      origin = v;
    }
    return in.good();
  }
  const std::int64_t low = in.signed_varint();
  for (std::int64_t& v : values) {
    const std::uint64_t code = in.varint();
    if (mode == kOffsets) v = plus(low, code * kUnits[unit]);
    if (mode == kOffsetsOrNone) v = code == 0 ? *none : plus(low, (code - 1) * kUnits[unit]);
  }
  return in.good();
}

void put_decimals(std::string& out, std::span<const double> values) {
  if (values.empty()) return;
  if (const std::optional<std::uint8_t> digits = digits_for(values)) {
    const std::vector<std::int64_t> numbers = as_decimals(values, kPowers[*digits]);
    if (!numbers.empty()) {
      out.push_back(static_cast<char>(kAsDecimals));
      out.push_back(static_cast<char>(*digits));
      return put_offsets(out, numbers, kNoNumber);
    }
  }
  out.push_back(static_cast<char>(kAsDoubles));
  for (const double v : values) put_word(out, std::isnan(v) ? kNoValue : v);
}

bool get_decimals(ByteReader& in, std::span<double> values) {
  if (values.empty()) return true;
  const auto mode = in.word<std::uint8_t>();
  if (mode == kAsDoubles) {
    for (double& v : values) v = in.word<double>();
    return in.good();
  }
  const auto digits = in.word<std::uint8_t>();
  if (mode != kAsDecimals || digits >= kPowers.size()) return false;
  std::vector<std::int64_t> numbers(values.size());
  if (!get_numbers(in, numbers, 0, kNoNumber)) return false;
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = numbers[i] == kNoNumber ? kNoValue : static_cast<double>(numbers[i]) / kPowers[digits];
  }
  return true;
}

}  // namespace slod::journal
