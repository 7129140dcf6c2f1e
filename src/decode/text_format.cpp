#include "decode/text_format.h"

#include <array>
#include <utility>

#include "decode/lines.h"
#include "decode/log_fields.h"
#include "slod/core/bytes.h"
#include "slod/core/sixteen.h"

namespace slod::decode {
namespace {

static_assert(Sixteen::kSize <= kPadding);

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

/// What is left of a line. Parts are cut off its front; what is behind its end may be read (lines.h).
class TextFormat::Rest {
 public:
  explicit Rest(std::string_view line) : at_(line.data()), end_(at_ + line.size()) {}

  [[nodiscard]] bool empty() const { return at_ == end_; }
  [[nodiscard]] bool begins(char c) const { return at_ != end_ && *at_ == c; }
  [[nodiscard]] bool begins(std::string_view text) const {
    return static_cast<std::size_t>(end_ - at_) >= text.size() && same_bytes(at_, text.data(), text.size());
  }
  void drop(std::size_t size) { at_ += size; }
  void skip_spaces() {
    while (begins(' ')) ++at_;
  }

  /// What precedes the first of `marks`, or the end; that mark stays.
  template <char... marks>
  std::string_view until() {
    return cut(find_padded<marks...>(at_, end_), 0);
  }
  /// What precedes a blank, the blank is cut off too.
  bool word(std::string_view& part) {
    const char* const blank = find_padded<' '>(at_, end_);
    if (blank == end_) return false;
    part = cut(blank, 1);
    return true;
  }
  /// The same for a mark of two characters.
  template <char first, char second>
  bool before(std::string_view& part) {
    const char* mark = find_padded<first>(at_, end_);
    while (mark + 1 < end_ && mark[1] != second) mark = find_padded<first>(mark + 1, end_);
    if (mark + 1 >= end_) return false;
    part = cut(mark, 2);
    return true;
  }
  /// A quoted part; Apache writes a quote inside as \", nginx as \x22.
  bool quoted(std::string_view& part) {
    if (!begins('"')) return false;
    const char* const begin = at_ + 1;
    for (const char* at = find_padded<'"'>(begin, end_); at < end_; at = find_padded<'"'>(at + 1, end_)) {
      if (at[-1] == '\\' && !(at > begin && at[-2] == '\\')) continue;
      at_ = begin;
      part = cut(at, 1);
      return true;
    }
    return false;
  }
  /// A word or a quoted part.
  bool token(std::string_view& part) {
    skip_spaces();
    if (empty()) return false;
    if (*at_ == '"') return quoted(part);
    part = until<' '>();
    return true;
  }

 private:
  std::string_view cut(const char* to, std::size_t mark) {
    const std::string_view part(at_, static_cast<std::size_t>(to - at_));
    at_ = to + mark;
    return part;
  }

