// SLOs are views on what is counted: an engine that takes over a config with other names, objectives,
// windows, policies and SLOs of the same measures says from then on what one says that had this config from
// the beginning. SLOD_SEED=n runs history n alone.
#include <gtest/gtest.h>

#include "property/engine_run.h"
#include "support/histories.h"

namespace slod::engine {
namespace {

using slod::test::Random;
using test::difference;
using test::EngineStep;
using test::History;
using test::Running;

/// Everything but alerts: those of a new rule begin with the change.
std::string counts_of(const Engine& engine) {
  Snapshot snapshot = *engine.snapshot();
  snapshot.recent_transitions.clear();
  for (SloReading& reading : snapshot.slos) {
    reading.alerts.clear();
    std::erase_if(reading.groups, [](const GroupReading& g) { return g.good + g.bad == 0; });
    for (GroupReading& group : reading.groups) group.alerts.clear();
  }
  return Running::says_of_slos(snapshot);
}

/// The alerts, without the names of what is renamed.
std::string alerts_of(const Engine& engine) {
  std::string text;
  const auto add = [&](const std::vector<RuleStatus>& alerts) {
    for (const RuleStatus& rule : alerts) {
      text += rule.long_window + rule.short_window + (rule.firing ? " fires since " : " ") +
              (rule.since ? format_rfc3339(*rule.since) : "") + (rule.held ? " held" : "") +
              (rule.burning ? " burns;" : ";");
    }
  };
  const auto snapshot = engine.snapshot();
  for (const SloReading& reading : snapshot->slos) {
    text += reading.config->name + ": ";
    add(reading.alerts);
    for (const GroupReading& group : reading.groups) add(group.alerts);
  }
  return text;
}

std::string sum_of(const Engine& engine, const std::string& slo) {
  const auto snapshot = engine.snapshot();
  for (const SloReading& reading : snapshot->slos) {
    if (reading.config->name == slo) return std::to_string(reading.good) + " " + std::to_string(reading.bad);
  }
  return "none";
}

void rename_and_mix(Config& config, Random& random) {
  for (SloConfig& slo : config.slos) {
    if (random.one_in(2)) slo.name = "renamed-" + slo.name;
  }
  for (std::size_t i = config.slos.size(); i > 1; --i) {
    const auto other = static_cast<std::size_t>(random.between(0, static_cast<std::int64_t>(i) - 1));
    // Of SLOs with one name each, those of one measure must not swap places: by place renamed ones are known.
    if (config.slos[i - 1].journey != config.slos[other].journey)
      std::swap(config.slos[i - 1], config.slos[other]);
  }
}

void retarget(Config& config, Random& random) {
  for (SloConfig& slo : config.slos) {
    if (random.one_in(2)) slo.objective = random.pick(std::vector<Ppm>{500'000, 900'000, 999'000});
    if (random.one_in(3)) slo.group_objectives = {{{{{"area", {"shibuya"}}}}, 700'000}};
    if (random.one_in(4)) slo.alert_policy = static_cast<int>(random.between(0, 1));
  }
}

void add_views(Config& config, Random& random) {
  const SloConfig more = config.slos[static_cast<std::size_t>(
      random.between(0, static_cast<std::int64_t>(config.slos.size()) - 1))];
  config.slos.push_back(more);
  config.slos.back().name = "one-more";
  config.slos.back().objective = 750'000;
}

void add_windows(Config& config, Random& random) {
  for (SloConfig& slo : config.slos) {
    if (slo.sli == SliKind::kDeviceMinutes || !random.one_in(2)) continue;
    Window also;
    also.rolling =
        random.pick(std::vector<Duration>{minutes(7), minutes(40), hours(3), hours(20), hours(30)});
    also.text = format_duration(also.rolling);
    slo.also.push_back(also);
  }
}

struct Change {
  const char* name;
  void (*make)(Config&, Random&);
  bool alerts;  ///< every rule is there before and after
};

class Views : public ::testing::TestWithParam<Change> {};

/// -1: it was refused.
int play(std::uint64_t seed, const Change& change) {
  const History history(seed);
  Random random(seed + 1);
  auto next = std::make_shared<Config>(*history.config);
  change.make(*next, random);
  const auto cut =
      static_cast<std::size_t>(random.between(1, static_cast<std::int64_t>(history.steps.size()) - 1));
  auto changed = std::make_unique<Running>(history.config, history.maker.dictionary());
  Running straight(next, history.maker.dictionary());
  for (std::size_t i = 0; i < cut; ++i) changed->apply(history.steps[i]), straight.apply(history.steps[i]);
  const std::string before = changed->says();
  if (!changed->engine.adopt(next)) {
    EXPECT_EQ(changed->says(), before) << "refused, and yet something changed; SLOD_SEED=" << seed;
    return -1;
  }
  for (std::size_t i = cut; i < history.steps.size(); ++i) {
    if (i == (cut + history.steps.size()) / 2) {  // through a checkpoint
      const std::string bytes = changed->archived();
      changed = std::make_unique<Running>(next, history.maker.dictionary());
      EXPECT_TRUE(changed->restore(bytes)) << "SLOD_SEED=" << seed;
    }
    changed->apply(history.steps[i]), straight.apply(history.steps[i]);
    const bool ticked = std::holds_alternative<slod::test::TickStep>(history.steps[i]);
    if (!ticked || (i % 16 != 0 && i + 1 < history.steps.size())) continue;
    const std::string a = counts_of(straight.engine), b = counts_of(changed->engine);
    EXPECT_EQ(a, b) << "SLOD_SEED=" << seed << " cut " << cut << " step " << i << "\n" << difference(a, b);
    if (change.alerts) {
      EXPECT_EQ(alerts_of(straight.engine), alerts_of(changed->engine)) << "SLOD_SEED=" << seed;
    }
    if (::testing::Test::HasFailure()) return 0;
  }
  return 1;
}

TEST_P(Views, AnotherConfigOfTheSameMeasuresSaysWhatItWouldHaveSaid) {
  const std::uint64_t first = slod::test::first_seed();
  const std::uint64_t count = slod::test::histories(30);
  std::uint64_t adopted = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const int outcome = play(seed, GetParam());
    if (HasFailure()) return;
    adopted += outcome > 0 ? 1 : 0;
  }
  EXPECT_GT(adopted, count / 8) << "hardly any change was taken over";
}

INSTANTIATE_TEST_SUITE_P(Changes, Views,
                         ::testing::Values(Change{"Names", rename_and_mix, true},
                                           Change{"Targets", retarget, false},
                                           Change{"MoreSlos", add_views, false},
                                           Change{"MoreWindows", add_windows, false}),
                         [](const auto& each) { return std::string(each.param.name); });

TEST(ViewsRefuse, WhatChangesWhatIsCounted) {
  const History history(3);
  const auto refuses = [&](auto change) {
    auto next = std::make_shared<Config>(*history.config);
    change(*next);
    Running running(history.config, history.maker.dictionary());
    for (const EngineStep& step : history.steps) running.apply(step);
    const std::string sum = sum_of(running.engine, "first");
    const bool adopted = running.engine.adopt(next);
    EXPECT_EQ(sum_of(running.engine, "first"), sum);
    return !adopted;
  };
  EXPECT_FALSE(refuses([](Config&) {})) << "the same config is taken over";
  EXPECT_FALSE(refuses([](Config& c) { c.slos[0].objective = 900'000; }));
  EXPECT_TRUE(refuses([](Config& c) { c.slos[0].actors = {kUnknownActor}; }));
  EXPECT_TRUE(refuses([](Config& c) { c.slos[0].group_by = {"area"}; }));
  EXPECT_TRUE(refuses([](Config& c) { c.slos[0].fold = false; }));
  EXPECT_TRUE(refuses([](Config& c) { c.slos[0].max_share_per_device = 10'000; }));
  EXPECT_TRUE(refuses([](Config& c) { c.slos[0].window.rolling = hours(24 * 90); }));
  EXPECT_TRUE(refuses([](Config& c) { c.slos[0].budgeting = Slices{minutes(1), 900'000}; }));
}

}  // namespace
}  // namespace slod::engine
