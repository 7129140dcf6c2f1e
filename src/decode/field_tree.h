// The fields that a format maps, compiled to a tree of keys: a document is walked once and each wanted value
// put into its slot, instead of looking up every field on its own. Loggers write their keys in the same order
// line after line, so each object remembers which key stood where: the usual price of a key is one
// comparison. Owned by one decoder.
#pragma once

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

  /// Slot i is paths[i]; an empty path is never found. `json_slot`: the one whose objects and arrays are
  /// wanted as text.
  explicit FieldTree(const std::vector<FieldPath>& paths, std::size_t json_slot = kNone);

  /// What the last document had, by slot. Views live until the parser's next document.
  [[nodiscard]] std::span<const Value> values() const { return values_; }

 private:
  friend class TreeWalk;
  static constexpr std::uint32_t kUnwanted = static_cast<std::uint32_t>(-1);
  struct Seen {
    std::string key;
    std::uint32_t child = kUnwanted;
  };
  struct Node {
    std::string key;
    std::vector<std::uint32_t> slots;
    std::vector<std::uint32_t> children;
    std::vector<Seen> order;  ///< by position in the object: the key that was there last time
  };
  void add(std::string_view path, std::uint32_t slot);
  std::uint32_t child(std::uint32_t node, const std::string& key);

  std::vector<Node> nodes_;
  std::vector<Value> values_;
  std::size_t json_slot_;
  std::string json_text_;
};

}  // namespace slod::decode
