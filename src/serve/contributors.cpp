// What ate the budget: the JSON of the API, and the text of `slod why` from that JSON.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "slod/serve/render.h"
#include "slod/slo/slo_math.h"

namespace slod::serve {
namespace {

using Json = nlohmann::ordered_json;

Json number(std::optional<double> value) {
  return value ? Json(*value) : Json(nullptr);
}

const char* kind_name(engine::Dimension::Kind kind) {
  constexpr std::array<const char*, 7> kNames = {"actor", "outcome",  "status", "condition",
                                                 "label", "attempts", "device"};
  return kNames.at(static_cast<std::size_t>(kind));
}

Json share_json(const engine::Share& share) {
  return {{"good", share.tally.good},
          {"bad", share.tally.bad},
          {"valid", share.tally.valid()},
          {"share_of_bad", number(share.of_bad)},
          {"share_of_valid", number(share.of_valid)},
          {"lift", number(share.lift)}};
}

Json dimension_json(const engine::Dimension& dimension) {
  Json json = {{"dimension", dimension.name},
               {"kind", kind_name(dimension.kind)},
               {"distinct", dimension.values},
               {"values", Json::array()}};
  for (const engine::Share& share : dimension.top) {
    Json one = {{"value", share.value}};
    one.update(share_json(share));
    json["values"].push_back(std::move(one));
  }
  json["others"] = dimension.others ? share_json(*dimension.others) : Json(nullptr);
  return json;
}

Json proposal_json(const engine::ActorProposal& proposal) {
  return {{"label", proposal.label},
          {"values", proposal.values},
          {"good", proposal.tally.good},
          {"bad", proposal.tally.bad},
          {"share_of_bad", number(proposal.of_bad)},
          {"share_of_valid", number(proposal.of_valid)},
          {"sli_without", number(proposal.sli_without)},
          {"yaml", proposal.yaml}};
}

std::string fixed(double value, int decimals) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  return text.data();
}

/// One line of the text: a value of a dimension.
struct Line {
  std::string what;
  double of_bad = 0;
  std::optional<double> of_valid, lift;
};

std::optional<double> number_in(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number() ? std::optional(found->get<double>()) : std::nullopt;
}

/// Where and to whom it happened; or how it failed, where a lift says nothing: only what fails has a 503.
enum class Question { kWhere, kHow };

Question question_of(const Json& dimension) {
  const std::string kind = dimension.value("kind", "");
  return kind == "outcome" || kind == "status" || kind == "condition" ? Question::kHow : Question::kWhere;
}

std::vector<Line> lines_of(const Json& data, Question question) {
  constexpr double kNotable = 0.05;
  constexpr std::size_t kMost = 12;
  std::vector<Line> lines;
  for (const Json& dimension : data["dimensions"]) {
    if (question_of(dimension) != question) continue;
    for (const Json& value : dimension["values"]) {
      // Everything has it: it explains nothing. Of a fleet's devices only those that failed are listed.
      if (question == Question::kWhere && dimension.value("distinct", 0) < 2 &&
          number_in(value, "share_of_valid"))
        continue;
      if (!value["share_of_bad"].is_number() || value["share_of_bad"].get<double>() < kNotable) continue;
      const std::string text = value.value("value", "");
      Line line{dimension.value("dimension", "") + " " + (text.empty() ? "(none)" : text),
                value["share_of_bad"].get<double>(), number_in(value, "share_of_valid"),
                number_in(value, "lift")};
      lines.push_back(std::move(line));
    }
  }
  if (question == Question::kHow) return lines;
  std::stable_sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) {
    return a.of_bad - a.of_valid.value_or(0) > b.of_bad - b.of_valid.value_or(0);
  });
  if (lines.size() > kMost) lines.resize(kMost);
  return lines;
}

std::string padded(const std::string& text, std::size_t wide) {
  return std::string(wide > text.size() ? wide - text.size() : 0, ' ') + text;
}

