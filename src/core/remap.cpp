#include "slod/core/remap.h"

#include <algorithm>

namespace slod {
namespace {

/// The place of an id, made on first sight.
template <typename T>
T& place(std::vector<T>& known, T id) {
  if (id >= known.size()) known.resize(std::max<std::size_t>(id + 1, known.size() * 2), 0);
  return known[id];
}

}  // namespace

void Translation::reset(const Dictionary& from) {
  strings_.assign(from.string_count(), 0);
  sets_.assign(from.label_set_count(), 0);
}

StringId Translation::string(const Dictionary& from, StringId id, Dictionary& to) {
  if (id == 0) return 0;
  StringId& known = place(strings_, id);
  if (known != 0) return known;
  const std::string_view text = from.text(id);
  if (to.string_count() < kMaxStrings) return known = to.intern(text);
  known = to.find(text);
  return known != 0 ? known : known = to.intern("__overflow__");
}

LabelSetId Translation::set(const Dictionary& from, LabelSetId id, Dictionary& to) {
  if (id == 0) return 0;
  if (const LabelSetId known = place(sets_, id); known != 0) return known;
  scratch_.clear();
  for (const Label& label : from.labels(id)) {
    scratch_.push_back({string(from, label.key, to), string(from, label.value, to)});
  }
  return sets_[id] = to.intern_labels(scratch_);
}

ApiRow Translation::row(const Dictionary& from, ApiRow row, Dictionary& to) {
  row.source = string(from, row.source, to);
  row.route = string(from, row.route, to);
  row.device = string(from, row.device, to);
  row.labels = set(from, row.labels, to);
  return row;
}

DeviceRow Translation::row(const Dictionary& from, DeviceRow row, Dictionary& to) {
  row.source = string(from, row.source, to);
  row.device = string(from, row.device, to);
  row.word = string(from, row.word, to);
  row.labels = set(from, row.labels, to);
  row.values = set(from, row.values, to);
  return row;
}

void Remapper::append(const RecordBatch& batch, Dictionary& global, std::vector<ApiRow>& api,
                      std::vector<DeviceRow>& device) {
  translation_.reset(batch.dictionary);
  // Look-ups side by side: each waits for memory, and none for another.
  for (StringId id = 1; id < batch.dictionary.string_count(); ++id)
    translation_.string(batch.dictionary, id, global);
  api.reserve(api.size() + batch.api.size());
  for (const ApiRow& row : batch.api) api.push_back(translation_.row(batch.dictionary, row, global));
  device.reserve(device.size() + batch.device.size());
  for (const DeviceRow& row : batch.device) device.push_back(translation_.row(batch.dictionary, row, global));
}

}  // namespace slod
