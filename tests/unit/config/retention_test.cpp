#include "slod/config/retention.h"

#include <gtest/gtest.h>

#include "unit/config/sample.h"

namespace slod::config {
namespace {

constexpr Duration kDay = hours(24);

Duration kept(const std::string& text) {
  const Loaded loaded = load_text(text);
  EXPECT_NE(loaded.config, nullptr);
  return loaded.config ? fleet_rows_kept(*loaded.config) : Duration(0);
}

/// kSmall with the fleet's SLO on one day and the two-leg journey's on `window`.
std::string with_windows(const std::string& window) {
  const std::string text = changed(kSmall, "objective: 97, group_by: [model]", "objective: 97, window: 1d");
  return changed(text, "objective: 99, group_by: [area]", "objective: 99, window: " + window);
}

Duration history_kept(const std::string& text) {
  const Loaded loaded = load_text(text);
  EXPECT_NE(loaded.config, nullptr);
  return loaded.config ? fleet_history_kept(*loaded.config) : Duration(0);
}

TEST(FleetRowsKept, TheRetentionIsEnoughForAFleetSloForItsMinutesAreSealed) {
  const std::string text = changed(kSmall, "objective: 97, group_by: [model]", "objective: 97, window: 60d");
  EXPECT_EQ(kept(text), 3 * kDay);
  EXPECT_EQ(history_kept(text), 61 * kDay) << "what backfill brings is not sealed";
}

TEST(FleetRowsKept, AndForADeviceLegForItsRepliesLieWithTheJourneys) {
  EXPECT_EQ(kept(with_windows("14d")), 3 * kDay);
  EXPECT_EQ(history_kept(with_windows("14d")), 15 * kDay);
  EXPECT_EQ(history_kept(with_windows("14d, also: [ 40d ]")), 41 * kDay);
}

TEST(FleetRowsKept, InHistoryACalendarQuarterIsTakenAtItsLongest) {
  EXPECT_GE(history_kept(with_windows("{ calendar: quarter, time_zone: UTC }")), 92 * kDay);
}

TEST(FleetRowsKept, LabelsOfDevicesInAJourneyAreReadFromTheReports) {
  const std::string text = with_windows("1d");  // `fast` looks back 30 d over an API leg alone
  EXPECT_EQ(kept(text), 3 * kDay);
  EXPECT_EQ(kept(changed(text, "route: /rides } }", "route: /rides }, labels: [app, device.model] }")),
            31 * kDay);
}

}  // namespace
}  // namespace slod::config
