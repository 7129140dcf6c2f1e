// The simulated world: machines that report, riders that take them, faults. A pure, endless sequence of
// actions in order of time: the same config, options and seed give the same sequence, and an incident changes
// only what starts in its window (and the retries that follow from it). To keep that, trips are laid out as
// if nothing failed: a rider whose unlock failed tries again, but the machine's own day goes on as planned.
// One thread.
#pragma once

#include <map>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "cli/simulate/action.h"
#include "cli/simulate/incident.h"
#include "cli/simulate/script.h"
#include "cli/simulate/wording.h"

namespace slod::cli {

struct ModelOptions {
  int devices = 100;
  double rate = 1.0;  ///< journeys per second
  std::uint64_t seed = 1;
  std::vector<Incident> incidents;
  Time start;  ///< what offset 0 is on the clock
};

/// What slod should find, of all actors together.
struct JourneyTally {
  std::uint64_t attempts = 0, bad_attempts = 0, excluded = 0;
  std::uint64_t good = 0, bad = 0;  ///< with a rider's retries folded; counted when the rider is through
};

class FleetModel {
 public:
  FleetModel(Script script, ModelOptions options);
  FleetModel(const FleetModel&) = delete;
  FleetModel& operator=(const FleetModel&) = delete;
  /// The next action; times never decrease. Nothing when the config gives nothing to do.
  std::optional<Action> next();
  [[nodiscard]] const std::map<std::string, JourneyTally>& tally() const { return tally_; }
  [[nodiscard]] const Script& script() const { return script_; }

 private:
  struct Device {
    std::string id, area, model, firmware;
    double battery = 100, swap_at = 18;
    bool drains = false, times_out = false;
    std::string state;
    Duration busy_until{0}, updated{0};
    std::int64_t seq = 0;
    std::uint64_t version = 0;  // of its report schedule
    double lat = 0, lon = 0;
  };
  struct Attempt {
    const Act* act = nullptr;
    std::uint64_t trip = 0;
    int act_number = 0, number = 0, actor = -1;
    std::size_t device = 0;
    bool forced = false;  // part of ops-retries: fails, and nobody tries again
  };
  struct Outcome {
    int status = 200;
    Duration latency{0}, ack{0};
    bool acked = true, ack_good = true;
  };
  struct Event {
    enum class Kind { kEmit, kTrip, kReport, kState, kAttempt, kFlap };
    Duration at{0};
    std::uint64_t order = 0;
    Kind kind = Kind::kEmit;
    Action action;
    Attempt attempt;
    std::size_t device = 0;
    std::uint64_t number = 0;  // trip, report version
    std::string state;
    friend bool operator>(const Event& a, const Event& b) {
      return a.at != b.at ? a.at > b.at : a.order > b.order;
    }
  };

  void add_device(std::size_t index);
  void plan_rides_under_way();
  void plan_incident(const Incident& incident);
  void plan(Duration at, Event event);
  void emit(Action action);
  void handle(const Event& event);
  void begin_trip(std::uint64_t number, Duration at);
  void report(std::size_t index, Duration at);
  void presence(std::size_t index, Duration at, bool online);
  void set_state(std::size_t index, Duration at, const std::string& state);
  void attempt(const Attempt& attempt, Duration at);
  void send_request(const Attempt& attempt, const Outcome& outcome, Duration at, const std::string& id);
  void send_command(const Attempt& attempt, const Outcome& outcome, Duration at, const std::string& id);
  void settle(const Attempt& attempt, const Outcome& outcome, Duration at);
  [[nodiscard]] Outcome outcome_of(const Attempt& attempt, Duration at) const;
  void afflict(const Attempt& attempt, Duration at, Draw& draw, Outcome& outcome) const;
  [[nodiscard]] bool during(IncidentKind kind, Duration at) const;
  [[nodiscard]] bool broker_down(Duration at) const;
  [[nodiscard]] bool silent(const Device& device, Duration at) const;
  [[nodiscard]] std::map<std::string, std::string> labels(const Attempt& attempt) const;
  [[nodiscard]] double drained(const Device& device, Duration at) const;
  [[nodiscard]] Duration interval(const std::string& state) const;
  [[nodiscard]] std::size_t pick_device(Draw& draw, Duration at) const;
  [[nodiscard]] Time clock(Duration at) const { return options_.start + at; }

  const Script script_;
  const ModelOptions options_;
  std::vector<Device> devices_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::uint64_t order_ = 0;
  std::map<std::string, JourneyTally> tally_;
};

}  // namespace slod::cli
