// The reports of one device by event time, and its closed outages: what late data is inserted into. Bounded:
// what is older than the retention, or beyond the device's share of the fleet's memory, is folded into
// `base`.
#pragma once

#include <vector>

#include "fields.h"
#include "silence.h"

namespace slod::fleet {

/// The fleet keeps at most about so many reports in all (16 bytes each, and 8 for each value check), but at
/// least kMinReports a device. A report older than all that its device has kept changes nothing but
/// connectivity.
inline constexpr std::size_t kReportsOfFleet = std::size_t{16} << 20;
inline constexpr std::size_t kMinReports = 8;

struct History {
  Fields base;                          ///< before the first of `reports`
  std::vector<CheckState> base_checks;  ///< empty: nothing was ever reported before it
  std::vector<Report> reports;          ///< by (time, arrival)
  std::vector<double> values;           ///< one per value check and report
  std::vector<Outage> closed;           ///< in order, disjoint

  /// Returns true if the report is the newest. Requires: report.time >= base.time.
  bool insert(const Report& report, std::span<const double> report_values);
  /// Folds the oldest reports into the base: those before `horizon`, and more if there are `cap` or more.
  void trim(Rules& rules, Nanos horizon, std::size_t cap);
  /// Folds every report before `until` into the base; from then on none before it is taken in.
  void close(Rules& rules, Nanos until);
  /// With the room of `reports`: trim() waits until it is used up.
  template <class A>
  void io(A& a) {
    std::uint64_t room = reports.capacity();
    a(base, base_checks, reports, values, closed, room);
    if constexpr (A::kReads) {
      if (room > kMostRoom) return a.fail();
      reports.reserve(room);
    }
  }

 private:
  [[nodiscard]] std::size_t before(Nanos at) const;  ///< how many reports
  void fold(Rules& rules, std::size_t drop);
  static constexpr std::uint64_t kMostRoom = 1u << 17;
};

/// Reads a history forward in time.
class Reader {
 public:
  explicit Reader(Rules& rules) : rules_(rules) {}
  void open(const History& history);
  /// Takes in every report before `end`.
  void advance(Nanos end);
  /// Takes in all reports.
  void finish() { advance(kNever); }

  [[nodiscard]] const Fields& fields() const { return fields_; }
  [[nodiscard]] std::span<const CheckState> checks() const { return checks_; }
  /// Time of the first report not taken in, kNever if there is none.
  [[nodiscard]] Nanos next_time() const;

 private:
  Rules& rules_;
  const History* history_ = nullptr;
  std::size_t next_ = 0;
  Fields fields_;
  std::vector<CheckState> checks_;
};

}  // namespace slod::fleet
