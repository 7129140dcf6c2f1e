// Words: the strings and label sets of one stream in one segment, numbered 1, 2, 3... in order of first use
// (0: empty). New ones are stored with the group that first uses them, so that a reader needs nothing but the
// segment in order, and fleet's can be dropped while those of journeys stay. docs/journal-format.md, "Words".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "slod/core/dictionary.h"

namespace slod::journal {

/// From the segment's numbers to a dictionary.
class WordsReader {
 public:
  explicit WordsReader(Dictionary& dictionary) : dictionary_(&dictionary) {}
  /// Interns the entries in their order. False: malformed.
  bool add(std::string_view entries);
  /// Number 0 or one that add() has seen: false otherwise.
  [[nodiscard]] bool string(std::uint64_t number, StringId& id) const;
  [[nodiscard]] bool labels(std::uint64_t number, LabelSetId& id) const;
  [[nodiscard]] const std::vector<StringId>& strings() const { return strings_; }
  [[nodiscard]] const std::vector<LabelSetId>& sets() const { return sets_; }
  void clear();

 private:
  Dictionary* dictionary_;
  std::vector<StringId> strings_{0};
  std::vector<LabelSetId> sets_{0};
};

/// From the journal's dictionary to the segment's numbers. Thread: the committer.
class WordsWriter {
 public:
  explicit WordsWriter(Dictionary& dictionary) : dictionary_(&dictionary) {}

  std::uint32_t string(StringId id) {
    if (id == 0) return 0;
    if (id < strings_.size() && strings_[id] != 0) return strings_[id];
    return add_string(id);
  }
  std::uint32_t labels(LabelSetId id) {
    if (id == 0) return 0;
    if (id < sets_.size() && sets_[id] != 0) return sets_[id];
    return add_labels(id);
  }

  /// What string() and labels() have added since the last settle(); empty: nothing.
  [[nodiscard]] std::string entries() const;
  /// The group is durable: what it added stays.
  void settle();
  /// The group was not stored: forget what it added.
  void undo();
  /// Goes on where the segment stands (after a restart): `read` has seen all its entries.
  void take_over(const WordsReader& read);
  /// A new segment begins.
  void clear();

 private:
  std::uint32_t add_string(StringId id);
  std::uint32_t add_labels(LabelSetId id);
  Dictionary* dictionary_;
  std::vector<std::uint32_t> strings_, sets_;  ///< by id in the dictionary; 0: not in the segment
  std::uint32_t string_count_ = 0, set_count_ = 0;
  std::vector<StringId> new_strings_;
  std::vector<LabelSetId> new_sets_;
};

}  // namespace slod::journal
