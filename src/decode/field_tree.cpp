#include "decode/field_tree.h"

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

const FieldTree::Seen& FieldTree::remember(Node& node, std::size_t position, std::string_view key) {
  constexpr std::size_t kMostRemembered = 256;
  const bool keep = position < kMostRemembered && key.size() + 2 <= Seen::kLongest;
  if (keep && node.order.size() <= position) node.order.resize(position + 1);
  Seen& seen = keep ? node.order[position] : not_kept_;
  seen = {};
  seen.child = find(node, key);
  if (seen.child != kUnwanted) {
    const Node& child = nodes_[seen.child];
    if (child.slots.size() == 1 && child.children.empty()) seen.slot = child.slots.front();
  }
  if (!keep) return seen;
  seen.size = static_cast<std::uint32_t>(key.size() + 2);
  seen.quoted[0] = seen.quoted[key.size() + 1] = '"';
  key.copy(seen.quoted.data() + 1, key.size());
  return seen;
}

}  // namespace slod::decode
