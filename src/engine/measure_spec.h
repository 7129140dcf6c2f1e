// What is counted, apart from who looks at it. A population is whose bookings: a journey's leg, folded or
// not, of some actors; or a fleet check. A measure is a population with a criterion and labels. SLOs with the
// same measure share its counts: name, target, window and policy are the view's alone. A measure is called by
// its content, so that it is found again under another config. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "slod/config/config.h"

namespace slod::engine {

struct PopulationSpec {
  std::string key;  ///< content: equal keys count the same, if journeys, actors and fleet are the same
  int journey = -1;
  GoodWhen leg = GoodWhen::kAll;
  bool fold = true;
  bool retries = false;  ///< attempts and events may differ
  std::vector<ActorIndex> actors;
  std::string check;  ///< fleet; "" for journeys
  bool counted = true;
  std::vector<std::string> sources;  ///< those that the bookings live on
  [[nodiscard]] bool leaves_unknown_out() const;
};

struct MeasureSpec {
  std::string key;
  SliKind sli = SliKind::kAvailability;
  Duration threshold{0};
  std::vector<std::string> group_by;
  std::optional<Slices> slices;
};

/// What the views of a measure ask of it.
struct MeasureNeeds {
  std::vector<Window> windows;      ///< distinct, of all its views: policy, SLO and `also` windows
  std::vector<Window> slo_windows;  ///< those among them that are an SLO's own
  bool caps = false;                ///< bad events by device
  Duration bad_devices{0};          ///< the longest window in which distinct devices matter; 0: none
  Duration slices{0};               ///< how long slices may change
};

struct PlannedMeasure {
  MeasureSpec spec;
  std::uint32_t population = 0;  ///< index into Plan::populations
  MeasureNeeds needs;
  std::vector<std::uint32_t> slos;  ///< its views, rising
};
struct PlannedPopulation {
  PopulationSpec spec;
  std::vector<std::uint32_t> measures;  ///< indices into Plan::measures
};

/// What a config counts. Sorted by content: configs that count the same have the same populations and
/// measures at the same places, whatever their SLOs are called and how they are ordered.
struct Plan {
  explicit Plan(const Config& config);
  [[nodiscard]] bool counts_the_same(const Plan& other) const;
  /// The SLO windows of all views of a population, each once.
  [[nodiscard]] std::vector<Window> slo_windows(const PlannedPopulation& population) const;
  std::vector<PlannedPopulation> populations;
  std::vector<PlannedMeasure> measures;
  std::vector<std::uint32_t> measure_of, population_of;  ///< by SLO

 private:
  void add(const Config& config, std::uint32_t slo);
  void sort();
};

[[nodiscard]] bool same_window(const Window& a, const Window& b);
/// A policy's windows, rising, each once.
[[nodiscard]] std::vector<Duration> windows_of(const AlertPolicy& policy);

}  // namespace slod::engine
