// HourCheck: the hourly totals of a state directory against what a refold of its journal tells, for the hours
// of which all rows are still in the journal. What a running daemon adds after read() is not looked at.
// Reads only. Thread: one owner.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/verify/hour_sums.h"
#include "slod/config/config.h"
#include "slod/daemon/refolding.h"
#include "slod/journal/totals.h"

namespace slod::cli {

struct HourFindings {
  std::uint64_t compared = 0;  ///< hours, of each measure
  std::vector<std::string> notes, differences;
};

class HourCheck {
 public:
  /// `state`: the state directory.
  HourCheck(const std::string& state, const Config& config);
  /// Before the refold: takes what is durable.
  void read();
  /// For the refold to tell.
  [[nodiscard]] daemon::HoursTo hears();
  /// Behind it. `config_since`: when the newest config came into the journal; the epoch: it is the first.
  [[nodiscard]] HourFindings compare(daemon::JournalFold& fold, const daemon::HistoryView& history,
                                     Time config_since);

 private:
  struct Asked {
    std::string slos;
    bool fleet = false, device_labels = false;
  };
  [[nodiscard]] Result<journal::TotalsKept> kept_now() const;
  [[nodiscard]] Result<bool> read_all();
  void failed(const std::string& error);
  /// Why nothing can be said; "": it can.
  [[nodiscard]] std::string in_the_way(const daemon::JournalFold& fold, const daemon::HistoryView& history,
                                       Time config_since) const;
  [[nodiscard]] std::int64_t first_hour(const Asked& asked, daemon::JournalFold& fold,
                                        std::int64_t from) const;
  void compare_all(daemon::JournalFold& fold, std::int64_t from);

  const std::string dir_, state_;
  const Config& config_;
  std::map<std::string, Asked> asked_;       ///< by measure
  std::optional<journal::TotalsKept> kept_;  ///< of what was read; none: nothing to compare
  std::int64_t from_ = 0, to_ = 0;           ///< the hours that were read
  HourSums stored_, refolded_;
  bool told_ = false;  ///< the refold told up to the same tick
  HourFindings findings_;
};

}  // namespace slod::cli
