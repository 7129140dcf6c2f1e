// From a format's values to a LogRecord: what is required, what is read how, and when the request began.
// Owned by one decoder.
#pragma once

#include <string>
#include <vector>

#include "decode/value.h"
#include "slod/decode/decoder.h"

namespace slod::decode {

class LogReader {
 public:
  /// Slots of the values that read() takes; labels follow from kFirstLabel in the order of label_names().
  enum Slot : std::size_t { kTime, kMethod, kPath, kStatus, kLatency, kId, kDevice, kUser, kFirstLabel };

  explicit LogReader(const LogFormat& format);

  /// Where each slot's value stands in a record.
  [[nodiscard]] const std::vector<FieldPath>& paths() const { return paths_; }
  [[nodiscard]] const std::vector<std::string>& label_names() const { return label_names_; }

  /// kNone: `record` is filled; its views live as long as the values and until the next call.
  Reject read(std::span<const Value> values, LogRecord& record);

 private:
  Reject read_request(std::span<const Value> values, LogRecord& record);
  std::string_view text(std::span<const Value> values, std::size_t slot) {
    const Value& value = values[slot];
    if (value.kind <= Value::Kind::kNull) return {};
    if (value.kind != Value::Kind::kText) return scalar_text(value, rooms_[slot]);
    return is_missing(value) ? std::string_view{} : value.text;
  }

  TimeReader time_;
  Duration time_unit_, latency_unit_;
  bool stamp_is_end_;
  bool split_request_;  ///< `path` holds the whole request line
  std::vector<FieldPath> paths_;
  std::vector<std::string> label_names_;
  std::vector<NumberText> rooms_;
  std::vector<std::string_view> labels_;
};

/// "POST /path HTTP/1.1" as method and path; both "" for anything else.
void split_request(std::string_view request, std::string_view& method, std::string_view& path);

/// A label's value as it is kept.
inline constexpr std::size_t kMaxLabel = 256;

}  // namespace slod::decode
