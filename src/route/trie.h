// All templates of one source as one trie. A literal child is one hash lookup whatever their number; captures
// of a node are tried from the most literal text to the least, a tail last; so the match whose literal comes
// earliest wins. Each node is visited at most once per match. Immutable once built, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "route/template.h"

namespace slod::route {

class Trie {
 public:
  static constexpr std::uint32_t kNone = static_cast<std::uint32_t>(-1);

  Trie();
  /// `method` "": any. The first of two equal templates counts.
  void add(const std::vector<Segment>& segments, std::string_view method, int journey);

  struct Found {
    int journey = -1;
    std::string_view device;  ///< as the path has it
  };
  /// `path` begins with '/', without query and trailing slash; `method` in upper case.
  [[nodiscard]] Found match(std::string_view method, std::string_view path) const;

 private:
  struct Leaf {
    std::string method;
    int journey = -1;
  };
  struct Capture {
    std::string before, after;
    bool device = false;
    std::uint32_t node = kNone;
  };
  struct Node {
    std::vector<Leaf> ends;         ///< templates that end here
    std::vector<Leaf> tails;        ///< templates whose tail begins here
    std::vector<Capture> captures;  ///< most literal text first
    bool literals = false;
  };
  struct Cell {
    std::uint64_t hash = 0;
    std::uint32_t parent = kNone;
    std::uint32_t node = kNone;  ///< kNone: an empty cell
    std::uint32_t text = 0;
  };
  [[nodiscard]] bool walk(std::uint32_t node, std::string_view method, std::string_view rest,
                          Found& found) const;
  [[nodiscard]] bool walk_captures(const Node& at, std::string_view method, std::string_view segment,
                                   std::string_view rest, Found& found) const;
  [[nodiscard]] static int choose(const std::vector<Leaf>& leaves, std::string_view method);
  [[nodiscard]] std::uint32_t literal(std::uint32_t parent, std::string_view text) const;
  std::uint32_t add_literal(std::uint32_t parent, std::string_view text);
  std::uint32_t add_capture(std::uint32_t parent, const Segment& segment);
  void place(const Cell& cell);

  std::vector<Node> nodes_;
  std::vector<Cell> cells_;
  std::vector<std::string> texts_;
};

}  // namespace slod::route
