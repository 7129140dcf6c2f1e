// What a config asks of a simulated fleet: which journeys can be made up and where each of their messages
// goes. Immutable once built.
#pragma once

#include <string>
#include <vector>

#include "cli/simulate/random.h"
#include "slod/config/config.h"

namespace slod::cli {

/// A journey that the fleet makes.
struct Act {
  const JourneyConfig* journey = nullptr;
  const SourceConfig* api = nullptr;     ///< null: no api leg that can be posted
  const SourceConfig* device = nullptr;  ///< null: no device leg
  const MessageRule* command = nullptr;  ///< of `device`
  const MessageRule* reply = nullptr;
  bool at_end = false;  ///< belongs to the end of a ride (Lock), not to its start
};

struct Script {
  const Config* config = nullptr;
  std::vector<Act> opening, closing;  ///< of one ride
  std::vector<std::pair<const SourceConfig*, const MessageRule*>> reports, presence;
  std::string idle, riding, parked;  ///< state words
  std::vector<std::string> areas;
  std::vector<double> actor_weights;  ///< as config.actors
  std::vector<std::string> warnings;  ///< what of the config cannot be simulated, and why
  [[nodiscard]] std::size_t acts() const { return opening.size() + closing.size(); }
};

[[nodiscard]] Script make_script(const Config& config);
/// Index into config.actors; -1 if there are none.
[[nodiscard]] int pick_actor(const Script& script, Draw& draw);
/// Index of the actor that operates the fleet; -1 if none looks like it.
[[nodiscard]] int operator_actor(const Script& script);

}  // namespace slod::cli
