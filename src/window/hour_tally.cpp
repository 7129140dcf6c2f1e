#include "window/hour_tally.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace slod::window {

void HourTally::close(const SeriesHour& one) {
  constexpr std::size_t kFew = 4096;
  // Slots that come in turns from two hours must not pile up.
  if (closed_.size() >= std::max(kFew, 2 * merged_)) merge();
  closed_.push_back(one);
}

void HourTally::close_all() {
  for (SeriesId id = 0; id < open_.size(); ++id) {
    if (open_[id].counts != Counts{}) closed_.push_back({id, open_[id].hour, open_[id].counts});
  }
  open_.clear();
  merge();
}

void HourTally::merge() {
  std::sort(closed_.begin(), closed_.end(), [](const SeriesHour& a, const SeriesHour& b) {
    return std::tie(a.series, a.hour) < std::tie(b.series, b.hour);
  });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < closed_.size();) {
    SeriesHour sum = closed_[i];
    for (++i; i < closed_.size() && closed_[i].series == sum.series && closed_[i].hour == sum.hour; ++i)
      sum.counts += closed_[i].counts;
    if (sum.counts != Counts{}) closed_[kept++] = sum;
  }
  closed_.resize(kept);
  merged_ = kept;
}

std::vector<SeriesHour> HourTally::take() {
  close_all();
  merged_ = 0;
  return std::exchange(closed_, {});
}

}  // namespace slod::window
