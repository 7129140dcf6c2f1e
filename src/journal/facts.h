// The small parts of a group: controls, counts, positions, keys. docs/journal-format.md, "Control" and
// following.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "slod/journal/journal.h"

namespace slod::journal {

/// First in every group: how many rows the others hold, and which parts there must be.
struct Contents {
  std::size_t api = 0;
  std::size_t device = 0;
  bool counts = false;
  bool positions = false;
  std::size_t legs = 0;  ///< of the device rows: commands and replies, which are journeys' (from version 2)
};

[[nodiscard]] std::string encode_controls(const Contents& contents, const std::vector<Control>& controls,
                                          Time stamp);
bool decode_controls(std::string_view bytes, Time stamp, Contents& contents, std::vector<Control>& controls);

using Counts = std::vector<std::pair<std::string, SourceCounts>>;
[[nodiscard]] std::string encode_counts(const Counts& counts);
bool decode_counts(std::string_view bytes, Counts& counts);

[[nodiscard]] std::string encode_positions(const std::vector<SourcePosition>& positions);
bool decode_positions(std::string_view bytes, std::vector<SourcePosition>& positions);

[[nodiscard]] std::string encode_keys(const std::vector<StoredKey>& keys, Time stamp);
bool decode_keys(std::string_view bytes, Time stamp, std::vector<StoredKey>& keys);

}  // namespace slod::journal
