#include "slod/decode/decoder.h"

#include <algorithm>

#include "decode/envelope.h"
#include "decode/json_records.h"
#include "decode/lines.h"
#include "decode/log_fields.h"
#include "decode/message_fields.h"
#include "decode/splitter.h"
#include "decode/text_format.h"
#include "decode/utf8.h"
#include "slod/core/result.h"

namespace slod::decode {
namespace {

bool is_text(const LogFormat& format) {
  return format.syntax == LogFormat::Syntax::kCombined || format.syntax == LogFormat::Syntax::kAlb;
}

/// Log records of one format, from JSON or text.
class LogSource {
 public:
  LogSource(const LogFormat& format, JsonRecords& json)
      : json_(json),
        reader_(format),
        tree_(reader_.paths()),
        skip_prefix_(format.syntax == LogFormat::Syntax::kSyslogJson) {
    if (is_text(format)) text_.emplace(format.syntax, reader_.paths());
  }

  [[nodiscard]] const std::vector<std::string>& label_names() const { return reader_.label_names(); }

  bool body(std::string_view bytes, RecordVisitor& visitor) {
    if (text_) {
      text_lines(without_bom(bytes), visitor);
      return true;
    }
    Sink sink(*this, visitor);
    return json_.body(bytes, tree_, sink, skip_prefix_);
  }
  void lines(std::string_view block, RecordVisitor& visitor) {
    block = without_bom(block);
    if (text_) return text_lines(block, visitor);
    Sink sink(*this, visitor);
    json_.lines(block, tree_, sink, skip_prefix_);
  }

 private:
  class Sink final : public RecordSink {
   public:
    Sink(LogSource& source, RecordVisitor& visitor) : source_(source), visitor_(visitor) {}
    bool on_document(std::string_view text) override {
      return source_.record(source_.tree_.values(), text, visitor_);
    }
    bool on_unreadable(std::string_view text, Reject why) override {
      return visitor_.on_reject(why, excerpt_of(text));
    }

   private:
    LogSource& source_;
    RecordVisitor& visitor_;
  };

  bool record(std::span<const Value> values, std::string_view text, RecordVisitor& visitor) {
    const Reject why = reader_.read(values, record_);
    return why == Reject::kNone ? visitor.on_log(record_) : visitor.on_reject(why, excerpt_of(text));
  }

  void text_lines(std::string_view block, RecordVisitor& visitor) {
    Lines lines(block, copy_);
    const bool clean = JsonParser::is_utf8(block);  // of all lines at once; one bad byte makes each be asked
    for (std::string_view line; lines.next(line);) {
      if (!text_line(line, clean, visitor)) return;
    }
  }

  bool text_line(std::string_view line, bool clean, RecordVisitor& visitor) {
    if (line.size() > kMaxRecord) return visitor.on_reject(Reject::kTooLong, excerpt_of(line));
    if (!clean && !JsonParser::is_utf8(line)) line = repaired_.of(replace_invalid_utf8(line));
    if (!text_->parse(line)) return visitor.on_reject(Reject::kMalformed, excerpt_of(line));
    return record(text_->values(), line, visitor);
  }

  JsonRecords& json_;
  LogReader reader_;
  FieldTree tree_;
  bool skip_prefix_;
  std::optional<TextFormat> text_;
  LogRecord record_;
  PaddedCopy copy_, repaired_;
};

/// Messages of one source, live or one per line.
class MessageSource {
 public:
  MessageSource(const std::vector<MessageRule>& rules, JsonRecords& lines, JsonRecords& payloads)
      : lines_(lines), payloads_(payloads) {
    for (const MessageRule& rule : rules) readers_.emplace_back(rule);
  }

  [[nodiscard]] const std::vector<std::string>& label_names(std::size_t rule) const {
    return readers_[rule].label_names();
  }

