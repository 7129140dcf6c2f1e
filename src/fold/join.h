// Join: legs into attempts, in any order of their arrival, and what the last tick makes of them. By id; where
// a side lacks one, by device and time. Only journeys with a device leg come here. Owned by the fold.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "fold/attempt_maker.h"
#include "fold/judge.h"
#include "fold/leg_index.h"
#include "fold/timers.h"

namespace slod::fold {

/// The API leg of an attempt, judged.
struct ApiPart {
  Verdict verdict = Verdict::kGood;
  bool has_latency = false;
  Time end;
  Digest id;
};

/// A command or a reply. `time` is already the one that counts.
struct DevicePart {
  std::size_t source = 0;
  StringId device = 0;
  StringId word = 0;
  Digest id;
  Time time;
  Time received;
  std::uint64_t seq = 0;
  bool late = false;  ///< a tick had passed the slot of `time`
  LabelSetId labels = 0;
};

class Join {
 public:
  Join(const Config& config, Plan& plan, AttemptMaker& maker, FoldCounters& counters);

  /// `now`: the latest stamp of the stream, for each call.
  void api(Journey& journey, const AttemptFacts& facts, const ApiPart& part, Time now);
  void command(const DevicePart& part, Time now);
  void reply(const DevicePart& part, Time now);
  void tick(Time at);
  void source_unobserved(std::size_t source, Time from, Time to, Time now);
  template <class A>
  void io(A& a) {
    a(unobserved_, nodes_, unused_, index_, timers_, last_tick_);
  }

 private:
  NodeId create(std::size_t source, StringId device, StringId command);
  void release(NodeId id);
  void absorb(Legs& into, NodeId from);
  void set_command(Legs& legs, const DevicePart& part) const;
  void open_by_command(int journey, const DevicePart& part, Legs& legs);
  void settle(NodeId id, Time now);

  [[nodiscard]] NodeId command_for(const Legs& attempt) const;
  [[nodiscard]] NodeId attempt_for_command(const DevicePart& part) const;
  [[nodiscard]] NodeId open_for_reply(const DevicePart& part) const;
  [[nodiscard]] NodeId reply_for_command(const Legs& legs) const;
  [[nodiscard]] Duration deadline_of(const Legs& legs) const;
  [[nodiscard]] bool answers(const Legs& command, Time reply) const;

  void evaluate(Legs& legs, Time now);
  void on_deadline(const Timer& timer, Time at);
  void on_expiry(const Timer& timer);
  void arm(const Legs& legs, NodeId id, Timer::What what, Time time);
  [[nodiscard]] bool awaits_reply(const Legs& legs) const;
  [[nodiscard]] Time expiry_of(const Legs& legs) const;
  [[nodiscard]] bool is_answered(const Legs& legs) const;
  [[nodiscard]] bool is_done(const Legs& legs) const;

  const Config& config_;
  Plan& plan_;
  AttemptMaker& maker_;
  FoldCounters& counters_;
  UnobservedTimes unobserved_;
  std::deque<Legs> nodes_;
  std::vector<NodeId> unused_;
  LegIndex index_;
  Timers timers_;
  Time last_tick_ = Time::min();
};

}  // namespace slod::fold
