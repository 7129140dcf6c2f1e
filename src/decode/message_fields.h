// Messages of devices: which rule a topic belongs to, and what its payload says. Owned by one decoder.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "decode/json_records.h"
#include "decode/topic.h"
#include "slod/decode/decoder.h"

namespace slod::decode {

/// One message as it came, before its rule has read it.
struct RawMessage {
  std::string_view topic, payload;
  bool retained = false;
  std::optional<Time> tst;
};

/// One rule of a source: its topic template and its fields.
class MessageReader {
 public:
  explicit MessageReader(const MessageRule& rule);

  [[nodiscard]] const TopicTemplate& topic() const { return topic_; }
  [[nodiscard]] const std::vector<std::string>& label_names() const { return label_names_; }
  /// kNone: `record` is filled (all but its rule); views live until the next call.
  Reject read(const RawMessage& message, const TopicTemplate::Captures& captures, JsonRecords& json,
              MessageRecord& record);

 private:
  enum Slot : std::size_t {
    kTime,
    kDevice,
    kId,
    kName,
    kResult,
    kBattery,
    kState,
    kSeq,
    kBoot,
    kLat,
    kLon,
    kFirstLabel
  };
  Reject read_payload(std::string_view payload, JsonRecords& json, MessageRecord& record);
  Reject read_word(const TopicTemplate::Captures& captures, MessageRecord& record);
  Reject read_report(MessageRecord& record);
  Reject read_values(MessageRecord& record);
  void read_labels(MessageRecord& record);
  [[nodiscard]] bool needs_object() const;
  std::string_view text(std::size_t slot);
  [[nodiscard]] const Value& value(std::size_t slot) const { return tree_.values()[slot]; }

  MessageRule::Is is_;
  Duration time_unit_;
  bool maps_any_ = false;
  bool maps_result_ = false;
  bool maps_name_ = false;
  TopicTemplate topic_;
  std::vector<std::string> label_names_;
  std::size_t first_value_ = 0;
  FieldTree tree_;
  std::vector<NumberText> rooms_;
  std::vector<std::string_view> labels_, checks_;
  std::string digest_text_;
  bool object_ = false;  ///< the payload was a JSON object
};

/// The shape of replay input and of messages over HTTP: {"topic":..., "payload":..., "tst":...,
/// "retain":...}.
class MessageLineReader {
 public:
  MessageLineReader();
  [[nodiscard]] FieldTree& tree() { return tree_; }
  /// kNone, or why the line is no message. Views live until the tree is filled again.
  Reject read(RawMessage& message);

 private:
  enum Slot : std::size_t { kTopic, kPayload, kTst, kRetain };
  FieldTree tree_;
  NumberText room_{};
};

/// When the broker's client saw a message: RFC 3339, mosquitto's "2026-11-22T12:33:05.708123Z+0900" (that
/// offset), or a number since the epoch whose size tells its unit (s, ms, us, ns).
[[nodiscard]] Read read_tst(const Value& value, Time& out);

/// A bare payload: trimmed, without quotes.
[[nodiscard]] std::string_view bare_word(std::string_view payload);

}  // namespace slod::decode