  bool body(std::string_view bytes, RecordVisitor& visitor) {
    Sink sink(*this, visitor);
    return lines_.body(bytes, line_.tree(), sink);
  }
  void lines(std::string_view block, RecordVisitor& visitor) {
    Sink sink(*this, visitor);
    lines_.lines(without_bom(block), line_.tree(), sink);
  }
  bool message(const RawMessage& message, RecordVisitor& visitor) {
    for (std::size_t rule = 0; rule < readers_.size(); ++rule) {
      TopicTemplate::Captures captures;
      if (!readers_[rule].topic().match(message.topic, captures)) continue;
      const Reject why = readers_[rule].read(message, captures, payloads_, record_);
      if (why != Reject::kNone) {
        return visitor.on_reject(why,
                                 excerpt_of(std::string(message.topic) + " " + std::string(message.payload)));
      }
      record_.rule = rule;
      return visitor.on_message(record_, message.tst);
    }
    return visitor.on_ignored(message.topic, message.tst);
  }

 private:
  class Sink final : public RecordSink {
   public:
    Sink(MessageSource& source, RecordVisitor& visitor) : source_(source), visitor_(visitor) {}
    bool on_document(std::string_view text) override {
      RawMessage message;
      const Reject why = source_.line_.read(message);
      return why == Reject::kNone ? source_.message(message, visitor_)
                                  : visitor_.on_reject(why, excerpt_of(text));
    }
    bool on_unreadable(std::string_view text, Reject why) override {
      return visitor_.on_reject(why, excerpt_of(text));
    }

   private:
    MessageSource& source_;
    RecordVisitor& visitor_;
  };

  JsonRecords& lines_;
  JsonRecords& payloads_;
  MessageLineReader line_;
  std::vector<MessageReader> readers_;
  MessageRecord record_;
};

}  // namespace

struct Decoder::Impl {
  JsonParser line_parser;
  JsonRecords line_records{line_parser};
  // A payload is read while the line that carries it is still in use.
  std::optional<JsonParser> payload_parser;
  std::optional<JsonRecords> payload_records;
  std::optional<LogSource> logs;
  std::optional<MessageSource> messages;
  SourceConfig::Envelope envelope = SourceConfig::Envelope::kNone;

  void lines(std::string_view block, RecordVisitor& visitor) {
    logs ? logs->lines(block, visitor) : messages->lines(block, visitor);
  }
};

Decoder::Decoder(const SourceConfig& source) : impl_(std::make_unique<Impl>()) {
  impl_->envelope = source.envelope;
  if (source.format) {
    impl_->logs.emplace(*source.format, impl_->line_records);
  } else {
    impl_->payload_parser.emplace();
    impl_->payload_records.emplace(*impl_->payload_parser);
    impl_->messages.emplace(source.messages, impl_->line_records, *impl_->payload_records);
  }
}
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;

bool Decoder::body(std::string_view bytes, RecordVisitor& visitor, bool wrapped) {
  if (wrapped && impl_->envelope != SourceConfig::Envelope::kNone) {
    const auto unwrapped = unwrap(impl_->envelope, bytes);
    if (!unwrapped) return false;
    impl_->lines(*unwrapped, visitor);
    return true;
  }
  return impl_->logs ? impl_->logs->body(bytes, visitor) : impl_->messages->body(bytes, visitor);
}

void Decoder::lines(std::string_view block, RecordVisitor& visitor) {
  if (impl_->envelope == SourceConfig::Envelope::kNone) return impl_->lines(block, visitor);
  std::string inside;
  while (!block.empty()) {
    const std::size_t end = std::min(block.find('\n'), block.size() - 1) + 1;
    const std::string_view line = block.substr(0, end);
    const auto unwrapped = unwrap(impl_->envelope, line);
    inside += unwrapped ? *unwrapped : std::string(line);
    if (!inside.ends_with('\n')) inside += '\n';
    block.remove_prefix(end);
  }
  impl_->lines(inside, visitor);
}

void Decoder::message(std::string_view topic, std::string_view payload, bool retained,
                      RecordVisitor& visitor) {
  SLOD_ASSERT(impl_->messages.has_value());
  impl_->messages->message({topic, payload, retained, std::nullopt}, visitor);
}

const std::vector<std::string>& Decoder::label_names() const {
  static const std::vector<std::string> kNone;
  return impl_->logs ? impl_->logs->label_names() : kNone;
}
const std::vector<std::string>& Decoder::label_names(std::size_t rule) const {
  return impl_->messages->label_names(rule);
}

}  // namespace slod::decode
