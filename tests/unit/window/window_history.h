// A random history, run through a table and through the naive model side by side: on-time, late, early and
// withdrawn counts, bursts that fill a level, events around every window's edge, ticks at any pace, new
// periods, new series.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "seed.h"
#include "window_model.h"

namespace slod::window::test {

inline std::string to_text(Counts c) {
  return std::to_string(c.good) + " good, " + std::to_string(c.bad) + " bad";
}

/// Table: WindowTable, or a deliberately broken one with the same functions.
template <typename Table>
class WindowHistory {
 public:
  explicit WindowHistory(std::uint64_t seed)
      : random_(seed), now_(slot_start(random_.between(170'000'000, 190'000'000))) {
    table_.advance(now_);
  }

  /// Runs the history; the first disagreement in words, or nothing.
  std::optional<std::string> run() {
    add_series();
    const std::int64_t steps = random_.between(10, 40);
    for (std::int64_t i = 0; i < steps; ++i) {
      step();
      if (auto difference = compare()) return difference;
    }
    return std::nullopt;
  }

 private:
  void step() {
    if (random_.one_in(12) && models_.size() < 4) add_series();
    const auto id = static_cast<SeriesId>(random_.between(0, static_cast<std::int64_t>(models_.size()) - 1));
    switch (random_.between(0, 9)) {
      case 0:
      case 1:
      case 2:
        return advance();
      case 3:
        return burst(id);
      case 4:
        return withdraw(id);
      case 5:
        return reanchor(id);
      default:
        return record(id, any_slot(id), any_counts());
    }
  }

  void add_series() {
    static constexpr std::array<Duration, 14> kLengths = {
        seconds(10),   seconds(70), minutes(5),   minutes(30), hours(1),
        seconds(3610), hours(2),    minutes(137), hours(24),   hours(24) + seconds(10),
        hours(72),     hours(168),  hours(169),   hours(720)};
    SeriesSpec spec;
    const bool shared = !models_.empty() && random_.one_in(2);
    if (shared) {
      spec = models_.front().spec();
    } else {
      const std::int64_t count = random_.between(1, 5);
      for (std::int64_t i = 0; i < count; ++i) {
        if (random_.one_in(4)) {
          spec.windows.push_back({hours(720), slot_of(now_) - random_.between(-50, 400'000)});
        } else {
          spec.windows.push_back({random_.pick(kLengths), std::nullopt});
        }
      }
    }
    table_.add(spec);
    models_.emplace_back(spec);
  }

  void advance() {
    static constexpr std::array<Duration, 9> kSteps = {seconds(10),  seconds(10),  seconds(30),
                                                       minutes(1),   seconds(610), hours(1),
                                                       minutes(491), hours(26),    hours(24 * 9)};
    now_ += random_.one_in(2) ? seconds(10) : random_.pick(kSteps);
    table_.advance(now_);
  }

  Counts any_counts() {
    if (random_.one_in(50)) return {std::int64_t{5'000'000'000}, std::int64_t{3'000'000'000}};
    return {random_.between(0, 3), random_.between(0, 3)};
  }

  Slot any_slot(SeriesId id) {
    const Slot now = slot_of(now_);
    switch (random_.between(0, 4)) {
      case 0:
        return now + random_.between(0, 40);
      case 1:
        return now - random_.between(1, 30);
      case 2:
        return now - random_.between(1, 300'000);
      case 3:
        return now - random_.between(1, 9'000);
      default:
        break;
    }
    const WindowSpec& w = random_.pick(models_[id].spec().windows);
    const Time left = w.since ? slot_start(*w.since) : documented_left_edge(w.length, now_);
    return slot_of(left) + random_.between(-2, 2);
  }

  void record(SeriesId id, Slot slot, Counts delta) {
    table_.record(id, slot, delta);
    models_[id].record(slot, delta);
  }

  void burst(SeriesId id) {
    static constexpr std::array<std::int64_t, 4> kStrides = {1, 6, 30, 360};
    const std::int64_t stride = random_.pick(kStrides);
    const std::int64_t length = random_.between(5, 120);
    const Slot begin = slot_of(now_) - random_.between(-5, length * stride);
    for (std::int64_t i = 0; i < length; ++i) record(id, begin + i * stride, any_counts());
  }

  void withdraw(SeriesId id) {
    if (models_[id].events().empty()) return;
    const ModelEvent e = random_.pick(models_[id].events());
    record(id, e.slot, {-e.counts.good, -e.counts.bad});
  }

  void reanchor(SeriesId id) {
    const auto& windows = models_[id].spec().windows;
    const std::int64_t window = random_.between(0, static_cast<std::int64_t>(windows.size()) - 1);
    if (!windows[static_cast<std::size_t>(window)].since) return;
    const Slot since = anchor();
    table_.reanchor(id, static_cast<std::size_t>(window), since);
    models_[id].reanchor(static_cast<std::size_t>(window), since);
  }

  // Any slot of the last hour or to come, a whole minute of the last day, 5 min of the last week, hour of 32
  // days.
  Slot anchor() {
    const Slot now = slot_of(now_);
    switch (random_.between(0, 4)) {
      case 0:
        return now + random_.between(0, 20);
      case 1:
        return now - random_.between(0, 360);
      case 2:
        return (now - random_.between(0, 8'630)) / 6 * 6;
      case 3:
        return (now - random_.between(0, 60'440)) / 30 * 30;
      default:
        return (now - random_.between(0, 276'000)) / 360 * 360;
    }
  }

  /// Now and then what is late stays unsettled until a tick; then there is nothing to compare.
  std::optional<std::string> compare() {
    if (random_.one_in(3)) return std::nullopt;
    table_.settle();
    for (SeriesId id = 0; id < models_.size(); ++id) {
      for (std::size_t w = 0; w < models_[id].spec().windows.size(); ++w) {
        const Counts want = models_[id].read(w, now_), got = table_.read(id, w);
        if (want == got) continue;
        return "series " + std::to_string(id) + " window " + std::to_string(w) + " at " +
               format_rfc3339(now_) + ": recounted " + to_text(want) + ", table " + to_text(got);
      }
    }
    return std::nullopt;
  }

  slod::test::Random random_;
  Time now_;
  Table table_;
  std::vector<SeriesModel> models_;
};

}  // namespace slod::window::test
