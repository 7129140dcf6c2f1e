// What the measures of one shard share: the windows, the latency histograms. Thread: the shard's.
#pragma once

#include "slod/core/dictionary.h"
#include "slod/window/latency_windows.h"
#include "slod/window/window_table.h"

namespace slod::engine {

struct Tables {
  window::WindowTable windows;
  window::LatencyWindows latency;
  const Dictionary* dictionary =
      nullptr;  ///< the engine's thread writes it; only ids that came here are read
  template <class A>
  void io(A& a) {
    a(windows, latency);
  }
};

}  // namespace slod::engine
