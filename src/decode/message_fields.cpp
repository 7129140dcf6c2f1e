#include "decode/message_fields.h"

#include <cmath>

#include "decode/log_fields.h"
#include "decode/utf8.h"

namespace slod::decode {
namespace {

std::vector<FieldPath> paths_of(const MessageRule& rule) {
  std::vector<FieldPath> paths = {rule.time,  rule.device, rule.id,   rule.name, rule.result, rule.battery,
                                  rule.state, rule.seq,    rule.boot, rule.lat,  rule.lon};
  for (const auto& [name, path] : rule.labels) paths.push_back(path);
  paths.insert(paths.end(), rule.values.begin(), rule.values.end());
  return paths;
}

bool looks_like_object(std::string_view payload) {
  return trim(payload).starts_with('{');
}

/// Outside the range of a coordinate: the receiver had no fix.
void drop_without_fix(MessageRecord& record) {
  const bool fix = std::fabs(record.lat) <= 90 && std::fabs(record.lon) <= 180;
  if (!fix) record.lat = record.lon = kNoValue;
}

}  // namespace

std::string_view bare_word(std::string_view payload) {
  payload = trim(payload);
  if (payload.size() >= 2 && payload.front() == '"' && payload.back() == '"')
    payload = trim(payload.substr(1, payload.size() - 2));
  return cut_utf8(payload, kMaxLabel);
}

MessageReader::MessageReader(const MessageRule& rule)
    : is_(rule.is),
      time_unit_(rule.time_unit),
      maps_result_(!rule.result.empty()),
      maps_name_(!rule.name.empty()),
      topic_(rule.topic),
      tree_(paths_of(rule)) {
  for (const FieldPath& path : paths_of(rule)) maps_any_ = maps_any_ || !path.empty();
  for (const auto& [name, path] : rule.labels) label_names_.push_back(name);
  first_value_ = kFirstLabel + label_names_.size();
  labels_.resize(label_names_.size());
  checks_.resize(rule.values.size());
  rooms_.resize(first_value_ + checks_.size());
}

std::string_view MessageReader::text(std::size_t slot) {
  return object_ ? scalar_text(value(slot), rooms_[slot]) : std::string_view{};
}

/// Whether this rule's messages say something only as a JSON object.
bool MessageReader::needs_object() const {
  switch (is_) {
    case MessageRule::Is::kReport:
      return true;
    case MessageRule::Is::kPresence:
      return false;
    case MessageRule::Is::kCommand:
      return maps_name_;
    case MessageRule::Is::kReply:
      return maps_result_;
  }
  return true;
}

Reject MessageReader::read_payload(std::string_view payload, JsonRecords& json, MessageRecord& record) {
  if (payload.size() > kMaxRecord) return Reject::kTooLong;
  object_ = false;
  if (needs_object() || (maps_any_ && looks_like_object(payload))) {
    const Reject why = json.one(payload, tree_);
    if (why != Reject::kNone) return why;
    object_ = true;
    Time time;
    const Read read = read_time(value(kTime), time_unit_, time);
    if (read == Read::kBad) return Reject::kBadTime;
    if (read == Read::kOk) record.time = time;
  } else if (!JsonParser::is_utf8(payload)) {
    return Reject::kUtf8;
  }
  return Reject::kNone;
}

Reject MessageReader::read_word(const TopicTemplate::Captures& captures, MessageRecord& record) {
  switch (is_) {
    case MessageRule::Is::kReport:
      record.word = cut_utf8(text(kState), kMaxLabel);
      break;
    case MessageRule::Is::kPresence:
      if (object_ && !is_missing(value(kState))) record.word = cut_utf8(text(kState), kMaxLabel);
      break;
    case MessageRule::Is::kCommand:
      record.word = maps_name_ ? text(kName) : captures.name;
      if (record.word.empty()) record.word = captures.name;
      record.word = cut_utf8(record.word, kMaxLabel);
      if (record.word.empty()) return Reject::kBadField;
      read_labels(record);
      break;
    case MessageRule::Is::kReply:
      if (maps_result_) record.word = cut_utf8(text(kResult), kMaxLabel);
      break;
  }
  return Reject::kNone;
}

Reject MessageReader::read_report(MessageRecord& record) {
  const bool good = read_number(value(kBattery), record.battery) != Read::kBad &&
                    read_integer(value(kSeq), record.seq) != Read::kBad &&
                    read_integer(value(kBoot), record.boot) != Read::kBad &&
                    read_number(value(kLat), record.lat) != Read::kBad &&
                    read_number(value(kLon), record.lon) != Read::kBad &&
                    value(kState).kind != Value::Kind::kJson;
  if (!good) return Reject::kBadField;
  drop_without_fix(record);
  read_labels(record);
  return read_values(record);
}

void MessageReader::read_labels(MessageRecord& record) {
  for (std::size_t i = 0; i < labels_.size(); ++i) labels_[i] = cut_utf8(text(kFirstLabel + i), kMaxLabel);
  record.labels = labels_;
}

/// The fields of the fleet's checks, as numbers in words.
Reject MessageReader::read_values(MessageRecord& record) {
  for (std::size_t i = 0; i < checks_.size(); ++i) {
    const std::size_t slot = first_value_ + i;
    const Value& field = value(slot);
    double number = 0;
    if (field.kind == Value::Kind::kBool) {
      checks_[i] = field.truth ? "1" : "0";
    } else if (read_number(field, number) == Read::kBad) {
      return Reject::kBadField;
    } else {
      checks_[i] = trim(text(slot));
    }
  }
  record.values = checks_;
  return Reject::kNone;
}

Reject MessageReader::read(const RawMessage& message, const TopicTemplate::Captures& captures,
                           JsonRecords& json, MessageRecord& record) {
  record = MessageRecord{};
  record.retained = message.retained;
  if (const Reject why = read_payload(message.payload, json, record); why != Reject::kNone) return why;
  const bool bare = !object_ && (is_ == MessageRule::Is::kPresence || is_ == MessageRule::Is::kReply);
  if (bare || (object_ && !maps_result_ && is_ == MessageRule::Is::kReply))
    record.word = bare_word(message.payload);
  record.device = text(kDevice);
  if (record.device.empty()) record.device = captures.device;
  if (record.device.empty()) return Reject::kMissingDevice;
  record.id = text(kId);
  if (const Reject why = read_word(captures, record); why != Reject::kNone) return why;
  digest_text_.assign(message.topic);
  digest_text_.push_back('\0');
  digest_text_.append(message.payload);
  record.payload = digest_of(digest_text_);
  return is_ == MessageRule::Is::kReport ? read_report(record) : Reject::kNone;
}

MessageLineReader::MessageLineReader() : tree_({"/topic", "/payload", "/tst", "/retain"}, kPayload) {}

Reject MessageLineReader::read(RawMessage& message) {
  const std::span<const Value> values = tree_.values();
  message = RawMessage{};
  if (values[kTopic].kind != Value::Kind::kText || values[kTopic].text.empty()) return Reject::kBadField;
  message.topic = values[kTopic].text;
  const Value& payload = values[kPayload];
  const bool verbatim = payload.kind == Value::Kind::kText || payload.kind == Value::Kind::kJson;
  message.payload = verbatim ? payload.text : scalar_text(payload, room_);
  message.retained = read_flag(values[kRetain]);
  Time tst;
  const Read read = read_tst(values[kTst], tst);
  if (read == Read::kBad) return Reject::kBadTime;
  if (read == Read::kOk) message.tst = tst;
  return Reject::kNone;
}

Read read_tst(const Value& value, Time& out) {
  if (is_missing(value)) return Read::kMissing;
  double number = 0;
  if (read_number(value, number) == Read::kOk) {
    const double size = std::fabs(number);
    const Duration unit = size < 1e11   ? Duration(seconds(1))
                          : size < 1e14 ? Duration(1'000'000)
                          : size < 1e17 ? Duration(1000)
                                        : Duration(1);
    return read_time(value, unit, out);
  }
  if (value.kind != Value::Kind::kText) return Read::kBad;
  const std::string_view text = trim(value.text);
  const std::size_t zone = text.find('Z');
  if (zone == std::string_view::npos || zone + 1 == text.size()) return read_time(value, seconds(1), out);
  std::string without(text);
  without.erase(zone, 1);
  return read_time(text_value(without), seconds(1), out);
}

}  // namespace slod::decode
