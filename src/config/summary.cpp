#include <algorithm>
#include <cstdio>
#include <string>

#include "slod/config/load.h"
#include "slod/config/retention.h"

namespace slod::config {

namespace {

// Measured on journals of mixed traffic: a row is about 45 bytes, of which zstd leaves about 20.
constexpr double kRawBytes = 45;
constexpr double kStoredBytes = 20;
constexpr double kRate = 1000;
constexpr double kSecondsPerDay = 86'400;

std::string size_text(double bytes) {
  static const char* const kUnits[] = {"B", "kB", "MB", "GB", "TB", "PB"};
  std::size_t unit = 0;
  for (; bytes >= 1000 && unit + 1 < std::size(kUnits); ++unit) bytes /= 1000;
  char text[64];
  std::snprintf(text, sizeof text, bytes < 10 ? "%.1f %s" : "%.0f %s", bytes, kUnits[unit]);
  return text;
}

std::string count_text(std::size_t n, const std::string& one) {
  return std::to_string(n) + " " + one + (n == 1 ? "" : "s");
}

double days(Duration d) {
  return to_seconds(d) / kSecondsPerDay;
}

std::string stream(const char* name, Duration keep, double limit) {
  const double raw = kRate * kSecondsPerDay * kRawBytes;
  const double stored = kRate * kSecondsPerDay * kStoredBytes;
  const double whole = stored * days(keep);
  std::string text = std::string("  ") + name + ": " + size_text(stored) + " a day (" + size_text(raw) +
                     " before compression), " + size_text(whole) + " in " + format_duration(keep);
  if (whole > limit) {
    char rate[64];
    std::snprintf(rate, sizeof rate, "%.0f", kRate * limit / whole);
    text += std::string("; max_bytes would hold ") + rate + " events/s for so long";
  }
  return text + "\n";
}

}  // namespace

std::string summary(const Config& config) {
  const auto fleet =
      std::count_if(config.slos.begin(), config.slos.end(), [](const SloConfig& s) { return s.journey < 0; });
  std::string text = count_text(config.sources.size(), "source") + ", " +
                     count_text(config.journeys.size(), "journey") + ", " +
                     count_text(config.slos.size(), "SLO");
  if (fleet > 0) text += " (" + std::to_string(fleet) + " of the fleet)";
  text += ", " + count_text(config.actors.size(), "actor") + ", " +
          count_text(config.destinations.size(), "destination") + "\n";
  const auto limit = static_cast<double>(config.state.max_bytes);
  text += "journal, for every 1,000 events/s:\n" + stream("journeys", config.state.keep_journeys, limit);
  if (config.fleet) text += stream("fleet", fleet_rows_kept(config) + fleet_rows_kept(config) / 3, limit);
  return text + "  at most " + size_text(limit) + " in " + config.state.dir + "\n";
}

}  // namespace slod::config
