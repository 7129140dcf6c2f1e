#include "slod/core/record.h"

#include "slod/core/hash.h"

namespace slod {

Digest digest_of(std::string_view text) {
  if (text.empty()) return {};
  Digest digest{hash_bytes(text, 0x9e3779b97f4a7c15), hash_bytes(text, 0x2545f4914f6cdd1d)};
  if (digest.empty()) digest.lo = 1;
  return digest;
}

std::uint64_t SourceCounts::rejected_total() const {
  std::uint64_t total = 0;
  for (const auto& [reason, count] : rejected) total += count;
  return total;
}

void SourceCounts::add(const SourceCounts& more) {
  accepted += more.accepted;
  ignored += more.ignored;
  late += more.late;
  duplicate += more.duplicate;
  shed += more.shed;
  for (const auto& [reason, count] : more.rejected) rejected[reason] += count;
}

void RecordBatch::clear() {
  dictionary.clear();
  api.clear();
  device.clear();
  counts = {};
  unmatched_paths.clear();
}

}  // namespace slod
