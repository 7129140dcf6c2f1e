// The legs of one attempt, as far as they have come. Before the leg that opens an attempt is there, a node
// holds a command (and its reply) or a reply that waits for it.
#pragma once

#include "fold/attempt.h"

namespace slod::fold {

struct Legs {
  std::uint32_t generation = 0;  ///< of the slot in the pool: tells a timer that its node has gone
  bool live = false;
  bool has_api = false;
  bool has_command = false;
  bool has_reply = false;
  bool reply_good = false;
  bool expired = false;  ///< a tick has passed the deadline
  bool api_has_latency = false;
  Verdict api_verdict = Verdict::kGood;
  int journey = -1;        ///< -1: waits for the leg that opens an attempt
  std::size_t source = 0;  ///< index of the device leg's source in the config
  StringId device = 0;
  StringId command = 0;  ///< its name; of an attempt: the name that its journey expects
  Time api_end, command_time, reply_time;
  Digest api_id, command_id, reply_id;
  std::uint64_t command_seq = 0;
  AttemptFacts facts;  ///< seq and arrival of the first leg; the rest once it is an attempt
  std::array<Placed, kLegs> placed;

  [[nodiscard]] bool is_attempt() const { return journey >= 0; }
  /// The deadline runs from the command, without one from the API leg's start.
  [[nodiscard]] Time base() const { return has_command ? command_time : facts.start; }
};

}  // namespace slod::fold
