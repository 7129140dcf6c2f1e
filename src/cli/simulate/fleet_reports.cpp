// What the machines say of themselves, and what the faults do to that.
#include <algorithm>
#include <cmath>

#include "cli/simulate/fleet_model.h"

namespace slod::cli {
namespace {

constexpr double kRidingDrain = 0.4;  // percent a minute
constexpr double kIdleDrain = 0.02;
constexpr Duration kFlapPeriod = seconds(10);
constexpr Duration kFlapDown = seconds(5);

}  // namespace

bool FleetModel::during(IncidentKind kind, Duration at) const {
  return std::any_of(options_.incidents.begin(), options_.incidents.end(),
                     [&](const Incident& incident) { return incident.kind == kind && incident.covers(at); });
}

bool FleetModel::broker_down(Duration at) const {
  return std::any_of(options_.incidents.begin(), options_.incidents.end(), [&](const Incident& incident) {
    return incident.kind == IncidentKind::kBrokerFlap && incident.covers(at) &&
           (at - incident.from) % kFlapPeriod < kFlapDown;
  });
}

bool FleetModel::silent(const Device& device, Duration at) const {
  return during(IncidentKind::kAreaOutage, at) && device.area == script_.areas.front();
}

Duration FleetModel::interval(const std::string& state) const {
  if (!script_.config->fleet) return seconds(60);
  const ReportInterval& every = script_.config->fleet->report_every;
  const auto found = every.by_state.find(state);
  return found == every.by_state.end() ? every.otherwise : found->second;
}

double FleetModel::drained(const Device& device, Duration at) const {
  double battery = device.battery;
  for (const Incident& incident : options_.incidents) {
    if (incident.kind != IncidentKind::kBatteryDrain || !device.drains || !incident.covers(at)) continue;
    const double part = to_seconds(at - incident.from) / (0.3 * to_seconds(incident.lasts));
    battery = std::max(2.0, battery - 100 * std::min(1.0, part));
  }
  return std::round(battery * 10) / 10;
}

void FleetModel::report(std::size_t index, Duration at) {
  Device& device = devices_[index];
  const double passed = to_seconds(at - device.updated) / 60;
  device.battery =
      std::max(1.0, device.battery - passed * (device.state == script_.riding ? kRidingDrain : kIdleDrain));
  device.updated = at;
  if (device.battery < device.swap_at && device.state != script_.riding) device.battery = 96;
  MessageFacts facts;
  facts.device = device.id;
  facts.state = device.state;
  facts.time = clock(at);
  facts.battery = drained(device, at);
  facts.seq = ++device.seq;
  facts.lat = device.lat;
  facts.lon = device.lon;
  facts.labels = {{"area", device.area}, {"model", device.model}, {"firmware", device.firmware}};
  if (script_.config->fleet) {
    for (const ThresholdCheck& check : script_.config->fleet->checks)
      facts.values[check.field] = healthy_value(check);
  }
  if (!silent(device, at)) {
    for (const auto& [source, rule] : script_.reports) {
      emit({at, Action::Kind::kPublish, source, message_topic(*rule, facts), message_payload(*rule, facts),
            false});
    }
  }
  Event event;
  event.kind = Event::Kind::kReport;
  event.device = index;
  event.number = device.version;
  // Clocks of cheap machines are not exact.
  Draw draw(options_.seed, "report", index, static_cast<std::uint64_t>(device.seq));
  plan(at + Duration(static_cast<std::int64_t>(static_cast<double>(interval(device.state).count()) *
                                               draw.between(0.97, 1.0))),
       event);
}

void FleetModel::presence(std::size_t index, Duration at, bool online) {
  const Device& device = devices_[index];
  for (const auto& [source, rule] : script_.presence) {
    const auto& words = online ? rule->online : rule->offline;
    if (words.empty() || silent(device, at)) continue;
    MessageFacts facts;
    facts.device = device.id;
    facts.state = words.front();
    emit({at, Action::Kind::kPublish, source, message_topic(*rule, facts), words.front(), true});
  }
}

}  // namespace slod::cli
