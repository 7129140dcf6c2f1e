#include "slod/core/remap.h"

namespace slod {

void Remapper::append(const RecordBatch& batch, Dictionary& global, std::vector<ApiRow>& api,
                      std::vector<DeviceRow>& device) {
  const Dictionary& local = batch.dictionary;
  strings_.assign(local.string_count(), 0);
  sets_.assign(local.label_set_count(), 0);
  api.reserve(api.size() + batch.api.size());
  for (ApiRow row : batch.api) {
    row.source = string(local, row.source, global);
    row.route = string(local, row.route, global);
    row.device = string(local, row.device, global);
    row.labels = set(local, row.labels, global);
    api.push_back(row);
  }
  device.reserve(device.size() + batch.device.size());
  for (DeviceRow row : batch.device) {
    row.source = string(local, row.source, global);
    row.device = string(local, row.device, global);
    row.word = string(local, row.word, global);
    row.labels = set(local, row.labels, global);
    row.values = set(local, row.values, global);
    device.push_back(row);
  }
}

StringId Remapper::string(const Dictionary& local, StringId id, Dictionary& global) {
  StringId& known = strings_[id];
  if (known != 0 || id == 0) return known;
  const std::string_view text = local.text(id);
  if (global.string_count() < kMaxStrings) return known = global.intern(text);
  known = global.find(text);
  return known != 0 ? known : known = global.intern("__overflow__");
}

LabelSetId Remapper::set(const Dictionary& local, LabelSetId id, Dictionary& global) {
  LabelSetId& known = sets_[id];
  if (known != 0 || id == 0) return known;
  scratch_.clear();
  for (const Label& label : local.labels(id)) {
    scratch_.push_back({string(local, label.key, global), string(local, label.value, global)});
  }
  return known = global.intern_labels(scratch_);
}

}  // namespace slod
