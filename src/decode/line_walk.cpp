#include "decode/line_walk.h"

#include <array>
#include <charconv>
#include <cstring>

#include "decode/json_parser.h"
#include "decode/lines.h"
#include "slod/core/bytes.h"
#include "slod/core/sixteen.h"

namespace slod::decode {
namespace {

// simdjson's limit is 32; what comes near it is left to simdjson.
constexpr std::size_t kDeepest = 30;
constexpr std::ptrdiff_t kMostDigits = 18;
constexpr char kNothing = '\0';

bool is_digit(char c) {
  return static_cast<unsigned char>(c - '0') < 10;
}
/// What may follow a number or a word.
bool ends_scalar(char c) {
  return c == ',' || c == '}' || c == ']' || c == ' ' || c == '\t' || c == '\r';
}
inline const char* behind_blanks(const char* at) {
  if (*at > ' ') return at;
  while (*at == ' ' || *at == '\t' || *at == '\r') ++at;
  return at;
}

/// Keys are unescaped in the tree, so a key with escapes is none of them.
inline bool is_key(const FieldTree::Seen& seen, const char* at) {
  static_assert(FieldTree::Seen::kLongest <= kPadding);
  if ((~Sixteen(at).same(Sixteen(seen.quoted.data())) & seen.front) != 0) return false;
  return seen.size <= Sixteen::kSize || std::memcmp(at + Sixteen::kSize, seen.quoted.data() + Sixteen::kSize,
                                                    seen.size - Sixteen::kSize) == 0;
}

/// Exact where both are: a quotient of two doubles is rounded once (Clinger's fast path).
bool real_of(const char* begin, const char* end, std::int64_t digits, std::ptrdiff_t decimals, double& real) {
  constexpr std::array<double, 16> kTens = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                            1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
  if (end - begin <= 16 && decimals <= 15) {
    const double value = static_cast<double>(digits) / kTens[static_cast<std::size_t>(decimals)];
    real = *begin == '-' ? -value : value;
    return true;
  }
  const auto [last, error] = std::from_chars(begin, end, real);
  return error == std::errc{} && last == end;
}

/// What JSON calls a number, without exponent and with at most 18 digits before the point and 18 behind it.
const char* number(const char* begin, Value* into) {
  const bool negative = *begin == '-';
  const char* const first = begin + (negative ? 1 : 0);
  const char* at = first;
  std::int64_t digits = 0;
  for (; is_digit(*at) && at - first < kMostDigits; ++at) digits = digits * 10 + (*at - '0');
  if (at == first || (*first == '0' && at - first > 1) || (negative && digits == 0)) return nullptr;
  if (*at != '.') {
    if (into != nullptr) {
      into->kind = Value::Kind::kInt;
      into->integer = negative ? -digits : digits;
    }
    return ends_scalar(*at) ? at : nullptr;
  }
  const char* const point = at++;
  for (; is_digit(*at) && at - point <= kMostDigits; ++at) {
    if (at - first <= kMostDigits) digits = digits * 10 + (*at - '0');
  }
  if (at - point < 2 || !ends_scalar(*at)) return nullptr;
  if (into == nullptr) return at;
  into->kind = Value::Kind::kDouble;
  return real_of(begin, at, digits, at - point - 1, into->real) ? at : nullptr;
}

/// A line ends with '}', so comparing stops there at the latest.
const char* word(const char* at, std::string_view expected) {
  const char* const end = at + expected.size();
  return std::strncmp(at, expected.data(), expected.size()) == 0 && ends_scalar(*end) ? end : nullptr;
}

/// What a backslash and this letter stand for; 0: nothing, or "\u".
char meant_by(char letter) {
  switch (letter) {
    case '"':
    case '\\':
    case '/':
      return letter;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return 0;
  }
}

/// The four hex digits at `at` as UTF-8 into `out`, which moves behind it. False: other digits, a surrogate.
bool put_code_point(const char* at, char*& out) {
  unsigned code = 0;
  const auto [end, error] = std::from_chars(at, at + 4, code, 16);
  if (error != std::errc{} || end != at + 4 || (code >= 0xD800 && code <= 0xDFFF)) return false;
  const auto put = [&out](unsigned byte) { *out++ = static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0U | code >> 6U);
    put(0x80U | (code & 0x3FU));
  } else {
    put(0xE0U | code >> 12U);
    put(0x80U | (code >> 6U & 0x3FU));
    put(0x80U | (code & 0x3FU));
  }
  return true;
}

}  // namespace

