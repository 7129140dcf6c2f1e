// Random SLOs over the journey of the fold's fixture: every kind of window, SLI, budget, group and policy.
// Windows are odd on purpose: hardly any is a multiple of another.
#pragma once

#include "unit/fold/fixture.h"
#include "unit/window/seed.h"

namespace slod::engine::test {

using slod::test::Random;

class SloMaker {
 public:
  /// `longest`: of a rolling window.
  SloMaker(Random& random, Duration longest) : random_(random), longest_(longest) {}

  void add_slos(Config& config) {
    const std::int64_t policies = random_.between(1, 2), slos = random_.between(1, 4);
    for (std::int64_t i = 0; i < policies; ++i) config.policies.push_back(policy(i));
    for (std::int64_t i = 0; i < slos; ++i) config.slos.push_back(slo(config, i));
  }

  [[nodiscard]] Duration length() {
    const std::int64_t slots = longest_ / kSlotLength;
    // Even over the orders of magnitude, so that every resolution comes up.
    std::int64_t limit = 3;
    while (limit < slots && !random_.one_in(4)) limit *= 3;
    return kSlotLength * random_.between(1, std::min(limit, slots));
  }

  Window window() {
    Window window;
    if (random_.one_in(4)) {
      window.calendar = random_.one_in(2) ? Window::Calendar::kDay : Window::Calendar::kWeek;
      window.time_zone = random_.one_in(2) ? "UTC" : "Asia/Tokyo";
      window.rolling = window.calendar == Window::Calendar::kDay ? hours(24) : hours(7 * 24);
      window.text = window.calendar == Window::Calendar::kDay ? "day" : "week";
    } else {
      window.rolling = length();
      window.text = format_duration(window.rolling);
    }
    return window;
  }

 private:
  AlertPolicy policy(std::int64_t number) {
    AlertPolicy policy;
    policy.name = "p" + std::to_string(number);
    policy.min_bad = random_.between(1, 3);
    policy.min_devices = random_.between(1, 2);
    policy.per_group = random_.one_in(2);
    const std::int64_t rules = random_.between(1, 3);
    for (std::int64_t i = 0; i < rules; ++i) {
      BurnRule rule;
      rule.severity = random_.one_in(2) ? "page" : "ticket";
      rule.burn_micros = random_.between(1, 30) * 500'000;
      rule.burn = static_cast<double>(rule.burn_micros) / 1e6;
      rule.short_window = length();
      rule.long_window = rule.short_window + length();
      policy.rules.push_back(rule);
    }
    return policy;
  }

  SloConfig slo(const Config& config, std::int64_t number) {
    SloConfig slo;
    slo.name = "slo" + std::to_string(number);
    slo.service = "rides";
    slo.journey = 0;
    slo.objective = random_.pick(std::vector<Ppm>{500'000, 900'000, 990'000, 999'900});
    slo.window = window();
    while (random_.one_in(3)) slo.also.push_back(window());
    slo.alert_policy =
        static_cast<int>(random_.between(0, static_cast<std::int64_t>(config.policies.size()) - 1));
    if (random_.one_in(3)) {
      slo.sli = SliKind::kLatency;
      slo.threshold = seconds(random_.between(1, 12));
    }
    if (random_.one_in(2))
      slo.actors = random_.one_in(2) ? std::vector<ActorIndex>{1, kUnknownActor} : std::vector<ActorIndex>{0};
    if (random_.one_in(2))
      slo.group_by =
          random_.one_in(2) ? std::vector<std::string>{"app"} : std::vector<std::string>{"area", "app"};
    if (random_.one_in(4)) slo.group_objectives = {{{{{"app", {"ios"}}}}, 700'000}};
    slo.leg = random_.pick(
        std::vector<GoodWhen>{GoodWhen::kAll, GoodWhen::kAll, GoodWhen::kApi, GoodWhen::kDevice});
    slo.fold = !random_.one_in(4);
    if (random_.one_in(5))
      slo.budgeting =
          Slices{kSlotLength * random_.between(1, 12), random_.pick(std::vector<Ppm>{500'000, 950'000})};
    return slo;
  }

  Random& random_;
  Duration longest_;
};

}  // namespace slod::engine::test
