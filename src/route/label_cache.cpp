#include "route/label_cache.h"

#include <algorithm>

#include "slod/core/bytes.h"
#include "slod/core/hash.h"

namespace slod::route {
namespace {

/// Of a short text two words that overlap hold everything.
std::uint64_t add_hash(std::uint64_t hash, std::string_view text) {
  if (text.size() > 16) return hash_bytes(text, hash);
  const std::size_t n = std::min<std::size_t>(text.size(), 8);
  return mix64(load_word(text.data(), n) ^ hash,
               load_word(text.data() + text.size() - n, n) ^ (text.size() * 0xe7037ed1a0b428db));
}

}  // namespace

LabelSetId LabelCache::set_of(std::span<const std::string_view> values, Dictionary& dictionary) {
  if (values.empty()) return 0;
  std::uint64_t hash = 0xa0761d6478bd642f;
  for (const std::string_view value : values) hash = add_hash(hash, value);
  const std::size_t at = hash % kEntries;
  Entry& entry = entries_[at];
  if (entry.generation == generation_ && entry.hash == hash && same(at, values)) return entry.set;
  entry = {generation_, hash, intern(at, values, dictionary)};
  return entry.set;
}

bool LabelCache::same(std::size_t entry, std::span<const std::string_view> values) const {
  const std::string_view* known = &texts_[entry * names_.size()];
  for (const std::string_view value : values) {
    if (!same_text(*known++, value)) return false;
  }
  return true;
}

LabelSetId LabelCache::intern(std::size_t entry, std::span<const std::string_view> values,
                              Dictionary& dictionary) {
  if (texts_.empty()) texts_.resize(kEntries * names_.size());
  labels_.clear();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const StringId value = dictionary.intern(values[i]);
    texts_[entry * names_.size() + i] = dictionary.text(value);
    if (value != 0) labels_.push_back({dictionary.intern(names_[i]), value});
  }
  return dictionary.intern_labels(labels_);
}

}  // namespace slod::route
