// RouteDays: what configs have routed since when. Rows of a route that nobody had asked for were never kept,
// so a journey that is new counts from the config record that brought it. Plain value.
#pragma once

#include <map>
#include <string>

#include "slod/config/config.h"

namespace slod::daemon {

/// "SOURCE METHOD /template", "SOURCE command NAME", "SOURCE fleet" -> journal time of the newest stretch
/// without a break; the epoch: since the journal's beginning.
class RouteDays {
 public:
  /// The text of the journal's record (kConfig, subject "routes") for exactly this config's routes.
  [[nodiscard]] static std::string describe(const Config& config);
  /// From `at` on it is these. The first description of a journal holds for all that lies before it.
  void learn(const std::string& description, Time at);
  /// When what the SLO lives on was last extended.
  [[nodiscard]] Time since(const Config& config, const SloConfig& slo) const;
  [[nodiscard]] bool empty() const { return days_.empty(); }
  template <class A>
  void io(A& a) {
    a(days_);
  }

 private:
  std::map<std::string, Time> days_;
};

/// Names a config by its text: "3f9a04c21b7e".
[[nodiscard]] std::string revision_of(const Config& config);

}  // namespace slod::daemon
