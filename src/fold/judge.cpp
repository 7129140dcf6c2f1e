#include "fold/judge.h"

#include <algorithm>

namespace slod::fold {
namespace {

Decision decided(Verdict verdict, Outcome outcome, Time end) {
  return {true, true, verdict, outcome, end, {}};
}

Decision judge_api(const Legs& legs) {
  Decision decision = decided(legs.api_verdict, Outcome::kOk, legs.api_end);
  if (legs.api_verdict == Verdict::kBad) decision.outcome = Outcome::kHttpError;
  if (legs.api_verdict == Verdict::kExcluded) decision.outcome = Outcome::kExcluded;
  decision.has_end = legs.api_has_latency;
  return decision;
}

Decision judge_device(const Legs& legs, const DeviceLeg& leg, const UnobservedTimes& unobserved) {
  const Time deadline = legs.base() + leg.deadline;
  if (legs.has_reply && legs.reply_time <= deadline) {
    return legs.reply_good ? decided(Verdict::kGood, Outcome::kOk, legs.reply_time)
                           : decided(Verdict::kBad, Outcome::kDeviceRefused, legs.reply_time);
  }
  if (legs.has_reply && legs.reply_good) return decided(Verdict::kBad, Outcome::kLateOk, legs.reply_time);
  if (!legs.expired) return {};
  if (!legs.has_reply && unobserved.any(legs.source, std::min(legs.base(), legs.facts.start), deadline))
    return decided(Verdict::kUnobserved, Outcome::kUnobserved, deadline);
  return decided(Verdict::kBad, Outcome::kDeviceTimeout, deadline);
}

/// A failed or excluded API leg before any sign of the device leaves no device leg to judge.
Decision judge_device_alone(const Legs& legs, const DeviceLeg& leg, const UnobservedTimes& unobserved) {
  if (legs.has_api && legs.api_verdict != Verdict::kGood && !legs.has_command && !legs.has_reply) return {};
  return judge_device(legs, leg, unobserved);
}

}  // namespace

Decision judge(const Legs& legs, const JourneyConfig& journey, GoodWhen leg,
               const UnobservedTimes& unobserved) {
  if (leg == GoodWhen::kApi) return legs.has_api ? judge_api(legs) : Decision{};
  if (leg == GoodWhen::kDevice)
    return journey.device ? judge_device_alone(legs, *journey.device, unobserved) : Decision{};
  if (!journey.device || (legs.has_api && journey.good_when == GoodWhen::kApi)) return judge_api(legs);
  if (!legs.has_api) return judge_device(legs, *journey.device, unobserved);
  const bool needs_api = journey.good_when == GoodWhen::kAll;
  if (legs.api_verdict == Verdict::kExcluded || (needs_api && legs.api_verdict == Verdict::kBad))
    return judge_api(legs);
  Decision decision = judge_device(legs, *journey.device, unobserved);
  if (needs_api && decision.outcome != Outcome::kDeviceTimeout)
    decision.end = std::max(decision.end, legs.api_end);
  return decision;
}

}  // namespace slod::fold
