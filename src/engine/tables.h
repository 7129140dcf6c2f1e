// What the trackers of all SLOs share: the windows, the latency histograms, the cap on groups. Engine thread.
#pragma once

#include <cstdint>

#include "slod/core/dictionary.h"
#include "slod/window/latency_windows.h"
#include "slod/window/window_table.h"

namespace slod::engine {

struct Tables {
  window::WindowTable windows;
  window::LatencyWindows latency;
  Dictionary* dictionary = nullptr;
  std::int64_t groups_per_slo = 0;
  std::int64_t groups_left = 0;  ///< of the global cap
  template <class A>
  void io(A& a) {
    a(windows, latency, groups_left);
  }
};

}  // namespace slod::engine
