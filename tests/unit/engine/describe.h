// A snapshot as text, every field of it: two engines agree if these texts are equal. Doubles are printed by
// their bits.
#pragma once

#include <cstdio>
#include <string>

#include "slod/engine/engine.h"

namespace slod::engine::test {

class Describer {
 public:
  std::string text;

  void put(const std::string& one) { text += one + ' '; }
  void put(std::int64_t n) { put(std::to_string(n)); }
  void put(std::uint64_t n) { put(std::to_string(n)); }
  void put(bool yes) { put(std::string(yes ? "yes" : "no")); }
  void put(Time at) { put(nanos(at)); }
  void put(double value) {
    std::array<char, 64> bits{};
    std::snprintf(bits.data(), bits.size(), "%a", value);
    put(std::string(bits.data()));
  }
  template <typename T>
  void put(const std::optional<T>& value) {
    value ? put(*value) : put(std::string("-"));
  }
  template <typename A, typename B>
  void put(const std::pair<A, B>& pair) {
    put(pair.first), put(pair.second);
  }
  void put(const window::Counts& counts) { put(counts.good), put(counts.bad); }
  void put(const slo::Budget& budget) { put(budget.allowed), put(budget.spent), put(budget.remaining_ratio); }
  void put(const Missing& m) { put(m.unobserved), put(m.shed), put(m.completeness); }
  void put(const RuleStatus& r) {
    put(r.severity), put(r.long_window), put(r.short_window), put(r.burn), put(r.firing), put(r.held);
    put(r.since);
  }
  void put(const GroupReading& g) {
    put("\n    group"), all(g.labels), put(g.good), put(g.bad), put(g.objective), all(g.alerts),
        put(g.capped);
  }
  void put(const AlsoReading& a) {
    put("\n    also " + a.window), put(a.since), put(a.good), put(a.bad), put(a.sli), put(a.budget),
        put(a.missing);
  }
  void put(const WindowReading& w) {
    put("\n    " + w.window), put(w.counts), put(w.burn), put(w.sli), put(w.missing);
  }
  void put(const Transition& t) {
    put("\n  transition"), put(t.at), put(t.slo), put(t.severity), put(t.long_window), put(t.short_window);
    put(t.from), put(t.to), put(t.episode), all(t.labels);
  }
  void put(const SourceReading& s) {
    put("\n  source " + s.source), put(s.received), put(s.accepted), put(s.duplicate), put(s.late);
    put(s.accepted_late), put(s.last_event), put(s.up);
  }
  void put(const fleet::DeviceNow& d) {
    put("\n  device " + d.device), put(d.state), put(d.reason), put(d.last_seen), put(d.battery);
  }
  template <typename T>
  void all(const T& many) {
    for (const auto& one : many) put(one);
    put(";");
  }
  void put(const char* one) { put(std::string(one)); }

  void put(const SloReading& s) {
    put("\n  slo " + s.config->name);
    for (const std::int64_t n : {s.good, s.bad, s.excluded, s.attempts, s.attempts_good, s.booked_late})
      put(n);
    put(s.expected), put(s.coverage), put(s.sli), put(s.sli_raw), put(s.budget), put(s.missing),
        put(s.unknown_actor);
    put(s.p50), put(s.p90), put(s.p99), put(s.has_data);
    for (const auto& [span, values] : s.quantiles) put(span), all(values);
    all(s.outcomes), all(s.windows), all(s.alerts), all(s.groups), all(s.also);
    all(s.booked), all(s.withdrawn), all(s.attempts_booked);
    all(s.latency_buckets.counts), put(s.latency_buckets.sum);
  }
};

inline std::string describe(const Snapshot& snapshot) {
  Describer out;
  out.put("as of"), out.put(snapshot.as_of);
  out.all(snapshot.slos), out.all(snapshot.sources), out.all(snapshot.recent_transitions);
  out.put("\n  fleet"), out.all(snapshot.fleet.devices), out.put(snapshot.fleet.known);
  out.put(snapshot.fleet.missing), out.put(snapshot.fleet.duplicates), out.all(snapshot.unhealthy);
  out.put("\n  legs"), out.all(snapshot.unmatched_legs), out.all(snapshot.late_unfolded);
  out.all(snapshot.unmatched_paths);
  return out.text;
}

inline std::string describe(const std::vector<MeasureHours>& measures) {
  Describer out;
  for (const MeasureHours& measure : measures) {
    out.put("\n  hours " + measure.measure);
    for (const SeriesHours& series : measure.series) {
      out.put(static_cast<std::int64_t>(series.of)), out.all(series.name);
      for (const HourCount& hour : series.hours) out.put(hour.hour), out.put(hour.good), out.put(hour.bad);
    }
  }
  return out.text;
}

inline std::string describe(const std::vector<Transition>& transitions) {
  Describer out;
  out.all(transitions);
  return out.text;
}

}  // namespace slod::engine::test
