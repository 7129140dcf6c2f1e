#include <algorithm>
#include <map>
#include <set>

#include "config/build.h"
#include "config/rrule.h"
#include "slod/core/suggest.h"

namespace slod::config {

namespace {

using Type = DestinationConfig::Type;

bool private_host(const std::string& url) {
  const std::size_t begin = url.find("://") + 3;
  std::string host = url.substr(begin, url.find_first_of("/?#", begin) - begin);
  if (!host.starts_with('[')) host = host.substr(0, host.find(':'));
  static const char* const kPrivate[] = {"10.",     "127.",    "192.168.", "169.254.", "172.16.", "172.17.",
                                         "172.18.", "172.19.", "172.20.",  "172.21.",  "172.22.", "172.23.",
                                         "172.24.", "172.25.", "172.26.",  "172.27.",  "172.28.", "172.29.",
                                         "172.30.", "172.31.", "[::1]",    "[fc",      "[fd",     "[fe80:"};
  return host == "localhost" || std::any_of(std::begin(kPrivate), std::end(kPrivate),
                                            [&](const char* p) { return host.starts_with(p); });
}

void check_url(Build& build, const View& url, bool allow_private) {
  if (!url.is_scalar()) return;
  const std::string text = url.text();
  const bool plain = text.starts_with("http://");
  if (!plain && !text.starts_with("https://")) {
    build.faults.error(url.at(), "an address begins with https:// (or http://)");
  } else if (text.find('@') != std::string::npos) {
    build.faults.error(
        url.at(), "a password does not belong into an address; write the whole address as { file: PATH }");
  } else if (!allow_private && (plain || private_host(text))) {
    build.faults.error(url.at(), std::string(plain ? "http" : "a private address") +
                                     " needs `allow_private: true` beside it");
  }
}

struct DestinationType {
  const char* key;
  Type type;
};
constexpr DestinationType kTypes[] = {{"slack", Type::kSlack},
                                      {"pagerduty", Type::kPagerduty},
                                      {"alertmanager", Type::kAlertmanager},
                                      {"webhook", Type::kWebhook}};

void read_type(Build& build, const View& inner, DestinationConfig& out) {
  out.allow_private = out.type == Type::kAlertmanager || read_bool(inner["allow_private"], false);
  out.fallback = inner["fallback"].text();
  const View url = inner["url"];
  out.url_secret = read_secret_name(url);
  out.url = url.text();
  out.urls = inner["urls"].texts();
  out.routing_key = read_secret_name(inner["routing_key"]);
  out.api_url =
      inner["api_url"].text(out.type == Type::kPagerduty ? "https://events.pagerduty.com/v2/enqueue" : "");
  out.signing_secret = read_secret_name(inner["secret"]);
  for (const char* key : {"url", "routing_key", "secret"}) check_secret(build, inner[key]);
  check_url(build, url, out.allow_private);
  check_url(build, inner["api_url"], out.allow_private);
  if (inner["urls"].present() && out.urls.empty())
    build.faults.error(inner["urls"].at(), "`urls` is empty; write the address of each replica");
  for (const View& item : inner["urls"].items()) check_url(build, item, out.allow_private);
}

void check_fallbacks(Build& build) {
  const std::vector<std::string> names = build.documents.names("destinations");
  std::map<std::string, std::string> next;
  for (const DestinationConfig& destination : build.config.destinations) {
    next[destination.name] = destination.fallback;
  }
  for (const View& view : build.documents.named("destinations")) {
    for (const View& inner : view.entries()) {
      const View fallback = inner["fallback"];
      if (find_name(fallback, names, "destination", build.faults) < 0) continue;
      std::set<std::string> seen = {view.key()};
      for (std::string at = fallback.text(); !at.empty(); at = next[at]) {
        if (seen.insert(at).second) continue;
        build.faults.error(fallback.at(), "the fallbacks run in a circle");
        break;
      }
    }
  }
}

void build_heartbeat(Build& build) {
  const View heartbeat = build.documents.single("heartbeat");
  if (!heartbeat.is_map()) return;
  HeartbeatConfig out;
  out.url = read_secret_name(heartbeat["url"]);
  check_secret(build, heartbeat["url"]);
  if (check_multiple(heartbeat["every"], Duration(0), build.faults)) {
    out.every = *read_duration(heartbeat["every"]);
  }
  if (out.every < seconds(1)) build.faults.error(heartbeat["every"].at(), "is shorter than 1s");
  build.config.heartbeat = out;
}

/// Names of SLOs must exist; owners and services that no SLO has are most likely misspelt.
void check_match(Build& build, const View& match) {
  std::map<std::string, std::set<std::string>> known;
  for (const SloConfig& slo : build.config.slos) {
    known["slo"].insert(slo.name);
    known["owner"].insert(slo.owner);
    known["service"].insert(slo.service);
  }
  for (const View& name : match["slo"].items()) {
    find_name(name, {known["slo"].begin(), known["slo"].end()}, "SLO", build.faults);
  }
  for (const char* key : {"owner", "service"}) {
    for (const View& value : match[key].items()) {
      if (!value.is_scalar() || known[key].count(value.text()) > 0) continue;
      const std::vector<std::string> names(known[key].begin(), known[key].end());
      const std::string near = nearest(value.text(), names);
      build.faults.warning(value.at(), std::string("no SLO has the ") + key + " \"" + value.text() + "\"" +
                                           (near.empty() ? "" : did_you_mean(value.text(), names)));
    }
  }
}

}  // namespace

void build_destinations(Build& build) {
  for (const View& view : build.documents.named("destinations")) {
    DestinationConfig out;
    out.name = view.key();
    int types = 0;
    for (const DestinationType& type : kTypes) {
      const View inner = view[type.key];
      if (!inner.present()) continue;
      ++types;
      out.type = type.type;
      read_type(build, inner, out);
    }
    if (view.is_map() && types != 1) {
      build.faults.error(
          view.key_at(),
          "destination \"" + out.name + "\" needs exactly one of slack, pagerduty, alertmanager and webhook");
    }
    build.config.destinations.push_back(std::move(out));
  }
  check_fallbacks(build);
  build_heartbeat(build);
}

void build_routes(Build& build) {
  const std::vector<std::string> names = build.documents.names("destinations");
  for (const Listed& listed : build.documents.listed("routes")) {
    RouteConfig out;
    out.match = read_match(listed.item["match"]).any_of;
    check_match(build, listed.item["match"]);
    for (const View& to : listed.item["to"].items()) {
      if (find_name(to, names, "destination", build.faults) >= 0) out.to.push_back(to.text());
    }
    out.go_on = read_bool(listed.item["continue"], false);
    build.config.routes.push_back(std::move(out));
  }
}

void build_maintenance(Build& build) {
  std::set<std::string> names;
  for (const Listed& listed : build.documents.listed("maintenance")) {
    const View& item = listed.item;
    MaintenanceConfig out;
    out.name = item["name"].text();
    if (item["name"].is_scalar() && !names.insert(out.name).second) {
      build.faults.error(item["name"].at(), "there is another maintenance \"" + out.name + "\"");
    }
    out.rrule = item["rrule"].text();
    const std::string fault = item["rrule"].is_scalar() ? rrule_fault(out.rrule) : "";
    if (!fault.empty()) build.faults.error(item["rrule"].at(), fault);
    out.time_zone = item["time_zone"].text("UTC");
    if (check_multiple(item["duration"], kSlotLength, build.faults)) {
      out.duration = *read_duration(item["duration"]);
    }
    out.match = read_match(item["match"]).any_of;
    check_match(build, item["match"]);
    out.exclude = item["effect"].text() == "exclude";
    build.config.maintenance.push_back(std::move(out));
  }
}

}  // namespace slod::config
