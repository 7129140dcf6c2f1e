// The usual JSON line in one pass and without a parser behind it: each byte is looked at once, strings
// sixteen bytes at a time, keys by comparing them with the key that stood there in the line before; the
// wanted values go into their slots as views of the line. It takes only what it can judge completely (no
// exponent, no integer beyond 18 digits, no surrogates in escapes, not too deep); whatever else is left to
// simdjson. What it takes, simdjson's parser takes too and reads the same: the differential tests and the
// fuzzer hold it to that. Owned by one decoder.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "decode/field_tree.h"

namespace slod::decode {

/// Where the strings of one line are that had escapes in them. Lifetime of its texts: until the next line.
class UnescapedText {
 public:
  /// `longest`: of the lines.
  explicit UnescapedText(std::size_t longest);
  char* begin() { return room_.get(); }

 private:
  std::unique_ptr<char[]> room_;
};

class LineWalk {
 public:
  LineWalk(FieldTree& tree, UnescapedText& room)
      : tree_(tree), nodes_(tree.nodes_.data()), values_(tree.values_.data()), room_(room) {}

  /// Requires: `line` is not empty, is not longer than what the room is made for, and is padded (lines.h).
  /// True: it is one object; its values are in the tree. False: not for this walk.
  bool run(std::string_view line);

 private:
  // Each reads the value that begins at `at`; where it ends, or null. `into`: null where only the form
  // matters.
  const char* object(const char* at, std::uint32_t node, std::size_t depth);
  const char* member(const char* at, const FieldTree::Seen& key, std::size_t depth);
  const char* nested(const char* at, const FieldTree::Seen& key, std::size_t depth);
  const char* wanted(const char* at, std::uint32_t node, std::size_t depth);
  const char* container(const char* at, std::uint32_t node, std::size_t depth);
  const char* scalar(const char* at, Value* into);
  const char* string(const char* begin, Value* into);
  const char* escaped(const char* at, Value* into);
  void keep_unescaped(char* end, Value* into);
  const char* skip(const char* at, std::size_t depth);
  const char* skip_object(const char* at, std::size_t depth);
  const char* skip_array(const char* at, std::size_t depth);
  /// An object's key that is not the expected one; `next`: which one will be expected then.
  const char* other_key(const char* at, FieldTree::Node& node, std::size_t& next,
                        const FieldTree::Seen*& key);
  /// The first quote, backslash or control character from `at` on; a zero where the line is not UTF-8.
  const char* string_end(const char* at);
  bool is_utf8();

  FieldTree& tree_;
  FieldTree::Node* nodes_;
  Value* values_;
  UnescapedText& room_;
  std::string_view line_;
  char* unescaped_ = nullptr;
  bool utf8_ = false;  ///< the line's odd bytes were looked at
};

}  // namespace slod::decode
