#include "fold/plan.h"

#include <algorithm>

#include "slod/core/hash.h"

namespace slod::fold {
namespace {

std::vector<RetryValue> compile_by(const JourneyConfig& journey, Dictionary& dictionary) {
  std::vector<RetryValue> values;
  if (!journey.retry) return values;
  for (const std::string& by : journey.retry->by) {
    if (by == "device") {
      values.push_back({RetryValue::From::kDevice, 0});
    } else if (by == "user") {
      values.push_back({RetryValue::From::kUser, 0});
    } else {
      values.push_back({RetryValue::From::kLabel, dictionary.intern(by)});
    }
  }
  return values;
}

/// Whether all that belongs to one event of the journey has the same device.
bool meets_by_device(const JourneyConfig& journey) {
  if (journey.device || !journey.retry) return true;
  const auto& by = journey.retry->by;
  return std::find(by.begin(), by.end(), "device") != by.end();
}

}  // namespace

Plan::Plan(const Config& config, Dictionary& dictionary, const DeviceDirectory& devices,
           const std::vector<View>& views, BookingSink& sink)
    : dictionary_(dictionary), devices_(devices), sink_(sink) {
  add_sources(config);
  journeys_.reserve(config.journeys.size());
  for (std::size_t i = 0; i < config.journeys.size(); ++i) add_journey(config, i, views);
}

void Plan::add_sources(const Config& config) {
  longest_deadline_.resize(config.sources.size(), Duration(0));
  good_replies_.resize(config.sources.size());
  for (std::size_t i = 0; i < config.sources.size(); ++i) {
    source_index_.emplace(dictionary_.intern(config.sources[i].name), i);
    for (const MessageRule& rule : config.sources[i].messages) {
      if (rule.is != MessageRule::Is::kReply) continue;
      for (const std::string& word : rule.good) good_replies_[i].push_back(dictionary_.intern(word));
    }
  }
}

void Plan::add_journey(const Config& config, std::size_t index, const std::vector<View>& views) {
  const JourneyConfig& said = config.journeys[index];
  journeys_.push_back({.config = &said,
                       .status = std::nullopt,
                       .labels = JourneyLabels(said.labels, dictionary_, devices_),
                       .retry_by = compile_by(said, dictionary_),
                       .bookers = {}});
  Journey& journey = journeys_.back();
  if (said.api) add_api_leg(config, journey, index);
  if (said.device) add_device_leg(config, journey, index);
  add_bookers(journey, static_cast<int>(index), views);
}

void Plan::add_api_leg(const Config& config, Journey& journey, std::size_t index) {
  const ApiLeg& leg = *journey.config->api;
  const SourceConfig* source = config.source(leg.source);
  const bool known = source != nullptr && source->format;
  journey.status.emplace(leg, known ? source->format->client_abort : std::vector<int>{}, dictionary_);
  const StringId route = dictionary_.intern(leg.method + " " + leg.route);
  const StringId source_id = dictionary_.intern(leg.source);
  const auto journey_index = static_cast<int>(index);
  if (!by_route_.emplace(pair_key(source_id, route), journey_index).second) return;
  if (route >= first_of_route_.size()) first_of_route_.resize(route + 1);
  if (first_of_route_[route].journey < 0) first_of_route_[route] = {source_id, journey_index};
}

void Plan::add_device_leg(const Config& config, Journey& journey, std::size_t index) {
  const DeviceLeg& leg = *journey.config->device;
  const auto source = source_index(dictionary_.intern(leg.source));
  if (!source) return;  // refused when the config was loaded
  journey.device_source = *source;
  journey.command = dictionary_.intern(leg.command);
  journey.deadline = leg.deadline;
  journey.patience = std::max(kShortestPatience, leg.deadline);
  Channel& channel = channels_[pair_key(*source, journey.command)];
  channel.deadline = std::max(channel.deadline, leg.deadline);
  if (!config.journeys[index].api && channel.opener < 0) channel.opener = static_cast<int>(index);
  longest_deadline_[*source] = std::max(longest_deadline_[*source], leg.deadline);
}

void Plan::add_bookers(Journey& journey, int index, const std::vector<View>& views) {
  const JourneyConfig& said = *journey.config;
  std::optional<Booker::Retry> retry;
  if (said.retry) {
    const Duration horizon = std::max<Duration>(hours(1), 11 * said.retry->within + journey.deadline);
    retry = Booker::Retry{said.retry->within, horizon};
  }
  const DeviceDirectory* devices = meets_by_device(said) ? &devices_ : nullptr;
  for (const View& view : views) {
    if (view.journey == index) journey.bookers.emplace_back(view, retry, devices, sink_);
  }
  const auto takes_any = [](const Booker& one) {
    return one.is_plain() && one.view().leg != GoodWhen::kDevice;
  };
  journey.plain = !said.device && std::all_of(journey.bookers.begin(), journey.bookers.end(), takes_any);
}

Channel Plan::channel(std::size_t source, StringId command) const {
  const auto found = channels_.find(pair_key(source, command));
  return found == channels_.end() ? Channel{} : found->second;
}

std::optional<std::size_t> Plan::source_index(StringId source) const {
  const auto found = source_index_.find(source);
  if (found == source_index_.end()) return std::nullopt;
  return found->second;
}

bool Plan::is_good_reply(std::size_t source, StringId word) const {
  const auto& words = good_replies_[source];
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::uint64_t Plan::retry_value(const RetryValue& value, const AttemptFacts& facts, std::uint64_t user,
                                LabelSetId labels) const {
  if (value.from == RetryValue::From::kDevice) return facts.device;
  return value.from == RetryValue::From::kUser ? user : dictionary_.value(labels, value.label);
}

bool Plan::has_retry_key(const Journey& journey, const AttemptFacts& facts, std::uint64_t user,
                         LabelSetId labels) const {
  const auto present = [&](const RetryValue& value) { return retry_value(value, facts, user, labels) != 0; };
  return !journey.retry_by.empty() && std::all_of(journey.retry_by.begin(), journey.retry_by.end(), present);
}

RetryKey Plan::retry_key(const Journey& journey, const AttemptFacts& facts, std::uint64_t user,
                         LabelSetId labels) const {
  RetryKey key;
  key.actor = facts.actor;
  for (std::size_t i = 0; i < journey.retry_by.size(); ++i) {
    const std::uint64_t value = retry_value(journey.retry_by[i], facts, user, labels);
    std::uint64_t& cell = key.by[std::min<std::size_t>(i, 2)];
    cell = i <= 2 ? value : mix64(cell ^ 0x9e3779b97f4a7c15, value + i);
  }
  return key;
}

}  // namespace slod::fold
