// Admission: which label sets are a group of an SLO, decided in journal order up to the caps; what comes
// later belongs to one overflow group, so that totals stay exact. It decides before the shards count, and so
// the decision does not depend on their number. Memory for a label set that is not admitted: one bit. Engine
// thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "slod/config/config.h"
#include "slod/core/dictionary.h"

namespace slod::engine {

/// "Of this SLO the label set is in this group"; of a new group also its values, in the order of group_by.
struct Admitted {
  std::uint32_t slo = 0;
  LabelSetId labels = 0;
  std::uint32_t group = 0;  ///< dense; a group that was not named before is new
  bool overflow = false;
  std::vector<StringId> values;
};

class Admission {
 public:
  Admission(const Config& config, Dictionary& dictionary);

  /// Whether the label set was decided on before.
  [[nodiscard]] bool knows(std::size_t slo, LabelSetId labels) const {
    const std::vector<std::uint64_t>& asked = slos_[slo].asked;
    const std::size_t word = labels / 64;
    return word < asked.size() && ((asked[word] >> (labels % 64)) & 1) != 0;
  }
  /// What the shard that counts the SLO has to learn before it counts the label set; nothing if it needs not.
  /// Requires: !knows().
  [[nodiscard]] std::optional<Admitted> decide(std::size_t slo, LabelSetId labels);
  template <class A>
  void io(A& a) {
    for (Slo& slo : slos_) a(slo.asked, slo.by_values, slo.groups, slo.overflow);
    a(left_);
  }

 private:
  struct Slo {
    std::vector<StringId> keys;
    std::vector<std::uint64_t> asked;  ///< a bit for each LabelSetId
    std::map<std::vector<StringId>, std::uint32_t> by_values;
    std::uint32_t groups = 0;  ///< the overflow group included
    std::optional<std::uint32_t> overflow;
  };
  const Dictionary& dictionary_;
  std::vector<Slo> slos_;
  std::int64_t per_slo_, left_;
};

}  // namespace slod::engine
