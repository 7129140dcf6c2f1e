#include <algorithm>
#include <map>

#include "config/build.h"
#include "config/build_windows.h"
#include "config/policies.h"
#include "config/presets.h"
#include "config/slo_advice.h"
#include "slod/core/suggest.h"

namespace slod::config {

namespace {

/// One SLO as it is read: its own keys before those of the file's `defaults`.
struct Reader {
  Build& build;
  const View& item;
  const View& defaults;

  [[nodiscard]] View pick(std::string_view key) const {
    return item[key].node() != nullptr ? item[key] : defaults[key];
  }
  void error(const View& at, const std::string& message) const { build.faults.error(at.at(), message); }
  /// Where to point for something that the SLO lacks.
  [[nodiscard]] View self() const { return item["name"].present() ? item["name"] : item; }
  [[nodiscard]] bool own(std::string_view key) const { return item[key].present(); }
};

GoodWhen leg_of(const std::string& word) {
  if (word == "api") return GoodWhen::kApi;
  return word == "device" ? GoodWhen::kDevice : GoodWhen::kAll;
}

std::vector<std::string> fleet_checks(const FleetConfig& fleet) {
  std::vector<std::string> names = {"connectivity", "any"};
  if (fleet.battery) names.emplace_back("battery");
  for (const ThresholdCheck& check : fleet.checks) names.push_back(check.name);
  return names;
}

void read_subject(const Reader& r, SloConfig& slo) {
  const View journey = r.item["journey"];
  const View fleet = r.item["fleet"];
  if (journey.present() == fleet.present()) {
    r.error(r.self(), "an SLO needs exactly one of `journey` and `fleet`");
  }
  if (journey.present()) {
    slo.journey = find_name(journey, r.build.documents.names("journeys"), "journey", r.build.faults);
  }
  if (!fleet.present()) return;
  slo.fleet_check = fleet.text();
  slo.sli = SliKind::kDeviceMinutes;
  if (!r.build.config.fleet) {
    r.error(fleet, "there is no `fleet` section");
  } else if (fleet.text() == "battery" && !r.build.config.fleet->battery) {
    r.error(fleet, "the `fleet` section has no `battery`");
  } else {
    find_name(fleet, fleet_checks(*r.build.config.fleet), "fleet check", r.build.faults);
  }
}

bool maps_latency(const Config& config, const JourneyConfig& journey) {
  const SourceConfig* source = journey.api ? config.source(journey.api->source) : nullptr;
  // Text formats have a name for it.
  return source == nullptr || !source->format || is_text(source->format->syntax) ||
         !source->format->fields.latency.empty();
}

/// True if the API leg's own latency is what the SLO would judge.
bool judged_by_api(const JourneyConfig& journey, GoodWhen leg) {
  if (!journey.api) return false;
  const GoodWhen judging = leg == GoodWhen::kAll ? journey.good_when : leg;
  return !journey.device || judging == GoodWhen::kApi;
}

void read_sli(const Reader& r, SloConfig& slo) {
  const View sli = r.item["sli"];
  const std::string word = sli.text();
  const bool fleet = !slo.fleet_check.empty();
  if (word == "latency") slo.sli = SliKind::kLatency;
  if (word == "device-share") slo.sli = SliKind::kDeviceShare;
  if (fleet && (word == "latency" || word == "availability")) {
    r.error(sli, "a fleet SLO counts device-minutes; remove `sli`, or write device-share");
  } else if (!fleet && word == "device-share") {
    r.error(sli, "`device-share` belongs to a fleet SLO; write availability or latency");
  }
  const View threshold = r.item["threshold"];
  if (check_multiple(threshold, Duration(0), r.build.faults)) slo.threshold = *read_duration(threshold);
  if (word == "latency" && !threshold.present()) r.error(sli, "a latency SLO needs `threshold`, such as 20s");
  if (word != "latency" && threshold.present()) r.error(threshold, "`threshold` belongs to `sli: latency`");
  const View at_least = r.item["at_least"];
  slo.at_least = read_percent(at_least).value_or(0);
  if (word != "device-share" && at_least.present()) {
    r.error(at_least, "`at_least` belongs to `sli: device-share`");
  } else if (word == "device-share" && !at_least.present()) {
    r.error(sli,
            "device-share needs `at_least`, the share of healthy minutes that a good device has, such as 98");
  }
  if (at_least.is_scalar() && read_percent(at_least) && slo.at_least == 0) {
    r.error(at_least, "`at_least` must be above 0: every device would be good");
  }
}

void read_leg(const Reader& r, SloConfig& slo) {
  const View leg = r.item["leg"];
  slo.leg = leg_of(leg.text());
  slo.fold = read_bool(r.pick("fold"), true);
  for (const char* key : {"leg", "fold"}) {
    if (!slo.fleet_check.empty() && r.item[key].present())
      r.error(r.item[key], std::string("`") + key + "` belongs to a journey SLO; a fleet SLO counts minutes");
  }
  if (slo.journey < 0) return;
  const JourneyConfig& journey = r.build.config.journeys[static_cast<std::size_t>(slo.journey)];
  if ((slo.leg == GoodWhen::kApi && !journey.api) || (slo.leg == GoodWhen::kDevice && !journey.device)) {
    r.error(leg, "journey \"" + journey.name + "\" has no `" + leg.text() + "` leg");
  }
  if (slo.sli == SliKind::kLatency && judged_by_api(journey, slo.leg) &&
      !maps_latency(r.build.config, journey)) {
    r.error(r.item["sli"], "source \"" + journey.api->source + "\" maps no `latency`");
  }
}

void read_actors(const Reader& r, SloConfig& slo) {
  const std::vector<ActorConfig>& actors = r.build.config.actors;
  const View picked = r.pick("actor");
  const bool journey = r.item["journey"].present();
  if (!picked.present()) {
    if (journey && !actors.empty()) {
      r.error(r.self(),
              "needs `actor`, because `actors` are defined: name those whose events count (`unknown` is who "
              "matches none)");
    }
    return;
  }
  std::vector<std::string> names;
  names.reserve(actors.size() + 1);
  for (const ActorConfig& actor : actors) names.push_back(actor.name);
  names.emplace_back("unknown");
  for (const View& name : picked.items()) {
    const int index = find_name(name, names, "actor", r.build.faults);
    if (index < 0 || actors.empty() || !journey) continue;
    slo.actors.push_back(index == static_cast<int>(actors.size()) ? kUnknownActor : index);
  }
  std::sort(slo.actors.begin(), slo.actors.end());
  slo.actors.erase(std::unique(slo.actors.begin(), slo.actors.end()), slo.actors.end());
}

Ppm read_objective(const Reader& r, const View& value) {
  const auto objective = read_percent(value);
  if (!objective) return 0;
  if (*objective >= kOne) {
    r.error(value,
            "an objective of 100 leaves no error budget, and every single bad event would violate it; write "
            "99.99 or less");
  }
  if (*objective == 0) {
    r.error(value, "an objective of 0 can never be missed; write what is promised, such as 99");
  }
  return *objective;
}

void read_windows(const Reader& r, SloConfig& slo) {
  const bool fleet = !slo.fleet_check.empty();
  const View window = r.pick("window");
  bool good = !window.present();
  if (const auto read = read_window(r.build, window)) {
    slo.window = *read;
    good = true;
  }
  const Place place = window.present() ? window.at() : r.self().at();
  if (good) check_retention(r.build, slo.window, fleet, place);
  for (const View& item : r.pick("also").items()) {
    const auto further = read_window(r.build, item);
    if (!further) continue;
    check_retention(r.build, *further, fleet, item.at());
    slo.also.push_back(*further);
  }
  const View budgeting = r.item["budgeting"];
  if (!budgeting.is_map()) return;
  Slices slices;
  slices.slice = read_duration(budgeting["slice"]).value_or(Duration(0));
  const auto target = read_percent(budgeting["target"]);
  slices.target = target.value_or(0);
  if (target && slices.target == 0) {
    r.error(budgeting["target"], "a slice target must be above 0");
  }
  if (good) check_slice(r.build, budgeting["slice"], slo.window);
  if (fleet && slices.slice % minutes(1) != Duration(0)) {
    r.error(budgeting["slice"], "slices of a fleet SLO are whole minutes");
  }
  if (slo.sli == SliKind::kDeviceShare) {
    r.error(budgeting, "device-share counts devices, which have no slices");
  }
  slo.budgeting = slices;
}

std::vector<std::string> group_labels(const Reader& r, const SloConfig& slo) {
  if (!slo.fleet_check.empty()) return device_labels(r.build.config, r.build.documents);
  if (slo.journey < 0) return {};
  return r.build.config.journeys[static_cast<std::size_t>(slo.journey)].labels;
}

void read_groups(const Reader& r, SloConfig& slo) {
  if (slo.journey < 0 && slo.fleet_check.empty()) return;  // which labels there are is not known
  const std::vector<std::string> known = group_labels(r, slo);
  for (const View& label : r.pick("group_by").items()) {
    if (find_name(label, known, slo.journey < 0 ? "device label" : "label of the journey", r.build.faults) <
        0) {
      continue;
    }
    if (std::find(slo.group_by.begin(), slo.group_by.end(), label.text()) == slo.group_by.end()) {
      slo.group_by.push_back(label.text());
    }
  }
  for (const View& item : r.item["group_objectives"].items()) {
    if (!item.is_map()) continue;
    for (const View& entry : item["match"].entries()) {
      if (std::find(slo.group_by.begin(), slo.group_by.end(), entry.key()) != slo.group_by.end()) continue;
      r.build.faults.error(entry.key_at(), "\"" + entry.key() + "\" is not in `group_by`" +
                                               did_you_mean(entry.key(), slo.group_by));
    }
    slo.group_objectives.push_back({read_match(item["match"]), read_objective(r, item["objective"])});
  }
}

bool same_windows(const AlertPolicy& a, const AlertPolicy& b) {
  const auto same = [](const BurnRule& x, const BurnRule& y) {
    return x.long_window == y.long_window && x.short_window == y.short_window;
  };
  return std::equal(a.rules.begin(), a.rules.end(), b.rules.begin(), b.rules.end(), same);
}

int scaled_policy(Config& config, std::size_t written, Duration window) {
  AlertPolicy policy = scaled_default_policy(window);
  for (std::size_t i = written; i < config.policies.size(); ++i) {
    if (same_windows(config.policies[i], policy)) return static_cast<int>(i);
  }
  config.policies.push_back(std::move(policy));
  return static_cast<int>(config.policies.size()) - 1;
}

/// A written policy is literal, the one named `default` too; where there is none, the default is scaled.
void read_policy(const Reader& r, SloConfig& slo) {
  const std::vector<std::string> written = r.build.documents.names("alert_policies");
  const View name = r.pick("alert_policy");
  const std::string wanted = name.text("default");
  const auto found = std::find(written.begin(), written.end(), wanted);
  if (found != written.end()) {
    slo.alert_policy = static_cast<int>(found - written.begin());
  } else if (wanted == "default") {
    slo.alert_policy = scaled_policy(r.build.config, written.size(), slo.window.rolling);
  } else {
    std::vector<std::string> known = written;
    known.emplace_back("default");
    find_name(name, known, "alert policy", r.build.faults);
  }
}

/// One vehicle cannot own the SLO.
void read_cap(const Reader& r, SloConfig& slo) {
  const View cap = r.item["max_share_per_device"];
  if (!cap.present()) return;
  slo.max_share_per_device = read_percent(cap).value_or(0);
  if (cap.is_scalar() && read_percent(cap) && slo.max_share_per_device == 0)
    r.error(cap, "`max_share_per_device` must be above 0; leave it out for no cap");
  if (slo.journey < 0)
    r.error(cap, "`max_share_per_device` belongs to a journey SLO; a fleet SLO counts each device's minutes");
  if (r.item["budgeting"].present()) {
    r.error(cap,
            "`max_share_per_device` counts events; it does not go with `budgeting`, which counts slices");
  }
}

void read_words(const Reader& r, SloConfig& slo) {
  slo.name = r.item["name"].text();
  slo.service = r.pick("service").text();
  slo.description = r.pick("description").text();
  slo.owner = r.pick("owner").text();
  slo.runbook = r.pick("runbook").text();
  slo.first_steps = r.pick("first_steps").texts();
  slo.review_every_quarters = parse_quarters(r.pick("review_every").text()).value_or(2);
}

SloConfig read_slo(Build& build, const Listed& listed) {
  const Reader r{build, listed.item, listed.defaults};
  SloConfig slo;
  read_words(r, slo);
  read_subject(r, slo);
  read_sli(r, slo);
  read_leg(r, slo);
  read_actors(r, slo);
  const View objective = r.pick("objective");
  if (objective.present()) {
    slo.objective = read_objective(r, objective);
  } else if (objective.node() == nullptr) {
    r.error(r.self(), "needs `objective`, in percent");
  }
  read_windows(r, slo);
  read_groups(r, slo);
  read_policy(r, slo);
  read_cap(r, slo);
  advise(build, slo, objective, r.item["budgeting"]);
  return slo;
}

}  // namespace

void build_slos(Build& build) {
  std::map<std::string, Place> names;
  for (const Listed& listed : build.documents.listed("slos")) {
    SloConfig slo = read_slo(build, listed);
    const Place place = listed.item["name"].at();
    const auto [first, added] = names.emplace(slo.name, place);
    if (!added && !slo.name.empty()) {
      build.faults.error(place, "there is another SLO \"" + slo.name + "\" in " + first->second.file->name() +
                                    ":" + std::to_string(first->second.line));
    }
    build.config.slos.push_back(std::move(slo));
  }
  if (build.config.slos.empty()) {
    build.faults.error(build.documents.whole(), "no `slos`, neither here nor included");
  }
}

}  // namespace slod::config