// Nothing is longer unescaped; what is stored sixteen bytes at a time may reach beyond its end.
UnescapedText::UnescapedText(std::size_t longest)
    : room_(std::make_unique_for_overwrite<char[]>(longest + Sixteen::kSize)) {}

bool LineWalk::run(std::string_view line) {
  line_ = line;
  unescaped_ = room_.begin();
  utf8_ = false;
  tree_.forget_values();
  return line.front() == '{' && object(line.data() + 1, 0, 1) == line.data() + line.size();
}

// object, member, wanted and container descend together: as deep as the configured field names.
// NOLINTNEXTLINE(misc-no-recursion)
const char* LineWalk::object(const char* at, std::uint32_t node, std::size_t depth) {
  FieldTree::Node& here = nodes_[node];
  const FieldTree::Seen* next = here.order.data();
  const FieldTree::Seen* end = next + here.order.size();
  at = behind_blanks(at);
  if (*at == '}') return at + 1;
  for (;;) {
    if (next != end && is_key(*next, at)) {
      at = member(behind_blanks(at + next->size), *next, depth);
      ++next;
    } else {
      std::size_t position = static_cast<std::size_t>(next - here.order.data());
      const FieldTree::Seen* key = nullptr;
      at = other_key(at, here, position, key);
      if (at != nullptr) at = member(behind_blanks(at), *key, depth);
      next = here.order.data() + position;
      end = here.order.data() + here.order.size();
    }
    if (at == nullptr) return nullptr;
    at = behind_blanks(at);
    if (*at != ',') return *at == '}' ? at + 1 : nullptr;
    at = behind_blanks(at + 1);
  }
}

const char* LineWalk::other_key(const char* at, FieldTree::Node& node, std::size_t& next,
                                const FieldTree::Seen*& key) {
  if (*at != '"') return nullptr;
  const char* const end = string_end(at + 1);
  if (*end != '"') return nullptr;
  const char* const colon = behind_blanks(end + 1);
  if (*colon != ':') return nullptr;
  key = &tree_.expect(node, next, {at + 1, static_cast<std::size_t>(end - at - 1)});
  return colon + 1;
}

// NOLINTNEXTLINE(misc-no-recursion)
inline const char* LineWalk::member(const char* at, const FieldTree::Seen& key, std::size_t depth) {
  if (key.slot != FieldTree::kUnwanted) {
    Value& value = values_[key.slot];
    Value* const into = value.kind == Value::Kind::kMissing ? &value : nullptr;
    if (*at == '"') return string(at + 1, into);
    if (*at != '{' && *at != '[') return scalar(at, into);
  }
  return *at == '"' && key.child == FieldTree::kUnwanted ? string(at + 1, nullptr) : nested(at, key, depth);
}

/// A member that is more than one plain value, or is wanted in several places.
// NOLINTNEXTLINE(misc-no-recursion)
const char* LineWalk::nested(const char* at, const FieldTree::Seen& key, std::size_t depth) {
  if (key.child == FieldTree::kUnwanted) return skip(at, depth);
  const auto& slots = nodes_[key.child].slots;
  if (!slots.empty() && values_[slots.front()].kind != Value::Kind::kMissing) return skip(at, depth);
  return wanted(at, key.child, depth);
}

// NOLINTNEXTLINE(misc-no-recursion)
const char* LineWalk::wanted(const char* at, std::uint32_t node, std::size_t depth) {
  const std::vector<std::uint32_t>& slots = nodes_[node].slots;
  if (slots.empty()) return container(at, node, depth);
  Value& value = values_[slots.front()];
  const char* end = nullptr;
  if (*at == '{' || *at == '[') {
    if (slots.front() == tree_.json_slot_) return nullptr;
    value.kind = Value::Kind::kJson;
    value.text = {};
    end = container(at, node, depth);
  } else {
    end = scalar(at, &value);
  }
  for (std::size_t i = 1; i < slots.size(); ++i) values_[slots[i]] = value;
  return end;
}

// NOLINTNEXTLINE(misc-no-recursion)
const char* LineWalk::container(const char* at, std::uint32_t node, std::size_t depth) {
  const bool plain = nodes_[node].children.empty();
  if (!plain && *at == '{') return depth < kDeepest ? object(at + 1, node, depth + 1) : nullptr;
  if (!plain && *at == '[') return nullptr;  // by index: rare
  return skip(at, depth);
}

