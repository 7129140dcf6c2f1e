// The SLO table for terminals, from the API's own JSON, so that `slod status` and `slod replay` show the
// same.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "slod/serve/render.h"
#include "slod/slo/slo_math.h"

namespace slod::serve {
namespace {

using Json = nlohmann::json;
using Row = std::array<std::string, 10>;

std::optional<double> number(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number() ? std::optional(found->get<double>()) : std::nullopt;
}

std::string fixed(std::optional<double> value, int decimals) {
  if (!value) return "-";
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", decimals, *value == 0 ? 0.0 : *value);
  return text.data();
}

std::string worst_burn(const Json& slo) {
  std::optional<double> worst;
  std::string window;
  const Json burns = slo.value("burn", Json::object());
  for (const auto& [name, burn] : burns.items()) {
    if (!burn.is_number() || (worst && burn.get<double>() <= *worst)) continue;
    worst = burn.get<double>();
    window = name;
  }
  return worst ? fixed(worst, 1) + "x " + window : "-";
}

std::string state(const Json& slo) {
  std::string firing;
  const Json alerts = slo.value("alerts", Json::array());
  for (const Json& alert : alerts) {
    if (alert.value("state", "") != "firing") continue;
    const std::string severity = alert.value("severity", "");
    if (severity == "page") return "PAGE";
    firing = severity;
  }
  if (!firing.empty()) return firing;
  if (!slo.value("has_data", false)) return "no data";
  const auto left = number(slo.value("budget", Json::object()), "remaining_ratio");
  return left && *left < 0 ? "violated" : "ok";
}

std::string bad_of(const Json& slo) {
  const auto capped = slo.value("capped", std::int64_t{0});
  return std::to_string(slo.value("bad", std::int64_t{0})) +
         (capped > 0 ? " (+" + std::to_string(capped) + " capped)" : "");
}

/// With its bounds where what is missing could have moved it.
std::string sli_of(const Json& slo) {
  const std::string sli = slo::percent(number(slo, "sli"));
  const auto bounds = slo.find("sli_bounds");
  if (bounds == slo.end()) return sli;
  return sli + " (" + slo::percent(number(*bounds, "low")) + " to " + slo::percent(number(*bounds, "high")) +
         ")";
}

Row row_of(const Json& slo) {
  const Json budget = slo.value("budget", Json::object());
  const auto left = number(budget, "remaining_ratio");
  const Json latency = slo.value("latency", Json::object());
  const auto p99 = number(latency, "p99");
  return {slo.value("slo", ""),
          slo::percent(number(slo, "objective")),
          sli_of(slo),
          slo::percent(number(slo, "sli_raw")),
          std::to_string(slo.value("good", std::int64_t{0})),
          bad_of(slo),
          left ? fixed(*left * 100, 1) + " %" : "-",
          worst_burn(slo),
          p99 ? fixed(p99, 3) + " s" : "-",
          state(slo)};
}

const char* colour_of(const std::string& state) {
  if (state == "PAGE" || state == "violated") return "\033[1;31m";
  if (state == "ok") return "\033[32m";
  return "\033[33m";
}

}  // namespace

std::string slos_table_from_json(const std::string& data, bool colour) {
  const Json json = Json::parse(data, nullptr, false);
  if (!json.is_object() || !json.contains("slos")) return "";
  const Row head = {"SLO", "objective",   "SLI",        "raw", "good",
                    "bad", "budget left", "worst burn", "p99", "state"};
  std::vector<Row> rows = {head};
  for (const Json& slo : json["slos"]) rows.push_back(row_of(slo));
  std::array<std::size_t, 10> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out = "as of " + (json["as_of"].is_string() ? json["as_of"].get<std::string>() : "-") + "\n";
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string pad(widths[i] - row[i].size(), ' ');
      const bool left = i == 0 || i == row.size() - 1;
      const bool painted = colour && i == row.size() - 1 && &row != &rows.front();
      out += i == 0 ? "" : "  ";
      if (!left) out += pad;
      out += painted ? colour_of(row[i]) + row[i] + "\033[0m" : row[i];
      if (i == 0) out += pad;
    }
    out += "\n";
  }
  return out;
}

std::string unmatched_text_from_json(const std::string& answer) {
  constexpr std::size_t kMost = 5;
  const Json json = Json::parse(answer, nullptr, false);
  if (!json.is_object() || !json.contains("data")) return "";
  const auto found = json["data"].find("unmatched_paths");
  if (found == json["data"].end() || !found->is_array() || found->empty()) return "";
  std::string out = "no journey matches (the most frequent; `slod explain` says why not):\n";
  for (std::size_t i = 0; i < std::min(kMost, found->size()); ++i)
    out += "  " + (*found)[i].value("path", "") + "\n";
  return out;
}

std::string slos_table(const engine::Snapshot& snapshot, bool colour) {
  return slos_table_from_json(slos_json(snapshot), colour);
}

}  // namespace slod::serve
