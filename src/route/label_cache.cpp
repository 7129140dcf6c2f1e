#include "route/label_cache.h"

#include "slod/core/hash.h"

namespace slod::route {

LabelSetId LabelCache::set_of(std::span<const std::string_view> values, Dictionary& dictionary) {
  if (values.empty()) return 0;
  std::uint64_t hash = 0;
  for (const std::string_view value : values) hash = hash_bytes(value, hash);
  const std::size_t at = hash % kEntries;
  Entry& entry = entries_[at];
  if (entry.generation == generation_ && entry.hash == hash && same(at, values, dictionary)) return entry.set;
  entry = {generation_, hash, intern(at, values, dictionary)};
  return entry.set;
}

bool LabelCache::same(std::size_t entry, std::span<const std::string_view> values,
                      const Dictionary& dictionary) const {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (dictionary.text(ids_[entry * names_.size() + i]) != values[i]) return false;
  }
  return true;
}

LabelSetId LabelCache::intern(std::size_t entry, std::span<const std::string_view> values,
                              Dictionary& dictionary) {
  if (ids_.empty()) ids_.resize(kEntries * names_.size());
  labels_.clear();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const StringId value = dictionary.intern(values[i]);
    ids_[entry * names_.size() + i] = value;
    if (value != 0) labels_.push_back({dictionary.intern(names_[i]), value});
  }
  return dictionary.intern_labels(labels_);
}

}  // namespace slod::route
