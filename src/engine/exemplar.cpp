#include "slod/engine/exemplar.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace slod::engine {
namespace {

using Link = fold::DeviceCondition::Link;

/// Two units are enough for people: "14m", "2h5m", "3d4h".
std::string span_text(std::int64_t s) {
  struct Unit {
    std::int64_t length;
    char name;
  };
  constexpr std::array<Unit, 4> kUnits = {{{86'400, 'd'}, {3'600, 'h'}, {60, 'm'}, {1, 's'}}};
  std::string text;
  int used = 0;
  for (const auto& [length, name] : kUnits) {
    const std::int64_t count = s / length;
    s %= length;
    if (count > 0) text += std::to_string(count) + name;
    if (!text.empty() && ++used == 2) break;
  }
  return text.empty() ? "0s" : text;
}

std::string link_text(const fold::DeviceCondition& condition) {
  switch (condition.link) {
    case Link::kNone:
      return "";
    case Link::kUnknown:
      return "device's state not known";
    case Link::kConnected: {
      const std::int64_t heard = condition.heard_seconds;
      if (condition.heard_seconds == fold::DeviceCondition::kNotHeard) return "device connected";
      return "device connected, last heard " + span_text(std::abs(heard)) +
             (heard < 0 ? " after" : " before");
    }
    case Link::kSilent:
      return "device silent for " + span_text(condition.out_seconds);
    case Link::kOffline:
      return "device offline for " + span_text(condition.out_seconds);
  }
  return "";
}

std::string outcome_text(const fold::Booking& booking) {
  const std::string answer =
      booking.status == 0 ? std::string() : "the API answered " + std::to_string(booking.status);
  switch (booking.outcome) {
    case fold::Outcome::kOk:
      return "too slow";  // only a latency SLO calls it bad
    case fold::Outcome::kHttpError:
      return answer;
    case fold::Outcome::kDeviceTimeout:
      return "timed out";
    case fold::Outcome::kDeviceRefused:
      return "the device refused";
    case fold::Outcome::kLateOk:
      return "done too late";
    case fold::Outcome::kUnobserved:
    case fold::Outcome::kExcluded:
      break;
  }
  return fold::outcome_name(booking.outcome);
}

}  // namespace

std::string actor_name(const Config& config, ActorIndex actor) {
  return actor == kUnknownActor ? "unknown" : config.actors[static_cast<std::size_t>(actor)].name;
}

const char* link_name(Link link) {
  constexpr std::array<const char*, 5> kNames = {"", "unknown", "connected", "silent", "offline"};
  return kNames.at(static_cast<std::size_t>(link));
}

std::string check_name(const Config& config, std::uint8_t check) {
  using fold::DeviceCondition;
  if (check == 0) return "";
  if (check == DeviceCondition::kBattery) return "battery";
  const std::size_t index = check - DeviceCondition::kFirstCheck;
  return config.fleet && index < config.fleet->checks.size() ? config.fleet->checks[index].name : "";
}

std::string condition_text(const Config& config, const fold::DeviceCondition& condition) {
  std::string text = link_text(condition);
  if (text.empty()) return text;
  if (condition.battery != fold::DeviceCondition::kNoBattery)
    text += ", battery " + std::to_string((condition.battery + 5) / 10) + " %";
  if (condition.check != 0) text += ", failing: " + check_name(config, condition.check);
  return text;
}

Exemplar exemplar_of(const Config& config, const Dictionary& dictionary, const fold::Booking& booking) {
  Exemplar out;
  out.at = booking.start;
  out.route = dictionary.text(booking.route);
  out.device = dictionary.text(booking.device);
  out.actor = actor_name(config, booking.actor);
  out.outcome = fold::outcome_name(booking.outcome);
  out.status = booking.status;
  if (booking.latency != kNoLatency) out.latency = to_seconds(booking.latency);
  out.attempts = booking.attempts;
  for (const Label& label : dictionary.labels(booking.labels))
    out.labels.emplace_back(dictionary.text(label.key), dictionary.text(label.value));
  std::sort(out.labels.begin(), out.labels.end());
  out.condition = booking.condition;
  out.check = check_name(config, booking.condition.check);
  out.sentence = outcome_text(booking);
  const std::string condition = condition_text(config, booking.condition);
  if (!condition.empty()) out.sentence += "; " + condition;
  return out;
}

}  // namespace slod::engine
