// The fields that a format maps, compiled to a tree of keys: a document is walked once and each wanted value
// put into its slot, instead of looking up every field on its own. Loggers write their keys in the same order
// line after line, some of them not in every line, so each object remembers its keys in their order: the
// usual price of a key is one comparison. Owned by one decoder.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "decode/value.h"
#include "slod/config/config.h"

namespace slod::decode {

/// The keys of a JSON Pointer with ~0 and ~1 undone; a text without a leading '/' is one key.
[[nodiscard]] std::vector<std::string> pointer_keys(std::string_view path);

class FieldTree {
 public:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  static constexpr std::uint32_t kUnwanted = static_cast<std::uint32_t>(-1);

  /// A key that stood somewhere in an object, with its quotes and colon, and what it leads to.
  struct alignas(64) Seen {
    static constexpr std::size_t kLongest = 48;
    std::array<char, kLongest> quoted{};
    std::uint32_t size = 0;           ///< of `quoted`
    std::uint32_t front = 0;          ///< bit i: byte i of the first sixteen belongs to it
    std::uint32_t child = kUnwanted;  ///< node
    std::uint32_t slot = kUnwanted;   ///< where it is all that is wanted of the child: one value
  };

  /// Slot i is paths[i]; an empty path is never found. `json_slot`: the one whose objects and arrays are
  /// wanted as text.
  explicit FieldTree(const std::vector<FieldPath>& paths, std::size_t json_slot = kNone);

  /// What the last document had, by slot. Views live until the parser's next document.
  [[nodiscard]] std::span<const Value> values() const { return values_; }

 private:
  friend class TreeWalk;  // of a document that simdjson parsed
  friend class LineWalk;  // of a line whose structure is known
  struct Node {
    std::string key;
    std::vector<std::uint32_t> slots;
    std::vector<std::uint32_t> children;
    std::vector<Seen> order;  ///< every key that was met, each behind the one that it first followed
  };
  void add(std::string_view path, std::uint32_t slot);
  std::uint32_t child(std::uint32_t node, const std::string& key);
  void forget_values() {
    for (Value& value : values_) value.kind = Value::Kind::kMissing;
  }
  /// The child of `node` that a key leads to, or kUnwanted.
  [[nodiscard]] std::uint32_t find(const Node& node, std::string_view key) const;
  /// A key that is not the one at `next` in the order: found elsewhere in it, or put there. `next` moves
  /// behind it. Lifetime: until the next call.
  const Seen& expect(Node& node, std::size_t& next, std::string_view key);
  [[nodiscard]] Seen seen(const Node& node, std::string_view key) const;

  std::vector<Node> nodes_;
  std::vector<Value> values_;
  std::size_t json_slot_;
  std::string json_text_;
  Seen not_kept_;
};

}  // namespace slod::decode
