// All templates of one source as one trie. A literal child is one hash lookup whatever their number; captures
// of a node are tried from the most literal text to the least, a tail last; so the match whose literal comes
// earliest wins. Each node is visited at most once per match. Immutable once built, any thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "route/path_segments.h"
#include "route/template.h"

namespace slod::route {

/// A method in upper case as one word, 0 for "": eight letters hold them all but the odd ones of WebDAV.
using Method = std::uint64_t;
[[nodiscard]] Method method_word(std::string_view method);

class Trie {
 public:
  static constexpr std::uint32_t kNone = static_cast<std::uint32_t>(-1);

  Trie();
  /// `method` 0: any. The first of two equal templates counts.
  void add(const std::vector<Segment>& segments, Method method, int journey);

  /// Whether any template takes it: most of a log's requests need no more than this look.
  [[nodiscard]] bool takes(Method method) const {
    return any_method_ || std::find(methods_.begin(), methods_.end(), method) != methods_.end();
  }

  struct Found {
    int journey = -1;
    std::string_view device;  ///< as the path has it
  };
  [[nodiscard]] Found match(Method method, const PathSegments& path) const;

 private:
  struct Leaf {
    Method method = 0;
    int journey = -1;
  };
  struct Capture {
    std::string before, after;
    bool device = false;
    std::uint32_t node = kNone;
    [[nodiscard]] std::string_view of(std::string_view segment) const {
      return segment.substr(before.size(), segment.size() - before.size() - after.size());
    }
  };
  struct Node {
    std::vector<Leaf> ends;         ///< templates that end here
    std::vector<Leaf> tails;        ///< templates whose tail begins here
    std::vector<Capture> captures;  ///< most literal text first
    bool literals = false;          ///< has literal children
    /// What nearly all nodes are: literals only, or one capture of a whole segment; they need no choice.
    enum class Way : std::uint8_t { kLiteral, kWhole, kChoice } way = Way::kLiteral;
    void find_way();
  };
  /// A literal child. Its first eight bytes are all there is to most of them.
  struct Cell {
    std::uint64_t front = 0;
    std::uint32_t size = 0;
    std::uint32_t parent = kNone;
    std::uint32_t node = kNone;  ///< kNone: an empty cell
    std::uint32_t text = 0;      ///< index into texts_
  };
  /// What one match asks for and finds.
  struct Search {
    Method method = 0;
    const PathSegments& path;
    Found found;
  };
  /// `from`: the segments before it led to `node`.
  [[nodiscard]] bool walk(std::uint32_t node, std::size_t from, Search& search) const;
  [[nodiscard]] bool branch(const Node& at, std::uint32_t literal_child, std::size_t from,
                            Search& search) const;
  [[nodiscard]] static bool ends(const Node& at, Search& search);
  [[nodiscard]] static bool fits(const Capture& capture, std::string_view segment);
  [[nodiscard]] static int choose(const std::vector<Leaf>& leaves, Method method);
  [[nodiscard]] std::uint32_t literal(std::uint32_t parent, std::string_view text) const;
  std::uint32_t add_literal(std::uint32_t parent, std::string_view text);
  std::uint32_t add_capture(std::uint32_t parent, const Segment& segment);
  void place(const Cell& cell);

  std::vector<Node> nodes_;
  std::vector<Cell> cells_;
  std::size_t mask_;  ///< cells_.size() - 1
  std::vector<std::string> texts_;
  std::vector<Method> methods_;  ///< each once
  bool any_method_ = false;
};

}  // namespace slod::route
