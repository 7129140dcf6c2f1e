// Remap: a batch's rows, from its own dictionary to the journal's. Each distinct string and label set of the
// batch is looked up once. The dictionary of the journal is bounded: beyond kMaxStrings every new text is
// "__overflow__". Thread: the dictionary's owner (the committer, a replay).
#pragma once

#include <vector>

#include "slod/core/record.h"

namespace slod {

class Remapper {
 public:
  static constexpr std::uint32_t kMaxStrings = 30'000'000;

  /// Appends the batch's rows to `api` and `device` with ids of `global`.
  void append(const RecordBatch& batch, Dictionary& global, std::vector<ApiRow>& api,
              std::vector<DeviceRow>& device);

 private:
  StringId string(const Dictionary& local, StringId id, Dictionary& global);
  LabelSetId set(const Dictionary& local, LabelSetId id, Dictionary& global);

  std::vector<StringId> strings_;  ///< local to global; 0: not yet
  std::vector<LabelSetId> sets_;
  std::vector<Label> scratch_;
};

}  // namespace slod
