#include "decode/line_walk.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "slod/core/bytes.h"

namespace slod::decode {
namespace {

// simdjson's limit is 32; what comes near it is left to simdjson.
constexpr std::size_t kDeepest = 30;
constexpr std::ptrdiff_t kMostDigits = 18;

bool is_digit(char c) {
  return static_cast<unsigned char>(c - '0') < 10;
}
/// What may follow a number or a word.
bool ends_scalar(char c) {
  return c == ',' || c == '}' || c == ']' || c == ' ' || c == '\t' || c == '\r';
}

/// The string that opens at `quote`; between its end and the next token there is only white space.
inline std::string_view text_at(const char* quote, const char* next) {
  const char* end = next - 1;
  while (*end != '"') --end;
  return {quote + 1, static_cast<std::size_t>(end - quote - 1)};
}

/// A string without backslash ends at its first quote.
inline bool is_key(const FieldTree::Seen& seen, const char* quote, const char* colon) {
  return seen.size != 0 && static_cast<std::size_t>(colon - quote) >= seen.size &&
         same_bytes(quote, seen.quoted.data(), seen.size);
}

/// What JSON calls a number, without exponent and with at most 18 digits before the point and 18 behind it.
/// `value`: null where only its form matters.
bool number(const char* begin, Value* value) {
  const bool negative = *begin == '-';
  const char* const digits = begin + (negative ? 1 : 0);
  const char* at = digits;
  std::int64_t whole = 0;
  for (; is_digit(*at) && at - digits < kMostDigits; ++at) whole = whole * 10 + (*at - '0');
  if (at == digits || (*digits == '0' && at - digits > 1) || (negative && whole == 0)) return false;
  if (*at != '.') {
    if (value != nullptr) {
      value->kind = Value::Kind::kInt;
      value->integer = negative ? -whole : whole;
    }
    return ends_scalar(*at);
  }
  const char* const point = at++;
  while (is_digit(*at) && at - point <= kMostDigits) ++at;
  if (at - point < 2 || !ends_scalar(*at)) return false;
  if (value == nullptr) return true;
  value->kind = Value::Kind::kDouble;
  const auto [end, error] = std::from_chars(begin, at, value->real);
  return error == std::errc{} && end == at;
}

/// A line ends with '}', so comparing stops there at the latest.
bool word(const char* at, std::string_view expected) {
  return std::strncmp(at, expected.data(), expected.size()) == 0 && ends_scalar(at[expected.size()]);
}

}  // namespace

const std::uint32_t* LineWalk::run(const char* base, std::string_view line, const std::uint32_t* cursor) {
  base_ = base;
  tree_.forget_values();
  const Cursor behind = object(cursor, 0, 1);
  return behind != nullptr && base_ + behind[-1] == &line.back() ? behind : nullptr;
}

// object, member, wanted and container descend together: as deep as the configured field names.
// NOLINTNEXTLINE(misc-no-recursion)
LineWalk::Cursor LineWalk::object(Cursor at, std::uint32_t node, std::size_t depth) {
  FieldTree::Node& wanted_here = nodes_[node];
  std::size_t missing = wanted_here.children.size();
  const FieldTree::Seen* seen = wanted_here.order.data();
  const FieldTree::Seen* end = seen + wanted_here.order.size();
  if (base_[at[1]] == '}') return at + 2;
  ++at;
  for (std::size_t position = 0; missing != 0; ++position) {
    const char* const quote = base_ + at[0];
    if (*quote != '"') return nullptr;
    const char* const colon = base_ + at[1];
    if (*colon != ':') return nullptr;
    at += 2;
    if (seen != end && is_key(*seen, quote, colon)) {
      at = member(at, *seen++, depth, missing);
    } else {
      at = member(at, tree_.remember(wanted_here, position, text_at(quote, colon)), depth, missing);
      end = wanted_here.order.data() + wanted_here.order.size();
      seen = std::min<const FieldTree::Seen*>(wanted_here.order.data() + position + 1, end);
    }
    if (at == nullptr) return nullptr;
    const char separator = base_[*at++];
    if (separator == '}') return at;
    if (separator != ',') return nullptr;
  }
  return skip_members(at, depth);
}

// NOLINTNEXTLINE(misc-no-recursion)
inline LineWalk::Cursor LineWalk::member(Cursor at, const FieldTree::Seen& key, std::size_t depth,
                                         std::size_t& missing) {
  const char* const first = base_ + at[0];
  if (key.child == FieldTree::kUnwanted) return *first == '"' ? at + 1 : skip(at, depth);
  const bool simple = key.slot != FieldTree::kUnwanted && *first != '{' && *first != '[';
  if (simple && values_[key.slot].kind == Value::Kind::kMissing) {
    --missing;
    return scalar(at, values_[key.slot]);
  }
  const auto& slots = nodes_[key.child].slots;
  if (!slots.empty() && values_[slots.front()].kind != Value::Kind::kMissing) return skip(at, depth);
  --missing;
  return wanted(at, key.child, depth);
}

// NOLINTNEXTLINE(misc-no-recursion)
LineWalk::Cursor LineWalk::wanted(Cursor at, std::uint32_t node, std::size_t depth) {
  const std::vector<std::uint32_t>& slots = nodes_[node].slots;
  if (slots.empty()) return container(at, node, depth);
  Value& value = values_[slots.front()];
  const char first = base_[*at];
  Cursor behind = nullptr;
  if (first == '{' || first == '[') {
    if (slots.front() == tree_.json_slot_) return nullptr;
    value.kind = Value::Kind::kJson;
    value.text = {};
    behind = container(at, node, depth);
  } else {
    behind = scalar(at, value);
  }
  for (std::size_t i = 1; i < slots.size(); ++i) values_[slots[i]] = value;
  return behind;
}

// NOLINTNEXTLINE(misc-no-recursion)
LineWalk::Cursor LineWalk::container(Cursor at, std::uint32_t node, std::size_t depth) {
  const bool plain = nodes_[node].children.empty();
  if (!plain && base_[*at] == '{') return depth < kDeepest ? object(at, node, depth + 1) : nullptr;
  if (!plain && base_[*at] == '[') return nullptr;  // by index: rare
  return skip(at, depth);
}

inline LineWalk::Cursor LineWalk::scalar(Cursor at, Value& value) const {
  const char* const first = base_ + *at;
  switch (*first) {
    case '"':
      value.kind = Value::Kind::kText;
      value.text = text_at(first, base_ + at[1]);
      return at + 1;
    case 't':
    case 'f':
      value.kind = Value::Kind::kBool;
      value.truth = *first == 't';
      return skip(at, 0);
    case 'n':
      value.kind = Value::Kind::kNull;
      return skip(at, 0);
    default:
      return number(first, &value) ? at + 1 : nullptr;
  }
}

// skip, skip_object, skip_members and skip_array descend as deep as the document, at most kDeepest.
// NOLINTNEXTLINE(misc-no-recursion)
LineWalk::Cursor LineWalk::skip(Cursor at, std::size_t depth) const {
  const char* const first = base_ + *at;
  switch (*first) {
    case '"':
      return at + 1;
    case '{':
      return depth < kDeepest ? skip_object(at, depth + 1) : nullptr;
    case '[':
      return depth < kDeepest ? skip_array(at, depth + 1) : nullptr;
    case 't':
      return word(first, "true") ? at + 1 : nullptr;
    case 'f':
      return word(first, "false") ? at + 1 : nullptr;
    case 'n':
      return word(first, "null") ? at + 1 : nullptr;
    default:
      return number(first, nullptr) ? at + 1 : nullptr;
  }
}

// NOLINTNEXTLINE(misc-no-recursion)
LineWalk::Cursor LineWalk::skip_object(Cursor at, std::size_t depth) const {
  return base_[at[1]] == '}' ? at + 2 : skip_members(at + 1, depth);
}

/// The rest of an object from a key on.
// NOLINTNEXTLINE(misc-no-recursion)
LineWalk::Cursor LineWalk::skip_members(Cursor at, std::size_t depth) const {
  for (;;) {
    if (base_[at[0]] != '"' || base_[at[1]] != ':') return nullptr;
    at = base_[at[2]] == '"' ? at + 3 : skip(at + 2, depth);
    if (at == nullptr) return nullptr;
    const char separator = base_[*at++];
    if (separator == '}') return at;
    if (separator != ',') return nullptr;
  }
}

// NOLINTNEXTLINE(misc-no-recursion)
LineWalk::Cursor LineWalk::skip_array(Cursor at, std::size_t depth) const {
  if (base_[at[1]] == ']') return at + 2;
  ++at;
  for (;;) {
    at = skip(at, depth);
    if (at == nullptr) return nullptr;
    const char separator = base_[*at++];
    if (separator == ']') return at;
    if (separator != ',') return nullptr;
  }
}

}  // namespace slod::decode
