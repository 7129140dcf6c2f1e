// The past of an SLO, step by step: the JSON of the API, and the text of `slod history` from that JSON.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "slod/serve/render.h"
#include "slod/slo/slo_math.h"

namespace slod::serve {
namespace {

using Json = nlohmann::ordered_json;

/// Everything that is known of one step.
struct Point {
  window::Counts counts, attempts;
  std::int64_t excluded = 0, unobserved = 0, missing = 0, late = 0;
  std::map<std::string, std::int64_t> outcomes;
};
using Points = std::map<Time, Point>;
using Groups = std::map<std::vector<std::string>, Points>;

void add(Point& point, const SeriesHours& series, const HourCount& hour) {
  switch (series.of) {
    case TotalOf::kWhole:
    case TotalOf::kGroup:
      point.counts += {hour.good, hour.bad};
      break;
    case TotalOf::kOutcome:
      point.outcomes[series.name.empty() ? "" : series.name.front()] += hour.good;
      break;
    case TotalOf::kAttempts:
      point.attempts += {hour.good, hour.bad};
      break;
    case TotalOf::kSetAside:
      point.excluded += hour.good;
      point.unobserved += hour.bad;
      break;
    case TotalOf::kMissing:
      point.missing += hour.good;
      break;
    case TotalOf::kLate:
      point.late += hour.good;
      break;
  }
}

Json number(std::optional<double> value) {
  return value ? Json(*value) : Json(nullptr);
}

Json counts_json(Time at, const window::Counts& counts) {
  return {{"at", format_rfc3339(at)},
          {"good", counts.good},
          {"bad", counts.bad},
          {"valid", counts.valid()},
          {"sli", number(slo::sli(counts.good, counts.valid()))}};
}

Json point_json(const SloConfig& slo, Time at, const Point& point) {
  Json json = counts_json(at, point.counts);
  json["excluded"] = point.excluded;
  json["unobserved"] = point.unobserved;
  json["shed"] = point.missing;
  if (slo.journey >= 0) {
    // Where each event is one attempt, what is said of one holds for the other.
    const std::int64_t attempts = point.attempts.valid();
    json["attempts"] = attempts != 0 ? attempts : point.counts.valid();
    json["booked_late"] = point.late;
  }
  json["outcomes"] = Json::object();
  for (const auto& [outcome, count] : point.outcomes) {
    if (count != 0 && outcome != "healthy") json["outcomes"][outcome] = count;
  }
  return json;
}

Json group_json(const SloConfig& slo, const std::vector<std::string>& values, const Points& points) {
  Json labels = Json::object(), array = Json::array();
  for (std::size_t i = 0; i < std::min(values.size(), slo.group_by.size()); ++i)
    labels[slo.group_by[i]] = values[i];
  for (const auto& [at, point] : points) {
    if (point.counts.valid() != 0) array.push_back(counts_json(at, point.counts));
  }
  return {{"labels", std::move(labels)}, {"points", std::move(array)}};
}

const char* unit_of(const SloConfig& slo) {
  if (slo.budgeting) return "slices";
  return slo.journey >= 0 ? "events" : "device-minutes";
}

std::string note_of(const SloConfig& slo, const HistoryRange& range, const PastHours& past) {
  std::string note;
  if (past.recounted_from > range.from) {
    note = "before " + format_rfc3339(past.recounted_from) +
           " the journal has no records any more: those days are by the rules of their time";
  }
  if (slo.max_share_per_device > 0)
    note += std::string(note.empty() ? "" : "; ") + "max_share_per_device is not applied to single hours";
  return note;
}

std::string cell(std::string text, std::size_t wide) {
  if (text.size() < wide) text.insert(0, wide - text.size(), ' ');
  return text;
}

std::optional<double> number_in(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number() ? std::optional(found->get<double>()) : std::nullopt;
}

/// "2026-11-22" of steps of days, else "2026-11-22 15:00".
std::string when(const std::string& at, bool days) {
  if (at.size() < 16) return at;
  return days ? at.substr(0, 10) : at.substr(0, 10) + " " + at.substr(11, 5);
}

std::string line_of(const std::string& name, std::size_t wide, const Json& point, double objective,
                    bool colour) {
  const auto sli = number_in(point, "sli");
  const bool under = sli && *sli < objective;
  std::string out = "  " + name + std::string(name.size() < wide ? wide - name.size() : 0, ' ') +
                    cell(std::to_string(point.value("valid", std::int64_t{0})), 12) +
                    cell(std::to_string(point.value("bad", std::int64_t{0})), 10) +
                    cell(slo::percent(sli), 12);
  if (under) out += colour ? "  \033[31munder\033[0m" : "  under";
  const Json outcomes = point.value("outcomes", Json::object());
  std::string worst;
  std::int64_t most = 0;
  for (const auto& [outcome, count] : outcomes.items()) {
    if (outcome != "ok" && count.is_number() && count.get<std::int64_t>() > most) {
      worst = outcome;
      most = count.get<std::int64_t>();
    }
  }
  if (!worst.empty()) out += "  " + worst + " " + std::to_string(most);
  return out + "\n";
}

/// A group's points as one.
Json sum_of(const Json& points) {
  window::Counts sum;
  for (const Json& point : points)
    sum += {point.value("good", std::int64_t{0}), point.value("bad", std::int64_t{0})};
  return {{"bad", sum.bad}, {"valid", sum.valid()}, {"sli", number(slo::sli(sum.good, sum.valid()))}};
}

std::string groups_text(const Json& groups, double objective, bool colour) {
  std::vector<std::pair<std::string, Json>> lines;
  std::size_t wide = 16;
  for (const Json& group : groups) {
    std::string name;
    for (const auto& [label, value] : group["labels"].items())
      name += (name.empty() ? "" : ", ") + label + " " + value.get<std::string>();
    wide = std::max(wide, name.size());
    lines.emplace_back(name, sum_of(group["points"]));
  }
  std::stable_sort(lines.begin(), lines.end(), [](const auto& a, const auto& b) {
    return a.second["bad"].template get<std::int64_t>() > b.second["bad"].template get<std::int64_t>();
  });
  std::string out = "\n  in all of it" + std::string(wide - 12, ' ') + cell("valid", 12) + cell("bad", 10) +
                    cell("sli", 12) + "\n";
  for (const auto& [name, sum] : lines) out += line_of(name, wide, sum, objective, colour);
  return out;
}

}  // namespace

Result<std::string> history_json(const SloConfig& slo, const HistoryRange& range, const PastHours& past) {
  Points whole;
  Groups groups;
  std::size_t points = 0;
  for (const SeriesHours& series : past.series) {
    const bool group = series.of == TotalOf::kGroup;
    if (group && !range.groups) continue;
    Points& to = group ? groups[series.name] : whole;
    const std::size_t before = to.size();
    for (const HourCount& hour : series.hours)
      add(to[floor_to(Time(hour.hour * hours(1)), range.step)], series, hour);
    points += to.size() - before;
  }
  if (past.cut || points > kMostHistoryPoints) {
    return Error{"that are more than " + std::to_string(kMostHistoryPoints) +
                 " points, the most that an answer holds: ask for a longer `step`, or a shorter time"};
  }
  const std::string note = note_of(slo, range, past);
  Json json = {{"slo", slo.name},
               {"from", format_rfc3339(range.from)},
               {"to", format_rfc3339(range.to)},
               {"step", format_duration(range.step)},
               {"objective", static_cast<double>(slo.objective) / static_cast<double>(kOne)},
               {"unit", unit_of(slo)},
               {"counted_until", past.until == Time{} ? Json(nullptr) : Json(format_rfc3339(past.until))},
               {"note", note.empty() ? Json(nullptr) : Json(note)},
               {"points", Json::array()}};
  for (const auto& [at, point] : whole) json["points"].push_back(point_json(slo, at, point));
  if (range.groups) json["groups"] = Json::array();
  for (const auto& [values, of_group] : groups) json["groups"].push_back(group_json(slo, values, of_group));
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string history_text_from_json(const std::string& text, bool colour) {
  const Json data = Json::parse(text, nullptr, false);
  if (!data.is_object() || !data.contains("points") || !data["points"].is_array()) return "";
  const double objective = number_in(data, "objective").value_or(0);
  const std::string name = data.value("slo", ""), step = data.value("step", "");
  const std::string until = data["counted_until"].is_string() ? data["counted_until"].get<std::string>() : "";
  std::string out =
      (colour ? "\033[1m" + name + "\033[0m" : name) + ": " + data.value("unit", "") + " in steps of " +
      step + " (UTC), objective " + slo::percent(objective) + ", counted until " +
      (until.empty() ? "never: totals are written at the first tick of each hour" : until) + "\n";
  if (data["note"].is_string()) out += "note: " + data["note"].get<std::string>() + "\n";
  if (data["points"].empty()) return out + "Nothing was counted in that time.\n";
  out += "\n  from" + std::string(12, ' ') + cell("valid", 12) + cell("bad", 10) + cell("sli", 12) + "\n";
  for (const Json& point : data["points"])
    out += line_of(when(point.value("at", ""), step.ends_with("d")), 16, point, objective, colour);
  if (data.contains("groups") && data["groups"].is_array() && !data["groups"].empty())
    out += groups_text(data["groups"], objective, colour);
  return out;
}

}  // namespace slod::serve
