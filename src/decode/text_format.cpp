#include "decode/text_format.h"

#include <array>

#include "decode/lines.h"
#include "decode/log_fields.h"
#include "slod/core/bytes.h"
#include "slod/core/sixteen.h"

namespace slod::decode {
namespace {

static_assert(Sixteen::kSize <= kPadding);

/// Where the first of `marks` is, from `from` on; text.size() for none. A line's parts may be read beyond.
template <char... marks>
std::size_t find_any(std::string_view text, std::size_t from = 0) {
  const char* const end = text.data() + text.size();
  return static_cast<std::size_t>(find_padded<marks...>(text.data() + from, end) - text.data());
}

/// Cuts what precedes a blank off the front of `rest`, the blank too.
bool take_word(std::string_view& rest, std::string_view& part) {
  const std::size_t at = find_any<' '>(rest);
  if (at == rest.size()) return false;
  part = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  return true;
}

/// The same for a mark of two characters.
template <char first, char second>
bool take_until(std::string_view& rest, std::string_view& part) {
  std::size_t at = find_any<first>(rest);
  while (at + 1 < rest.size() && rest[at + 1] != second) at = find_any<first>(rest, at + 1);
  if (at + 1 >= rest.size()) return false;
  part = rest.substr(0, at);
  rest.remove_prefix(at + 2);
  return true;
}

/// A quoted part at the front of `rest`; Apache writes a quote inside as \", nginx as \x22.
bool take_quoted(std::string_view& rest, std::string_view& part) {
  if (!rest.starts_with('"')) return false;
  for (std::size_t at = find_any<'"'>(rest, 1); at < rest.size(); at = find_any<'"'>(rest, at + 1)) {
    if (rest[at - 1] == '\\' && !(at > 1 && rest[at - 2] == '\\')) continue;
    part = rest.substr(1, at - 1);
    rest.remove_prefix(at + 1);
    return true;
  }
  return false;
}

void skip_spaces(std::string_view& rest) {
  while (rest.starts_with(' ')) rest.remove_prefix(1);
}

/// A word or a quoted part.
bool take_token(std::string_view& rest, std::string_view& part) {
  skip_spaces(rest);
  if (rest.empty()) return false;
  if (rest.front() == '"') return take_quoted(rest, part);
  const std::size_t end = find_any<' '>(rest);
  part = rest.substr(0, end);
  rest.remove_prefix(end);
  return true;
}

// The order of the AWS user guide; lines may go on with fields that this list does not know yet.
constexpr std::array<std::string_view, 29> kAlbNames = {"type",
                                                        "time",
                                                        "elb",
                                                        "client",
                                                        "target",
                                                        "request_processing_time",
                                                        "target_processing_time",
                                                        "response_processing_time",
                                                        "status",
                                                        "target_status_code",
                                                        "received_bytes",
                                                        "sent_bytes",
                                                        "request",
                                                        "user_agent",
                                                        "ssl_cipher",
                                                        "ssl_protocol",
                                                        "target_group_arn",
                                                        "trace_id",
                                                        "domain_name",
                                                        "chosen_cert_arn",
                                                        "matched_rule_priority",
                                                        "request_creation_time",
                                                        "actions_executed",
                                                        "redirect_url",
                                                        "error_reason",
                                                        "target_port_list",
                                                        "target_status_code_list",
                                                        "classification",
                                                        "classification_reason"};
// What the combined format holds at fixed places, and for both formats what is derived.
enum Known : std::size_t {
  kHost,
  kUser,
  kTime,
  kRequest,
  kMethod,
  kPath,
  kStatus,
  kBytes,
  kReferer,
  kAgent,
  kDuration,
  kLatency
};
constexpr std::array<std::string_view, 12> kKnownNames = {
    "remote_addr", "remote_user", "time",    "request",    "method",       "path",
    "status",      "bytes",       "referer", "user_agent", "request_time", "latency"};
constexpr std::size_t kAlbRequired = 14;
constexpr std::size_t kAlbTimes = 5;
constexpr std::size_t kAlbStatus = 8;
constexpr std::size_t kAlbRequest = 12;

/// Adds one of ALB's three times; -1 (not dispatched) leaves no total, junk stands in its place.
void add_time(std::string_view part, Value& total) {
  if (total.kind != Value::Kind::kDuration) return;
  Duration one{0};
  switch (read_latency(text_value(part), seconds(1), one)) {
    case Read::kOk:
      total.integer += one.count();
      break;
    case Read::kMissing:
      total.kind = Value::Kind::kMissing;
      break;
    case Read::kBad:
      total = text_value(part);
      break;
  }
}

}  // namespace

TextFormat::TextFormat(LogFormat::Syntax syntax, const std::vector<FieldPath>& paths)
    : syntax_(syntax), names_(paths), values_(paths.size()) {
  // Tolerates the pointer form of a name.
  for (FieldPath& name : names_) {
    if (name.starts_with('/')) name.erase(0, 1);
  }
  for (const std::string_view name : kKnownNames) known_.push_back(slots_of(name));
  for (const std::string_view name : kAlbNames) alb_.push_back(slots_of(name));
}

void TextFormat::put(const std::vector<std::size_t>& slots, const Value& value) {
  for (const std::size_t slot : slots) values_[slot] = value;
}

std::vector<std::size_t> TextFormat::slots_of(std::string_view name) const {
  std::vector<std::size_t> slots;
  for (std::size_t slot = 0; slot < names_.size(); ++slot) {
    if (names_[slot] == name) slots.push_back(slot);
  }
  return slots;
}

const std::vector<std::size_t>& TextFormat::extra_slots(std::string_view name) {
  constexpr std::size_t kMostRemembered = 64;
  for (std::size_t i = 0; i < extras_.size(); ++i, ++next_extra_) {
    if (next_extra_ >= extras_.size()) next_extra_ = 0;
    if (same_text(extras_[next_extra_].name, name)) return extras_[next_extra_++].slots;
  }
  if (extras_.size() >= kMostRemembered) extras_.clear();
  extras_.push_back({std::string(name), slots_of(name)});
  next_extra_ = extras_.size();
  return extras_.back().slots;
}

bool TextFormat::parse(std::string_view line) {
  for (Value& value : values_) value.kind = Value::Kind::kMissing;
  return syntax_ == LogFormat::Syntax::kAlb ? alb(line) : combined(line);
}

bool TextFormat::combined(std::string_view line) {
  std::string_view host;
  std::string_view identity;
  std::string_view user;
  std::string_view time;
  std::string_view request;
  std::string_view status;
  std::string_view bytes;
  std::string_view rest = line;
  if (!take_word(rest, host) || !take_word(rest, identity) || !take_until<' ', '['>(rest, user) ||
      !take_until<']', ' '>(rest, time) || !take_quoted(rest, request))
    return false;
  if (!take_token(rest, status) || !take_token(rest, bytes)) return false;
  std::string_view method;
  std::string_view path;
  split_request(request, method, path);
  put(known_[kHost], text_value(host));
  put(known_[kUser], text_value(user));
  put(known_[kTime], text_value(time));
  put(known_[kRequest], text_value(request));
  put(known_[kMethod], text_value(method));
  put(known_[kPath], text_value(path));
  put(known_[kStatus], text_value(status));
  put(known_[kBytes], text_value(bytes));
  return combined_tail(rest);
}

bool TextFormat::take_extra(std::string_view name, std::string_view& rest) {
  std::string_view value;
  if (!rest.empty() && rest.front() != ' ' && !take_token(rest, value)) return false;
  put_extra(name, value);
  if (name == "rt") put(known_[kDuration], text_value(value));
  return true;
}

bool TextFormat::combined_tail(std::string_view rest) {
  std::string_view part;
  skip_spaces(rest);
  if (rest.starts_with('"') && take_quoted(rest, part)) put(known_[kReferer], text_value(part));
  skip_spaces(rest);
  if (rest.starts_with('"') && take_quoted(rest, part)) put(known_[kAgent], text_value(part));
  bool timed = false;
  for (skip_spaces(rest); !rest.empty(); skip_spaces(rest)) {
    if (rest.starts_with('"')) {
      if (!take_quoted(rest, part)) return false;
      continue;
    }
    const std::size_t stop = find_any<'=', ' '>(rest);
    const std::string_view word = rest.substr(0, stop);
    const bool named = stop < rest.size() && rest[stop] == '=';
    rest.remove_prefix(named ? stop + 1 : stop);
    if (named) {
      if (!take_extra(word, rest)) return false;
      continue;
    }
    // "0.123" ($request_time) or "2ms" (Traefik); a whole number is a length.
    const bool time = word.ends_with("ms") || word.find('.') != std::string_view::npos;
    if (!timed && time && decimal(word.substr(0, word.find_first_not_of("0123456789.")), seconds(1))) {
      put(known_[kDuration], text_value(word));
      timed = true;
    }
  }
  return true;
}

bool TextFormat::alb(std::string_view line) {
  std::string_view rest = line;
  std::string_view part;
  Value total = duration_value(Duration(0));
  std::size_t field = 0;
  for (; field < kAlbNames.size() && take_token(rest, part); ++field) {
    put(alb_[field], text_value(part));
    if (field >= kAlbTimes && field < kAlbTimes + 3) add_time(part, total);
    if (field == kAlbStatus) put_extra("elb_status_code", part);
    if (field != kAlbRequest) continue;
    std::string_view method;
    std::string_view path;
    split_request(part, method, path);
    put(known_[kMethod], text_value(method));
    put(known_[kPath], text_value(path));
  }
  if (field < kAlbRequired) return false;
  put(known_[kDuration], total);
  put(known_[kLatency], total);
  return true;
}

}  // namespace slod::decode
