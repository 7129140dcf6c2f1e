#include "population.h"

namespace slod::engine {
namespace {

MeasureNeeds needs_of(const std::vector<Window>& windows) {
  MeasureNeeds needs;
  needs.windows = needs.slo_windows = windows;
  return needs;
}

}  // namespace

Population::Population(PopulationSpec spec, std::vector<Measure*> measures,
                       const std::vector<Window>& slo_windows, Tables& tables)
    : spec_(std::move(spec)),
      measures_(std::move(measures)),
      tables_(&tables),
      actors_(spec_.actors),
      windows_(needs_of(slo_windows)) {
  if (spec_.journey < 0) return;
  for (const MeasureWindows::Kept& window : windows_.all())
    latency_.push_back(tables.latency.add(window.rolling, window.since));
}

void Population::book(const fold::Booking& booking, int sign) {
  for (Measure* measure : measures_) measure->event(booking, sign);
  record_latency(booking, sign);
}

void Population::record_latency(const fold::Booking& booking, int sign) {
  const bool valid = booking.verdict == Verdict::kGood || booking.verdict == Verdict::kBad;
  if (!valid || booking.timed_out || booking.latency == kNoLatency) return;
  for (const std::uint32_t series : latency_)
    tables_->latency.record(series, booking.slot, booking.latency, sign);
  if (sign < 0) return;
  const double value = to_seconds(booking.latency);
  const auto bound = std::lower_bound(kBounds.begin(), kBounds.end(), value);
  ++bucket_counts_[static_cast<std::size_t>(bound - kBounds.begin())];
  bucket_sum_ += value;
}

void Population::leave_out(const fold::Booking& booking, int sign) {
  if (booking.actor != kUnknownActor) return;
  if (booking.verdict != Verdict::kGood && booking.verdict != Verdict::kBad) return;
  if (!unknown_) unknown_ = tables_->windows.add(windows_.spec());
  tables_->windows.record(*unknown_, booking.slot, {sign, 0});
}

void Population::prepare(Time at) {
  for (std::size_t w = 0; w < windows_.all().size(); ++w) {
    if (!windows_.roll(w, at)) continue;
    const Slot since = *windows_.all()[w].since;
    if (!latency_.empty()) tables_->latency.reanchor(latency_[w], since);
    if (unknown_) tables_->windows.reanchor(*unknown_, w, since);
  }
}

std::array<std::optional<double>, 3> Population::quantiles(const Window& slo_window,
                                                           window::LatencyWindows::Span span) const {
  const auto window = windows_.find(slo_window);
  std::array<std::optional<double>, 3> values;
  if (!window || latency_.empty()) return values;
  static constexpr std::array kQuantiles{0.5, 0.9, 0.99};
  for (std::size_t i = 0; i < kQuantiles.size(); ++i) {
    if (const auto latency = tables_->latency.quantile(latency_[*window], span, kQuantiles[i]))
      values[i] = to_seconds(*latency);
  }
  return values;
}

std::optional<std::int64_t> Population::left_out(const Window& slo_window) const {
  if (!spec_.leaves_unknown_out()) return std::nullopt;
  const auto window = windows_.find(slo_window);
  return unknown_ && window ? tables_->windows.read(*unknown_, *window).good : 0;
}

// The threshold splits a bucket. What is at most the threshold is what the measure has booked as good.
LatencyBuckets Population::buckets(const Measure& measure) const {
  LatencyBuckets buckets;
  if (spec_.journey < 0) return buckets;
  buckets.bounds.assign(kBounds.begin(), kBounds.end());
  buckets.counts.assign(bucket_counts_.begin(), bucket_counts_.end());
  buckets.sum = bucket_sum_;
  const double threshold = to_seconds(measure.spec().threshold);
  const auto at = std::lower_bound(buckets.bounds.begin(), buckets.bounds.end(), threshold);
  if (threshold <= 0 || (at != buckets.bounds.end() && *at == threshold)) return buckets;
  const auto place = at - buckets.bounds.begin();
  std::uint64_t below = measure.booked()[0];
  for (std::ptrdiff_t i = 0; i < place; ++i) below -= buckets.counts[static_cast<std::size_t>(i)];
  buckets.counts[static_cast<std::size_t>(place)] -= below;
  buckets.counts.insert(buckets.counts.begin() + place, below);
  buckets.bounds.insert(at, threshold);
  return buckets;
}

bool Population::can_serve(const std::vector<Window>& slo_windows) const {
  const auto one = [&](const Window& window) {
    if (windows_.find(window)) return true;
    MeasureWindows kept;
    kept.add(window, tables_->windows.now());
    const window::WindowSpec spec = kept.spec().windows.front();
    if (!latency_.empty() && !tables_->latency.can_add(latency_.front(), spec)) return false;
    return !unknown_ || tables_->windows.can_add(windows_.spec(), spec);
  };
  return std::all_of(slo_windows.begin(), slo_windows.end(), one);
}

void Population::serve(const std::vector<Window>& slo_windows) {
  for (const Window& window : slo_windows) {
    if (windows_.find(window)) continue;
    windows_.add(window, tables_->windows.now());
    const window::WindowSpec spec = windows_.spec().windows.back();
    if (!latency_.empty()) latency_.push_back(tables_->latency.add_like(latency_.front(), spec));
    if (unknown_) tables_->windows.add_window(*unknown_, spec);
  }
}

}  // namespace slod::engine
