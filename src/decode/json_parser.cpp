#include "decode/json_parser.h"

#include <simdjson.h>

#include <charconv>
#include <cstring>

#include "slod/core/result.h"

namespace slod::decode {

namespace dom = simdjson::dom;

/// Puts a document's wanted values into their slots. Where a key stands twice, the first one counts.
class TreeWalk {
 public:
  explicit TreeWalk(FieldTree& tree) : tree_(tree) {}

  void run(const dom::object& document) {
    for (Value& value : tree_.values_) value.kind = Value::Kind::kMissing;
    object(document, 0);
  }

 private:
  // object, value and inside descend together: as deep as the configured field names, not as the document.
  // NOLINTNEXTLINE(misc-no-recursion)
  void object(const dom::object& fields, std::uint32_t node) {
    FieldTree::Node& wanted = tree_.nodes_[node];
    std::size_t position = 0;
    std::size_t missing = wanted.children.size();
    const auto end = fields.end();
    for (auto field = fields.begin(); missing != 0 && field != end; ++field, ++position) {
      const std::uint32_t child = resolve(wanted, position, field.key());
      if (child != FieldTree::kUnwanted && value(field.value(), child)) --missing;
    }
  }

  /// The child that a key leads to, from memory if the same key stood at this position last time.
  std::uint32_t resolve(FieldTree::Node& node, std::size_t position, std::string_view key) {
    if (position < node.order.size()) {
      const FieldTree::Seen& seen = node.order[position];
      if (seen.key.size() == key.size() && std::memcmp(seen.key.data(), key.data(), key.size()) == 0)
        return seen.child;
    }
    return remember(node, position, key);
  }

  std::uint32_t remember(FieldTree::Node& node, std::size_t position, std::string_view key) {
    constexpr std::size_t kMostRemembered = 256;
    std::uint32_t found = FieldTree::kUnwanted;
    for (const std::uint32_t child : node.children) {
      if (tree_.nodes_[child].key == key) found = child;
    }
    if (position >= kMostRemembered) return found;
    if (node.order.size() <= position) node.order.resize(position + 1);
    node.order[position].key.assign(key);
    node.order[position].child = found;
    return found;
  }

  /// False: a repetition of a key that was there before.
  // NOLINTNEXTLINE(misc-no-recursion)
  bool value(dom::element element, std::uint32_t node) {
    const FieldTree::Node& wanted = tree_.nodes_[node];
    if (!wanted.slots.empty()) {
      Value& first = tree_.values_[wanted.slots.front()];
      if (first.kind != Value::Kind::kMissing) return false;
      scalar(element, wanted.slots, first);
      for (std::size_t i = 1; i < wanted.slots.size(); ++i) tree_.values_[wanted.slots[i]] = first;
    }
    if (!wanted.children.empty()) inside(element, node);
    return true;
  }

  // NOLINTNEXTLINE(misc-no-recursion)
  void inside(dom::element element, std::uint32_t node) {
    dom::object fields;
    if (element.get_object().get(fields) == simdjson::SUCCESS) return object(fields, node);
    dom::array items;
    if (element.get_array().get(items) != simdjson::SUCCESS) return;
    for (const std::uint32_t child : tree_.nodes_[node].children) {
      const std::string& key = tree_.nodes_[child].key;
      std::size_t index = 0;
      const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
      dom::element item;
      if (error != std::errc{} || end != key.data() + key.size()) continue;
      if (items.at(index).get(item) == simdjson::SUCCESS) value(item, child);
    }
  }

  void scalar(dom::element element, const std::vector<std::uint32_t>& slots, Value& read) {
    switch (element.type()) {
      case dom::element_type::STRING:
        read.kind = Value::Kind::kText;
        read.text = element.get_string().value_unsafe();
        break;
      case dom::element_type::INT64:
        read.kind = Value::Kind::kInt;
        read.integer = element.get_int64().value_unsafe();
        break;
      case dom::element_type::UINT64:
        read.kind = Value::Kind::kUint;
        read.natural = element.get_uint64().value_unsafe();
        break;
      case dom::element_type::DOUBLE:
        read.kind = Value::Kind::kDouble;
        read.real = element.get_double().value_unsafe();
        break;
      case dom::element_type::BOOL:
        read.kind = Value::Kind::kBool;
        read.truth = element.get_bool().value_unsafe();
        break;
      case dom::element_type::NULL_VALUE:
        read.kind = Value::Kind::kNull;
        break;
      default:
        read.kind = Value::Kind::kJson;
        break;
    }
    if (read.kind == Value::Kind::kJson && slots.front() == tree_.json_slot_) {
      tree_.json_text_ = simdjson::minify(element);
      read.text = tree_.json_text_;
    }
  }

