// The page at `/`: one table, rendered here, no script, nothing from elsewhere, readable on a phone at 03:00.
#include <array>
#include <cstdio>

#include "slod/serve/render.h"

namespace slod::serve {
namespace {

constexpr const char* kStyle =
    R"(:root{color-scheme:light dark;--line:#8884;--bad:#b00020;--warn:#8a5a00;--ok:#146c2e}
@media (prefers-color-scheme:dark){:root{--bad:#ff8a94;--warn:#f0c060;--ok:#7fd99a}}
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:72rem;padding:1rem}
h1{font-size:1.3rem}table{border-collapse:collapse;width:100%}caption{text-align:left;padding:.5rem 0}
th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid var(--line);white-space:nowrap}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}.bad{color:var(--bad);font-weight:700}
.warn{color:var(--warn);font-weight:700}.ok{color:var(--ok)}div.scroll{overflow-x:auto}small{opacity:.75})";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string fixed(double value, int decimals, const char* unit) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f%s", decimals, value, unit);
  return text.data();
}

struct State {
  const char* style;
  std::string words;
};

/// State is a word and a sign, never colour alone.
State state_of(const engine::SloReading& reading) {
  const engine::RuleStatus* firing = nullptr;
  for (const engine::RuleStatus& rule : reading.alerts) {
    if (rule.firing && (firing == nullptr || (firing->severity != "page" && rule.severity == "page")))
      firing = &rule;
  }
  if (firing != nullptr) {
    const std::string since = firing->since ? " since " + format_rfc3339(*firing->since) : "";
    return {firing->severity == "page" ? "bad" : "warn",
            "▲ " + firing->severity + " " + firing->long_window + "/" + firing->short_window + since};
  }
  if (!reading.has_data) return {"warn", "◌ no data"};
  if (reading.budget.remaining_ratio && *reading.budget.remaining_ratio < 0)
    return {"bad", "✖ budget exhausted"};
  return {"ok", "● ok"};
}

/// Folding raises availability: the number before it stands beside it, and is never suspected of hiding
/// errors.
std::string raw_of(const engine::SloReading& reading) {
  if (reading.config->journey < 0 || !reading.config->fold) return "";
  return "<br><small>" + std::to_string(reading.attempts) + " attempts: " + slo::percent(reading.sli_raw) +
         "</small>";
}

std::string bad_of(const engine::SloReading& reading) {
  std::string text = std::to_string(reading.bad);
  if (reading.capped.value_or(0) > 0)
    text += "<br><small>and " + std::to_string(*reading.capped) + " capped</small>";
  return text;
}

/// Where something is not known: between which bounds the SLI lies, and since when anything is counted.
std::string doubt(const engine::SloReading& reading) {
  std::string text;
  if (const auto bounds = sli_bounds(reading)) {
    text += "<br><small>" + slo::percent(bounds->low) + " to " + slo::percent(bounds->high) + ": " +
            slo::percent(reading.missing.completeness) + " complete</small>";
  }
  if (reading.counts_since)
    text += "<br><small>counts since " + format_rfc3339(*reading.counts_since) + "</small>";
  return text;
}

std::string row(const engine::SloReading& reading) {
  const SloConfig& slo = *reading.config;
  const State state = state_of(reading);
  const auto cell = [](const std::string& text) { return "<td class=n>" + text + "</td>"; };
  std::string worst = "–";
  double worst_burn = -1;
  for (const engine::WindowReading& window : reading.windows) {
    if (!window.burn || *window.burn <= worst_burn) continue;
    worst_burn = *window.burn;
    worst = fixed(worst_burn, 1, "×") + " <small>" + window.window + "</small>";
  }
  const auto left = reading.budget.remaining_ratio;
  return "<tr><th scope=row>" + escaped(slo.name) + "<br><small>" + escaped(slo.service) + "</small></th>" +
         cell(slo::percent(static_cast<double>(slo.objective) / kOne) + "<br><small>" + slo.window.text +
              "</small>") +
         cell(slo::percent(reading.sli) + raw_of(reading) + doubt(reading)) +
         cell(std::to_string(reading.good)) + cell(bad_of(reading)) +
         cell(left ? fixed(*left * 100, 1, " %") : "–") + cell(worst) +
         cell(reading.p99 ? fixed(*reading.p99, 3, " s") : "–") + "<td class=" + state.style + ">" +
         escaped(state.words) + "</td></tr>\n";
}

std::string source_row(const engine::SourceReading& source) {
  const auto cell = [](std::uint64_t n) { return "<td class=n>" + std::to_string(n) + "</td>"; };
  return "<tr><th scope=row>" + escaped(source.source) + "</th>" + cell(source.received) +
         cell(source.accepted) + cell(source.duplicate) + cell(source.ignored) + cell(source.rejected) +
         cell(source.late) + cell(source.shed) +
         (source.up ? "<td class=ok>● up</td>" : "<td class=bad>✖ down</td>") + "</tr>\n";
}

}  // namespace

std::string slos_page(const engine::Snapshot& snapshot, const std::string& note) {
  std::string html =
      "<!doctype html><html lang=en><head><meta charset=utf-8><meta name=viewport "
      "content='width=device-width,initial-scale=1'><meta http-equiv=refresh "
      "content=10><title>slod</title><style>";
  html += kStyle;
  html += "</style></head><body><h1>slod</h1>";
  if (!note.empty()) html += "<p class=warn>" + escaped(note) + "</p>";
  html += "<div class=scroll><table><caption>SLOs as of " + format_rfc3339(snapshot.as_of) +
          "</caption><thead><tr><th>SLO</th><th class=n>objective</th>" +
          "<th class=n>SLI</th><th class=n>good</th><th class=n>bad</th><th class=n>budget left</th>" +
          "<th class=n>worst burn</th><th class=n>p99</th><th>state</th></tr></thead><tbody>";
  for (const engine::SloReading& reading : snapshot.slos) html += row(reading);
  html +=
      "</tbody></table></div><div class=scroll><table><caption>What came "
      "in</caption><thead><tr><th>source</th>"
      "<th class=n>received</th><th class=n>accepted</th><th class=n>duplicate</th><th class=n>ignored</th>"
      "<th class=n>rejected</th><th class=n>late</th><th class=n>shed</th><th>state</th></tr></thead><tbody>";
  for (const engine::SourceReading& source : snapshot.sources) html += source_row(source);
  html += "</tbody></table></div>";
  if (!snapshot.unmatched_paths.empty()) {
    html +=
        "<div class=scroll><table><caption>Requests that no journey matches (samples)</caption><thead><tr>"
        "<th>request</th><th class=n>seen</th></tr></thead><tbody>";
    for (const auto& [path, count] : snapshot.unmatched_paths) {
      html += "<tr><td>" + escaped(path.substr(0, 120)) + "</td><td class=n>" + std::to_string(count) +
              "</td></tr>\n";
    }
    html += "</tbody></table></div>";
  }
  html +=
      "<p><small><a href=/metrics>metrics</a> · <a "
      "href=/api/v1/slos>API</a></small></p>";
  return html + "</body></html>\n";
}

}  // namespace slod::serve
