#include <algorithm>
#include <array>
#include <set>

#include "config/build.h"
#include "config/policies.h"

namespace slod::config {

namespace {

struct DefaultRule {
  const char* severity;
  std::int64_t burn_micros;
  Duration long_window, short_window;
};
constexpr std::array<DefaultRule, 4> kDefaultRules = {{{"page", 14'400'000, hours(1), minutes(5)},
                                                       {"page", 6'000'000, hours(6), minutes(30)},
                                                       {"ticket", 3'000'000, hours(24), hours(2)},
                                                       {"ticket", 1'000'000, hours(72), hours(6)}}};

/// length * window / 30 d, to the nearest slot, at least one. In slots, so that nothing overflows.
Duration scale(Duration length, Duration window) {
  const std::int64_t month = hours(24 * 30) / kSlotLength;
  const std::int64_t scaled = (length / kSlotLength) * (window / kSlotLength);
  return std::max<std::int64_t>(1, (2 * scaled + month) / (2 * month)) * kSlotLength;
}

BurnRule read_rule(Build& build, const View& item) {
  BurnRule rule;
  rule.severity = item["severity"].text();
  const View burn = item["burn"];
  rule.burn = read_number(burn).value_or(0);
  rule.burn_micros = parse_micros(burn.text()).value_or(0);
  if (rule.burn > 0 && rule.burn_micros == 0) {
    build.faults.error(burn.at(), "a burn factor has at most 6 decimals, such as 14.4");
  }
  if (check_multiple(item["long"], kSlotLength, build.faults)) {
    rule.long_window = *read_duration(item["long"]);
  }
  if (check_multiple(item["short"], kSlotLength, build.faults)) {
    rule.short_window = *read_duration(item["short"]);
  }
  const bool both = rule.long_window.count() > 0 && rule.short_window.count() > 0;
  if (both && rule.short_window > rule.long_window) {
    build.faults.error(item["short"].at(),
                       "the short window is longer than the long one (" + item["long"].text() + ")");
  }
  if (rule.long_window > hours(24 * 400)) build.faults.error(item["long"].at(), "is longer than 400d");
  return rule;
}

AlertPolicy read_policy(Build& build, const View& view) {
  AlertPolicy policy;
  policy.name = view.key();
  std::set<std::string> seen;
  for (const View& item : view["rules"].items()) {
    if (!item.is_map()) continue;
    policy.rules.push_back(read_rule(build, item));
    const BurnRule& rule = policy.rules.back();
    const std::string id =
        rule.severity + "/" + format_duration(rule.long_window) + "/" + format_duration(rule.short_window);
    if (rule.long_window.count() > 0 && !seen.insert(id).second) {
      build.faults.error(item.at(), "a rule with this severity and these windows stands above already");
    }
  }
  policy.min_bad = read_int(view["min_bad"]).value_or(policy.min_bad);
  policy.min_devices = read_int(view["min_devices"]).value_or(policy.min_devices);
  policy.per_group = read_bool(view["per_group"], false);
  const View quiet = view["quiet_outage"];
  if (quiet.is_map()) {
    AlertPolicy::QuietOutage outage;
    outage.bad = read_int(quiet["bad"]).value_or(outage.bad);
    if (check_multiple(quiet["for"], kSlotLength, build.faults)) {
      outage.lasting = *read_duration(quiet["for"]);
    }
    policy.quiet_outage = outage;
  }
  return policy;
}

}  // namespace

AlertPolicy scaled_default_policy(Duration window) {
  AlertPolicy policy;
  policy.name = "default";
  for (const DefaultRule& rule : kDefaultRules) {
    policy.rules.push_back({rule.severity, static_cast<double>(rule.burn_micros) / 1e6, rule.burn_micros,
                            scale(rule.long_window, window), scale(rule.short_window, window)});
  }
  return policy;
}

bool can_never_fire(const BurnRule& rule, Ppm objective) {
  return rule.burn_micros * (kOne - objective) >= 1'000'000 * kOne;
}

void build_policies(Build& build) {
  for (const View& view : build.documents.named("alert_policies")) {
    build.config.policies.push_back(read_policy(build, view));
  }
}

}  // namespace slod::config
