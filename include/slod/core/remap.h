// From one dictionary's ids to another's. A Translation remembers what it has looked up, so each distinct
// string and label set costs one look-up. Two uses: a decoder's batch into the journal's dictionary
// (forgotten after each batch), and the journal's dictionary, which the committer writes, into the engine's
// own, which the evaluator writes (kept for ever): no dictionary has two writers. Thread: the owner of the
// dictionary that is written to.
#pragma once

#include <vector>

#include "slod/core/record.h"

namespace slod {

class Translation {
 public:
  /// The dictionary that is written to is bounded: beyond this many strings every new one is "__overflow__".
  static constexpr std::uint32_t kMaxStrings = 30'000'000;

  /// Forgets what it knows: `from` is what comes next.
  void reset(const Dictionary& from);
  StringId string(const Dictionary& from, StringId id, Dictionary& to);
  LabelSetId set(const Dictionary& from, LabelSetId id, Dictionary& to);
  /// The row with ids of `to`.
  [[nodiscard]] ApiRow row(const Dictionary& from, ApiRow row, Dictionary& to);
  [[nodiscard]] DeviceRow row(const Dictionary& from, DeviceRow row, Dictionary& to);

 private:
  std::vector<StringId> strings_;  ///< 0: not yet
  std::vector<LabelSetId> sets_;
  std::vector<Label> scratch_;
};

/// Batches into one dictionary.
class Remapper {
 public:
  /// Appends the batch's rows to `api` and `device` with ids of `global`.
  void append(const RecordBatch& batch, Dictionary& global, std::vector<ApiRow>& api,
              std::vector<DeviceRow>& device);

 private:
  Translation translation_;
};

}  // namespace slod
