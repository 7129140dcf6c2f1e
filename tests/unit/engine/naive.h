// The naive model of the engine: keeps every event and every attempt for ever, and counts them anew for each
// window, group and outcome that is asked for. Shares no code with the windows, the slices, the groups or the
// trackers.
#pragma once

#include <limits>
#include <map>
#include <set>

#include "unit/fold/fixture.h"

namespace slod::engine::test {

/// One rule broken on purpose: shows that the histories would notice.
enum class Broken {
  kNothing,
  kWindowASlotLonger,
  kTickSlotCounts,
  kEdgeNotRounded,
  kLateDropped,
  kDuplicatesCount,
  kThresholdItselfIsBad,
  kOverflowLost,
  kOneGroupMore,
  kExcludedCounts,
  kSliceByItsMiddle
};

/// What happened, once: an event or an attempt of one view.
struct Fact {
  Slot slot = 0;
  Duration latency = kNoLatency;
  Verdict verdict = Verdict::kGood;
  std::string outcome;
  bool timed_out = false, late = false;
  ActorIndex actor = kUnknownActor;
  LabelSetId labels = 0;
};
using Facts = std::vector<Fact>;

struct Tally {
  std::int64_t good = 0, bad = 0;
  friend bool operator==(const Tally&, const Tally&) = default;
};

class Naive {
 public:
  Naive(const Config& config, const Dictionary& dictionary, Broken broken)
      : config_(config), dictionary_(dictionary), broken_(broken) {
    for (const GoodWhen leg : {GoodWhen::kAll, GoodWhen::kApi, GoodWhen::kDevice}) events[leg], attempts[leg];
  }

  /// By leg; what holds at the tick, all of it.
  std::map<GoodWhen, Facts> events, attempts;

  [[nodiscard]] bool concerns(const SloConfig& slo, const Fact& fact) const {
    return slo.actors.empty() ||
           std::find(slo.actors.begin(), slo.actors.end(), fact.actor) != slo.actors.end();
  }
  /// good 1, bad 0, neither -1.
  [[nodiscard]] int judge(const SloConfig& slo, const Fact& fact) const {
    if (fact.verdict == Verdict::kExcluded) return broken_ == Broken::kExcludedCounts ? 0 : -1;
    if (slo.sli != SliKind::kLatency) return fact.verdict == Verdict::kGood ? 1 : 0;
    if (fact.timed_out) return 0;
    if (fact.latency == kNoLatency) return -1;
    if (broken_ == Broken::kThresholdItselfIsBad) return fact.latency < slo.threshold ? 1 : 0;
    return fact.latency <= slo.threshold ? 1 : 0;
  }
  [[nodiscard]] const Facts& facts(const SloConfig& slo) const {
    return (slo.fold ? events : attempts).find(slo.leg)->second;
  }

  /// The first slot of a window at a tick.
  [[nodiscard]] Slot left(const Window& window, Time at) const {
    if (window.calendar != Window::Calendar::kNone) return slot_of(period_begin(window, at));
    return left(window.rolling, at);
  }
  [[nodiscard]] Slot left(Duration length, Time at) const {
    const std::int64_t hour = 3600, t = nanos(at) / 1'000'000'000, w = length / seconds(1);
    std::int64_t edge = t - w;
    const std::int64_t resolution = w <= hour ? 10 : w <= 24 * hour ? 60 : w <= 7 * 24 * hour ? 300 : hour;
    if (broken_ != Broken::kEdgeNotRounded) edge -= edge % resolution;
    if (broken_ == Broken::kWindowASlotLonger) edge -= 10;
    return edge / 10;
  }

  /// Valid events of an SLO that `wanted` picks, in [from, at); by slices, if the SLO counts those.
  template <typename Wanted>
  [[nodiscard]] Tally count(const SloConfig& slo, Slot from, Time at, Wanted wanted) const {
    const Slot to = slot_of(at) + (broken_ == Broken::kTickSlotCounts ? 1 : 0);
    Tally tally;
    std::map<Slot, Tally> slices;  // by first slot
    const std::int64_t slots = slo.budgeting ? slo.budgeting->slice / kSlotLength : 1;
    for (const Fact& fact : facts(slo)) {
      if (fact.slot >= to || !concerns(slo, fact) || judge(slo, fact) < 0 || !wanted(fact)) continue;
      if (broken_ == Broken::kLateDropped && fact.late) continue;
      const bool good = judge(slo, fact) == 1;
      Tally& into = slices[fact.slot / slots * slots];
      (good ? into.good : into.bad) += 1;
    }
    for (const auto& [slot, slice] : slices) {
      const Slot where = broken_ == Broken::kSliceByItsMiddle ? slot + slots / 2 : slot;
      if (where < from) continue;
      const bool kept =
          slo.budgeting && slice.good * 1'000'000 >= (slice.good + slice.bad) * slo.budgeting->target;
      tally.good += slo.budgeting ? (kept ? 1 : 0) : slice.good;
      tally.bad += slo.budgeting ? (kept ? 0 : 1) : slice.bad;
    }
    return tally;
  }

  [[nodiscard]] std::map<std::string, std::int64_t> outcomes(const SloConfig& slo, Time at) const {
    std::map<std::string, std::int64_t> counts;
    for (const Fact& fact : facts(slo)) {
      const bool inside = fact.slot >= left(slo.window, at) && fact.slot < slot_of(at);
      if (inside && concerns(slo, fact) && judge(slo, fact) >= 0) ++counts[fact.outcome];
    }
    return counts;
  }

