// Lines of JSON: what the walk over tokens reads is what simdjson's parser reads, and a block of lines gives
// what its lines give one by one.
#include "decode/json_records.h"
#include "fuzz/require.h"

namespace slod::decode {
namespace {

using fuzz::require;

std::string described(std::span<const Value> values) {
  std::string text;
  for (const Value& value : values) {
    NumberText room;
    text.append(std::to_string(static_cast<int>(value.kind))).append("=").append(scalar_text(value, room));
    if (value.kind == Value::Kind::kText) text.append("'").append(value.text).append("'");
    text.push_back('\n');
  }
  return text;
}

struct Seen final : RecordSink {
  explicit Seen(const FieldTree& from) : tree(from) {}
  bool on_document(std::string_view) override {
    text += "good\n" + described(tree.values());
    return true;
  }
  bool on_unreadable(std::string_view, Reject why) override {
    text.append("bad ").append(reject_name(why)).append("\n");
    return true;
  }
  const FieldTree& tree;
  std::string text;
};

struct Lines final : LineSink {
  Lines(JsonParser& with, const FieldTree& from, FieldTree& another)
      : parser(with), tree(from), other(another) {}
  bool on_document(std::string_view line) override {
    require(parser.parsed(line, other) == Reject::kNone, "simdjson accepts what the walk accepts");
    require(described(tree.values()) == described(other.values()), "both read the same values");
    return true;
  }
  bool on_other(std::string_view) override { return true; }
  JsonParser& parser;
  const FieldTree& tree;
  FieldTree& other;
};

}  // namespace
}  // namespace slod::decode

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slod::decode;
  static const std::vector<slod::FieldPath> kPaths = {"/time", "/a",   "/a/b", "/geo/area", "/geo/x/1",
                                                      "/a",    "/a~1", "/",    "/a/b/c/d",  "/status"};
  static JsonParser parser;
  const std::string_view text = slod::fuzz::text_of(data, std::min(size, kMaxRecord));
  FieldTree tree(kPaths);
  FieldTree other(kPaths);
  Lines lines(parser, tree, other);
  parser.many(text, tree, lines);

  JsonRecords records(parser);
  Seen together(tree);
  records.lines(text, tree, together);
  Seen apart(tree);
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t length = std::min(rest.find('\n'), rest.size() - 1) + 1;
    records.lines(rest.substr(0, length), tree, apart);
    rest.remove_prefix(length);
  }
  slod::fuzz::require(together.text == apart.text, "a block gives what its lines give");
  Seen body(tree);
  records.body(text, tree, body);
  return 0;
}
