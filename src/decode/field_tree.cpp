#include "decode/field_tree.h"

#include "slod/core/bytes.h"

namespace slod::decode {
namespace {

std::string unescaped(std::string_view token) {
  std::string key;
  for (std::size_t i = 0; i < token.size(); ++i) {
    const bool escape = token[i] == '~' && i + 1 < token.size();
    if (escape && token[i + 1] == '0') {
      key.push_back('~');
      ++i;
    } else if (escape && token[i + 1] == '1') {
      key.push_back('/');
      ++i;
    } else {
      key.push_back(token[i]);
    }
  }
  return key;
}

}  // namespace

std::vector<std::string> pointer_keys(std::string_view path) {
  if (path.empty()) return {};
  if (path.front() != '/') return {std::string(path)};
  std::vector<std::string> keys;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    keys.push_back(unescaped(path.substr(0, end)));
    path.remove_prefix(end);
  }
  return keys;
}

FieldTree::FieldTree(const std::vector<FieldPath>& paths, std::size_t json_slot)
    : nodes_(1), values_(paths.size()), json_slot_(json_slot) {
  for (std::size_t slot = 0; slot < paths.size(); ++slot) add(paths[slot], static_cast<std::uint32_t>(slot));
}

void FieldTree::add(std::string_view path, std::uint32_t slot) {
  if (path.empty()) return;
  std::uint32_t node = 0;
  for (const std::string& key : pointer_keys(path)) node = child(node, key);
  nodes_[node].slots.push_back(slot);
}

std::uint32_t FieldTree::child(std::uint32_t node, const std::string& key) {
  for (const std::uint32_t known : nodes_[node].children) {
    if (nodes_[known].key == key) return known;
  }
  const auto added = static_cast<std::uint32_t>(nodes_.size());
  nodes_[node].children.push_back(added);
  nodes_.emplace_back();
  nodes_.back().key = key;
  return added;
}

std::uint32_t FieldTree::find(const Node& node, std::string_view key) const {
  for (const std::uint32_t child : node.children) {
    if (nodes_[child].key == key) return child;
  }
  return kUnwanted;
}

FieldTree::Seen FieldTree::seen(const Node& node, std::string_view key) const {
  Seen made;
  made.child = find(node, key);
  if (made.child != kUnwanted) {
    const Node& child = nodes_[made.child];
    if (child.slots.size() == 1 && child.children.empty()) made.slot = child.slots.front();
  }
  const std::size_t length = key.size() + 3;
  if (length > Seen::kLongest) return made;
  made.size = static_cast<std::uint32_t>(length);
  made.front = length >= 16 ? 0xFFFFU : (1U << length) - 1;
  made.quoted[0] = made.quoted[length - 2] = '"';
  made.quoted[length - 1] = ':';
  key.copy(made.quoted.data() + 1, key.size());
  return made;
}

const FieldTree::Seen& FieldTree::expect(Node& node, std::size_t& next, std::string_view key) {
  constexpr std::size_t kMostRemembered = 128;
  const std::size_t count = node.order.size();
  // A field that is left out is the usual reason, so the search begins where the other one stood.
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = next + i < count ? next + i : next + i - count;
    const Seen& known = node.order[at];
    if (!same_text({known.quoted.data() + 1, known.size - 3}, key)) continue;
    next = at + 1;
    return known;
  }
  const Seen made = seen(node, key);
  if (made.size == 0) return not_kept_ = made;
  if (count >= kMostRemembered) {
    node.order.clear();
    next = 0;
  }
  return *node.order.insert(node.order.begin() + static_cast<std::ptrdiff_t>(next++), made);
}

}  // namespace slod::decode
