#include "route/trie.h"

#include <algorithm>

#include "slod/core/bytes.h"
#include "slod/core/hash.h"

namespace slod::route {

Method method_word(std::string_view method) {
  const auto upper = [](char c) {
    return static_cast<unsigned char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  };
  Method word = 0;
  if (method.size() <= sizeof word) {
    for (std::size_t i = 0; i < method.size(); ++i) word |= Method{upper(method[i])} << (8 * i);
    return word;
  }
  for (const char c : method) word = mix64(word ^ upper(c), 0x9e3779b97f4a7c15);
  return word | Method{1} << 63U;
}

Trie::Trie() : nodes_(1), cells_(16) {}

void Trie::place(const Cell& cell) {
  std::size_t at = cell.hash & (cells_.size() - 1);
  while (cells_[at].node != kNone) at = (at + 1) & (cells_.size() - 1);
  cells_[at] = cell;
}

std::uint32_t Trie::literal(std::uint32_t parent, std::string_view text) const {
  const Node& node = nodes_[parent];
  if (node.literals > kFew) return hashed(parent, text);
  for (const std::uint32_t known : node.few) {
    if (same_text(texts_[known].text, text)) return texts_[known].node;
  }
  return kNone;
}

std::uint32_t Trie::hashed(std::uint32_t parent, std::string_view text) const {
  const std::uint64_t hash = hash_bytes(text, parent);
  for (std::size_t at = hash & (cells_.size() - 1);; at = (at + 1) & (cells_.size() - 1)) {
    const Cell& cell = cells_[at];
    if (cell.node == kNone) return kNone;
    if (cell.hash == hash && cell.parent == parent && texts_[cell.text].text == text) return cell.node;
  }
}

std::uint32_t Trie::add_literal(std::uint32_t parent, std::string_view text) {
  if (const std::uint32_t known = literal(parent, text); known != kNone) return known;
  const auto node = static_cast<std::uint32_t>(nodes_.size());
  nodes_.emplace_back();
  if (++nodes_[parent].literals <= kFew)
    nodes_[parent].few.push_back(static_cast<std::uint32_t>(texts_.size()));
  texts_.push_back({std::string(text), node});
  if (texts_.size() * 4 > cells_.size()) {
    std::vector<Cell> old(cells_.size() * 2);
    old.swap(cells_);
    for (const Cell& cell : old) {
      if (cell.node != kNone) place(cell);
    }
  }
  place({hash_bytes(text, parent), parent, node, static_cast<std::uint32_t>(texts_.size() - 1)});
  return node;
}

std::uint32_t Trie::add_capture(std::uint32_t parent, const Segment& segment) {
  const bool device = segment.text == "device";
  for (const Capture& known : nodes_[parent].captures) {
    if (known.before == segment.before && known.after == segment.after && known.device == device)
      return known.node;
  }
  const auto node = static_cast<std::uint32_t>(nodes_.size());
  nodes_.emplace_back();
  std::vector<Capture>& captures = nodes_[parent].captures;
  captures.push_back({segment.before, segment.after, device, node});
  std::stable_sort(captures.begin(), captures.end(), [](const Capture& a, const Capture& b) {
    return a.before.size() + a.after.size() > b.before.size() + b.after.size();
  });
  return node;
}

void Trie::add(const std::vector<Segment>& segments, Method method, int journey) {
  std::uint32_t node = 0;
  bool tail = false;
  for (const Segment& segment : segments) {
    if (segment.kind == Segment::Kind::kTail) {
      tail = true;
      break;
    }
    node = segment.kind == Segment::Kind::kLiteral ? add_literal(node, segment.text)
                                                   : add_capture(node, segment);
  }
  auto& leaves = tail ? nodes_[node].tails : nodes_[node].ends;
  leaves.push_back({method, journey});
}

int Trie::choose(const std::vector<Leaf>& leaves, Method method) {
  int any = -1;
  for (const Leaf& leaf : leaves) {
    if (leaf.method == method && method != 0) return leaf.journey;
    if (leaf.method == 0 && any < 0) any = leaf.journey;
  }
  return any;
}

Trie::Found Trie::match(Method method, const PathSegments& path) const {
  Search search{method, path, {}};
  return path.is_path() && walk(0, 0, search) ? search.found : Found{};
}

/// Depth is that of the templates, not of the path.
// NOLINTNEXTLINE(misc-no-recursion)
bool Trie::walk(std::uint32_t node, std::size_t from, Search& search) const {
  const Node& at = nodes_[node];
  int& journey = search.found.journey;
  if (from == search.path.size()) {
    journey = choose(at.ends, search.method);
    if (journey < 0) journey = choose(at.tails, search.method);
    return journey >= 0;
  }
  const std::uint32_t next = at.literals != 0 ? literal(node, search.path[from]) : kNone;
  if (next != kNone && walk(next, from + 1, search)) return true;
  if (!at.captures.empty() && walk_captures(at, from, search)) return true;
  journey = choose(at.tails, search.method);
  return journey >= 0;
}

// NOLINTNEXTLINE(misc-no-recursion)
bool Trie::walk_captures(const Node& at, std::size_t from, Search& search) const {
  const std::string_view segment = search.path[from];
  for (const Capture& capture : at.captures) {
    const std::size_t around = capture.before.size() + capture.after.size();
    if (segment.size() <= around || !segment.starts_with(capture.before) || !segment.ends_with(capture.after))
      continue;
    if (!walk(capture.node, from + 1, search)) continue;
    if (capture.device) search.found.device = segment.substr(capture.before.size(), segment.size() - around);
    return true;
  }
  return false;
}

}  // namespace slod::route
