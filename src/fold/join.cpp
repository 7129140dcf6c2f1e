#include "fold/join.h"

#include <algorithm>

namespace slod::fold {
namespace {

bool either_lacks(const Digest& a, const Digest& b) {
  return a.empty() || b.empty();
}

}  // namespace

Join::Join(const Config& config, Plan& plan, AttemptMaker& maker, FoldCounters& counters)
    : config_(config), plan_(plan), maker_(maker), counters_(counters), unobserved_(config.sources.size()) {}

// ---- arriving legs
// ------------------------------------------------------------------------------------------------

void Join::api(Journey& journey, const AttemptFacts& facts, const ApiPart& part, Time now) {
  const NodeId id = create(journey.device_source, facts.device, journey.command);
  Legs& legs = nodes_[id];
  legs.journey = plan_.index_of(journey);
  legs.has_api = true;
  legs.api_verdict = part.verdict;
  legs.api_end = part.end;
  legs.api_has_latency = part.has_latency;
  legs.api_id = part.id;
  legs.facts = facts;
  if (const NodeId command = command_for(legs); command != kNoNode) absorb(legs, command);
  if (!legs.has_reply) {
    const NodeId reply = index_.by_id(LegIndex::Id::kReply, legs.source, legs.api_id);
    if (reply != kNoNode) absorb(legs, reply);
  }
  arm(legs, id, Timer::What::kExpiry, legs.facts.arrival + journey.patience);
  settle(id, now);
}

void Join::command(const DevicePart& part, Time now) {
  NodeId id = attempt_for_command(part);
  if (id != kNoNode) {
    index_.remove(id, nodes_[id]);
  } else {
    id = create(part.source, part.device, part.word);
    nodes_[id].facts.seq = part.seq;
    nodes_[id].facts.arrival = part.received;
    const Channel channel = plan_.channel(part.source, part.word);
    if (channel.opener >= 0) open_by_command(channel.opener, part, nodes_[id]);
    arm(nodes_[id], id, Timer::What::kExpiry, part.received + std::max(kShortestPatience, channel.deadline));
  }
  Legs& legs = nodes_[id];
  set_command(legs, part);
  if (!legs.has_reply) {
    if (const NodeId reply = reply_for_command(legs); reply != kNoNode) absorb(legs, reply);
  }
  settle(id, now);
}

void Join::reply(const DevicePart& part, Time now) {
  NodeId id = open_for_reply(part);
  if (id != kNoNode) {
    index_.remove(id, nodes_[id]);
  } else {
    id = create(part.source, part.device, 0);
    nodes_[id].facts.seq = part.seq;
    nodes_[id].facts.arrival = part.received;
    arm(nodes_[id], id, Timer::What::kExpiry,
        part.received + std::max(kShortestPatience, plan_.longest_deadline(part.source)));
  }
  Legs& legs = nodes_[id];
  legs.has_reply = true;
  legs.reply_good = plan_.is_good_reply(part.source, part.word);
  legs.reply_time = part.time;
  legs.reply_id = part.id;
  settle(id, now);
}

void Join::set_command(Legs& legs, const DevicePart& part) const {
  legs.has_command = true;
  legs.command_time = part.time;
  legs.command_id = part.id;
  legs.command_seq = part.seq;
  if (part.device != 0) legs.device = part.device;
}

void Join::open_by_command(int journey, const DevicePart& part, Legs& legs) {
  legs.journey = journey;
  legs.facts.start = part.time;
  legs.facts.device = part.device;
  legs.facts.late = part.late;
  maker_.name(legs.facts, plan_.journey(journey), 0, part.labels);
}

/// Lists the node by what it still lacks, and decides what its legs say now.
void Join::settle(NodeId id, Time now) {
  Legs& legs = nodes_[id];
  if (legs.is_attempt()) {
    const Time deadline = legs.base() + deadline_of(legs);
    legs.expired = legs.expired && deadline < last_tick_;
    if (!legs.expired) arm(legs, id, Timer::What::kDeadline, deadline);
    evaluate(legs, now);
  }
  index_.add(id, legs);
  if (is_done(legs)) release(id);
}

// ---- who belongs to whom
// ------------------------------------------------------------------------------------------

/// For an API leg: the command with its id, else the earliest free one of its device and name in time.
NodeId Join::command_for(const Legs& attempt) const {
  const auto fits = [&](NodeId id) {
    return nodes_[id].command == attempt.command && !nodes_[id].is_attempt();
  };
  const NodeId same = index_.by_id(LegIndex::Id::kCommand, attempt.source, attempt.api_id);
  if (same != kNoNode && fits(same)) return same;
  const LegIndex::Device* device = index_.device(attempt.source, attempt.device);
  if (device == nullptr) return kNoNode;
  const Time start = attempt.facts.start;
  return device->free_commands.earliest(
      start - kClockSkew, start + deadline_of(attempt), kNoNode,
      [&](NodeId id) { return fits(id) && either_lacks(nodes_[id].command_id, attempt.api_id); });
}

/// The same rule from the command's side: the earliest attempt without a command.
NodeId Join::attempt_for_command(const DevicePart& part) const {
  const auto fits = [&](NodeId id) { return nodes_[id].command == part.word && !nodes_[id].has_command; };
  const NodeId same = index_.by_id(LegIndex::Id::kAttempt, part.source, part.id);
  if (same != kNoNode && fits(same)) return same;
  const LegIndex::Device* device = index_.device(part.source, part.device);
  if (device == nullptr) return kNoNode;
  const Time from = part.time - plan_.channel(part.source, part.word).deadline;
  return device->free_attempts.earliest(from, part.time + kClockSkew, kNoNode, [&](NodeId id) {
    const Legs& legs = nodes_[id];
    return fits(id) && either_lacks(legs.api_id, part.id) &&
           part.time <= legs.facts.start + deadline_of(legs);
  });
}

/// The command with the reply's id, the API leg with it, else the device's oldest unanswered command.
NodeId Join::open_for_reply(const DevicePart& part) const {
  for (const LegIndex::Id kind : {LegIndex::Id::kCommand, LegIndex::Id::kAttempt}) {
    const NodeId same = index_.by_id(kind, part.source, part.id);
    if (same != kNoNode && !nodes_[same].has_reply) return same;
  }
  const LegIndex::Device* device = index_.device(part.source, part.device);
  if (device == nullptr) return kNoNode;
  const Duration longest = plan_.longest_deadline(part.source);
  const Time from = part.time - longest - std::max(kShortestPatience, longest);
  return device->unanswered.earliest(from, part.time + kClockSkew, kNoNode, [&](NodeId id) {
    return either_lacks(nodes_[id].command_id, part.id) && answers(nodes_[id], part.time);
  });
}

/// A reply that came before its command.
NodeId Join::reply_for_command(const Legs& legs) const {
  const NodeId same = index_.by_id(LegIndex::Id::kReply, legs.source, legs.command_id);
  if (same != kNoNode) return same;
  const LegIndex::Device* device = index_.device(legs.source, legs.device);
  if (device == nullptr) return kNoNode;
  return device->replies.earliest(legs.command_time - kClockSkew, Time::max(), kNoNode, [&](NodeId id) {
    return either_lacks(nodes_[id].reply_id, legs.command_id) && answers(legs, nodes_[id].reply_time);
  });
}

/// Without an id, a reply is not taken for one to a command that ran out long before.
bool Join::answers(const Legs& command, Time reply) const {
  const Duration deadline = deadline_of(command);
  return reply <= command.command_time + deadline + std::max(kShortestPatience, deadline);
}

Duration Join::deadline_of(const Legs& legs) const {
  return legs.is_attempt() ? plan_.journey(legs.journey).deadline
                           : plan_.channel(legs.source, legs.command).deadline;
}

void Join::absorb(Legs& into, NodeId from) {
  const Legs& other = nodes_[from];
  if (other.has_command) {
    into.has_command = true;
    into.command_time = other.command_time;
    into.command_id = other.command_id;
    into.command_seq = other.command_seq;
    if (other.device != 0) into.device = other.device;
  }
  if (other.has_reply) {
    into.has_reply = true;
    into.reply_good = other.reply_good;
    into.reply_time = other.reply_time;
    into.reply_id = other.reply_id;
  }
  release(from);
}

// ---- nodes
// --------------------------------------------------------------------------------------------------------

NodeId Join::create(std::size_t source, StringId device, StringId command) {
  NodeId id = static_cast<NodeId>(nodes_.size());
  if (unused_.empty()) {
    nodes_.emplace_back();
  } else {
    id = unused_.back();
    unused_.pop_back();
  }
  Legs& legs = nodes_[id];
  const std::uint32_t generation = legs.generation + 1;
  legs = Legs{};
  legs.generation = generation;
  legs.live = true;
  legs.source = source;
  legs.device = device;
  legs.command = command;
  return id;
}

void Join::release(NodeId id) {
  index_.remove(id, nodes_[id]);
  nodes_[id].live = false;
  ++nodes_[id].generation;
  unused_.push_back(id);
}

// ---- time
// ---------------------------------------------------------------------------------------------------------

void Join::evaluate(Legs& legs, Time now) {
  Journey& journey = plan_.journey(legs.journey);
  for (Booker& booker : journey.bookers) {
    const GoodWhen leg = booker.view().leg;
    const Decision decision = judge(legs, *journey.config, leg, unobserved_);
    const bool unfolded = booker.decide(legs.facts, legs.placed[index_of(leg)], decision, now);
    if (unfolded && !legs.facts.unfolded) {
      legs.facts.unfolded = true;
      ++counters_.late_unfolded[journey.config->name];
    }
  }
}

void Join::arm(const Legs& legs, NodeId id, Timer::What what, Time time) {
  timers_.push({time, legs.facts.seq, what, id, legs.generation});
}

void Join::tick(Time at) {
  last_tick_ = at;
  while (!timers_.empty() && timers_.top().time < at) {
    const Timer timer = timers_.top();
    timers_.pop();
    const Legs& legs = nodes_[timer.node];
    if (!legs.live || legs.generation != timer.generation) continue;
    if (timer.what == Timer::What::kDeadline) {
      on_deadline(timer, at);
    } else {
      on_expiry(timer);
    }
  }
  unobserved_.forget_before(at - 2 * kReplyMemory);
}

void Join::on_deadline(const Timer& timer, Time at) {
  Legs& legs = nodes_[timer.node];
  if (legs.expired || legs.base() + deadline_of(legs) >= at) return;
  legs.expired = true;
  evaluate(legs, at);
  if (is_done(legs)) release(timer.node);
}

void Join::on_expiry(const Timer& timer) {
  const Legs& legs = nodes_[timer.node];
  if (const Time expiry = expiry_of(legs); expiry > timer.time) {
    arm(legs, timer.node, Timer::What::kExpiry, expiry);
    return;
  }
  if (!legs.is_attempt()) {
    const std::string& source = config_.sources[legs.source].name;
    if (legs.has_command) ++counters_.unmatched_legs[{source, "command"}];
    if (legs.has_reply) ++counters_.unmatched_legs[{source, "reply"}];
  }
  release(timer.node);
}

/// A waiting leg has patience; so has an attempt that a late command may still join. An attempt whose outcome
/// hangs on a reply is kept longer.
Time Join::expiry_of(const Legs& legs) const {
  if (legs.is_attempt()) {
    const Duration patience = plan_.journey(legs.journey).patience;
    return legs.facts.arrival + (awaits_reply(legs) ? std::max(kReplyMemory, patience) : patience);
  }
  const Duration deadline = legs.has_command ? deadline_of(legs) : plan_.longest_deadline(legs.source);
  return legs.facts.arrival + std::max(kShortestPatience, deadline);
}

/// By every leg, whether or not an SLO asks for it: no number hangs on which other SLOs there are.
bool Join::awaits_reply(const Legs& legs) const {
  if (legs.has_reply) return !is_answered(legs);
  const bool failed = legs.has_api && legs.api_verdict != Verdict::kGood;
  const JourneyConfig& journey = *plan_.journey(legs.journey).config;
  constexpr std::array kAll{GoodWhen::kAll, GoodWhen::kApi, GoodWhen::kDevice};
  return std::any_of(kAll.begin(), kAll.end(), [&](GoodWhen leg) {
    const Decision decision = judge(legs, journey, leg, unobserved_);
    if (!decision.made)
      return leg == GoodWhen::kAll || (leg == GoodWhen::kDevice && (!failed || legs.has_command));
    return decision.outcome == Outcome::kDeviceTimeout || decision.outcome == Outcome::kUnobserved;
  });
}

/// Whether the reply decides: a refusal past the deadline does not, before a tick has passed that.
bool Join::is_answered(const Legs& legs) const {
  return legs.has_reply &&
         (legs.reply_good || legs.expired || legs.reply_time <= legs.base() + deadline_of(legs));
}

/// Nothing that may still come can join it or change it.
bool Join::is_done(const Legs& legs) const {
  return legs.is_attempt() && is_answered(legs) && (legs.has_command || expiry_of(legs) < last_tick_);
}

void Join::source_unobserved(std::size_t source, Time from, Time to, Time now) {
  unobserved_.add(source, from, to);
  std::vector<NodeId> touched;
  for (NodeId id = 0; id < nodes_.size(); ++id) {
    const Legs& legs = nodes_[id];
    if (legs.live && legs.is_attempt() && legs.source == source && legs.expired && !legs.has_reply)
      touched.push_back(id);
  }
  std::sort(touched.begin(), touched.end(),
            [&](NodeId a, NodeId b) { return nodes_[a].facts.seq < nodes_[b].facts.seq; });
  for (const NodeId id : touched) evaluate(nodes_[id], now);
}

}  // namespace slod::fold