  const char* at_;
  const char* end_;
};

TextFormat::TextFormat(LogFormat::Syntax syntax, const std::vector<FieldPath>& paths)
    : syntax_(syntax), names_(paths), values_(paths.size()) {
  // Tolerates the pointer form of a name.
  for (FieldPath& name : names_) {
    if (name.starts_with('/')) name.erase(0, 1);
  }
  for (const std::string_view name : kKnownNames) known_.push_back(slots_of(name));
  for (const std::string_view name : kAlbNames) alb_.push_back(slots_of(name));
  elb_status_ = slots_of("elb_status_code");
}

void TextFormat::put_value(const Slots& slots, const Value& value) {
  for (const std::size_t slot : slots) values_[slot] = value;
}

TextFormat::Slots TextFormat::slots_of(std::string_view name) const {
  Slots slots;
  for (std::size_t slot = 0; slot < names_.size(); ++slot) {
    if (names_[slot] == name) slots.push_back(slot);
  }
  return slots;
}

const TextFormat::Extra* TextFormat::expected(const Rest& rest) {
  if (next_extra_ >= extras_.size()) next_extra_ = 0;
  if (extras_.empty() || !rest.begins(extras_[next_extra_].named)) return nullptr;
  return &extras_[next_extra_++];
}

const TextFormat::Extra& TextFormat::extra(std::string_view named) {
  constexpr std::size_t kMostRemembered = 64;
  for (std::size_t i = 0; i < extras_.size(); ++i) {
    if (extras_[i].named != named) continue;
    next_extra_ = i + 1;
    return extras_[i];
  }
  if (extras_.size() >= kMostRemembered) extras_.clear();
  Slots slots = slots_of(named.substr(0, named.size() - 1));
  if (named == "rt=") slots.insert(slots.end(), known_[kDuration].begin(), known_[kDuration].end());
  extras_.push_back({std::string(named), std::move(slots)});
  next_extra_ = extras_.size();
  return extras_.back();
}

bool TextFormat::parse(std::string_view line) {
  for (Value& value : values_) value.kind = Value::Kind::kMissing;
  return syntax_ == LogFormat::Syntax::kAlb ? alb(line) : combined(line);
}

bool TextFormat::combined(std::string_view line) {
  std::string_view host, identity, user, time, request, status, bytes, method, path;
  Rest rest(line);
  if (!rest.word(host) || !rest.word(identity) || !rest.before<' ', '['>(user) ||
      !rest.before<']', ' '>(time) || !rest.quoted(request) || !rest.token(status) || !rest.token(bytes))
    return false;
  split_request(request, method, path);
  put(known_[kHost], host);
  put(known_[kUser], user);
  put(known_[kTime], time);
  put(known_[kRequest], request);
  put(known_[kMethod], method);
  put(known_[kPath], path);
  put(known_[kStatus], status);
  put(known_[kBytes], bytes);
  return combined_tail(rest);
}

bool TextFormat::take_extra(const Extra& extra, Rest& rest) {
  std::string_view value;
  if (!rest.empty() && !rest.begins(' ') && !rest.token(value)) return false;
  put(extra.slots, value);
  return true;
}

bool TextFormat::combined_tail(Rest& rest) {
  std::string_view part;
  rest.skip_spaces();
  if (rest.begins('"') && rest.quoted(part)) put(known_[kReferer], part);
  rest.skip_spaces();
  if (rest.begins('"') && rest.quoted(part)) put(known_[kAgent], part);
  bool timed = false;
  for (rest.skip_spaces(); !rest.empty(); rest.skip_spaces()) {
    if (rest.begins('"')) {
      if (!rest.quoted(part)) return false;
      continue;
    }
    if (const Extra* const known = expected(rest)) {
      rest.drop(known->named.size());
      if (!take_extra(*known, rest)) return false;
      continue;
    }
    const std::string_view word = rest.until<'=', ' '>();
    if (rest.begins('=')) {
      rest.drop(1);
      if (!take_extra(extra({word.data(), word.size() + 1}), rest)) return false;
      continue;
    }
    // "0.123" ($request_time) or "2ms" (Traefik); a whole number is a length.
    const bool time = word.ends_with("ms") || word.find('.') != std::string_view::npos;
    if (!timed && time && decimal(word.substr(0, word.find_first_not_of("0123456789.")), seconds(1))) {
      put(known_[kDuration], word);
      timed = true;
    }
  }
  return true;
}

bool TextFormat::alb(std::string_view line) {
  Rest rest(line);
  std::string_view part, method, path;
  Value total = duration_value(Duration(0));
  std::size_t field = 0;
  for (; field < kAlbNames.size() && rest.token(part); ++field) {
    put(alb_[field], part);
    if (field >= kAlbTimes && field < kAlbTimes + 3) add_time(part, total);
    if (field == kAlbStatus) put(elb_status_, part);
    if (field != kAlbRequest) continue;
    split_request(part, method, path);
    put(known_[kMethod], method);
    put(known_[kPath], path);
  }
  if (field < kAlbRequired) return false;
  put_value(known_[kDuration], total);
  put_value(known_[kLatency], total);
  return true;
}

}  // namespace slod::decode
