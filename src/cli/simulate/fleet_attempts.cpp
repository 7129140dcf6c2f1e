// One attempt at one journey: what comes of it, what it leaves in logs and topics, and whether somebody tries
// again.
#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>

#include "cli/simulate/fleet_model.h"

namespace slod::cli {
namespace {

constexpr int kMostAttempts = 4;

Duration in_seconds(double value) {
  return Duration(static_cast<std::int64_t>(value * 1e9));
}

bool about(const Act& act, const char* word) {
  std::string name = act.journey->name;
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  return name.find(word) != std::string::npos;
}

std::string request_id(std::uint64_t bits) {
  std::array<char, 20> text{};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(bits));
  return text.data();
}

}  // namespace

void FleetModel::afflict(const Attempt& attempt, Duration at, Draw& draw, Outcome& outcome) const {
  const Device& device = devices_[attempt.device];
  const bool unlock = about(*attempt.act, "unlock");
  const double fate = draw.unit();
  if (unlock && during(IncidentKind::kUnlockErrors, at) && fate < 0.85) outcome.status = 503;
  if (about(*attempt.act, "ride") && during(IncidentKind::kRideErrors, at) && fate < 0.5)
    outcome.status = 500;
  if (unlock && during(IncidentKind::kSlowUnlock, at)) {
    outcome.latency *= 15;
    outcome.ack *= 15;
  }
  if (device.times_out && during(IncidentKind::kDeviceTimeouts, at)) outcome.acked = false;
  if (silent(device, at) || broker_down(at) || broker_down(at + outcome.ack)) outcome.acked = false;
  if (attempt.forced) outcome.status = 500;
}

FleetModel::Outcome FleetModel::outcome_of(const Attempt& attempt, Duration at) const {
  // Every draw is made, needed or not: what happens to one fact must not shift the others.
  Draw draw(options_.seed, "attempt", attempt.trip * 32 + static_cast<std::uint64_t>(attempt.act_number),
            static_cast<std::uint64_t>(attempt.number));
  Outcome outcome;
  outcome.latency = in_seconds(std::min(20.0, draw.lognormal(0.18, 0.5)));
  outcome.ack = in_seconds(std::min(60.0, draw.lognormal(1.4, 0.5)));
  const double fate = draw.unit();
  if (fate < 0.0015) outcome.status = 500;
  if (fate >= 0.0015 && fate < 0.002) outcome.status = 503;
  if (fate >= 0.002 && fate < 0.008) outcome.status = 409;
  outcome.acked = !draw.chance(0.001);
  outcome.ack_good = !draw.chance(0.0005);
  afflict(attempt, at, draw, outcome);
  return outcome;
}

std::map<std::string, std::string> FleetModel::labels(const Attempt& attempt) const {
  const Device& device = devices_[attempt.device];
  Draw draw(options_.seed, "labels", attempt.trip);
  std::map<std::string, std::string> labels = {{"area", device.area},
                                               {"model", device.model},
                                               {"firmware", device.firmware},
                                               {"app", draw.chance(0.55) ? "ios" : "android"}};
  if (attempt.actor < 0) return labels;
  const auto& actor = script_.config->actors[static_cast<std::size_t>(attempt.actor)];
  for (const auto& [label, values] : actor.match.any_of) {
    if (!values.empty()) labels[label] = values[draw.below(values.size())];
  }
  return labels;
}

void FleetModel::attempt(const Attempt& attempt, Duration at) {
  const Outcome outcome = outcome_of(attempt, at);
  const std::string id =
      request_id(Draw(options_.seed, "id", attempt.trip * 32 + static_cast<std::uint64_t>(attempt.act_number),
                      static_cast<std::uint64_t>(attempt.number))
                     .bits());
  if (attempt.act->api != nullptr) send_request(attempt, outcome, at, id);
  if (outcome.status < 400 && attempt.act->command != nullptr) send_command(attempt, outcome, at, id);
  settle(attempt, outcome, at);
}

void FleetModel::send_request(const Attempt& attempt, const Outcome& outcome, Duration at,
                              const std::string& id) {
  const ApiLeg& leg = *attempt.act->journey->api;
  RequestFacts facts;
  facts.method = leg.method;
  facts.id = id;
  facts.device = devices_[attempt.device].id;
  facts.path = request_path(leg.route, facts.device, id);
  facts.user = "user-" + std::to_string(Draw(options_.seed, "user", attempt.trip).below(100'000));
  if (attempt.forced) facts.user = "operator-1";
  facts.start = clock(at);
  facts.latency = outcome.latency;
  facts.status = outcome.status;
  facts.labels = labels(attempt);
  emit({at + outcome.latency, Action::Kind::kLog, attempt.act->api, "",
        log_line(*attempt.act->api->format, facts), false});
}

void FleetModel::send_command(const Attempt& attempt, const Outcome& outcome, Duration at,
                              const std::string& id) {
  const Act& act = *attempt.act;
  MessageFacts facts;
  facts.device = devices_[attempt.device].id;
  facts.id = id;
  facts.name = act.journey->device->command;
  const Duration sent = at + outcome.latency / 2;
  facts.time = clock(sent);
  emit({sent, Action::Kind::kPublish, act.device, message_topic(*act.command, facts),
        message_payload(*act.command, facts), false});
  if (!outcome.acked || act.reply == nullptr) return;
  const Duration done = sent + outcome.ack;
  facts.time = clock(done);
  facts.result = outcome.ack_good && !act.reply->good.empty() ? act.reply->good.front() : "failed";
  emit({done, Action::Kind::kPublish, act.device, message_topic(*act.reply, facts),
        message_payload(*act.reply, facts), false});
}

void FleetModel::settle(const Attempt& attempt, const Outcome& outcome, Duration at) {
  const JourneyConfig& journey = *attempt.act->journey;
  JourneyTally& tally = tally_[journey.name];
  if (outcome.status >= 400 && outcome.status < 500) {
    ++tally.excluded;
    return;
  }
  const bool answered = !journey.device || journey.good_when == GoodWhen::kApi ||
                        (outcome.acked && outcome.ack_good && outcome.ack <= journey.device->deadline);
  const bool api_good = outcome.status < 500 || (journey.good_when == GoodWhen::kDevice && !attempt.act->api);
  const bool bad = !api_good || !answered;
  ++tally.attempts;
  if (bad) ++tally.bad_attempts;
  Draw draw(options_.seed, "again", attempt.trip * 32 + static_cast<std::uint64_t>(attempt.act_number),
            static_cast<std::uint64_t>(attempt.number));
  const bool again = bad && !attempt.forced && attempt.number + 1 < kMostAttempts && draw.chance(0.85);
  if (!again) {
    ++(bad ? tally.bad : tally.good);
    return;
  }
  // A refusal is seen at once; a machine that does not move is waited for.
  const Duration noticed = api_good ? in_seconds(draw.between(8, 15)) : outcome.latency;
  Event retry;
  retry.kind = Event::Kind::kAttempt;
  retry.attempt = attempt;
  ++retry.attempt.number;
  plan(at + noticed + in_seconds(draw.between(2, 6)), retry);
}

}  // namespace slod::cli
