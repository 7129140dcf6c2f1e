// The usual JSON line without a parser behind it: simdjson's first stage has found where the tokens of a
// block begin, and this walk holds them against JSON's grammar and puts the wanted values into their slots,
// as views of the line. It takes only what it can judge completely (no backslash, no exponent, no integer
// beyond 18 digits, not too deep); whatever else is left to simdjson's own parser. What it takes, simdjson's
// parser takes too and reads the same: the differential test holds it to that. Owned by one decoder.
#pragma once

#include <cstdint>
#include <string_view>

#include "decode/field_tree.h"

namespace slod::decode {

class LineWalk {
 public:
  explicit LineWalk(FieldTree& tree)
      : tree_(tree), nodes_(tree.nodes_.data()), values_(tree.values_.data()) {}

  /// `line`: "{...}" without backslash or newline, inside `base`. `cursor`: the token that is its first
  /// character; positions count from `base`. Requires: the position behind the last token is that of a '{'.
  /// The cursor behind the line's last token, or null: not for this walk.
  const std::uint32_t* run(const char* base, std::string_view line, const std::uint32_t* cursor);

 private:
  using Cursor = const std::uint32_t*;
  // Each reads the value whose first token the cursor is at; the cursor behind its last one, or null.
  Cursor object(Cursor at, std::uint32_t node, std::size_t depth);
  Cursor member(Cursor at, const FieldTree::Seen& key, std::size_t depth, std::size_t& missing);
  Cursor wanted(Cursor at, std::uint32_t node, std::size_t depth);
  Cursor container(Cursor at, std::uint32_t node, std::size_t depth);
  Cursor scalar(Cursor at, Value& value) const;
  Cursor skip(Cursor at, std::size_t depth) const;
  Cursor skip_object(Cursor at, std::size_t depth) const;
  Cursor skip_members(Cursor at, std::size_t depth) const;
  Cursor skip_array(Cursor at, std::size_t depth) const;

  FieldTree& tree_;
  FieldTree::Node* nodes_;
  Value* values_;
  const char* base_ = nullptr;
};

}  // namespace slod::decode
