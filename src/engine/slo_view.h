// SloView: one SLO: a target, windows and a policy over a measure. At a tick it runs its alert rules and says
// what there is to say of it; it counts nothing. Thread: the shard's.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "observation.h"
#include "population.h"
#include "slod/alert/burn_alert.h"
#include "slod/engine/snapshot.h"

namespace slod::engine {

/// What the rules of one SLO need to know of a tick beside the counts.
struct TickView {
  Time at;
  bool source_down = false;
  const Observation& observation;
  const std::vector<std::string>& sources;  ///< those that the SLO lives on
};

class SloView {
 public:
  /// Lifetime: all outlive the view. Requires: the measure keeps what the SLO needs, or will when bind() is
  /// called.
  SloView(const Config& config, const SloConfig& slo, const Population& population, const Measure& measure,
          const Tables& tables);

  /// Finds its windows in the measure. False: one is missing.
  [[nodiscard]] bool bind();
  /// The measure's newest group; whether it is one of this SLO's.
  void learn(bool member);
  /// Of another view of the same measure: its groups and, if this one goes on where it stood, the state of
  /// the rules that both have.
  void take_over(const SloView& old, bool goes_on);

  void run_rules(const TickView& tick, std::vector<Transition>& transitions);
  /// What the SLO says at the last tick. Requires: nothing was counted since.
  [[nodiscard]] SloReading read() const;
  [[nodiscard]] const SloConfig& slo() const { return slo_; }
  [[nodiscard]] const Measure& measure() const { return measure_; }
  template <class A>
  void io(A& a);

 private:
  /// A window of the SLO: where the measure has it.
  struct Place {
    std::size_t window = 0;
    std::string text;  ///< "5m"
  };
  struct Group {
    bool member = false;  ///< false: a part of the SLO's overflow group
    Ppm objective = 0;
    std::vector<alert::BurnAlert> alerts;
  };
  /// A rule's windows: indices into policy_windows_.
  struct RuleWindows {
    std::size_t long_window, short_window;
  };

  /// A window of the whole SLO, as it is judged: with the cap on single devices, if there is one.
  [[nodiscard]] window::Counts judged(std::size_t window) const;
  [[nodiscard]] window::Counts judged_group(std::size_t group, std::size_t window) const;
  [[nodiscard]] Missing missing(std::size_t window) const;
  void read_counts(SloReading& reading) const;
  void read_windows(SloReading& reading) const;
  void read_latency(SloReading& reading) const;
  void read_fleet(SloReading& reading) const;
  void read_also(SloReading& reading) const;
  void read_groups(SloReading& reading) const;
  void add_to(GroupReading& reading, std::size_t group) const;
  [[nodiscard]] std::vector<RuleStatus> statuses(const std::vector<alert::BurnAlert>& alerts) const;
  void run_rules_of(std::vector<alert::BurnAlert>& alerts, std::optional<std::size_t> group,
                    const TickView& tick, std::vector<Transition>& transitions);
  void add_unseen(const TickView& tick, std::optional<std::size_t> group, alert::RuleInput& input,
                  const BurnRule& rule) const;
  [[nodiscard]] std::string episode_key(const alert::BurnAlert& alert,
                                        std::optional<std::size_t> group) const;
  [[nodiscard]] Transition transition(const alert::BurnAlert& alert, Time at,
                                      std::optional<std::size_t> group);
  void resume(std::vector<alert::BurnAlert>& alerts, const std::vector<alert::BurnAlert>& old,
              std::optional<std::size_t> group, const SloView& before);
  [[nodiscard]] std::vector<alert::BurnAlert> alerts_for(Ppm objective) const;
  [[nodiscard]] Ppm objective_of(const std::vector<StringId>& values) const;
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> labels(
      const std::vector<StringId>* values) const;

  const Config& config_;
  const SloConfig& slo_;
  const AlertPolicy& policy_;
  const Population& population_;
  const Measure& measure_;
  const Tables& tables_;
  std::vector<Duration> lengths_;      ///< the policy's windows, rising
  std::vector<Place> policy_windows_;  ///< likewise
  std::vector<Place> also_;
  std::size_t slo_window_ = 0, among_slo_windows_ = 0;
  std::vector<alert::BurnAlert> alerts_;         ///< one per rule of the policy
  std::vector<RuleWindows> rule_windows_;        ///< likewise
  std::vector<Group> groups_;                    ///< by the measure's groups
  std::map<std::string, std::string> episodes_;  ///< rule and group -> the episode that is open
};

template <class A>
void SloView::io(A& a) {
  a.same(hash_bytes(slo_.name));
  for (const Duration length : lengths_) a.same(length.count());
  std::vector<std::uint8_t> members;
  for (const Group& group : groups_) members.push_back(group.member ? 1 : 0);
  a(members);
  if constexpr (A::kReads) {
    const bool fits = bind() && groups_.empty() && members.size() == measure_.groups().size();
    if (!a.good() || !fits) return a.fail();
    for (const std::uint8_t member : members) learn(member != 0);
  }
  archive::in_place(a, alerts_);
  for (Group& group : groups_) archive::in_place(a, group.alerts);
  a(episodes_);
}

}  // namespace slod::engine
