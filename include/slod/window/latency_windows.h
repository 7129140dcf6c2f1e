// LatencyWindows: log-linear latency histograms (64 bins per octave of nanoseconds, worst relative error 0.79
// %, schema id kSchema) over rolling windows, for p50, p90, p99. Mergeable by adding bins. Kept for three
// spans per series: 1 h (left edge rounded down to 5 min), 1 d (to 1 h) and the SLO window (to 1 d; windows
// up to 1 d use their own finer edge). Sparse; late values land where they belong; values of slots at or
// after the tick wait, and so do late values until the next tick, or until settle() asks. Thread: one owner
// (the engine).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "slod/core/archive.h"
#include "slod/core/time.h"
#include "slod/window/window_table.h"

namespace slod::window {

inline constexpr int kHistogramSchema = 1;
/// Bin of a latency. Negative values count as 0. Total order preserving; values from 0 to about 292 years.
[[nodiscard]] std::uint16_t bin_of(Duration latency);
/// The value that stands for a bin: its middle, within 0.79 % of every value of the bin.
[[nodiscard]] Duration bin_value(std::uint16_t bin);

class LatencyWindows {
 public:
  enum Span : std::uint8_t { kHour = 0, kDaySpan = 1, kSloWindow = 2 };

  LatencyWindows();
  ~LatencyWindows();
  LatencyWindows(LatencyWindows&&) noexcept;
  LatencyWindows& operator=(LatencyWindows&&) noexcept;

  /// `slo_window`: length of the rolling SLO window; or `since` for a calendar period.
  std::uint32_t add(Duration slo_window, std::optional<Slot> since = {});
  void reanchor(std::uint32_t id, Slot since);
  /// Whether a series that has seen what `id` has, with another SLO window, follows exactly from what is
  /// kept.
  [[nodiscard]] bool can_add(std::uint32_t id, const WindowSpec& slo_window) const;
  /// That series. Requires: can_add().
  std::uint32_t add_like(std::uint32_t id, const WindowSpec& slo_window);
  /// sign is +1 or -1 (a withdrawal of a value that was recorded).
  void record(std::uint32_t id, Slot slot, Duration latency, int sign);
  void advance(Time at);
  /// Late values recorded since the last tick enter the spans; no edge moves. Between ticks, before
  /// quantile().
  void settle();
  /// Nearest rank ceil(q * n) over the span's values; nothing without values. 0 < q <= 1.
  [[nodiscard]] std::optional<Duration> quantile(std::uint32_t id, Span span, double q) const;
  [[nodiscard]] std::int64_t count(std::uint32_t id, Span span) const;
  [[nodiscard]] std::size_t memory(std::uint32_t id) const;
  void io(archive::Writer& a);
  void io(archive::Reader& a);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace slod::window
