#include "measure_windows.h"

#include <algorithm>

#include "slod/core/result.h"
#include "slod/slo/period.h"

namespace slod::engine {
namespace {

MeasureWindows::Kept kept_of(const Window& window) {
  MeasureWindows::Kept kept;
  kept.rolling = window.rolling;
  kept.calendar = window.calendar;
  if (!kept.anchored()) return kept;
  kept.time_zone = window.time_zone;
  kept.since = 0;  // anchored at the first tick, before anything enters it
  return kept;
}

bool same(const MeasureWindows::Kept& kept, const Window& window) {
  if (kept.calendar != window.calendar) return false;
  return kept.anchored() ? kept.time_zone == window.time_zone : kept.rolling == window.rolling;
}

}  // namespace

MeasureWindows::MeasureWindows(const MeasureNeeds& needs) {
  for (const Window& window : needs.windows) kept_.push_back(kept_of(window));
  std::uint32_t slo = 0;
  for (const Window& window : needs.slo_windows) kept_[*find(window)].slo = slo++;
  set_specs();
}

void MeasureWindows::set_specs() {
  spec_ = slo_spec_ = {};
  for (const Kept& kept : kept_) {
    spec_.windows.push_back(kept.spec());
    if (!kept.slo) continue;
    if (slo_spec_.windows.size() <= *kept.slo) slo_spec_.windows.resize(*kept.slo + 1);
    slo_spec_.windows[*kept.slo] = kept.spec();
  }
}

std::optional<std::size_t> MeasureWindows::find(const Window& window) const {
  const auto found = std::find_if(kept_.begin(), kept_.end(), [&](const Kept& k) { return same(k, window); });
  if (found == kept_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - kept_.begin());
}

std::optional<std::size_t> MeasureWindows::find_slo(const Window& window) const {
  const auto found = find(window);
  if (!found || !kept_[*found].slo) return std::nullopt;
  return *kept_[*found].slo;
}

bool MeasureWindows::roll(std::size_t window, Time at) {
  Kept& kept = kept_[window];
  if (!kept.anchored() || (at >= kept.begin && at < kept.end)) return false;
  // The loader has checked the zone; an unknown one cannot come this far.
  const auto period = slo::period_at(kept.calendar, kept.time_zone, at);
  SLOD_ASSERT(period.has_value());
  kept.begin = period->begin;
  kept.end = period->end;
  kept.since = slot_of(period->begin);
  set_specs();
  return true;
}

void MeasureWindows::add(const Window& window, Time at) {
  kept_.push_back(kept_of(window));
  static_cast<void>(roll(kept_.size() - 1, at));
  set_specs();
}

void MeasureWindows::add_slo(std::size_t window) {
  kept_[window].slo = static_cast<std::uint32_t>(slo_spec_.windows.size());
  set_specs();
}

}  // namespace slod::engine
