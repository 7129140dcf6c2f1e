// Admission: which label sets are a group of an SLO, decided in journal order up to the caps; what comes
// later belongs to the SLO's overflow group, so that totals stay exact. Caps are each SLO's, counts are a
// measure's: SLOs that share one may admit different groups of it, and one that admits none of a label set
// sums it up. It decides before the shards count, and so the decision does not depend on their number. Memory
// for a label set that nobody admits: one bit. Engine thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "measure_spec.h"
#include "slod/core/dictionary.h"

namespace slod::engine {

/// "Of this measure the label set is in this group"; of a new group also its values, in the order of
/// group_by, and the SLOs that it is a group of.
struct Admitted {
  std::uint32_t measure = 0;
  LabelSetId labels = 0;
  std::uint32_t group = 0;  ///< dense; a group that was not named before is new
  bool overflow = false;    ///< whatever nobody admits
  std::vector<StringId> values;
  std::vector<std::uint32_t> slos;
};

class Admission {
 public:
  Admission(const Config& config, const Plan& plan, Dictionary& dictionary);

  /// Whether the label set was decided on before.
  [[nodiscard]] bool knows(std::size_t measure, LabelSetId labels) const {
    const std::vector<std::uint64_t>& asked = measures_[measure].asked;
    const std::size_t word = labels / 64;
    return word < asked.size() && ((asked[word] >> (labels % 64)) & 1) != 0;
  }
  /// What the shards that count the measures have to learn before they count the label set.
  /// Requires: !knows() of each.
  [[nodiscard]] std::vector<Admitted> decide(const std::vector<std::uint32_t>& measures, LabelSetId labels);

  /// The same decisions for another config's SLOs; nothing if those would have been others. Requires: its
  /// plan counts the same.
  [[nodiscard]] std::optional<Admission> adopted(const Config& next, const Plan& plan) const;
  template <class A>
  void io(A& a) {
    for (Measure& measure : measures_) a(measure.asked, measure.by_values, measure.groups, measure.overflow);
    a.same(own_.size());
    a(own_, short_, left_);
  }

 private:
  struct Measure {
    std::vector<StringId> keys;
    std::vector<std::uint32_t> slos;
    std::vector<std::uint64_t> asked;  ///< a bit for each LabelSetId
    std::map<std::vector<StringId>, std::uint32_t> by_values;
    std::uint32_t groups = 0;  ///< the overflow group included
    std::optional<std::uint32_t> overflow;
  };
  [[nodiscard]] bool has_room(std::uint32_t slo) const { return own_[slo] < per_slo_ && left_ > 0; }
  /// The measures of the SLOs that have groups, SLO by SLO: who is asked for room before whom.
  [[nodiscard]] std::vector<std::uint32_t> order_of_asking() const;
  [[nodiscard]] static std::vector<std::uint32_t> order_of_asking(const Plan& plan);
  static void note_asked(Measure& measure, LabelSetId labels);
  [[nodiscard]] static std::optional<Admitted> settled(Measure& measure, Admitted admitted);

  const Dictionary* dictionary_;
  std::vector<Measure> measures_;
  std::vector<std::int64_t> own_;    ///< by SLO: its groups
  std::vector<std::uint8_t> short_;  ///< by SLO: 1 if something is in its overflow group
  std::int64_t per_slo_ = 0, left_ = 0;
};

}  // namespace slod::engine
