// De-duplication of reports. The memory is bounded: at least the last kRemembered reports of the fleet, at
// most twice as many (16 bytes each). A report is known by (device, boot, seq, time); without seq by device,
// topic and payload. One with neither seq nor a time of its own repeats itself legitimately (a parked vehicle
// says the same again every minute): it is a duplicate only if it comes again within half its report
// interval.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <utility>
#include <vector>

#include "slod/core/record.h"
#include "times.h"

namespace slod::fleet {

class ReportDedup {
 public:
  static constexpr std::size_t kRemembered = std::size_t{1} << 20;

  /// True the first time. `interval`: the device's report interval. Requires: row.kind is a report.
  /// `origin`: hash of the names of source and device.
  bool first(const DeviceRow& row, std::uint64_t origin, Nanos interval);
  using Seen = std::vector<std::pair<std::uint64_t, Nanos>>;
  [[nodiscard]] std::pair<Seen, Seen> seen() const;  ///< by key: newer, older
  void restore(const Seen& newer, const Seen& older);
  template <class A>
  void io(A& a) {
    a(recent_, older_);
  }

 private:
  boost::unordered_flat_map<std::uint64_t, Nanos> recent_, older_;  // key -> arrival
};

}  // namespace slod::fleet
