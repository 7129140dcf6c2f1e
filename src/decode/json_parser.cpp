#include "decode/json_parser.h"

#include <simdjson.h>

#include <charconv>
#include <cstring>

#include "decode/line_walk.h"
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
    std::size_t missing = wanted.children.size();
    const auto end = fields.end();
    for (auto field = fields.begin(); missing != 0 && field != end; ++field) {
      const std::uint32_t child = tree_.find(wanted, field.key());
      if (child != FieldTree::kUnwanted && value(field.value(), child)) --missing;
    }
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

bool may_be_walked(std::string_view line) {
  return line.front() == '{' && line.back() == '}' && line.size() <= kMaxRecord &&
         std::memchr(line.data(), '\\', line.size()) == nullptr;
}

/// simdjson's first stage: where the tokens of a text begin.
class Scanner {
 public:
  explicit Scanner(std::size_t capacity) {
    SLOD_ASSERT(simdjson::get_active_implementation()->create_dom_parser_implementation(
                    capacity, kMaxDepth, stages_) == simdjson::SUCCESS);
  }
  /// False: something in it is not UTF-8, a control character, a quote without its other; or nothing is
  /// there.
  bool scan(std::string_view text) {
    return stages_->stage1(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                           simdjson::stage1_mode::regular) == simdjson::SUCCESS;
  }
  [[nodiscard]] std::uint32_t* tokens() const { return stages_->structural_indexes.get(); }
  [[nodiscard]] std::size_t count() const { return stages_->n_structural_indexes; }

 private:
  std::unique_ptr<simdjson::internal::dom_parser_implementation> stages_;
};

}  // namespace

struct JsonParser::Impl {
  dom::parser parser;
  // A line of a block may be read by itself while the block's tokens are still in use.
  Scanner of_block{kMaxBlock};
  Scanner of_one{kMaxBlock};

  Impl() {
#ifdef SIMDJSON_THREADS_ENABLED
    parser.threaded = false;
#endif
    SLOD_ASSERT(parser.allocate(kMaxRecord, kMaxDepth) == simdjson::SUCCESS);
  }
  /// One document by itself, where it needs no parser.
  bool walk(std::string_view document, FieldTree& tree) {
    if (document.empty() || document.size() > kMaxBlock || !may_be_walked(document) || !of_one.scan(document))
      return false;
    std::uint32_t* const first = of_one.tokens();
    first[of_one.count()] = 0;
    const std::uint32_t* const behind = LineWalk(tree).run(document.data(), document, first);
    return behind == first + of_one.count();
  }
};

JsonParser::JsonParser() : impl_(std::make_unique<Impl>()) {}
JsonParser::~JsonParser() = default;

bool JsonParser::many(std::string_view lines, FieldTree& tree, LineSink& sink) {
  SLOD_ASSERT(lines.size() <= kMaxBlock);
  const bool scanned = impl_->of_block.scan(lines);
  std::uint32_t* const first = impl_->of_block.tokens();
  const std::uint32_t* const end = first + (scanned ? impl_->of_block.count() : 0);
  const std::uint32_t* token = first;
  LineWalk walk(tree);
  std::string_view rest = lines;
  for (std::string_view line = next_line(rest); !line.empty(); line = next_line(rest)) {
    const auto begin = static_cast<std::uint32_t>(line.data() - lines.data());
    while (token != end && *token < begin) ++token;
    const std::uint32_t* behind = nullptr;
    if (token != end && may_be_walked(line)) {
      first[end - first] = begin;  // what LineWalk::run requires behind the last token
      behind = walk.run(lines.data(), line, token);
    }
    if (behind != nullptr) token = behind;
    if (!(behind != nullptr ? sink.on_document(line) : sink.on_other(line))) return false;
  }
  return true;
}

Reject JsonParser::one(std::string_view document, FieldTree& tree) {
  SLOD_ASSERT(document.size() <= kMaxRecord);
  return impl_->walk(document, tree) ? Reject::kNone : parsed(document, tree);
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
