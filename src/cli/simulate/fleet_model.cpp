#include "cli/simulate/fleet_model.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace slod::cli {
namespace {

constexpr Duration kBetweenActs = seconds(2);
constexpr Duration kFlapPeriod = seconds(10);
constexpr Duration kFlapDown = seconds(5);
constexpr double kRideMedian = 180;  // seconds
constexpr double kRideSigma = 0.6;
constexpr double kLongestRide = 900;

struct City {
  const char* name;
  double lat, lon;
};
constexpr std::array<City, 4> kCities = {{{"tokyo", 35.68, 139.76},
                                          {"osaka", 34.69, 135.50},
                                          {"yokohama", 35.44, 139.64},
                                          {"fukuoka", 33.59, 130.40}}};

Duration in_seconds(double value) {
  return Duration(static_cast<std::int64_t>(value * 1e9));
}

std::string numbered(const char* prefix, std::size_t number) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%s%05zu", prefix, number + 1);
  return text.data();
}

}  // namespace

FleetModel::FleetModel(Script script, ModelOptions options)
    : script_(std::move(script)), options_(std::move(options)) {
  for (int i = 0; i < options_.devices; ++i) add_device(static_cast<std::size_t>(i));
  if (script_.acts() > 0 && options_.rate > 0 && !devices_.empty()) {
    Event trip;
    trip.kind = Event::Kind::kTrip;
    plan(Duration(0), trip);
    plan_rides_under_way();
  }
  for (const Incident& incident : options_.incidents) plan_incident(incident);
}

void FleetModel::add_device(std::size_t index) {
  Draw draw(options_.seed, "device", index);
  Device device;
  device.id = numbered("v", index);
  device.area = script_.areas[draw.below(script_.areas.size())];
  device.model = draw.chance(0.7) ? "scooter" : "bike";
  device.firmware = draw.chance(0.8) ? "2.4.1" : "2.5.0";
  device.battery = draw.between(35, 100);
  device.swap_at = draw.chance(0.01) ? 8 : 20;  // a few are forgotten until they are low
  device.drains = draw.chance(0.25);
  device.times_out = draw.chance(0.4);
  device.state = draw.chance(0.5) ? script_.idle : script_.parked;
  device.lat = draw.between(-0.02, 0.02);
  device.lon = draw.between(-0.02, 0.02);
  const auto known =
      std::find_if(kCities.begin(), kCities.end(), [&](const City& c) { return device.area == c.name; });
  const City& city = known == kCities.end() ? kCities.front() : *known;
  device.lat += city.lat;
  device.lon += city.lon;
  const Duration first = in_seconds(draw.between(0, 5));
  devices_.push_back(device);
  presence(index, first / 4, true);
  Event event;
  event.kind = Event::Kind::kReport;
  event.device = index;
  plan(first, event);
}

/// The fleet was there before we looked: rides that began earlier end at the rate at which rides begin, times
/// the share of rides that last that long.
void FleetModel::plan_rides_under_way() {
  const double between = static_cast<double>(script_.acts()) / options_.rate;
  Draw draw(options_.seed, "under way");
  double at = draw.exponential(between);
  for (std::uint64_t number = 1ULL << 41U; at < kLongestRide; at += draw.exponential(between), ++number) {
    const double lasts_so_long = 0.5 * std::erfc(std::log(at / kRideMedian) / (kRideSigma * std::sqrt(2.0)));
    const std::size_t device = pick_device(draw, Duration(0));
    if (!draw.chance(lasts_so_long) || devices_[device].busy_until > Duration(0)) continue;
    devices_[device].state = script_.riding;
    devices_[device].busy_until = in_seconds(at) + kBetweenActs;
    Event act;
    act.kind = Event::Kind::kAttempt;
    act.attempt.trip = number;
    act.attempt.actor = pick_actor(script_, draw);
    act.attempt.device = device;
    act.attempt.act_number = static_cast<int>(script_.opening.size());
    for (const Act& each : script_.closing) {
      act.attempt.act = &each;
      plan(in_seconds(at), act);
      ++act.attempt.act_number;
    }
    Event state;
    state.kind = Event::Kind::kState;
    state.device = device;
    state.state = script_.idle;
    plan(in_seconds(at), state);
  }
}

