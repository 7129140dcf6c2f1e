#include <algorithm>
#include <array>
#include <cctype>
#include <map>

#include "config/build.h"
#include "config/route_template.h"
#include "slod/core/suggest.h"

namespace slod::config {

namespace {

using Is = MessageRule::Is;

void build_rules(Build& build, const View& list, Verdict verdict, ApiLeg& out) {
  for (const View& item : list.items()) {
    if (!item.is_map()) continue;
    OutcomeRule rule;
    rule.verdict = verdict;
    for (const View& entry : item.entries()) {
      if (entry.key() != "status") {
        rule.labels.any_of[entry.key()] = entry.texts();
        continue;
      }
      for (const std::string& text : entry.texts()) {
        if (const auto range = parse_status(text)) rule.statuses.push_back(*range);
      }
    }
    if (item.entries().empty()) {
      build.faults.error(item.at(), "this rule is empty and would match everything; write { status: [5xx] }");
    }
    out.rules.push_back(std::move(rule));
  }
}

void check_rule_labels(Build& build, const View& api, const SourceConfig& source) {
  std::vector<std::string> labels;
  for (const auto& label : source.format->fields.labels) labels.push_back(label.first);
  for (const char* list : {"good", "bad", "ignore"}) {
    for (const View& item : api[list].items()) {
      for (const View& entry : item.entries()) {
        if (entry.key() == "status" || std::find(labels.begin(), labels.end(), entry.key()) != labels.end()) {
          continue;
        }
        std::vector<std::string> known = labels;
        known.emplace_back("status");
        build.faults.error(entry.key_at(), "unknown label \"" + entry.key() + "\" of source \"" +
                                               source.name + "\"" + did_you_mean(entry.key(), known));
      }
    }
  }
}

bool is_known_method(std::string_view method) {
  // RFC 9110, 5789, and what WebDAV adds.
  constexpr std::array<std::string_view, 20> kMethods = {
      "GET",  "HEAD", "POST",  "PUT",    "DELETE",   "CONNECT",   "OPTIONS", "TRACE",  "PATCH", "COPY",
      "LOCK", "MOVE", "MKCOL", "REPORT", "PROPFIND", "PROPPATCH", "SEARCH",  "UNLOCK", "PURGE", "QUERY"};
  return std::find(kMethods.begin(), kMethods.end(), method) != kMethods.end();
}

ApiLeg build_api(Build& build, const View& api) {
  ApiLeg out;
  out.source = api["source"].text();
  out.method = api["method"].text();
  std::transform(out.method.begin(), out.method.end(), out.method.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (!out.method.empty() && out.method != "*" && !is_known_method(out.method)) {
    build.faults.warning(api["method"].at(), "no client sends the method " + out.method +
                                                 ": write one, such as POST, or * for any");
  }
  const View route = api["route"];
  out.route = route.text();
  const std::string fault = route.is_scalar() ? route_fault(out.route) : "";
  if (!fault.empty()) build.faults.error(route.at(), fault);
  build_rules(build, api["good"], Verdict::kGood, out);
  build_rules(build, api["bad"], Verdict::kBad, out);
  build_rules(build, api["ignore"], Verdict::kExcluded, out);
  out.client_abort_bad_after = read_duration(api["client_abort_bad_after"]);
  if (find_name(api["source"], build.documents.names("sources"), "source", build.faults) < 0) return out;
  const SourceConfig* source = build.config.source(out.source);
  if (source->format) {
    check_rule_labels(build, api, *source);
  } else if (!source->messages.empty()) {
    build.faults.error(api["source"].at(),
                       "source \"" + out.source + "\" carries device messages, not requests");
  }
  return out;
}

DeviceLeg build_device(Build& build, const View& device, bool opens) {
  DeviceLeg out;
  out.source = device["source"].text();
  out.command = device["command"].text();
  const View deadline = device["deadline"];
  if (check_multiple(deadline, Duration(0), build.faults)) out.deadline = *read_duration(deadline);
  if (out.deadline > hours(24)) build.faults.error(deadline.at(), "is longer than 1d");
  if (find_name(device["source"], build.documents.names("sources"), "source", build.faults) < 0) return out;
  const SourceConfig* source = build.config.source(out.source);
  if (!has_message(*source, Is::kReply)) {
    build.faults.error(
        device["source"].at(),
        "source \"" + out.source + "\" has no `is: reply` message: every command would time out");
  }
  if (opens && !has_message(*source, Is::kCommand)) {
    build.faults.error(
        device["source"].at(),
        "source \"" + out.source + "\" has no `is: command` message, which opens a journey without `api`");
  }
  return out;
}

/// The labels that records of the journey carry: of the source that opens its events.
std::vector<std::string> source_labels(const Config& config, const JourneyConfig& journey) {
  std::vector<std::string> labels;
  const SourceConfig* source = config.source(journey.api      ? journey.api->source
                                             : journey.device ? journey.device->source
                                                              : "");
  if (source == nullptr) return labels;
  if (journey.api) {
    if (!source->format) return labels;
    for (const auto& label : source->format->fields.labels) labels.push_back(label.first);
    return labels;
  }
  for (const MessageRule& rule : source->messages) {
    if (rule.is != Is::kCommand) continue;
    for (const auto& label : rule.labels) labels.push_back(label.first);
  }
  std::sort(labels.begin(), labels.end());
  labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
  return labels;
}

/// A source that could not be read itself: what it maps is not known, and complaints about it would be noise.
bool blind(const Config& config, const JourneyConfig& journey) {
  const SourceConfig* source = config.source(journey.api      ? journey.api->source
                                             : journey.device ? journey.device->source
                                                              : "");
  return source == nullptr || (!source->format && source->messages.empty());
}

bool knows_device(const Config& config, const JourneyConfig& journey) {
  if (!journey.api) return true;
  const SourceConfig* source = config.source(journey.api->source);
  const bool mapped = source != nullptr && source->format && !source->format->fields.device.empty();
  return mapped || journey.api->route.find("{device}") != std::string::npos;
}

bool knows(const Config& config, const JourneyConfig& journey, FieldPath LogFields::*field) {
  const SourceConfig* source = journey.api ? config.source(journey.api->source) : nullptr;
  return source != nullptr && source->format && !(source->format->fields.*field).empty();
}

void build_retry(Build& build, const View& retry, JourneyConfig& out) {
  RetryConfig config;
  const View within = retry["within"];
  if (check_multiple(within, Duration(0), build.faults)) config.within = *read_duration(within);
  if (config.within > hours(24)) build.faults.error(within.at(), "is longer than 1d");
  const bool device = knows_device(build.config, out) || out.device.has_value();
  const bool user = knows(build.config, out, &LogFields::user);
  std::vector<std::string> known = source_labels(build.config, out);
  if (device) known.emplace_back("device");
  if (user) known.emplace_back("user");
  if (blind(build.config, out)) return;
  for (const View& by : retry["by"].items()) {
    if (find_name(by, known, "field or label", build.faults) >= 0) config.by.push_back(by.text());
  }
  if (retry["by"].present() && retry["by"].items().empty())
    build.faults.error(retry["by"].at(), "`by` is empty; say what tells attempts apart, or leave it out");
  if (!retry["by"].present()) {
    if (device) config.by.emplace_back("device");
    if (user) config.by.emplace_back("user");
    if (config.by.empty()) {
      build.faults.error(retry.at(),
                         "neither device nor user is mapped; say in `by` what tells attempts apart");
    }
  }
  out.retry = std::move(config);
}

void build_labels(Build& build, const View& labels, JourneyConfig& out) {
  std::vector<std::string> known = source_labels(build.config, out);
  if (!labels.present() || blind(build.config, out)) {
    out.labels = labels.present() ? labels.texts() : known;
    return;
  }
  for (const std::string& label : device_labels(build.config, build.documents)) {
    known.push_back("device." + label);
  }
  const bool fleet = build.documents.single("fleet").present();
  for (const View& label : labels.items()) {
    if (!fleet && label.text().rfind("device.", 0) == 0) {
      build.faults.error(label.at(),
                         "labels of devices need a `fleet` section, whose `sources` have the reports "
                         "that map them: `fleet: { sources: [NAME] }`");
      continue;
    }
    if (find_name(label, known, "label", build.faults) < 0) continue;
    if (std::find(out.labels.begin(), out.labels.end(), label.text()) == out.labels.end()) {
      out.labels.push_back(label.text());
    }
  }
}

void check_join(Build& build, const View& journey, const JourneyConfig& out) {
  if (!out.api || !out.device || blind(build.config, out)) return;
  if (knows_device(build.config, out) || knows(build.config, out, &LogFields::id)) return;
  build.faults.error(
      journey["api"].key_at(),
      "nothing joins the two legs: put {device} into `route`, or map `device` or `id` in source \"" +
          out.api->source + "\"");
}

GoodWhen good_when(const std::string& word) {
  if (word == "api") return GoodWhen::kApi;
  return word == "device" ? GoodWhen::kDevice : GoodWhen::kAll;
}

}  // namespace

void build_actors(Build& build) {
  const std::vector<std::string> labels = all_log_labels(build.config);
  for (const View& actor : build.documents.named("actors")) {
    if (actor.key() == "unknown") {
      build.faults.error(actor.key_at(), "`unknown` is what matches no actor; choose another name");
    }
    for (const View& entry : actor.entries()) {
      if (std::find(labels.begin(), labels.end(), entry.key()) != labels.end()) continue;
      build.faults.warning(entry.key_at(), "no source maps a label \"" + entry.key() +
                                               "\", so it is always \"\"" +
                                               did_you_mean(entry.key(), labels));
    }
    if (actor.is_map() && actor.entries().empty()) {
      build.faults.warning(
          actor.key_at(), "actor \"" + actor.key() + "\" has no condition and takes everything that is left");
    }
    build.config.actors.push_back({actor.key(), read_match(actor)});
  }
}

void build_journeys(Build& build) {
  for (const View& journey : build.documents.named("journeys")) {
    JourneyConfig out;
    out.name = journey.key();
    const View api = journey["api"];
    const View device = journey["device"];
    if (api.is_map()) out.api = build_api(build, api);
    if (device.is_map()) out.device = build_device(build, device, !api.present());
    if (journey.is_map() && !api.present() && !device.present()) {
      build.faults.error(journey.key_at(), "journey \"" + out.name + "\" needs `api`, `device` or both");
    }
    const View when = journey["good_when"];
    out.good_when = good_when(when.text());
    if ((out.good_when == GoodWhen::kApi && !out.api) ||
        (out.good_when == GoodWhen::kDevice && !out.device)) {
      build.faults.error(when.at(), "journey \"" + out.name + "\" has no `" + when.text() + "` leg");
    }
    if (journey["retry"].is_map()) build_retry(build, journey["retry"], out);
    build_labels(build, journey["labels"], out);
    check_join(build, journey, out);
    build.config.journeys.push_back(std::move(out));
  }
}

void check_routes_of_journeys(Build& build) {
  const std::vector<View> journeys = build.documents.named("journeys");
  for (std::size_t i = 0; i < build.config.journeys.size(); ++i) {
    const auto& late = build.config.journeys[i].api;
    if (!late || !route_fault(late->route).empty()) continue;
    const auto segments = route_segments(late->route);
    for (std::size_t j = 0; j < i; ++j) {
      const auto& early = build.config.journeys[j].api;
      if (!early || early->source != late->source || early->method != late->method) continue;
      const auto others = route_segments(early->route);
      const View place = journeys[i]["api"]["route"];
      const std::string name = "journey \"" + build.config.journeys[j].name + "\"";
      if (segments == others) {
        build.faults.error(place.at(), name + " has the same route; a record belongs to one journey");
      } else if (routes_overlap(segments, others)) {
        build.faults.warning(
            place.at(), "overlaps with " + early->route + " of " + name + "; the more specific one wins");
      }
    }
  }
}

}  // namespace slod::config
