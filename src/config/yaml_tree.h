// YAML text to an immutable tree whose every node knows its place. yaml-cpp parses; duplicate keys, invalid
// UTF-8, depth, size and alias bombs, which it lets pass, are faults here. JSON is YAML. Thread: any.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/faults.h"

namespace slod::config {

inline constexpr std::size_t kMostFileBytes = 4U << 20;
inline constexpr std::size_t kMostNodes = 200'000;  ///< of a file, with its aliases expanded
inline constexpr std::size_t kDeepest = 32;

struct Node {
  enum class Kind { kNull, kScalar, kList, kMap };
  struct Entry {
    std::shared_ptr<const Node> key, value;
  };
  Kind kind = Kind::kNull;
  std::string text;     ///< scalars
  bool quoted = false;  ///< a quoted scalar is text, whatever it looks like
  Place place;
  std::vector<std::shared_ptr<const Node>> items;
  std::vector<Entry> entries;
  std::size_t weight = 1;  ///< nodes in this subtree, aliases expanded
  std::size_t height = 1;
};
using NodePtr = std::shared_ptr<const Node>;

/// The one document of a file; a null node for an empty file; nullptr after a fault that leaves nothing to
/// walk.
[[nodiscard]] NodePtr parse_yaml(const SourceText& file, FaultList& faults);

/// A value in the tree together with the key that it stands under. Empty views answer "absent" to everything,
/// so that builders can go on after a fault. Lifetime: the tree outlives it.
class View {
 public:
  View() = default;
  View(const Node* key, const Node* value) : key_(key), value_(value) {}

  [[nodiscard]] bool present() const { return value_ != nullptr && value_->kind != Node::Kind::kNull; }
  [[nodiscard]] bool is_map() const { return value_ != nullptr && value_->kind == Node::Kind::kMap; }
  [[nodiscard]] bool is_list() const { return value_ != nullptr && value_->kind == Node::Kind::kList; }
  [[nodiscard]] bool is_scalar() const { return value_ != nullptr && value_->kind == Node::Kind::kScalar; }
  [[nodiscard]] bool quoted() const { return is_scalar() && value_->quoted; }
  [[nodiscard]] const Node* node() const { return value_; }

  [[nodiscard]] View operator[](std::string_view key) const;
  /// The key's text; "" for list items.
  [[nodiscard]] std::string key() const { return key_ != nullptr ? key_->text : ""; }
  /// A scalar's text, or `otherwise`.
  [[nodiscard]] std::string text(const std::string& otherwise = "") const {
    return is_scalar() ? value_->text : otherwise;
  }
  /// A list's items; one value stands for a list of one.
  [[nodiscard]] std::vector<View> items() const;
  /// A mapping's entries, in file order.
  [[nodiscard]] std::vector<View> entries() const;
  [[nodiscard]] std::vector<std::string> texts() const;
  /// Where the value stands (its key, if the value is empty).
  [[nodiscard]] Place at() const;
  [[nodiscard]] Place key_at() const;

 private:
  const Node* key_ = nullptr;
  const Node* value_ = nullptr;
};

}  // namespace slod::config
