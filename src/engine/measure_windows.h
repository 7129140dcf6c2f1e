// MeasureWindows: the windows that the series of one measure keep, and when the anchored ones begin. All
// series of the whole and of its groups have all of them; what is counted over SLO windows only (outcomes,
// late bookings) has those. Another config may ask for further ones; none is dropped before the next refold.
// Thread: the shard's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "measure_spec.h"
#include "slod/core/archive.h"
#include "slod/window/window_table.h"

namespace slod::engine {

class MeasureWindows {
 public:
  struct Kept {
    Duration rolling{0};
    Window::Calendar calendar = Window::Calendar::kNone;
    std::string time_zone;
    Time begin, end;                   ///< calendar: the period; the epoch: not known yet
    std::optional<Slot> since;         ///< calendar: its first slot
    std::optional<std::uint32_t> slo;  ///< its place among the SLO windows, if it is one
    [[nodiscard]] bool anchored() const { return calendar != Window::Calendar::kNone; }
    [[nodiscard]] window::WindowSpec spec() const { return {rolling, since}; }
    template <class A>
    void io(A& a) {
      a(rolling, calendar, time_zone, begin, end, since, slo);
    }
  };

  MeasureWindows() = default;
  explicit MeasureWindows(const MeasureNeeds& needs);

  /// Places in all() and among the SLO windows; nothing: not kept.
  [[nodiscard]] std::optional<std::size_t> find(const Window& window) const;
  [[nodiscard]] std::optional<std::size_t> find_slo(const Window& window) const;
  [[nodiscard]] const std::vector<Kept>& all() const { return kept_; }
  [[nodiscard]] const window::SeriesSpec& spec() const { return spec_; }
  [[nodiscard]] const window::SeriesSpec& slo_spec() const { return slo_spec_; }

  /// A new period at `at`: true, and it is the window's. False: it goes on.
  bool roll(std::size_t window, Time at);
  /// One more, behind the others; its period is that of `at`.
  void add(const Window& window, Time at);
  /// One that is kept becomes an SLO window too, or none becomes any.
  void add_slo(std::size_t window);

  template <class A>
  void io(A& a) {
    a(kept_);
    if constexpr (A::kReads) {
      for (const Kept& kept : kept_) {
        if (kept.slo && *kept.slo >= kept_.size()) return a.fail();
      }
      set_specs();
    }
  }

 private:
  void set_specs();
  std::vector<Kept> kept_;
  window::SeriesSpec spec_, slo_spec_;
};

}  // namespace slod::engine
