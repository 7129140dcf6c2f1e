// All templates of one source as one trie. A literal child is one hash lookup whatever their number, or a few
// comparisons; captures
// of a node are tried from the most literal text to the least, a tail last; so the match whose literal comes
// earliest wins. Each node is visited at most once per match. Immutable once built, any thread.
#pragma once

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
  };
  struct Node {
    std::vector<Leaf> ends;          ///< templates that end here
    std::vector<Leaf> tails;         ///< templates whose tail begins here
    std::vector<Capture> captures;   ///< most literal text first
    std::vector<std::uint32_t> few;  ///< the literal children, where they are few: indices into texts_
    std::size_t literals = 0;        ///< how many there are
  };
  static constexpr std::size_t kFew = 4;
  struct Cell {
    std::uint64_t hash = 0;
    std::uint32_t parent = kNone;
    std::uint32_t node = kNone;  ///< kNone: an empty cell
    std::uint32_t text = 0;
  };
  /// What one match asks for and finds.
  struct Search {
    Method method = 0;
    const PathSegments& path;
    Found found;
  };
  /// `from`: the segments before it led to `node`.
  [[nodiscard]] bool walk(std::uint32_t node, std::size_t from, Search& search) const;
  [[nodiscard]] bool walk_captures(const Node& at, std::size_t from, Search& search) const;
  [[nodiscard]] static int choose(const std::vector<Leaf>& leaves, Method method);
  [[nodiscard]] std::uint32_t literal(std::uint32_t parent, std::string_view text) const;
  [[nodiscard]] std::uint32_t hashed(std::uint32_t parent, std::string_view text) const;
  std::uint32_t add_literal(std::uint32_t parent, std::string_view text);
  std::uint32_t add_capture(std::uint32_t parent, const Segment& segment);
  void place(const Cell& cell);

  std::vector<Node> nodes_;
  std::vector<Cell> cells_;
  struct Literal {
    std::string text;
    std::uint32_t node = kNone;
  };
  std::vector<Literal> texts_;
};

}  // namespace slod::route
