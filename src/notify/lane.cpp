#include "lane.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "message.h"
#include "routing.h"
#include "signature.h"

namespace slod::notify {
namespace {

using Type = DestinationConfig::Type;
using SteadyClock = std::chrono::steady_clock;

constexpr auto kIdle = std::chrono::milliseconds(1000);
/// Alertmanager forgets an alert that is not told again; four missed tellings are harmless.
constexpr Duration kTellAgain = minutes(1);
constexpr Duration kTellAhead = 4 * kTellAgain;
constexpr const char* kPagerdutyUrl = "https://events.pagerduty.com/v2/enqueue";

const engine::SloReading* reading_of(const engine::Snapshot& snapshot, const std::string& slo) {
  for (const engine::SloReading& reading : snapshot.slos) {
    if (reading.config->name == slo) return &reading;
  }
  return nullptr;
}

/// By subject: Alertmanager knows an incident by its labels, whenever it began.
std::map<std::string, IncidentEvent> firing_now(const engine::Snapshot& snapshot) {
  std::map<std::string, IncidentEvent> firing;
  for (Incident incident : firing_in(snapshot)) {
    const std::string subject = incident.key.substr(0, incident.key.rfind('/'));
    incident.key = subject;
    firing[subject] = {std::move(incident), true, snapshot.as_of};
  }
  return firing;
}

}  // namespace

Lane::Lane(const NotifierContext& context, const DestinationConfig& destination)
    : context_(context), destination_(destination) {}

Lane::~Lane() {
  stop(Time{});
}

void Lane::start() {
  thread_ = std::thread([this] { loop(); });
}

void Lane::stop(Time) {
  stopping_ = true;
  wakeup_.wake();
  if (thread_.joinable()) thread_.join();
}

std::map<std::string, std::uint64_t> Lane::outcomes() const {
  return {{"delivered", delivered_.load()}, {"retried", retried_.load()}, {"dead", dead_.load()}};
}

void Lane::loop() {
  for (;;) {
    const bool last_round = stopping_.load();
    if (destination_.type == Type::kAlertmanager) {
      tell_alertmanager();
    } else {
      deliver_pending();
    }
    if (last_round) return;
    wakeup_.wait_until(SteadyClock::now() + kIdle);
  }
}

// ---- outbox
// -------------------------------------------------------------------------------------------------------

void Lane::deliver_pending() {
  while (const auto notification = context_.ledger.next(destination_.name, context_.wall_clock())) {
    if (!deliver(*notification)) return;
  }
}

bool Lane::deliver(const store::Notification& notification) {
  const auto request = request_for(notification);
  if (!request) {
    const Verdict verdict{Verdict::Action::kRetry, minutes(5), request.error().message};
    settle(notification, verdict);
    return false;
  }
  const auto answer = net::http_request(*request);
  const bool body_ok = destination_.type != Type::kSlack || (answer && answer->body == "ok");
  const Verdict verdict = judge(answer, notification.attempts, body_ok);
  settle(notification, verdict);
  return verdict.action != Verdict::Action::kRetry;
}

Result<net::ClientRequest> Lane::request_for(const store::Notification& notification) const {
  net::ClientRequest request;
  request.method = "POST";
  request.headers = {{"Content-Type", "application/json"}};
  request.body = notification.body;
  request.allow_private = destination_.allow_private;
  request.url = destination_.url;
  if (!destination_.url_secret.empty()) {
    auto url = context_.read_secret(destination_.url_secret);
    if (!url) return url.error();
    request.url = *url;
  }
  if (destination_.type == Type::kPagerduty) {
    auto key = context_.read_secret(destination_.routing_key);
    if (!key) return key.error();
    request.url = destination_.api_url.empty() ? kPagerdutyUrl : destination_.api_url;
    auto json = nlohmann::ordered_json::parse(notification.body);
    json["routing_key"] = *key;
    request.body = json.dump();
  }
  if (destination_.type == Type::kWebhook && !destination_.signing_secret.empty()) {
    auto secret = context_.read_secret(destination_.signing_secret);
    if (!secret) return secret.error();
    const std::string id = notification.dedup_key + "/" + notification.step;
    const auto signature = webhook_signature(*secret, id, context_.wall_clock(), request.body);
    request.headers.insert(request.headers.end(), signature.begin(), signature.end());
  }
  return request;
}

void Lane::settle(const store::Notification& notification, const Verdict& verdict) {
  const Time now = context_.wall_clock();
  Status written = ok();
  switch (verdict.action) {
    case Verdict::Action::kDelivered:
      ++delivered_;
      written =
          context_.ledger.finish(notification.id, store::Ledger::Outcome::kDelivered, verdict.detail, now);
      break;
    case Verdict::Action::kDead:
      ++dead_;
      written = context_.ledger.finish(notification.id, store::Ledger::Outcome::kDead, verdict.detail, now);
      break;
    case Verdict::Action::kRetry:
      ++retried_;
      written = context_.ledger.retry_later(notification.id, now + verdict.pause, verdict.detail);
      break;
  }
  if (!written) context_.log("error", "ledger: " + written.error().message);
  note_state(verdict);
}

/// One line when a destination begins to fail and one when it is well again, not one per try.
void Lane::note_state(const Verdict& verdict) {
  const bool failing = verdict.action != Verdict::Action::kDelivered;
  if (failing != failing_ || verdict.action == Verdict::Action::kDead) {
    context_.log(failing ? "warn" : "info",
                 "destination " + destination_.name +
                     (failing ? " does not take messages: " + verdict.detail : " takes messages again"));
  }
  failing_ = failing;
}

// ---- Alertmanager
// -------------------------------------------------------------------------------------------------

void Lane::tell_alertmanager() {
  const auto snapshot = context_.snapshot();
  if (!snapshot) return;
  const Time now = context_.wall_clock();
  std::map<std::string, IncidentEvent> firing = firing_now(*snapshot);
  std::erase_if(firing, [&](const auto& entry) {
    const engine::SloReading* reading = reading_of(*snapshot, entry.second.incident.slo);
    const SloConfig& slo = *reading->config;
    const auto names = destinations_for(
        *context_.config, {entry.second.incident.severity, "burn", slo.owner, slo.service, slo.name});
    return std::find(names.begin(), names.end(), destination_.name) == names.end();
  });
  const bool changed = !std::equal(firing.begin(), firing.end(), told_.begin(), told_.end(),
                                   [](const auto& a, const auto& b) { return a.first == b.first; });
  if (!changed && (firing.empty() || now < next_level_)) return;
  std::string body = "[";
  const auto add = [&](const IncidentEvent& event, Time ends_at) {
    const engine::SloReading* reading = reading_of(*snapshot, event.incident.slo);
    if (reading == nullptr) return;
    const Story story = story_of(*context_.config, *reading, event);
    body += (body.size() > 1 ? "," : "") + alertmanager_alert(story, event, *reading->config, ends_at);
  };
  for (const auto& [subject, event] : firing) add(event, now + kTellAhead);
  for (auto& [subject, event] : told_) {
    if (firing.contains(subject)) continue;
    event.opened = false;
    event.at = snapshot->as_of;
    add(event, std::min(now, snapshot->as_of));
  }
  body += "]";
  bool all_told = true;
  for (const std::string& url : destination_.urls) {
    net::ClientRequest request{"POST", url + "/api/v2/alerts", {{"Content-Type", "application/json"}}, body};
    request.allow_private = true;
    const Verdict verdict = judge(net::http_request(request), 0, true);
    ++(verdict.action == Verdict::Action::kDelivered ? delivered_ : retried_);
    note_state(verdict);
    all_told = all_told && verdict.action == Verdict::Action::kDelivered;
  }
  // What was not told stays "changed", and is tried again at the next wake-up.
  if (!all_told) return;
  told_ = std::move(firing);
  next_level_ = now + kTellAgain;
}

}  // namespace slod::notify
