// Where legs find each other: nodes by id and by (device, time). A node is listed by what it lacks, so every
// change of a node is remove(), change, add(). Ids and devices are scoped by the device leg's source. Owned
// by the join.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>

#include "fold/legs.h"
#include "fold/time_list.h"

namespace slod::fold {

using NodeId = std::uint32_t;
inline constexpr NodeId kNoNode = 0xffffffff;

class LegIndex {
 public:
  /// The lists of one device.
  struct Device {
    TimeList free_attempts;  ///< no command yet; by start
    TimeList free_commands;  ///< no attempt yet
    TimeList unanswered;     ///< commands without reply, with an attempt or not
    TimeList replies;        ///< no command yet
    [[nodiscard]] bool empty() const {
      return free_attempts.empty() && free_commands.empty() && unanswered.empty() && replies.empty();
    }
    template <class A>
    void io(A& a) {
      a(free_attempts, free_commands, unanswered, replies);
    }
  };
  enum class Id : std::uint8_t { kAttempt, kCommand, kReply };

  void add(NodeId node, const Legs& legs) { update(node, legs, true); }
  void remove(NodeId node, const Legs& legs) { update(node, legs, false); }

  /// kNoNode if unknown or the id is empty.
  [[nodiscard]] NodeId by_id(Id kind, std::size_t source, const Digest& id) const;
  /// nullptr if nothing of the device is listed, or the device is unknown ("").
  [[nodiscard]] const Device* device(std::size_t source, StringId device) const;
  template <class A>
  void io(A& a) {
    a(ids_, devices_);
  }

 private:
  struct DigestHash {
    std::size_t operator()(const Digest& d) const { return d.hi ^ d.lo; }
  };
  /// Who has an id, and since when: an id that comes back after a day is another's.
  struct Owner {
    NodeId node = 0;
    Time arrival;
  };
  static Digest scoped(Id kind, std::size_t source, const Digest& id);
  static std::uint64_t device_key(std::size_t source, StringId device);
  void update(NodeId node, const Legs& legs, bool in);
  void update_id(const Digest& key, const Owner& owner, bool in);
  static void update_list(TimeList& list, const TimeList::Entry& entry, bool in);
  void update_device(NodeId node, const Legs& legs, bool in);

  boost::unordered_flat_map<Digest, Owner, DigestHash> ids_;
  boost::unordered_flat_map<std::uint64_t, Device> devices_;
};

}  // namespace slod::fold
