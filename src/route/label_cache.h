// Label sets of a batch without interning every label of every record: fleets send few different sets, so a
// record's values are hashed together and compared with the set that had the hash before. Belongs to one
// batch's dictionary at a time; reset() when that changes. Owned by one intake.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "slod/core/dictionary.h"

namespace slod::route {

class LabelCache {
 public:
  explicit LabelCache(const std::vector<std::string>& names) : names_(names) {}

  void reset() { ++generation_; }
  /// The set of names[i] = values[i], interned; empty values are left out.
  LabelSetId set_of(std::span<const std::string_view> values, Dictionary& dictionary);

 private:
  static constexpr std::size_t kEntries = 256;
  struct Entry {
    std::uint64_t generation = 0;
    std::uint64_t hash = 0;
    LabelSetId set = 0;
  };
  [[nodiscard]] bool same(std::size_t entry, std::span<const std::string_view> values) const;
  LabelSetId intern(std::size_t entry, std::span<const std::string_view> values, Dictionary& dictionary);

  std::vector<std::string> names_;
  std::uint64_t generation_ = 1;
  std::vector<Entry> entries_ = std::vector<Entry>(kEntries);
  std::vector<std::string_view> texts_;  ///< the dictionary's, of entry e at e * names_.size()
  std::vector<Label> labels_;
};

}  // namespace slod::route
