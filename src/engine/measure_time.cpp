// Measure: its windows as time goes by, and what it does when other views ask for further ones.
#include <algorithm>

#include "measure.h"

namespace slod::engine {

void Measure::prepare(Time at) {
  for (std::size_t w = 0; w < windows_.all().size(); ++w) {
    if (windows_.roll(w, at)) reanchor(w);
  }
  for (DeviceCap& cap : caps_) cap.advance(slot_of(at));
  std::vector<std::pair<Slot, window::Counts>> deltas;
  for (std::size_t book = 0; book < slices_.size(); ++book) {
    deltas.clear();
    slices_[book].advance(at, deltas);
    const window::SeriesId series = book == 0 ? total_ : groups_.all()[book - 1].series;
    for (const auto& [slot, delta] : deltas) tables_->windows.record(series, slot, delta);
  }
}

void Measure::reanchor(std::size_t window) {
  const MeasureWindows::Kept& kept = windows_.all()[window];
  window::WindowTable& table = tables_->windows;
  table.reanchor(total_, window, *kept.since);
  for (DeviceCap& cap : caps_) cap.reanchor(window, *kept.since);
  for (const Groups::Group& group : groups_.all()) table.reanchor(group.series, window, *kept.since);
  for (std::size_t side = 0; side < kSideCount; ++side) {
    if (sides_[side] && over_all_windows(side)) table.reanchor(*sides_[side], window, *kept.since);
  }
  if (!kept.slo) return;
  for (std::size_t side = 0; side < kSideCount; ++side) {
    if (sides_[side] && !over_all_windows(side)) table.reanchor(*sides_[side], *kept.slo, *kept.since);
  }
  for (const auto& [outcome, series] : outcomes_) table.reanchor(series, *kept.slo, *kept.since);
}

void Measure::forget(Time at) {
  if (bad_devices_keep_ == Duration(0)) return;
  const Slot oldest = window::left_edge(bad_devices_keep_ / kSlotLength, slot_of(at));
  bad_devices_.forget_before(oldest);
  for (BadDevices& devices : group_bad_devices_) devices.forget_before(oldest);
}

bool Measure::could_add(const window::SeriesSpec& kept, const Window& window) const {
  MeasureWindows one;
  one.add(window, tables_->windows.now());
  return tables_->windows.can_add(kept, one.spec().windows.front());
}

bool Measure::can_serve(const MeasureNeeds& needs) const {
  if (needs.caps && caps_.empty()) return false;
  if (needs.bad_devices > bad_devices_keep_ || needs.slices > slices_keep_) return false;
  const auto all = [&](const Window& w) { return windows_.find(w) || could_add(windows_.spec(), w); };
  const auto slo = [&](const Window& w) { return windows_.find_slo(w) || could_add(windows_.slo_spec(), w); };
  return std::all_of(needs.windows.begin(), needs.windows.end(), all) &&
         std::all_of(needs.slo_windows.begin(), needs.slo_windows.end(), slo);
}

void Measure::serve(const MeasureNeeds& needs) {
  for (const Window& window : needs.windows) {
    if (!windows_.find(window)) add_window(window);
  }
  for (const Window& window : needs.slo_windows) {
    if (!windows_.find_slo(window)) add_slo_window(window);
  }
}

void Measure::add_window(const Window& window) {
  windows_.add(window, tables_->windows.now());
  const window::WindowSpec spec = windows_.spec().windows.back();
  tables_->windows.add_window(total_, spec);
  for (const Groups::Group& group : groups_.all()) tables_->windows.add_window(group.series, spec);
  for (std::size_t side = 0; side < kSideCount; ++side) {
    if (sides_[side] && over_all_windows(side)) tables_->windows.add_window(*sides_[side], spec);
  }
  for (DeviceCap& cap : caps_) cap.add_window(spec);
}

void Measure::add_slo_window(const Window& window) {
  windows_.add_slo(*windows_.find(window));
  const window::WindowSpec spec = windows_.slo_spec().windows.back();
  for (std::size_t side = 0; side < kSideCount; ++side) {
    if (sides_[side] && !over_all_windows(side)) tables_->windows.add_window(*sides_[side], spec);
  }
  for (const auto& [outcome, series] : outcomes_) tables_->windows.add_window(series, spec);
}

}  // namespace slod::engine
