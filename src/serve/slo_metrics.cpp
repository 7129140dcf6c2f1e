// The SLOs' part of /metrics, in the Prometheus text format. Names and labels are the contract of
// docs/metrics.md. Undefined values are absent; both results are there at 0 from the start; no id is ever a
// label. There may be tens of thousands of lines, so they are written as text at once: an SLO's labels are
// escaped once, and a line costs a tenth of a microsecond where a library's model of it costs 1 to 2. A test
// compares it with prometheus-cpp's serialiser.
#include <array>
#include <optional>
#include <set>

#include "serve/text_page.h"
#include "slod/serve/render.h"

namespace slod::serve {
namespace {

using engine::SloReading;

enum Name : std::uint8_t {
  kEvents,
  kWithdrawn,
  kAttempts,
  kLatency,
  kObjective,
  kWindow,
  kInfo,
  kRemaining,
  kHasData,
  kUnknownActor,
  kCoverage,
  kSli,
  kBurn,
  kCompleteness,
  kBound,
  kQuantile,
  kFiring,
  kGroupValid,
  kGroupBad,
  kNames
};
// Quantiles over a sliding window are what a summary is, but nobody keeps _sum and _count for a window; as a
// gauge the label `quantile` is a lint fault.
constexpr std::array<TextPage::Head, kNames> kHeads{{
    {"slod_events_total", "counter", "Events booked, as soon as they have a result."},
    {"slod_events_withdrawn_total", "counter",
     "Bookings taken back (a retry succeeded, late data): net = events - withdrawn."},
    {"slod_attempts_total", "counter", "Attempts before retries are folded."},
    {"slod_event_latency_seconds", "histogram",
     "Latency of events when they were booked; an SLO's threshold is one of its buckets."},
    {"slod_objective_ratio", "gauge", "The objective."},
    {"slod_window_seconds", "gauge", "Length of the SLO window; of a calendar window its nominal length."},
    {"slod_slo_info", "gauge", "What the SLO is; always 1."},
    {"slod_error_budget_remaining_ratio", "gauge",
     "Share of the error budget that is left; may be negative."},
    {"slod_has_data", "gauge", "1 if the SLO window has valid events."},
    {"slod_unknown_actor_events", "gauge",
     "Valid events of actor unknown in the SLO window, where the SLO leaves them out."},
    {"slod_fleet_coverage_ratio", "gauge", "Observed share of the device-minutes that were due."},
    {"slod_sli_ratio", "gauge", "Good events / valid events."},
    {"slod_burn_rate", "gauge", "How many times faster than sustainable the budget is being spent."},
    {"slod_completeness_ratio", "gauge", "Share of what happened that slod saw."},
    {"slod_sli_bound_ratio", "gauge",
     "The SLI if all that is missing had been bad (low) or good (high), while completeness is under 0.999."},
    {"slod_latency_quantile_seconds", "summary", "Latency quantiles over valid events, within 1 %."},
    {"slod_alert_firing", "gauge", "1 while the rule fires."},
    {"slod_group_valid", "gauge", "Valid events of the group in the SLO window."},
    {"slod_group_bad", "gauge", "Bad events of the group in the SLO window."},
}};

void gauge(TextPage& page, Name name, std::string_view labels, std::string_view more,
           std::optional<double> value) {
  page.lines(name);
  if (value) page.line(name, labels, more, *value);
}
/// The names of a group's labels: none twice, none that the line has already or that Prometheus gives itself.
std::vector<std::string> group_keys(const std::vector<std::pair<std::string, std::string>>& labels) {
  std::set<std::string> taken = {"slo", "slo_service", "severity", "long",    "short",
                                 "job", "instance",    "le",       "quantile"};
  std::vector<std::string> keys;
  for (const auto& [label, value] : labels) {
    std::string key = prometheus_name(label);
    const bool reserved = key.empty() || key.rfind("__", 0) == 0 || (key[0] >= '0' && key[0] <= '9');
    if (reserved || taken.contains(key)) key = "group_" + key;
    while (!taken.insert(key).second) key += '_';
    keys.push_back(std::move(key));
  }
  return keys;
}

std::string one_label(std::string_view key, std::string_view value) {
  std::string label;
  append_label(label, key, value);
  return label;
}

void add_counters(TextPage& page, const SloReading& reading, const std::string& slo) {
  static constexpr std::array kResults{R"(result="good")", R"(result="bad")", R"(result="excluded")"};
  for (std::size_t i = 0; i < kResults.size(); ++i) {
    page.line(kEvents, slo, kResults[i], static_cast<double>(reading.booked[i]));
    page.line(kWithdrawn, slo, kResults[i], static_cast<double>(reading.withdrawn[i]));
    if (reading.config->journey >= 0)
      page.line(kAttempts, slo, kResults[i], static_cast<double>(reading.attempts_booked[i]));
  }
}

void add_histogram(TextPage& page, const SloReading& reading, const std::string& slo) {
  if (reading.config->journey < 0) return;
  const engine::LatencyBuckets& buckets = reading.latency_buckets;
  std::uint64_t total = 0;
  for (const std::uint64_t count : buckets.counts) total += count;
  page.line(kLatency, slo, "", total, "_count");
  page.line(kLatency, slo, "", buckets.sum, "_sum");
  std::uint64_t below = 0;
  std::array<char, kLongestNumber> number{};
  std::string bound;
  for (std::size_t i = 0; i < buckets.bounds.size(); ++i) {
    below += buckets.counts[i];
    const std::string_view text(
        number.data(),
        static_cast<std::size_t>(put_number(number.data(), buckets.bounds[i]) - number.data()));
    bound.assign("le=\"").append(text).append("\"");
    page.line(kLatency, slo, bound, below, "_bucket");
  }
  page.line(kLatency, slo, R"(le="+Inf")", total, "_bucket");
}

void add_state(TextPage& page, const SloReading& reading, const std::string& slo) {
  const SloConfig& config = *reading.config;
  page.line(kObjective, slo, "", static_cast<double>(config.objective) / kOne);
  page.line(kWindow, slo, "", to_seconds(config.window.rolling));
  const std::string window = one_label("slo_window", config.window.text);
  std::string info = window;
  if (!config.owner.empty()) append_label(info, "owner", config.owner);
  if (!config.runbook.empty()) append_label(info, "runbook", config.runbook);
  page.line(kInfo, slo, info, 1.0);
  gauge(page, kRemaining, slo, "", reading.budget.remaining_ratio);
  page.line(kHasData, slo, "", reading.has_data ? 1.0 : 0.0);
  if (reading.unknown_actor) page.line(kUnknownActor, slo, "", static_cast<double>(*reading.unknown_actor));
  if (config.journey < 0) gauge(page, kCoverage, slo, "", reading.coverage);
}

void add_doubt(TextPage& page, const std::string& slo, const std::string& window, double completeness,
               const std::optional<SliBounds>& bounds) {
  page.line(kCompleteness, slo, window, completeness);
  if (!bounds) return;
  page.line(kBound, slo, window + R"(,bound="low")", bounds->low);
  page.line(kBound, slo, window + R"(,bound="high")", bounds->high);
}

void add_windows(TextPage& page, const SloReading& reading, const std::string& slo) {
  const SloConfig& config = *reading.config;
  const std::string& text = config.window.text;
  bool listed = false;
  for (const engine::WindowReading& window : reading.windows) {
    const std::string label = one_label("slo_window", window.window);
    gauge(page, kSli, slo, label, window.sli);
    gauge(page, kBurn, slo, label, window.burn);
    add_doubt(page, slo, label, window.missing.completeness,
              sli_bounds(config, window.counts, window.missing));
    listed = listed || window.window == text;
  }
  if (!listed) {
    const std::string label = one_label("slo_window", text);
    gauge(page, kSli, slo, label, reading.sli);
    gauge(page, kBurn, slo, label, slo::burn_rate(config.objective, reading.bad, reading.good + reading.bad));
    add_doubt(page, slo, label, reading.missing.completeness,
              sli_bounds(config, {reading.good, reading.bad}, reading.missing));
  }
  static constexpr std::array kQuantiles{R"(,quantile="0.5")", R"(,quantile="0.9")", R"(,quantile="0.99")"};
  for (const auto& [span, values] : reading.quantiles) {
    const std::string label = one_label("slo_window", span);
    for (std::size_t i = 0; i < kQuantiles.size(); ++i)
      gauge(page, kQuantile, slo, label + kQuantiles[i], values[i]);
  }
}

std::string rule_labels(const engine::RuleStatus& rule) {
  std::string labels;
  append_label(labels, "severity", rule.severity);
  append_label(labels, "long", rule.long_window);
  append_label(labels, "short", rule.short_window);
  return labels;
}

void add_alerts(TextPage& page, const SloReading& reading, const std::string& slo) {
  for (const engine::RuleStatus& rule : reading.alerts)
    page.line(kFiring, slo, rule_labels(rule), rule.firing ? 1.0 : 0.0);
  std::vector<std::string> keys;  // the same in each group
  std::string labels;
  for (const engine::GroupReading& group : reading.groups) {
    labels = slo;
    if (keys.size() != group.labels.size()) keys = group_keys(group.labels);
    for (std::size_t i = 0; i < keys.size(); ++i) append_label(labels, keys[i], group.labels[i].second);
    page.line(kGroupValid, labels, "", static_cast<double>(group.good + group.bad));
    page.line(kGroupBad, labels, "", static_cast<double>(group.bad));
    for (const engine::RuleStatus& rule : group.alerts) {
      if (rule.firing) page.line(kFiring, labels, rule_labels(rule), 1.0);
    }
  }
}

}  // namespace

struct SloMetrics::Impl {
  TextPage page{kHeads};
};

SloMetrics::SloMetrics() : impl_(std::make_unique<Impl>()) {}
SloMetrics::~SloMetrics() = default;

void SloMetrics::render(const engine::Snapshot& snapshot) {
  TextPage& page = impl_->page;
  page.clear();
  std::string slo;
  for (const SloReading& reading : snapshot.slos) {
    slo.clear();
    append_label(slo, "slo", reading.config->name);
    append_label(slo, "slo_service", reading.config->service);
    add_counters(page, reading, slo);
    add_histogram(page, reading, slo);
    add_state(page, reading, slo);
    add_windows(page, reading, slo);
    add_alerts(page, reading, slo);
  }
}

void SloMetrics::clear() {
  impl_->page.clear();
}

std::size_t SloMetrics::size() const {
  return impl_->page.size();
}

void SloMetrics::append_to(std::string& text) const {
  impl_->page.append_to(text);
}

std::string slo_metrics_text(const engine::Snapshot& snapshot) {
  SloMetrics metrics;
  metrics.render(snapshot);
  std::string text;
  text.reserve(metrics.size());
  metrics.append_to(text);
  return text;
}

}  // namespace slod::serve
