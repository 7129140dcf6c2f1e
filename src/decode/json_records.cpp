#include "decode/json_records.h"

#include <algorithm>

#include "decode/splitter.h"
#include "decode/utf8.h"

namespace slod::decode {

/// Lines that are not plainly one object each go the careful way.
class JsonRecords::Lines final : public LineSink {
 public:
  Lines(JsonRecords& records, FieldTree& tree, RecordSink& sink)
      : records_(records), tree_(tree), sink_(sink) {}
  bool on_document(std::string_view line) override { return sink_.on_document(line); }
  bool on_other(std::string_view line) override { return records_.line(line, tree_, sink_); }

 private:
  JsonRecords& records_;
  FieldTree& tree_;
  RecordSink& sink_;
};

void JsonRecords::lines(std::string_view block, FieldTree& tree, RecordSink& sink, bool skip_prefix) {
  if (skip_prefix) return prefixed(block, tree, sink);
  Lines each(*this, tree, sink);
  parser_.many(block, tree, each);
}

void JsonRecords::prefixed(std::string_view block, FieldTree& tree, RecordSink& sink) {
  bool more = true;
  while (more && !block.empty()) {
    const std::size_t length = std::min(block.find('\n'), block.size());
    const std::string_view text = trim(block.substr(0, length));
    block.remove_prefix(std::min(length + 1, block.size()));
    if (text.empty()) continue;
    const std::size_t start = text.find('{');
    more = start == std::string_view::npos ? sink.on_unreadable(text, Reject::kMalformed)
                                           : line(text.substr(start), tree, sink);
  }
}

bool JsonRecords::line(std::string_view text, FieldTree& tree, RecordSink& sink) {
  if (text.size() > kMaxRecord) return sink.on_unreadable(text, Reject::kTooLong);
  const Reject why = one(text, tree);
  if (why == Reject::kNone) return sink.on_document(text);
  // Several objects on one line: `{...}{...}`.
  std::string_view rest = text;
  const auto first = text.starts_with('{') ? next_value(rest) : std::nullopt;
  if (!first || !trim(rest).starts_with('{')) return sink.on_unreadable(text, why);
  for (const std::string_view each : documents(text)) {
    if (!record(each, tree, sink)) return false;
  }
  return true;
}

bool JsonRecords::record(std::string_view text, FieldTree& tree, RecordSink& sink) {
  text = trim(text);
  if (text.size() > kMaxRecord) return sink.on_unreadable(text, Reject::kTooLong);
  const Reject why = one(text, tree);
  return why == Reject::kNone ? sink.on_document(text) : sink.on_unreadable(text, why);
}

bool JsonRecords::body(std::string_view bytes, FieldTree& tree, RecordSink& sink, bool skip_prefix) {
  bytes = without_bom(bytes);
  const Shape shape = skip_prefix ? Shape::kLines : shape_of(bytes);
  if (shape == Shape::kLines) {
    lines(bytes, tree, sink, skip_prefix);
    return true;
  }
  std::vector<std::string_view> records;
  if (shape == Shape::kDocuments) {
    records = documents(bytes);
  } else if (auto elements = array_elements(bytes)) {
    records = std::move(*elements);
  } else {
    return false;
  }
  for (const std::string_view each : records) {
    if (!record(each, tree, sink)) return true;
  }
  return true;
}

Reject JsonRecords::one(std::string_view text, FieldTree& tree) {
  if (text.size() > kMaxRecord) return Reject::kTooLong;
  const Reject first = parser_.one(text, tree);
  if (first == Reject::kNone || first == Reject::kNotAnObject) return first;
  // What simdjson names first depends on where it is; a bad byte is looked for by itself.
  const bool utf8 = JsonParser::is_utf8(text);
  repaired_ = utf8 ? std::string(text) : replace_invalid_utf8(text);
  if (repaired_.size() > kMaxRecord) return Reject::kTooLong;
  if (!utf8) {
    const Reject second = parser_.one(repaired_, tree);
    if (second == Reject::kNone || second == Reject::kNotAnObject) return second;
  }
  if (text.starts_with('{')) {
    repaired_ = quote_bare_numbers(repaired_);
    if (repaired_.size() <= kMaxRecord && parser_.one(repaired_, tree) == Reject::kNone) return Reject::kNone;
  }
  return utf8 ? Reject::kMalformed : Reject::kUtf8;
}

}  // namespace slod::decode
