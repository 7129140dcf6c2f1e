#include "device_cap.h"

#include <algorithm>

namespace slod::engine {

DeviceCap::DeviceCap(const window::SeriesSpec& spec) {
  for (const window::WindowSpec& window : spec.windows) spans_.push_back(span_of(window));
}

DeviceCap::Span DeviceCap::span_of(const window::WindowSpec& window) {
  Span span;
  span.slots = window.since ? 0 : window.length / kSlotLength;
  span.left = window.since ? *window.since : std::numeric_limits<Slot>::min();
  return span;
}

void DeviceCap::add_window(const window::WindowSpec& window) {
  Span& span = spans_.emplace_back(span_of(window));
  if (!window.since) span.left = window::left_edge(span.slots, now_);
  add_slots(span, span.left, now_, +1);
}

void DeviceCap::add(ByDevice& to, StringId device, std::int64_t count) {
  const auto entry = to.try_emplace(device, 0).first;
  entry->second += count;
  if (entry->second == 0) to.erase(entry);
}

void DeviceCap::record(StringId device, Slot slot, int sign) {
  if (device == 0) return;
  const bool kept = std::any_of(spans_.begin(), spans_.end(), [&](const Span& s) { return slot >= s.left; });
  if (!kept) return;
  const auto cell = by_slot_.try_emplace(slot).first;
  add(cell->second, device, sign);
  if (cell->second.empty()) by_slot_.erase(cell);
  for (Span& span : spans_) {
    if (slot >= span.left && slot < now_) add(span.bad, device, sign);
  }
}

void DeviceCap::add_slots(Span& span, Slot from, Slot to, int sign) const {
  for (auto cell = by_slot_.lower_bound(from); cell != by_slot_.end() && cell->first < to; ++cell) {
    for (const auto& [device, count] : cell->second) add(span.bad, device, sign * count);
  }
}

void DeviceCap::reanchor(std::size_t window, Slot since) {
  Span& span = spans_[window];
  span.left = since;
  span.bad.clear();
  add_slots(span, since, now_, +1);
}

void DeviceCap::advance(Slot now) {
  Slot oldest = now;
  for (Span& span : spans_) {
    const Slot left = span.slots == 0 ? span.left : window::left_edge(span.slots, now);
    add_slots(span, span.left, std::min(left, now_), -1);
    add_slots(span, std::max(left, now_), now, +1);
    span.left = left;
    oldest = std::min(oldest, left);
  }
  now_ = now;
  by_slot_.erase(by_slot_.begin(), by_slot_.lower_bound(oldest));
}

std::int64_t DeviceCap::capped(std::size_t window, const window::Counts& sum, Ppm share) const {
  const std::int64_t limit = std::max<std::int64_t>(1, sum.valid() * share / kOne);
  std::int64_t beyond = 0;
  for (const auto& [device, bad] : spans_[window].bad) beyond += std::max<std::int64_t>(0, bad - limit);
  return beyond;
}

}  // namespace slod::engine
