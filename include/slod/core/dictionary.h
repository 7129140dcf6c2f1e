// Dictionary: strings and label sets as dense ids, so that everything behind the journal works on integers.
// Ids are given in order of first use; the committer interns in journal order, so equal journals give equal
// ids. Thread: one writer (the owner). Any thread may look up an id that it received from the writer through
// a queue: entries never move and never change once their id has been handed out. Decoders use one of their
// own per batch (clear() keeps the memory) and the committer maps its ids to the global ones.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slod {

/// 0 is the empty string: a missing field and a missing label read as "".
using StringId = std::uint32_t;
/// 0 is the empty label set.
using LabelSetId = std::uint32_t;

struct Label {
  StringId key = 0;
  StringId value = 0;
  friend bool operator==(const Label&, const Label&) = default;
};

class Dictionary {
 public:
  Dictionary();
  ~Dictionary();
  Dictionary(Dictionary&&) noexcept;
  Dictionary& operator=(Dictionary&&) noexcept;
  Dictionary(const Dictionary&) = delete;
  Dictionary& operator=(const Dictionary&) = delete;

  /// The id of `text`, new or known. The bytes are copied. Owner thread only.
  StringId intern(std::string_view text);
  /// The id of a text that was interned, or 0. Owner thread only.
  [[nodiscard]] StringId find(std::string_view text) const;
  /// The id of this set. Order of `labels` matters not; labels with an empty value are left out. Owner thread
  /// only.
  LabelSetId intern_labels(std::span<const Label> labels);

  /// Lifetime: as long as the dictionary (or until clear()).
  [[nodiscard]] std::string_view text(StringId id) const;
  /// Sorted by key id.
  [[nodiscard]] std::span<const Label> labels(LabelSetId id) const;
  /// The value of `key` in the set, 0 ("") where missing.
  [[nodiscard]] StringId value(LabelSetId set, StringId key) const;

  [[nodiscard]] std::uint32_t string_count() const;
  [[nodiscard]] std::uint32_t label_set_count() const;

  /// Forgets everything, keeps the memory: for a decoder's batch. Requires: nobody else holds an id.
  void clear();

  /// Read into a dictionary that holds nothing, or the first of the same entries: ids come out as they were.
  template <class A>
  void io(A& a);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

template <class A>
void Dictionary::io(A& a) {
  std::string text_of;
  const auto strings = static_cast<std::uint32_t>(a.count(string_count()));
  for (std::uint32_t id = 0; id < strings && a.good(); ++id) {
    if constexpr (!A::kReads) text_of = text(id);
    a(text_of);
    if constexpr (A::kReads) {
      if (intern(text_of) != id) a.fail();
    }
  }
  std::vector<Label> set;
  const auto sets = static_cast<std::uint32_t>(a.count(label_set_count()));
  for (std::uint32_t id = 0; id < sets && a.good(); ++id) {
    if constexpr (!A::kReads) set.assign(labels(id).begin(), labels(id).end());
    a(set);
    if constexpr (A::kReads) {
      if (intern_labels(set) != id) a.fail();
    }
  }
}

}  // namespace slod
