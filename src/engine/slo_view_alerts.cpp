// SloView: its alert rules.
#include <algorithm>

#include "slo_view.h"

namespace slod::engine {

void SloView::run_rules(const TickView& tick, std::vector<Transition>& transitions) {
  run_rules_of(alerts_, std::nullopt, tick, transitions);
  for (std::size_t g = 0; g < groups_.size(); ++g) run_rules_of(groups_[g].alerts, g, tick, transitions);
}

void SloView::run_rules_of(std::vector<alert::BurnAlert>& alerts, std::optional<std::size_t> group,
                           const TickView& tick, std::vector<Transition>& transitions) {
  for (std::size_t i = 0; i < alerts.size(); ++i) {
    const BurnRule& rule = alerts[i].rule();
    alert::RuleInput input;
    input.at = tick.at;
    input.source_down = tick.source_down;
    const auto sum = [&](std::size_t place) {
      const std::size_t window = policy_windows_[place].window;
      return group ? judged_group(*group, window) : judged(window);
    };
    input.long_window = sum(rule_windows_[i].long_window);
    input.short_window = sum(rule_windows_[i].short_window);
    if (policy_.min_devices > 1) {
      const Slot now = slot_of(tick.at);
      const BadDevices& devices = group ? measure_.bad_devices(*group) : measure_.bad_devices();
      input.bad_devices = devices.count(window::left_edge(rule.long_window / kSlotLength, now), now);
    }
    add_unseen(tick, group, input, rule);
    if (alerts[i].evaluate(input)) transitions.push_back(transition(alerts[i], tick.at, group));
  }
}

void SloView::add_unseen(const TickView& tick, std::optional<std::size_t> group, alert::RuleInput& input,
                         const BurnRule& rule) const {
  const auto unseen = [&](Duration length) {
    return tick.observation.unseen(tick.sources, tick.at - length, tick.at);
  };
  const Duration unseen_long = unseen(rule.long_window);
  if (unseen_long == Duration(0)) return;
  const MeasureWindows::Kept& kept = measure_.windows().all()[slo_window_];
  const Duration whole = kept.anchored() ? tick.at - kept.begin : kept.rolling;
  const std::int64_t valid =
      (group ? measure_.group_sum(*group, slo_window_) : measure_.sum(slo_window_)).valid();
  const Duration seen = whole - unseen(whole);
  input.long_unseen = expected_events(valid, seen, unseen_long);
  input.short_unseen = expected_events(valid, seen, unseen(rule.short_window));
}

std::string SloView::episode_key(const alert::BurnAlert& alert, std::optional<std::size_t> group) const {
  const BurnRule& rule = alert.rule();
  std::string key = slo_.name + "/" + rule.severity + "/" + format_duration(rule.long_window) + "-" +
                    format_duration(rule.short_window);
  if (!group) return key;
  for (const auto& [name, value] : labels(&measure_.groups()[*group].values)) key += "/" + name + "=" + value;
  return key;
}

Transition SloView::transition(const alert::BurnAlert& alert, Time at, std::optional<std::size_t> group) {
  Transition change;
  change.at = at;
  change.slo = slo_.name;
  change.severity = alert.rule().severity;
  change.long_window = format_duration(alert.rule().long_window);
  change.short_window = format_duration(alert.rule().short_window);
  const bool firing = alert.state() == alert::State::kFiring;
  change.from = alert::state_name(firing ? alert::State::kInactive : alert::State::kFiring);
  change.to = alert::state_name(alert.state());
  if (group) change.labels = labels(&measure_.groups()[*group].values);
  const std::string key = episode_key(alert, group);
  std::string& episode = episodes_[key];
  if (firing) episode = key + "/" + std::to_string(slot_of(at));
  change.episode = episode;
  return change;
}

// ---- another config
// ------------------------------------------------------------------------------------------------

void SloView::take_over(const SloView& old, bool goes_on) {
  if (goes_on) resume(alerts_, old.alerts_, std::nullopt, old);
  for (const Group& before : old.groups_) {
    const std::size_t g = groups_.size();
    learn(before.member);
    if (goes_on) resume(groups_.back().alerts, before.alerts, g, old);
  }
}

/// What another rule was in the middle of is over: it is judged from now on.
void SloView::resume(std::vector<alert::BurnAlert>& alerts, const std::vector<alert::BurnAlert>& old,
                     std::optional<std::size_t> group, const SloView& before) {
  const auto same = [](const BurnRule& a, const BurnRule& b) {
    return a.severity == b.severity && a.burn_micros == b.burn_micros && a.long_window == b.long_window &&
           a.short_window == b.short_window;
  };
  for (alert::BurnAlert& one : alerts) {
    const auto known = std::find_if(old.begin(), old.end(),
                                    [&](const auto& other) { return same(one.rule(), other.rule()); });
    if (known == old.end()) continue;
    one.resume(*known);
    const auto episode = before.episodes_.find(before.episode_key(*known, group));
    if (episode != before.episodes_.end()) episodes_[episode_key(one, group)] = episode->second;
  }
}

}  // namespace slod::engine