std::string table_of(const std::vector<Line>& lines, Question question) {
  constexpr std::size_t kBar = 20;
  std::size_t width = question == Question::kWhere ? 12 : 10;
  for (const Line& line : lines) width = std::max(width, line.what.size());
  const std::string title = question == Question::kWhere ? "where" : "how";
  std::string out = "\n  " + title + std::string(width - title.size() + kBar + 5, ' ') + "of bad";
  out += question == Question::kWhere ? "   of all   lift\n" : "\n";
  for (const Line& line : lines) {
    const auto filled =
        static_cast<std::size_t>(std::lround(std::clamp(line.of_bad, 0.0, 1.0) * static_cast<double>(kBar)));
    std::string bar;
    for (std::size_t i = 0; i < kBar; ++i) bar += i < filled ? "█" : " ";
    out += "  " + line.what + std::string(width - line.what.size(), ' ') + "  " + bar + "  " +
           padded(fixed(line.of_bad * 100, 1), 5) + " %";
    if (question == Question::kWhere) {
      out += "  " + (line.of_valid ? padded(fixed(*line.of_valid * 100, 1), 5) + " %  " : "      -  ") +
             padded(line.lift ? fixed(*line.lift, 1) : "-", 5);
    }
    out += "\n";
  }
  return out;
}

std::string proposal_text(const Json& proposal) {
  std::string values;
  for (const Json& value : proposal["values"])
    values += (values.empty() ? "" : ", ") + value.get<std::string>();
  return "\n" + slo::percent(number_in(proposal, "share_of_bad")) + " of the bad but " +
         slo::percent(number_in(proposal, "share_of_valid")) + " of all events have " +
         proposal.value("label", "") + " " + values + ".\nWithout them this SLO is at " +
         slo::percent(number_in(proposal, "sli_without")) + ":\n\n" + proposal.value("yaml", "");
}

}  // namespace

std::string contributors_json(const engine::Contributors& contributors) {
  Json json = {{"slo", contributors.slo},
               {"from", format_rfc3339(contributors.from)},
               {"to", format_rfc3339(contributors.to)},
               {"objective", static_cast<double>(contributors.objective) / static_cast<double>(kOne)},
               {"good", contributors.total.good},
               {"bad", contributors.total.bad},
               {"valid", contributors.total.valid()},
               {"unit", contributors.unit},
               {"sli", number(contributors.sli)},
               {"computed_from", contributors.computed_from},
               {"note", contributors.note.empty() ? Json(nullptr) : Json(contributors.note)},
               {"dimensions", Json::array()}};
  for (const engine::Dimension& dimension : contributors.dimensions)
    json["dimensions"].push_back(dimension_json(dimension));
  json["proposal"] = contributors.proposal ? proposal_json(*contributors.proposal) : Json(nullptr);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string contributors_text_from_json(const std::string& text, bool colour) {
  const Json data = Json::parse(text, nullptr, false);
  if (!data.is_object() || !data.contains("dimensions") || !data["dimensions"].is_array()) return "";
  const std::int64_t bad = data.value("bad", std::int64_t{0});
  const std::string name = data.value("slo", "");
  std::string out = (colour ? "\033[1m" + name + "\033[0m" : name) + ": " + std::to_string(bad) + " bad of " +
                    std::to_string(data.value("valid", std::int64_t{0})) + " " +
                    data.value("unit", "events") + ", " + slo::percent(number_in(data, "sli")) +
                    " (objective " + slo::percent(number_in(data, "objective")) + ")\n" +
                    data.value("from", "") + " to " + data.value("to", "") + ", computed from " +
                    data.value("computed_from", "") + "\n";
  if (data["note"].is_string()) out += "note: " + data["note"].get<std::string>() + "\n";
  if (bad == 0) return out + "Nothing ate the budget.\n";
  const std::vector<Line> where = lines_of(data, Question::kWhere);
  out += where.empty() ? "No value of any label stands out.\n" : table_of(where, Question::kWhere);
  const std::vector<Line> how = lines_of(data, Question::kHow);
  if (!how.empty()) out += table_of(how, Question::kHow);
  if (data["proposal"].is_object()) out += proposal_text(data["proposal"]);
  return out;
}

}  // namespace slod::serve