  /// Good and bad attempts by the SLO's criterion, and how many were excluded.
  [[nodiscard]] std::pair<Tally, std::int64_t> attempts_of(const SloConfig& slo, Time at) const {
    Tally tally;
    std::int64_t excluded = 0;
    for (const Fact& fact : attempts.find(slo.leg)->second) {
      const bool inside = fact.slot >= left(slo.window, at) && fact.slot < slot_of(at);
      if (!inside || !concerns(slo, fact)) continue;
      const int verdict = judge(slo, fact);
      (verdict < 0 ? excluded : verdict == 1 ? tally.good : tally.bad) += 1;
    }
    return {tally, excluded};
  }

  [[nodiscard]] std::vector<std::string> values(const SloConfig& slo, LabelSetId labels) const {
    std::vector<std::string> values;
    for (const std::string& key : slo.group_by)
      values.emplace_back(dictionary_.text(dictionary_.value(labels, dictionary_.find(key))));
    return values;
  }

  /// In journal order: what an arriving event means for the groups of the SLOs. Of one record its whole
  /// journey comes first, then its legs; of each the event, then the attempt.
  void admit(const Fact& fact) {
    for (const GoodWhen leg : {GoodWhen::kAll, GoodWhen::kApi, GoodWhen::kDevice}) {
      if (leg == GoodWhen::kDevice && !config_.journeys[0].device) continue;
      for (const bool folds : {true, false}) {
        for (const SloConfig& slo : config_.slos) {
          if (slo.leg == leg && slo.fold == folds && !slo.group_by.empty()) admit(slo, fact);
        }
      }
    }
  }
  /// Everything before the tick by hour, of the whole (no values) and of each group that was admitted.
  /// Not of slices.
  using Hour = std::pair<std::vector<std::string>, std::int64_t>;
  [[nodiscard]] std::map<Hour, Tally> hours(const SloConfig& slo, Time at) const {
    constexpr std::int64_t kSlots = 360;
    std::set<std::int64_t> numbers;
    for (const Fact& fact : facts(slo)) numbers.insert(floor_div(fact.slot, kSlots));
    std::set<std::vector<std::string>> groups;
    if (const auto known = admitted_.find(&slo); known != admitted_.end()) groups = known->second;
    std::map<Hour, Tally> found;
    for (const std::int64_t hour : numbers) {
      const auto inside = [&](const Fact& f) { return floor_div(f.slot, kSlots) == hour; };
      const Slot first = std::numeric_limits<Slot>::min();
      found[{{}, hour}] = count(slo, first, at, inside);
      for (const auto& group : groups) {
        found[{group, hour}] =
            count(slo, first, at, [&](const Fact& f) { return inside(f) && values(slo, f.labels) == group; });
      }
    }
    std::erase_if(found, [](const auto& one) { return one.second == Tally{}; });
    return found;
  }
  /// Groups with something in their SLO window.
  [[nodiscard]] std::map<std::vector<std::string>, Tally> groups(const SloConfig& slo, Time at) const {
    std::map<std::vector<std::string>, Tally> found;
    if (slo.group_by.empty()) return found;
    const auto known = admitted_.find(&slo);
    std::set<std::vector<std::string>> all =
        known == admitted_.end() ? std::set<std::vector<std::string>>{} : known->second;
    const auto is_known = [&](const Fact& fact) { return all.contains(values(slo, fact.labels)); };
    const Slot from = left(slo.window, at);
    for (const auto& group : all)
      found[group] = count(slo, from, at, [&](const Fact& f) { return values(slo, f.labels) == group; });
    if (broken_ != Broken::kOverflowLost)
      found[std::vector<std::string>(slo.group_by.size(), "__overflow__")] =
          count(slo, from, at, [&](const Fact& f) { return !is_known(f); });
    std::erase_if(found, [](const auto& one) { return one.second == Tally{}; });
    return found;
  }

 private:
  void admit(const SloConfig& slo, const Fact& fact) {
    if (!concerns(slo, fact) || judge(slo, fact) < 0) return;
    std::set<std::vector<std::string>>& known = admitted_[&slo];
    const auto limit = config_.limits.groups_per_slo + (broken_ == Broken::kOneGroupMore ? 1 : 0);
    const bool room = static_cast<std::int64_t>(known.size()) < limit && in_all_ < config_.limits.groups;
    if (room && known.insert(values(slo, fact.labels)).second) ++in_all_;
  }

  static Time period_begin(const Window& window, Time at) {
    const std::int64_t day = 86'400, shift = window.time_zone == "UTC" ? 0 : 9 * 3600;
    const std::int64_t days = (nanos(at) / 1'000'000'000 + shift) / day;
    const std::int64_t since_monday = window.calendar == Window::Calendar::kDay ? 0 : (days + 3) % 7;
    return from_nanos(((days - since_monday) * day - shift) * 1'000'000'000);
  }

  const Config& config_;
  const Dictionary& dictionary_;
  Broken broken_;
  std::map<const SloConfig*, std::set<std::vector<std::string>>> admitted_;
  std::int64_t in_all_ = 0;
};

}  // namespace slod::engine::test
