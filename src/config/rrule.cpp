#include "config/rrule.h"

#include <algorithm>
#include <map>
#include <vector>

#include "config/scalars.h"
#include "config/split.h"
#include "slod/core/suggest.h"

namespace slod::config {

namespace {

struct Range {
  std::int64_t low, high;
};

const std::map<std::string, Range>& ranges() {
  static const std::map<std::string, Range> kRanges = {{"INTERVAL", {1, 1000}},
                                                       {"BYMONTHDAY", {-31, 31}},
                                                       {"BYMONTH", {1, 12}},
                                                       {"BYHOUR", {0, 23}},
                                                       {"BYMINUTE", {0, 59}}};
  return kRanges;
}

bool weekday(const std::string& text, bool monthly) {
  static const std::vector<std::string> kDays = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};
  if (text.size() < 2) return false;
  const std::string ordinal = text.substr(0, text.size() - 2);
  if (std::find(kDays.begin(), kDays.end(), text.substr(text.size() - 2)) == kDays.end()) return false;
  if (ordinal.empty()) return true;
  const auto number = parse_int(ordinal);
  return monthly && number && *number != 0 && *number >= -5 && *number <= 5;
}

std::string part_fault(const std::string& key, const std::string& value, bool monthly) {
  if (key == "FREQ") {
    const bool known = value == "DAILY" || value == "WEEKLY" || monthly;
    return known ? "" : "FREQ is DAILY, WEEKLY or MONTHLY";
  }
  for (const std::string& item : split(value, ',')) {
    if (key == "BYDAY") {
      if (!weekday(item, monthly)) {
        return "BYDAY: \"" + item + "\" is not a weekday; write MO, TU, WE, TH, FR, SA or SU";
      }
      continue;
    }
    const Range range = ranges().at(key);
    const auto number = parse_int(item);
    const bool zero_day = key == "BYMONTHDAY" && number && *number == 0;
    if (!number || *number < range.low || *number > range.high || zero_day) {
      return key + ": \"" + item + "\" is not a number from " + std::to_string(range.low) + " to " +
             std::to_string(range.high);
    }
  }
  return "";
}

}  // namespace

std::string rrule_fault(const std::string& rule) {
  std::map<std::string, std::string> parts;
  std::vector<std::string> known = {"FREQ", "BYDAY"};
  for (const auto& range : ranges()) known.push_back(range.first);
  for (const std::string& part : split(rule, ';')) {
    const std::size_t equals = part.find('=');
    const std::string key = part.substr(0, equals);
    if (equals == std::string::npos || std::find(known.begin(), known.end(), key) == known.end()) {
      return "\"" + key + "\" is not a part of a recurrence" + did_you_mean(key, known);
    }
    if (!parts.emplace(key, part.substr(equals + 1)).second) return key + " stands twice";
  }
  if (parts.count("FREQ") == 0) return "a recurrence needs FREQ, such as FREQ=WEEKLY;BYDAY=TU;BYHOUR=23";
  for (const auto& [key, value] : parts) {
    const std::string fault = part_fault(key, value, parts["FREQ"] == "MONTHLY");
    if (!fault.empty()) return fault;
  }
  return "";
}

}  // namespace slod::config
