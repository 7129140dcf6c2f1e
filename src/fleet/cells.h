// A cell is what one minute of one device says, for all checks at once; devices with equal cells are counted
// together, so that booking a minute costs as many steps as there are different cells, not devices.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <span>
#include <vector>

#include "fields.h"
#include "slod/fleet/fleet.h"

namespace slod::fleet {

using SourceIndex = std::uint16_t;  ///< 0: no source known yet

struct Cell {
  LabelSetId labels = 0;
  SourceIndex source = 0;
  std::uint64_t status = 0;  ///< packed, see Status; 0: not expected
  friend bool operator==(const Cell&, const Cell&) = default;
};

/// Cell::status: bit 0 expected, bit 1 out of reach, then two bits for each value check.
struct Status {
  static std::uint64_t pack(bool down, std::span<const CheckState> checks, const Rules& rules, Nanos end);
  static bool expected(std::uint64_t status) { return (status & 1u) != 0; }
  /// Out of reach, or a check says so; bits of `checks` value checks.
  static bool unhealthy(std::uint64_t status, std::size_t checks) {
    for (std::size_t k = 0; k < checks && !down(status); ++k) {
      if (check(status, k) == CheckStatus::kUnhealthy) return true;
    }
    return down(status);
  }
  static bool down(std::uint64_t status) { return (status & 2u) != 0; }
  static CheckStatus check(std::uint64_t status, std::size_t k) {
    return static_cast<CheckStatus>((status >> (2 + 2 * k)) & 3u);
  }
};

struct MinuteOutcome {
  MinuteState state = MinuteState::kHealthy;
  StringId reason = 0;
  friend bool operator==(const MinuteOutcome&, const MinuteOutcome&) = default;
};

/// Turns a cell into the outcome of each asked check.
class Judge {
 public:
  Judge(const Rules& rules, Dictionary& dictionary, const std::vector<std::string>& asked,
        bool gap_is_unhealthy);
  [[nodiscard]] std::size_t asked() const { return asked_.size(); }
  /// Requires: expected(status). `gap`: nobody watched in that minute.
  [[nodiscard]] MinuteOutcome outcome(std::size_t asked, std::uint64_t status, bool gap) const;
  /// "any": one reason a minute, in the order connectivity, battery, checks. Healthy if every check that the
  /// device has ever answered is; unobserved if none is unhealthy and one has an answer that is too old.
  [[nodiscard]] MinuteOutcome any(std::uint64_t status) const;

 private:
  static constexpr int kConnectivity = -1, kAny = -2;
  [[nodiscard]] MinuteOutcome of_check(std::uint64_t status, std::size_t k) const;

  const Rules& rules_;
  bool gap_is_unhealthy_;
  StringId connectivity_, broker_down_;
  std::vector<int> asked_;  ///< kConnectivity, kAny or the index of a value check
};

/// How many devices stand in each cell now.
class Groups {
 public:
  struct Group {
    Cell cell;
    std::int64_t devices = 0;
  };
  using Index = std::uint32_t;  ///< 0: the group of what is not expected

  Groups();
  /// Moves one device from `group` to the one of `cell`, which is returned.
  Index move(Index group, const Cell& cell);
  void enter(Index group) { ++groups_[group].devices; }
  /// In order of first use.
  [[nodiscard]] const std::vector<Group>& all() const { return groups_; }
  [[nodiscard]] const Cell& cell(Index group) const { return groups_[group].cell; }
  template <class A>
  void io(A& a) {
    a(groups_);
    if constexpr (A::kReads) {
      index_.clear();
      for (std::size_t i = 0; i < groups_.size(); ++i) index_.emplace(groups_[i].cell, static_cast<Index>(i));
    }
  }

 private:
  struct Hash {
    std::size_t operator()(const Cell& cell) const;
  };
  std::vector<Group> groups_;
  boost::unordered_flat_map<Cell, Index, Hash> index_;
};

}  // namespace slod::fleet
