#include "route/trie.h"

#include <algorithm>

#include "slod/core/hash.h"

namespace slod::route {

namespace {

constexpr std::uint64_t kEach = 0x0101010101010101;
constexpr std::uint64_t kHigh = 0x80 * kEach;

/// The eight letters of a word in upper case, what is no ASCII letter as it is.
std::uint64_t upper_word(std::uint64_t word) {
  const std::uint64_t low = word & ~kHigh;
  const std::uint64_t from_a = low + (0x80 - 'a') * kEach;
  const std::uint64_t behind_z = low + (0x7F - 'z') * kEach;
  return word - (((from_a ^ behind_z) & ~word & kHigh) >> 2U);
}

std::uint64_t front_of(std::string_view text) {
  return load_word(text.data(), std::min<std::size_t>(text.size(), 8));
}

std::uint64_t hash_of(std::uint64_t front, std::size_t size, std::uint32_t parent) {
  return mix64(front ^ 0xa0761d6478bd642f, (std::uint64_t{parent} << 32U | size) ^ 0xe7037ed1a0b428db);
}

}  // namespace

Method method_word(std::string_view method) {
  if (method.size() <= sizeof(Method)) return upper_word(load_word(method.data(), method.size()));
  Method word = 0;
  for (const char c : method)
    word = mix64(word ^ upper_word(static_cast<unsigned char>(c)), 0x9e3779b97f4a7c15);
  return word | Method{1} << 63U;
}

Trie::Trie() : nodes_(1), cells_(16), mask_(cells_.size() - 1) {}

void Trie::place(const Cell& cell) {
  std::size_t at = hash_of(cell.front, cell.size, cell.parent) & mask_;
  while (cells_[at].node != kNone) at = (at + 1) & mask_;
  cells_[at] = cell;
}

inline std::uint32_t Trie::literal(std::uint32_t parent, std::string_view text) const {
  const std::uint64_t front = front_of(text);
  for (std::size_t at = hash_of(front, text.size(), parent);; ++at) {
    const Cell& cell = cells_[at & mask_];
    if (cell.node == kNone) return kNone;
    if (cell.front != front || cell.size != text.size() || cell.parent != parent) continue;
    if (text.size() <= sizeof front || texts_[cell.text] == text) return cell.node;
  }
}

std::uint32_t Trie::add_literal(std::uint32_t parent, std::string_view text) {
  if (const std::uint32_t known = literal(parent, text); known != kNone) return known;
  const auto node = static_cast<std::uint32_t>(nodes_.size());
  nodes_.emplace_back();
  nodes_[parent].literals = true;
  texts_.emplace_back(text);
  if (texts_.size() * 4 > cells_.size()) {
    std::vector<Cell> old(cells_.size() * 2);
    old.swap(cells_);
    mask_ = cells_.size() - 1;
    for (const Cell& cell : old) {
      if (cell.node != kNone) place(cell);
    }
  }
  place({front_of(text), static_cast<std::uint32_t>(text.size()), parent, node,
         static_cast<std::uint32_t>(texts_.size() - 1)});
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
    const std::uint32_t parent = node;
    node = segment.kind == Segment::Kind::kLiteral ? add_literal(node, segment.text)
                                                   : add_capture(node, segment);
    nodes_[parent].find_way();
  }
  if (std::find(methods_.begin(), methods_.end(), method) == methods_.end()) methods_.push_back(method);
  any_method_ = any_method_ || method == 0;
  auto& leaves = tail ? nodes_[node].tails : nodes_[node].ends;
  leaves.push_back({method, journey});
  nodes_[node].find_way();
}

void Trie::Node::find_way() {
  if (captures.empty() && tails.empty()) return;
  const bool whole =
      !literals && captures.size() == 1 && captures.front().before.empty() && captures.front().after.empty();
  way = whole && tails.empty() ? Way::kWhole : Way::kChoice;
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

/// Descends while there is one way, and branches where there are several. Depth is that of the templates, not
/// of the path.
// NOLINTNEXTLINE(misc-no-recursion)
bool Trie::walk(std::uint32_t node, std::size_t from, Search& search) const {
  std::string_view device;
  for (; from < search.path.size(); ++from) {
    const Node& at = nodes_[node];
    const std::string_view segment = search.path[from];
    if (at.way == Node::Way::kChoice) {
      if (!branch(at, at.literals ? literal(node, segment) : kNone, from, search)) return false;
      if (!device.empty()) search.found.device = device;
      return true;
    }
    if (at.way == Node::Way::kLiteral) {
      node = literal(node, segment);
    } else {
      if (at.captures.front().device) device = segment;
      node = segment.empty() ? kNone : at.captures.front().node;
    }
    if (node == kNone) return false;
  }
  if (!ends(nodes_[node], search)) return false;
  if (!device.empty()) search.found.device = device;
  return true;
}

inline bool Trie::ends(const Node& at, Search& search) {
  int& journey = search.found.journey;
  journey = choose(at.ends, search.method);
  if (journey < 0) journey = choose(at.tails, search.method);
  return journey >= 0;
}

inline bool Trie::fits(const Capture& capture, std::string_view segment) {
  return segment.size() > capture.before.size() + capture.after.size() &&
         segment.starts_with(capture.before) && segment.ends_with(capture.after);
}

// NOLINTNEXTLINE(misc-no-recursion)
bool Trie::branch(const Node& at, std::uint32_t literal_child, std::size_t from, Search& search) const {
  if (literal_child != kNone && walk(literal_child, from + 1, search)) return true;
  const std::string_view segment = search.path[from];
  for (const Capture& capture : at.captures) {
    if (!fits(capture, segment) || !walk(capture.node, from + 1, search)) continue;
    if (capture.device) search.found.device = capture.of(segment);
    return true;
  }
  search.found.journey = choose(at.tails, search.method);
  return search.found.journey >= 0;
}

}  // namespace slod::route