  FieldTree& tree_;
};

namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

/// The next line with something in it, trimmed; `rest` then begins behind it. Empty: no more.
std::string_view next_line(std::string_view& rest) {
  while (!rest.empty()) {
    const void* newline = std::memchr(rest.data(), '\n', rest.size());
    const std::size_t length =
        newline == nullptr ? rest.size()
                           : static_cast<std::size_t>(static_cast<const char*>(newline) - rest.data());
    std::string_view line = rest.substr(0, length);
    rest.remove_prefix(std::min(length + 1, rest.size()));
    while (!line.empty() && is_blank(line.front())) line.remove_prefix(1);
    while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
    if (!line.empty()) return line;
  }
  return {};
}

}  // namespace

struct JsonParser::Impl {
  dom::parser parser;
  std::unique_ptr<char[]> padded = std::make_unique<char[]>(kMaxBlock + simdjson::SIMDJSON_PADDING);

  Impl() {
#ifdef SIMDJSON_THREADS_ENABLED
    parser.threaded = false;
#endif
    SLOD_ASSERT(parser.allocate(kMaxBlock, kMaxDepth) == simdjson::SUCCESS);
  }
  /// A block whose end is nobody's memory is copied: simdjson reads a few bytes beyond.
  std::string_view with_padding(std::string_view lines, std::size_t readable) {
    if (readable >= lines.size() + simdjson::SIMDJSON_PADDING) return lines;
    std::memcpy(padded.get(), lines.data(), lines.size());
    std::memset(padded.get() + lines.size(), ' ', simdjson::SIMDJSON_PADDING);
    return {padded.get(), lines.size()};
  }
};

JsonParser::JsonParser() : impl_(std::make_unique<Impl>()) {}
JsonParser::~JsonParser() = default;

JsonParser::Progress JsonParser::many(std::string_view lines, std::size_t readable, FieldTree& tree,
                                      DocumentSink& sink) {
  SLOD_ASSERT(lines.size() <= kMaxBlock);
  const std::string_view block = impl_->with_padding(lines, readable);
  Progress progress;
  dom::document_stream stream;
  if (impl_->parser.parse_many(block.data(), block.size(), kMaxBlock).get(stream) != simdjson::SUCCESS)
    return progress;
  TreeWalk walk(tree);
  std::string_view rest = block;
  for (auto document = stream.begin(); document != stream.end(); ++document) {
    dom::object fields;
    if ((*document).get_object().get(fields) != simdjson::SUCCESS) return progress;
    const std::string_view line = next_line(rest);
    const std::string_view source = document.source();
    if (source.data() != line.data() || source.size() != line.size() || line.size() > kMaxRecord)
      return progress;
    walk.run(fields);
    progress.consumed = block.size() - rest.size();
    if (!sink.on_document(line)) {
      progress.stopped = true;
      return progress;
    }
  }
  return progress;
}

Reject JsonParser::one(std::string_view document, FieldTree& tree) {
  SLOD_ASSERT(document.size() <= kMaxRecord);
  dom::element root;
  const simdjson::error_code error = impl_->parser.parse(document.data(), document.size(), true).get(root);
  if (error == simdjson::UTF8_ERROR) return Reject::kUtf8;
  if (error != simdjson::SUCCESS) return Reject::kMalformed;
  dom::object fields;
  if (root.get_object().get(fields) != simdjson::SUCCESS) return Reject::kNotAnObject;
  TreeWalk(tree).run(fields);
  return Reject::kNone;
}

bool JsonParser::is_utf8(std::string_view text) {
  return simdjson::validate_utf8(text.data(), text.size());
}

}  // namespace slod::decode
