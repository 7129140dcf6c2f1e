// HourTally: what entered the windows of each series by the hour of its slot, since it was last taken.
// Nothing is kept until somebody asks for it. Thread: the table's.
#pragma once

#include <cstdint>
#include <vector>

#include "slod/core/archive.h"
#include "slod/window/window_table.h"

namespace slod::window {

class HourTally {
 public:
  void keep() { on_ = true; }
  void add(SeriesId id, Slot slot, const Counts& delta) {
    if (!on_) return;
    const auto hour = static_cast<std::int32_t>(floor_div(slot, kSlots));
    if (id >= open_.size()) open_.resize(id + std::size_t{1});
    Open& open = open_[id];
    if (open.hour != hour) {
      if (open.counts != Counts{}) close({id, open.hour, open.counts});
      open = {hour, {}};
    }
    open.counts += delta;
  }
  /// By series and hour, none twice, none without counts.
  [[nodiscard]] std::vector<SeriesHour> take();

  void io(archive::Writer& a) {
    close_all();  // equal counts give equal bytes
    a(on_, closed_);
  }
  void io(archive::Reader& a) {
    const bool on = on_;
    open_.clear();
    a(on_, closed_);
    if (on_ != on) a.fail();
  }

 private:
  static constexpr std::int64_t kSlots = hours(1) / kSlotLength;
  struct Open {
    std::int32_t hour = 0;
    Counts counts;
  };
  void close(const SeriesHour& one);
  void close_all();
  void merge();

  bool on_ = false;
  std::vector<Open> open_;          // by series: the hour that it counts now
  std::vector<SeriesHour> closed_;  // others
  std::size_t merged_ = 0;          // of closed_ after the last merge
};

}  // namespace slod::window
