#include "fold/leg_index.h"

#include "fold/dedup.h"
#include "slod/core/hash.h"

namespace slod::fold {

Digest LegIndex::scoped(Id kind, std::size_t source, const Digest& id) {
  const std::uint64_t scope = (std::uint64_t{source} << 2) | static_cast<std::uint64_t>(kind);
  return {id.hi ^ mix64(scope + 1, 0x9e3779b97f4a7c15), id.lo};
}

std::uint64_t LegIndex::device_key(std::size_t source, StringId device) {
  return (std::uint64_t{source} << 32) | device;
}

NodeId LegIndex::by_id(Id kind, std::size_t source, const Digest& id) const {
  if (id.empty()) return kNoNode;
  const auto found = ids_.find(scoped(kind, source, id));
  return found == ids_.end() ? kNoNode : found->second.node;
}

const LegIndex::Device* LegIndex::device(std::size_t source, StringId device) const {
  if (device == 0) return nullptr;
  const auto found = devices_.find(device_key(source, device));
  return found == devices_.end() ? nullptr : &found->second;
}

void LegIndex::update(NodeId node, const Legs& legs, bool in) {
  const bool open = !legs.has_command || !legs.has_reply;
  const auto by = [&](Id kind, const Digest& id) {
    if (!id.empty()) update_id(scoped(kind, legs.source, id), {node, legs.facts.arrival}, in);
  };
  if (legs.has_api && open) by(Id::kAttempt, legs.api_id);
  if (legs.has_command && (!legs.is_attempt() || !legs.has_reply)) by(Id::kCommand, legs.command_id);
  if (!legs.is_attempt() && !legs.has_command && legs.has_reply) by(Id::kReply, legs.reply_id);
  if (legs.device != 0) update_device(node, legs, in);
}

/// Of two nodes with one id, which only two sources can bring about, the first is found; unless it is a day
/// older: then the id has been used anew.
void LegIndex::update_id(const Digest& key, const Owner& owner, bool in) {
  const auto found = ids_.find(key);
  if (!in) {
    if (found != ids_.end() && found->second.node == owner.node) ids_.erase(found);
  } else if (found == ids_.end()) {
    ids_.emplace(key, owner);
  } else if (owner.arrival - found->second.arrival >= Dedup::kMemory) {
    found->second = owner;
  }
}

void LegIndex::update_list(TimeList& list, const TimeList::Entry& entry, bool in) {
  if (in) {
    list.insert(entry);
  } else {
    list.erase(entry);
  }
}

void LegIndex::update_device(NodeId node, const Legs& legs, bool in) {
  const std::uint64_t key = device_key(legs.source, legs.device);
  const bool free_attempt = legs.is_attempt() && !legs.has_command;
  const bool free_command = legs.has_command && !legs.is_attempt();
  const bool unanswered = legs.has_command && !legs.has_reply;
  const bool lone_reply = legs.has_reply && !legs.has_command && !legs.is_attempt();
  if (!free_attempt && !free_command && !unanswered && !lone_reply) return;
  Device& device = devices_[key];
  const std::uint64_t seq = legs.facts.seq, command_seq = legs.command_seq;
  if (free_attempt) update_list(device.free_attempts, {legs.facts.start, seq, node}, in);
  if (free_command) update_list(device.free_commands, {legs.command_time, command_seq, node}, in);
  if (unanswered) update_list(device.unanswered, {legs.command_time, command_seq, node}, in);
  if (lone_reply) update_list(device.replies, {legs.reply_time, seq, node}, in);
  if (!in && device.empty()) devices_.erase(key);
}

}  // namespace slod::fold