const char* LineWalk::scalar(const char* at, Value* into) {
  switch (*at) {
    case '"':
      return string(at + 1, into);
    case 't':
    case 'f':
      if (into != nullptr) into->kind = Value::Kind::kBool;
      if (into != nullptr) into->truth = *at == 't';
      return word(at, *at == 't' ? "true" : "false");
    case 'n':
      if (into != nullptr) into->kind = Value::Kind::kNull;
      return word(at, "null");
    default:
      return number(at, into);
  }
}

inline const char* LineWalk::string_end(const char* at) {
  for (;;) {
    const std::uint32_t found = Sixteen(at).find_or_odd<'"', '\\'>();
    if (found == 0) {
      at += Sixteen::kSize;
      continue;
    }
    at += std::countr_zero(found);
    if (static_cast<signed char>(*at) >= 0) return at;
    if (!is_utf8()) return &kNothing;
    while (static_cast<signed char>(*at) < 0) ++at;
  }
}

bool LineWalk::is_utf8() {
  return utf8_ = utf8_ || JsonParser::is_utf8(line_);
}

inline const char* LineWalk::string(const char* begin, Value* into) {
  const char* const end = string_end(begin);
  if (*end != '"') return *end == '\\' ? escaped(begin, into) : nullptr;
  if (into != nullptr) {
    into->kind = Value::Kind::kText;
    into->text = {begin, static_cast<std::size_t>(end - begin)};
  }
  return end + 1;
}

const char* LineWalk::escaped(const char* at, Value* into) {
  char* out = unescaped_;
  while (at < line_.data() + line_.size()) {
    const Sixteen bytes(at);
    bytes.store(out);
    const std::uint32_t found = bytes.find_or_odd<'"', '\\'>();
    const int plain = found == 0 ? static_cast<int>(Sixteen::kSize) : std::countr_zero(found);
    at += plain;
    out += plain;
    if (found == 0) continue;
    if (*at == '"') return keep_unescaped(out, into), at + 1;
    if (static_cast<signed char>(*at) < 0) {
      if (!is_utf8()) return nullptr;
      *out++ = *at++;
    } else if (*at != '\\') {
      return nullptr;
    } else if (at[1] == 'u') {
      if (!put_code_point(at + 2, out)) return nullptr;
      at += 6;
    } else {
      *out = meant_by(at[1]);
      if (*out++ == 0) return nullptr;
      at += 2;
    }
  }
  return nullptr;
}

void LineWalk::keep_unescaped(char* end, Value* into) {
  if (into == nullptr) return;
  into->kind = Value::Kind::kText;
  into->text = {unescaped_, static_cast<std::size_t>(end - unescaped_)};
  unescaped_ = end;
}

// skip, skip_object and skip_array descend as deep as the document, at most kDeepest.
// NOLINTNEXTLINE(misc-no-recursion)
const char* LineWalk::skip(const char* at, std::size_t depth) {
  switch (*at) {
    case '"':
      return string(at + 1, nullptr);
    case '{':
      return depth < kDeepest ? skip_object(behind_blanks(at + 1), depth + 1) : nullptr;
    case '[':
      return depth < kDeepest ? skip_array(behind_blanks(at + 1), depth + 1) : nullptr;
    default:
      return scalar(at, nullptr);
  }
}

// NOLINTNEXTLINE(misc-no-recursion)
const char* LineWalk::skip_object(const char* at, std::size_t depth) {
  if (*at == '}') return at + 1;
  for (;;) {
    if (*at != '"' || (at = string(at + 1, nullptr)) == nullptr) return nullptr;
    at = behind_blanks(at);
    if (*at != ':') return nullptr;
    if ((at = skip(behind_blanks(at + 1), depth)) == nullptr) return nullptr;
    at = behind_blanks(at);
    if (*at != ',') return *at == '}' ? at + 1 : nullptr;
    at = behind_blanks(at + 1);
  }
}

// NOLINTNEXTLINE(misc-no-recursion)
const char* LineWalk::skip_array(const char* at, std::size_t depth) {
  if (*at == ']') return at + 1;
  for (;;) {
    if ((at = skip(at, depth)) == nullptr) return nullptr;
    at = behind_blanks(at);
    if (*at != ',') return *at == ']' ? at + 1 : nullptr;
    at = behind_blanks(at + 1);
  }
}

}  // namespace slod::decode
