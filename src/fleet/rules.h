// The fleet's config in the form that a report needs: for a (label set, state) the report interval, whether
// the device is in service, and the thresholds, with class overrides resolved and remembered. Also merges
// labels. Thread: the fleet's owner.
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "slod/config/config.h"
#include "slod/core/dictionary.h"
#include "times.h"

namespace slod::fleet {

/// At most so many checks that read a value (battery included): their states are packed into one word.
inline constexpr std::size_t kMaxValueChecks = 31;

/// The config's fleet, or one with every default where it has none.
[[nodiscard]] const FleetConfig& fleet_of(const Config& config);

/// One check for one kind of device.
struct CheckRule {
  ThresholdCheck::Condition unhealthy, healthy;
  Nanos max_age = 0;
};

/// What holds for devices of one (label set, state).
struct Rule {
  Nanos interval = 0;  ///< expected time between reports
  Nanos lost = 0;      ///< lost_after x interval
  bool in_service = true;
  std::vector<CheckRule> checks;  ///< by value check
};

class Rules {
 public:
  /// `asked`: the checks that SLOs ask for.
  Rules(const Config& config, Dictionary& dictionary, const std::vector<std::string>& asked);

  [[nodiscard]] std::size_t value_checks() const { return reasons_.size(); }
  /// Name of value check `k`: "battery" is first if there is one.
  [[nodiscard]] StringId reason(std::size_t k) const { return reasons_[k]; }
  /// Index of a value check, -1 if there is none of that name.
  [[nodiscard]] int find_check(std::string_view name) const;
  [[nodiscard]] Nanos dwell(std::size_t k) const { return dwell_[k]; }
  [[nodiscard]] bool has_battery() const { return has_battery_; }
  /// The field that value check `k` reads, 0 for the battery.
  [[nodiscard]] StringId field(std::size_t k) const { return fields_[k]; }

  [[nodiscard]] const Rule& rule(LabelSetId labels, StringId state);
  /// `base` overlaid with those of `report`'s labels that anything asks for.
  [[nodiscard]] LabelSetId merge(LabelSetId base, LabelSetId report);
  /// The set of those of `labels` that anything asks for.
  [[nodiscard]] LabelSetId intern(const std::map<std::string, std::string>& labels);

 private:
  void keep_labels(const Config& config);
  void add_check(const std::string& name, StringId field, Nanos dwell);
  [[nodiscard]] bool matches(const LabelMatch& match, LabelSetId labels) const;
  [[nodiscard]] Rule resolve(LabelSetId labels, StringId state) const;

  const FleetConfig& fleet_;
  Dictionary& dictionary_;
  bool has_battery_ = false;
  std::vector<StringId> reasons_, fields_;
  std::vector<Nanos> dwell_;
  boost::unordered_flat_set<StringId> kept_keys_;
  boost::unordered_flat_map<std::uint64_t, std::uint32_t> rule_index_;  // labels << 32 | state
  boost::unordered_flat_map<std::uint64_t, LabelSetId> merged_;         // base << 32 | report
  std::deque<Rule> rules_;
};

}  // namespace slod::fleet