void FleetModel::plan_incident(const Incident& incident) {
  if (incident.kind == IncidentKind::kBrokerFlap) {
    for (Duration at = incident.from; at < incident.from + incident.lasts; at += kFlapPeriod) {
      for (const bool down : {true, false}) {
        Event event;
        event.kind = Event::Kind::kFlap;
        event.number = down ? 1 : 0;
        plan(down ? at : std::min(at + kFlapDown, incident.from + incident.lasts), event);
      }
    }
  }
  if (incident.kind != IncidentKind::kOpsRetries || script_.opening.empty() || devices_.empty()) return;
  std::uint64_t number = 1ULL << 40U;
  for (Duration at = incident.from; at < incident.from + incident.lasts;
       at += std::chrono::milliseconds(1500)) {
    Event event;
    event.kind = Event::Kind::kAttempt;
    event.attempt.act = &script_.opening.front();
    for (const Act& act : script_.opening) {
      if (act.journey->name.find("nlock") != std::string::npos) event.attempt.act = &act;
    }
    event.attempt.trip = number++;
    event.attempt.actor = operator_actor(script_);
    event.attempt.forced = true;
    plan(at, event);
  }
}

void FleetModel::plan(Duration at, Event event) {
  event.at = at;
  event.order = order_++;
  events_.push(std::move(event));
}

void FleetModel::emit(Action action) {
  Event event;
  event.kind = Event::Kind::kEmit;
  const Duration at = action.at;
  event.action = std::move(action);
  plan(at, std::move(event));
}

std::optional<Action> FleetModel::next() {
  while (!events_.empty()) {
    Event event = events_.top();
    events_.pop();
    if (event.kind == Event::Kind::kEmit) return std::move(event.action);
    handle(event);
  }
  return std::nullopt;
}

void FleetModel::handle(const Event& event) {
  switch (event.kind) {
    case Event::Kind::kEmit:
      break;
    case Event::Kind::kTrip:
      begin_trip(event.number, event.at);
      break;
    case Event::Kind::kState:
      set_state(event.device, event.at, event.state);
      break;
    case Event::Kind::kAttempt:
      attempt(event.attempt, event.at);
      break;
    case Event::Kind::kReport:
      if (event.number == devices_[event.device].version) report(event.device, event.at);
      break;
    case Event::Kind::kFlap: {
      const bool down = event.number == 1;
      // The broker speaks the last wills of those it lost; a new connection says hello again.
      for (std::size_t i = 0; down && i < devices_.size(); ++i) presence(i, event.at, false);
      for (const SourceConfig& source : script_.config->sources) {
        if (source.kind != SourceConfig::Kind::kMqtt) continue;
        emit({event.at, down ? Action::Kind::kDisconnect : Action::Kind::kReconnect, &source, "", "", false});
      }
      const Duration later = event.at + std::chrono::milliseconds(500);
      for (std::size_t i = 0; !down && i < devices_.size(); ++i) presence(i, later, true);
      break;
    }
  }
}

std::size_t FleetModel::pick_device(Draw& draw, Duration at) const {
  std::size_t picked = 0;
  for (int tries = 0; tries < 16; ++tries) {
    picked = draw.below(devices_.size());
    if (devices_[picked].busy_until <= at) break;
  }
  return picked;
}

void FleetModel::begin_trip(std::uint64_t number, Duration at) {
  Draw draw(options_.seed, "trip", number);
  Event next;
  next.kind = Event::Kind::kTrip;
  next.number = number + 1;
  plan(at + in_seconds(draw.exponential(static_cast<double>(script_.acts()) / options_.rate)), next);

  const std::size_t device = pick_device(draw, at);
  Event act;
  act.kind = Event::Kind::kAttempt;
  act.attempt.trip = number;
  act.attempt.actor = pick_actor(script_, draw);
  act.attempt.device = device;
  Duration when = at;
  for (const auto* acts : {&script_.opening, &script_.closing}) {
    for (const Act& each : *acts) {
      act.attempt.act = &each;
      plan(when, act);
      ++act.attempt.act_number;
      when += kBetweenActs;
    }
    if (acts != &script_.opening) break;
    const Duration ride = in_seconds(std::min(kLongestRide, draw.lognormal(kRideMedian, kRideSigma)));
    Event state;
    state.kind = Event::Kind::kState;
    state.device = device;
    state.state = script_.riding;
    plan(when, state);
    when += ride;
    state.state = script_.idle;
    plan(when, state);
    state.state = script_.parked;
    plan(when + minutes(10), state);
    devices_[device].busy_until = when + kBetweenActs;
  }
}

void FleetModel::set_state(std::size_t index, Duration at, const std::string& state) {
  Device& device = devices_[index];
  if (device.state == state) return;
  // The wish to be parked is ten minutes old: meanwhile somebody may ride.
  if (state == script_.parked && device.busy_until > at) return;
  device.state = state;
  ++device.version;  // the old schedule ends
  report(index, at);
}

}  // namespace slod::cli
