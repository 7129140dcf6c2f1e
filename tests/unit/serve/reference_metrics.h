// The metrics of the SLOs in prometheus-cpp's model, written by its serialiser: what the faster writer of
// src/serve/slo_metrics.cpp must equal byte for byte.
#pragma once

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <limits>

#include "serve/families.h"
#include "slod/serve/render.h"

namespace slod::serve::reference {

using engine::SloReading;

/// A label's name as Prometheus allows it: "device.model" is device_model.
inline Labels prometheus_names(Labels labels) {
  for (auto& [name, value] : labels) {
    for (char& c : name) {
      const bool allowed =
          (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
      if (!allowed) c = '_';
    }
  }
  return labels;
}

inline void add_counters(Families& families, const SloReading& reading, const Labels& slo) {
  constexpr std::array<const char*, 3> kResults = {"good", "bad", "excluded"};
  for (std::size_t i = 0; i < kResults.size(); ++i) {
    const Labels labels = slo + Labels{{"result", kResults[i]}};
    families.counter("slod_events_total", "Events booked, as soon as they have a result.", labels,
                     static_cast<double>(reading.booked[i]));
    families.counter("slod_events_withdrawn_total",
                     "Bookings taken back (a retry succeeded, late data): net = events - withdrawn.", labels,
                     static_cast<double>(reading.withdrawn[i]));
    if (reading.config->journey < 0) continue;
    families.counter("slod_attempts_total", "Attempts before retries are folded.", labels,
                     static_cast<double>(reading.attempts_booked[i]));
  }
}

inline void add_histogram(Families& families, const SloReading& reading, const Labels& slo) {
  if (reading.config->journey < 0) return;
  const engine::LatencyBuckets& buckets = reading.latency_buckets;
  ClientMetric metric = Families::metric_with(slo);
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < buckets.bounds.size(); ++i) {
    total += buckets.counts[i];
    metric.histogram.bucket.push_back({total, buckets.bounds[i]});
  }
  total += buckets.counts.empty() ? 0 : buckets.counts.back();
  metric.histogram.bucket.push_back({total, std::numeric_limits<double>::infinity()});
  metric.histogram.sample_count = total;
  metric.histogram.sample_sum = buckets.sum;
  families
      .family("slod_event_latency_seconds",
              "Latency of events when they were booked; an SLO's threshold is one of its buckets.",
              MetricType::Histogram)
      .metric.push_back(std::move(metric));
}

inline void add_state(Families& families, const SloReading& reading, const Labels& slo) {
  const SloConfig& config = *reading.config;
  families.gauge("slod_objective_ratio", "The objective.", slo, static_cast<double>(config.objective) / kOne);
  families.gauge("slod_window_seconds", "Length of the SLO window; of a calendar window its nominal length.",
                 slo, to_seconds(config.window.rolling));
  Labels info = slo + Labels{{"slo_window", config.window.text}};
  if (!config.owner.empty()) info.emplace_back("owner", config.owner);
  if (!config.runbook.empty()) info.emplace_back("runbook", config.runbook);
  families.gauge("slod_slo_info", "What the SLO is; always 1.", info, 1);
  families.gauge("slod_error_budget_remaining_ratio",
                 "Share of the error budget that is left; may be negative.", slo,
                 reading.budget.remaining_ratio);
  families.gauge("slod_has_data", "1 if the SLO window has valid events.", slo, reading.has_data ? 1 : 0);
  if (reading.unknown_actor) {
    families.gauge("slod_unknown_actor_events",
                   "Valid events of actor unknown in the SLO window, where the SLO leaves them out.", slo,
                   static_cast<double>(*reading.unknown_actor));
  }
  if (config.journey < 0) {
    families.gauge("slod_fleet_coverage_ratio", "Observed share of the device-minutes that were due.", slo,
                   reading.coverage);
  }
}

inline void add_doubt(Families& families, const Labels& labels, double good, double bad,
                      const engine::Missing& missing) {
  families.gauge("slod_completeness_ratio", "Share of what happened that slod saw.", labels,
                 missing.completeness);
  if (missing.completeness >= 0.999) return;
  const double lost = static_cast<double>(missing.shed + missing.unobserved), all = good + bad + lost;
  const char* help =
      "The SLI if all that is missing had been bad (low) or good (high), while completeness is under 0.999.";
  families.gauge("slod_sli_bound_ratio", help, labels + Labels{{"bound", "low"}}, good / all);
  families.gauge("slod_sli_bound_ratio", help, labels + Labels{{"bound", "high"}}, (good + lost) / all);
}

inline void add_windows(Families& families, const SloReading& reading, const Labels& slo) {
  for (const engine::WindowReading& window : reading.windows) {
    const Labels labels = slo + Labels{{"slo_window", window.window}};
    families.gauge("slod_sli_ratio", "Good events / valid events.", labels, window.sli);
    families.gauge("slod_burn_rate", "How many times faster than sustainable the budget is being spent.",
                   labels, window.burn);
    add_doubt(families, labels, static_cast<double>(window.counts.good),
              static_cast<double>(window.counts.bad), window.missing);
  }
  const std::string& text = reading.config->window.text;
  const bool listed = std::any_of(reading.windows.begin(), reading.windows.end(),
                                  [&](const engine::WindowReading& window) { return window.window == text; });
  if (!listed) {
    const Labels labels = slo + Labels{{"slo_window", text}};
    families.gauge("slod_sli_ratio", "Good events / valid events.", labels, reading.sli);
    families.gauge("slod_burn_rate", "How many times faster than sustainable the budget is being spent.",
                   labels,
                   slo::burn_rate(reading.config->objective, reading.bad, reading.good + reading.bad));
    add_doubt(families, labels, static_cast<double>(reading.good), static_cast<double>(reading.bad),
              reading.missing);
  }
  constexpr std::array<const char*, 3> kQuantiles = {"0.5", "0.9", "0.99"};
  for (const auto& [span, values] : reading.quantiles) {
    for (std::size_t i = 0; i < kQuantiles.size(); ++i) {
      families.gauge("slod_latency_quantile_seconds", "Latency quantiles over valid events, within 1 %.",
                     slo + Labels{{"slo_window", span}, {"quantile", kQuantiles[i]}}, values[i]);
    }
  }
}

inline void add_alerts(Families& families, const SloReading& reading, const Labels& slo) {
  constexpr const char* kHelp = "1 while the rule fires.";
  for (const engine::RuleStatus& rule : reading.alerts) {
    families.gauge(
        "slod_alert_firing", kHelp,
        slo + Labels{{"severity", rule.severity}, {"long", rule.long_window}, {"short", rule.short_window}},
        rule.firing ? 1 : 0);
  }
  for (const engine::GroupReading& group : reading.groups) {
    const Labels labels = slo + prometheus_names(group.labels);
    families.gauge("slod_group_valid", "Valid events of the group in the SLO window.", labels,
                   static_cast<double>(group.good + group.bad));
    families.gauge("slod_group_bad", "Bad events of the group in the SLO window.", labels,
                   static_cast<double>(group.bad));
    for (const engine::RuleStatus& rule : group.alerts) {
      if (!rule.firing) continue;
      families.gauge(
          "slod_alert_firing", kHelp,
          labels +
              Labels{{"severity", rule.severity}, {"long", rule.long_window}, {"short", rule.short_window}},
          1);
    }
  }
}

inline std::string slo_metrics(const engine::Snapshot& snapshot) {
  Families families;
  for (const SloReading& reading : snapshot.slos) {
    const Labels slo = {{"slo", reading.config->name}, {"slo_service", reading.config->service}};
    add_counters(families, reading, slo);
    add_histogram(families, reading, slo);
    add_state(families, reading, slo);
    add_windows(families, reading, slo);
    add_alerts(families, reading, slo);
  }
  std::string text = prometheus::TextSerializer().Serialize(families.all());
  // Quantiles over a sliding window are what a summary is; its model would add _sum and _count, which nobody
  // keeps for a window, and as a gauge the label `quantile` is a lint fault.
  constexpr std::string_view kGauge = "# TYPE slod_latency_quantile_seconds gauge";
  if (const std::size_t at = text.find(kGauge); at != std::string::npos) {
    text.replace(at, kGauge.size(), "# TYPE slod_latency_quantile_seconds summary");
  }
  return text;
}

}  // namespace slod::serve::reference
