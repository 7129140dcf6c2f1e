// Decode: bytes to records of borrowed views. A decoder knows one source's format; it decides nothing but
// whether a record is readable. Fast path: a batch of JSON documents goes through simdjson's parse_many; on
// any error the batch is parsed line by line, so that one bad line costs one rejection and not the batch. One
// decoder per thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "slod/config/config.h"
#include "slod/core/record.h"

namespace slod::decode {

/// Why a record was rejected: a closed set, the `reason` of metrics and answers.
enum class Reject : std::uint8_t {
  kNone,
  kMalformed,
  kUtf8,
  kTooLong,
  kMissingTime,
  kBadTime,
  kMissingStatus,
  kBadStatus,
  kBadLatency,
  kMissingPath,
  kMissingDevice,
  kBadField,
  kNotAnObject
};
/// snake_case word, e.g. "malformed", "missing_time".
[[nodiscard]] const char* reject_name(Reject reason);
/// One sentence that says what to do, for people.
[[nodiscard]] const char* reject_advice(Reject reason);

/// One request as the log tells it. Views live until the decoder's next call.
struct LogRecord {
  Time stamp;  ///< as logged
  Time start;  ///< what the engine books: stamp, or stamp minus latency
  Duration latency = kNoLatency;
  std::string_view method, path, id, device, user;
  int status = 0;
  std::span<const std::string_view> labels;  ///< in the order of label_names(); "" where missing
};

/// One message's fields. Views live until the decoder's next call.
struct MessageRecord {
  std::size_t rule = 0;      ///< index into SourceConfig::messages
  std::optional<Time> time;  ///< the device's own stamp
  std::string_view device, id, word;
  Digest payload;
  std::int64_t seq = kNoNumber, boot = kNoNumber;
  double battery = kNoValue, lat = kNoValue, lon = kNoValue;
  bool retained = false;
  std::span<const std::string_view> labels;  ///< in the order of the rule's label names
  std::span<const std::string_view> values;  ///< in the order of the rule's `values`
};

/// Receives what a body or block holds, record by record, in order.
class RecordVisitor {
 public:
  virtual ~RecordVisitor() = default;
  /// Returns false to stop reading here (a replay that reached its --until).
  virtual bool on_log(const LogRecord& record) = 0;
  /// `tst`: when the broker's client saw it (replay input, HTTP messages); nothing for live MQTT.
  virtual bool on_message(const MessageRecord& record, std::optional<Time> tst) = 0;
  virtual bool on_ignored(std::string_view what,
                          std::optional<Time> tst) = 0;  ///< a topic that no rule matches
  virtual bool on_reject(Reject reason, std::string_view excerpt) = 0;
};

/// What names a body whose sender repeats it until it is acknowledged: Pub/Sub's message id. "" without.
[[nodiscard]] std::string message_id(SourceConfig::Envelope envelope, std::string_view body);

class Decoder {
 public:
  explicit Decoder(const SourceConfig& source);
  ~Decoder();
  Decoder(Decoder&&) noexcept;

  /// A whole HTTP body, already inflated: NDJSON, a JSON array, concatenated objects, or text lines; sniffed.
  /// Returns false if nothing in it was readable because the body itself is broken (an unterminated array).
  /// `wrapped`: the source's envelope is around it.
  bool body(std::string_view bytes, RecordVisitor& visitor, bool wrapped = true);
  /// A block of complete lines of a file (each ends in '\n', the last may not). Where the source has an
  /// envelope, a line is one delivery of it, or a record that was unwrapped before.
  void lines(std::string_view block, RecordVisitor& visitor);
  /// One MQTT message.
  void message(std::string_view topic, std::string_view payload, bool retained, RecordVisitor& visitor);

  /// Names of LogRecord::labels, in order.
  [[nodiscard]] const std::vector<std::string>& label_names() const;
  /// Names of MessageRecord::labels for a rule, in order.
  [[nodiscard]] const std::vector<std::string>& label_names(std::size_t rule) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace slod::decode
