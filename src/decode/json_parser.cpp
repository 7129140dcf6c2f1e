#include "decode/json_parser.h"

#include <simdjson.h>

#include <charconv>

#include "decode/line_walk.h"
#include "decode/lines.h"
#include "slod/core/result.h"

namespace slod::decode {

namespace dom = simdjson::dom;

/// Puts a document's wanted values into their slots. Where a key stands twice, the first one counts.
class TreeWalk {
 public:
  explicit TreeWalk(FieldTree& tree) : tree_(tree) {}

  void run(const dom::object& document) {
    tree_.forget_values();
    object(document, 0);
  }

 private:
  // object, value and inside descend together: as deep as the configured field names, not as the document.
  // NOLINTNEXTLINE(misc-no-recursion)
  void object(const dom::object& fields, std::uint32_t node) {
    const FieldTree::Node& wanted = tree_.nodes_[node];
    for (const dom::key_value_pair field : fields) {
      const std::uint32_t child = tree_.find(wanted, field.key);
      if (child != FieldTree::kUnwanted) value(field.value, child);
    }
  }

  // NOLINTNEXTLINE(misc-no-recursion)
  void value(dom::element element, std::uint32_t node) {
    const FieldTree::Node& wanted = tree_.nodes_[node];
    if (!wanted.slots.empty()) {
      Value& first = tree_.values_[wanted.slots.front()];
      if (first.kind != Value::Kind::kMissing) return;
      scalar(element, wanted.slots, first);
      for (std::size_t i = 1; i < wanted.slots.size(); ++i) tree_.values_[wanted.slots[i]] = first;
    }
    if (!wanted.children.empty()) inside(element, node);
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

struct JsonParser::Impl {
  dom::parser parser;
  UnescapedText unescaped{kMaxRecord};
  // A line of a block may be read by itself while the block's line is still in use.
  PaddedCopy line, document;

  Impl() {
#ifdef SIMDJSON_THREADS_ENABLED
    parser.threaded = false;
#endif
    SLOD_ASSERT(parser.allocate(kMaxRecord, kMaxDepth) == simdjson::SUCCESS);
  }
};

JsonParser::JsonParser() : impl_(std::make_unique<Impl>()) {}
JsonParser::~JsonParser() = default;

bool JsonParser::many(std::string_view block, FieldTree& tree, LineSink& sink) {
  LineWalk walk(tree, impl_->unescaped);
  Lines lines(block, impl_->line);
  for (std::string_view line; lines.next(line);) {
    const bool good = line.size() <= kMaxRecord && walk.run(line);
    if (!(good ? sink.on_document(line) : sink.on_other(line))) return false;
  }
  return true;
}

Reject JsonParser::one(std::string_view document, FieldTree& tree) {
  SLOD_ASSERT(document.size() <= kMaxRecord);
  if (document.empty()) return Reject::kMalformed;
  const std::string_view padded = impl_->document.of(document);
  return LineWalk(tree, impl_->unescaped).run(padded) ? Reject::kNone : parsed(padded, tree);
}

Reject JsonParser::parsed(std::string_view document, FieldTree& tree) {
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
