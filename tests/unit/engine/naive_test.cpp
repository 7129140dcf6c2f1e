// The whole engine against the naive model, on ten thousand seeded histories a run: equal integers for every
// window, group, outcome and budget, at any number of shards. Two kinds of history take turns: long ones (up
// to weeks, one leg, late, early and repeated records, caps on groups), and short ones (two legs and retries,
// whose events the fold's oracle works out). SLOD_SEED=n runs history n alone.
#include "unit/engine/naive.h"
#include "slod/engine/engine.h"
#include "support/histories.h"
#include "unit/engine/random_slos.h"
#include "unit/fold/history.h"
#include "unit/fold/oracle.h"

namespace slod::engine::test {
namespace {

using fold::test::kT0;
using fold::test::Tick;

/// For its rows and its config.
class Rows : public fold::test::FoldTest {
  void TestBody() override {}
};

/// A row of a long history, as the model reads it.
struct Read {
  std::optional<Fact> fact;
  bool duplicate = false;
};

class LongReader {
 public:
  LongReader(const Dictionary& dictionary, Broken broken) : dictionary_(dictionary), broken_(broken) {}
  Read read(const ApiRow& row, std::optional<Time> last_tick) {
    if (!row.id.empty() && broken_ != Broken::kDuplicatesCount) {
      const auto known = seen_.find(row.id);
      if (known != seen_.end() && row.received - known->second < hours(24)) return {std::nullopt, true};
      seen_[row.id] = row.received;
    }
    const Time start = row.start > row.received + minutes(5) ? row.received : row.start;
    Fact fact;
    fact.slot = nanos(start) / kSlotLength.count();
    fact.latency = row.latency;
    fact.verdict = row.status == 429 || row.status >= 500 ? Verdict::kBad
                   : row.status >= 400                    ? Verdict::kExcluded
                                                          : Verdict::kGood;
    fact.outcome = fact.verdict == Verdict::kBad ? "http_error" : "ok";
    fact.late = last_tick && fact.slot < slot_of(*last_tick);
    const auto app = dictionary_.text(dictionary_.value(row.labels, dictionary_.find("app")));
    fact.actor = app == "ops-ios" ? 0 : app == "ios" ? 1 : kUnknownActor;
    fact.labels = row.labels;
    return {fact, false};
  }

 private:
  const Dictionary& dictionary_;
  Broken broken_;
  std::map<Digest, Time> seen_;
};

class LongMaker {
 public:
  LongMaker(Random& random, Rows& rows) : random_(random), rows_(rows) {}

  std::vector<fold::test::Step> make() {
    const std::int64_t span = random_.pick(std::vector<std::int64_t>{300, 4000, 30'000, 300'000, 2'000'000});
    const std::int64_t records = random_.between(1, 60), ticks = random_.between(1, 8);
    std::vector<std::pair<std::int64_t, bool>> moments;  // second, whether a tick
    for (std::int64_t i = 0; i < records; ++i) moments.emplace_back(random_.between(0, span), false);
    for (std::int64_t i = 0; i < ticks; ++i)
      moments.emplace_back(random_.between(1, span / 10 + 3) * 10, true);
    std::sort(moments.begin(), moments.end());
    moments.erase(
        std::unique(moments.begin(), moments.end(), [](auto a, auto b) { return a.second && a == b; }),
        moments.end());
    std::vector<fold::test::Step> steps;
    for (const auto& [second, is_tick] : moments) {
      if (is_tick) {
        steps.emplace_back(Tick{kT0 + seconds(second)});
      } else {
        steps.emplace_back(record(second, span));
      }
    }
    steps.emplace_back(Tick{kT0 + seconds(span / 10 * 10 + 40)});
    return steps;
  }

 private:
  ApiRow record(std::int64_t received, std::int64_t span) {
    fold::test::Request request;
    request.status = random_.pick(std::vector<int>{200, 200, 201, 500, 503, 429, 404, 302});
    request.latency = static_cast<double>(random_.between(0, 48)) / 4;
    request.app = random_.pick(std::vector<std::string>{"ios", "ios", "ops-ios", "curl"});
    request.received = static_cast<double>(received);
    request.start = request.received - request.latency;
    if (random_.one_in(4)) request.start -= static_cast<double>(random_.between(0, span));
    if (random_.one_in(8)) request.start += static_cast<double>(random_.between(0, 400));
    if (random_.one_in(2)) request.id = "r" + std::to_string(random_.between(1, 40));
    ApiRow row = rows_.row(request);
    if (random_.one_in(20)) row.latency = kNoLatency;
    const std::vector<Label> labels{{rows_.dictionary.intern("app"), rows_.dictionary.intern(request.app)},
                                    {rows_.dictionary.intern("area"),
                                     rows_.dictionary.intern("a" + std::to_string(random_.between(1, 5)))}};
    row.labels = rows_.dictionary.intern_labels(labels);
    return row;
  }

  Random& random_;
  Rows& rows_;
};

class NaiveTest : public ::testing::Test {
 public:
  /// Empty: the engine and the model agree on the history of this seed.
  std::string run(std::uint64_t seed, Broken broken) {
    Random random(seed);
    Rows rows;
    const bool is_long = !random.one_in(4);
    auto config = std::make_shared<Config>(rows.config);
    std::vector<fold::test::Step> steps;
    if (is_long) {
      config->journeys[0].labels = {"area", "app"};
      config->limits = {random.between(1, 6), random.between(1, 12)};
      SloMaker(random, hours(24 * 35)).add_slos(*config);
      steps = LongMaker(random, rows).make();
    } else {
      fold::test::HistoryMaker maker(seed, rows);
      maker.shape(*config);
      SloMaker(random, hours(3)).add_slos(*config);
      rows.config = *config;
      steps = maker.make();
    }
    config->shards = random.one_in(2) ? 1 : static_cast<int>(random.between(2, 4));
    return play(rows, config, steps, {random, broken, is_long});
  }

 private:
  struct How {
    Random& random;
    Broken broken;
    bool is_long;
  };

  std::string play(Rows& rows, const std::shared_ptr<const Config>& config,
                   const std::vector<fold::test::Step>& steps, const How& how) {
    Engine engine(config, {}, rows.dictionary);
    engine.keep_hours();
    Told told;
    Naive naive(*config, rows.dictionary, how.broken);
    LongReader reader(rows.dictionary, how.broken);
    fold::test::Oracle oracle(*config, rows.dictionary);
    std::optional<Time> last_tick;
    const Tick* last = std::get_if<Tick>(&steps.back());
    for (const fold::test::Step& step : steps) {
      if (const auto* api = std::get_if<ApiRow>(&step)) {
        engine.apply(*api);
        if (how.is_long) {
          take(naive, reader.read(*api, last_tick));
        } else {
          oracle.row(*api);
        }
      } else if (const auto* device = std::get_if<DeviceRow>(&step)) {
        engine.apply(*device);
        oracle.row(*device);
      } else {
        const Tick& tick = std::get<Tick>(step);
        engine.tick(tick.at);
        oracle.tick(tick.at);
        last_tick = tick.at;
        if (how.random.one_in(3)) add(told, engine.take_hours());
        if (&tick != last && !how.random.one_in(how.is_long ? 2 : 8)) continue;
        if (!how.is_long) ask(naive, oracle);
        if (std::string wrong = compare(*engine.snapshot(), naive, how.is_long); !wrong.empty())
          return "shards " + std::to_string(config->shards) + ", tick at " + format_rfc3339(tick.at) + ": " +
                 wrong;
      }
    }
    add(told, engine.take_hours());
    return how.random.one_in(4) ? compare_hours(*config, told, naive, last->at) : "";
  }

  /// By measure: the hours of the whole and of its groups.
  using Told = std::map<std::string, std::map<Naive::Hour, Tally>>;

  static void add(Told& told, const std::vector<MeasureHours>& measures) {
    for (const MeasureHours& measure : measures) {
      for (const SeriesHours& series : measure.series) {
        if (series.of != TotalOf::kWhole && series.of != TotalOf::kGroup) continue;
        for (const HourCount& hour : series.hours) {
          Tally& tally = told[measure.measure][{series.name, hour.hour}];
          tally.good += hour.good;
          tally.bad += hour.bad;
        }
      }
    }
  }

  static std::string compare_hours(const Config& config, Told& told, const Naive& naive, Time at) {
    for (const SloConfig& slo : config.slos) {
      if (slo.budgeting) continue;  // slices behind the longest window are not judged any more
      std::map<Naive::Hour, Tally>& engine = told[measure_of(config, slo)];
      std::erase_if(engine, [](const auto& one) { return one.second == Tally{}; });
      std::map<std::int64_t, Tally> whole, groups;
      for (const auto& [hour, tally] : engine) {
        Tally& sum = hour.first.empty() ? whole[hour.second] : groups[hour.second];
        sum.good += tally.good;
        sum.bad += tally.bad;
      }
      if (!slo.group_by.empty() && whole != groups) return slo.name + ": hours of groups";
      for (const auto& [hour, tally] : naive.hours(slo, at)) {
        const auto found = engine.find(hour);
        const std::string wrong = differs(slo.name + ", hour " + std::to_string(hour.second),
                                          found == engine.end() ? Tally{} : found->second, tally);
        if (!wrong.empty()) return wrong;
        if (hour.first.empty()) whole.erase(hour.second);
      }
      if (!whole.empty()) return slo.name + ": an hour in which nothing happened";
    }
    return "";
  }

  static void take(Naive& naive, const Read& read) {
    if (!read.fact) return;
    naive.admit(*read.fact);
    for (const GoodWhen leg : {GoodWhen::kAll, GoodWhen::kApi}) {
      naive.events[leg].push_back(*read.fact);
      naive.attempts[leg].push_back(*read.fact);
    }
  }

  /// Everything that the oracle knows now. Its events are in no order, so there are no caps on these groups.
  static void ask(Naive& naive, const fold::test::Oracle& oracle) {
    for (const GoodWhen leg : {GoodWhen::kAll, GoodWhen::kApi, GoodWhen::kDevice}) {
      fold::test::Ledger events, attempts;
      oracle.book(leg, events, attempts);
      naive.events[leg] = facts(events);
      naive.attempts[leg] = facts(attempts);
      for (const Facts* all : {&naive.events[leg], &naive.attempts[leg]}) {
        for (const Fact& fact : *all) naive.admit(fact);
      }
    }
  }

  static Facts facts(const fold::test::Ledger& ledger) {
    Facts all;
    for (const auto& [line, count] : ledger) {
      Fact fact;
      fact.slot = std::get<3>(line);
      fact.latency = Duration(std::get<4>(line));
      fact.verdict = static_cast<Verdict>(std::get<5>(line));
      fact.outcome = std::get<6>(line);
      fact.timed_out = std::get<7>(line);
      fact.actor = std::get<8>(line);
      fact.labels = std::get<9>(line);
      all.insert(all.end(), static_cast<std::size_t>(count), fact);
    }
    return all;
  }

  /// The first difference, in words.
  static std::string compare(const Snapshot& snapshot, const Naive& naive, bool is_long) {
    for (const SloReading& reading : snapshot.slos) {
      std::string wrong = compare(reading, naive, snapshot.as_of);
      if (wrong.empty() && is_long) wrong = compare_late(reading, naive, snapshot.as_of);
      if (!wrong.empty())
        return reading.config->name + " (window " + reading.config->window.text +
               (reading.config->budgeting ? ", slices of " + format_duration(reading.config->budgeting->slice)
                                          : "") +
               "): " + wrong;
    }
    return "";
  }

  static std::string differs(const std::string& what, Tally engine, Tally model) {
    if (engine == model) return "";
    return what + ": engine " + std::to_string(engine.good) + " good " + std::to_string(engine.bad) +
           " bad, model " + std::to_string(model.good) + " good " + std::to_string(model.bad) + " bad";
  }

  static std::string compare(const SloReading& reading, const Naive& naive, Time at) {
    const SloConfig& slo = *reading.config;
    const auto any = [](const Fact&) { return true; };
    const Tally whole = naive.count(slo, naive.left(slo.window, at), at, any);
    std::string wrong = differs("SLO window", {reading.good, reading.bad}, whole);
    for (const WindowReading& window : reading.windows) {
      const Tally model = naive.count(slo, naive.left(*parse_duration(window.window), at), at, any);
      if (wrong.empty()) wrong = differs(window.window, {window.counts.good, window.counts.bad}, model);
    }
    for (std::size_t i = 0; i < slo.also.size() && wrong.empty(); ++i) {
      const Tally model = naive.count(slo, naive.left(slo.also[i], at), at, any);
      wrong = differs("also " + slo.also[i].text, {reading.also[i].good, reading.also[i].bad}, model);
    }
    const auto [attempts, excluded] = naive.attempts_of(slo, at);
    if (wrong.empty())
      wrong =
          differs("attempts", {reading.attempts_good, reading.attempts - reading.attempts_good}, attempts);
    if (wrong.empty() && reading.excluded != excluded) wrong = "excluded";
    if (wrong.empty() && reading.outcomes != naive.outcomes(slo, at)) wrong = "outcomes";
    if (wrong.empty() && reading.budget.spent != whole.bad) wrong = "budget spent";
    const double allowed = static_cast<double>((1'000'000 - slo.objective) * (whole.good + whole.bad)) / 1e6;
    if (wrong.empty() && std::abs(reading.budget.allowed - allowed) > 1e-9 * (1 + allowed))
      wrong = "budget allowed";
    return wrong.empty() ? compare_groups(reading, naive, at) : wrong;
  }

  static std::string compare_groups(const SloReading& reading, const Naive& naive, Time at) {
    std::map<std::vector<std::string>, Tally> groups;
    for (const GroupReading& group : reading.groups) {
      std::vector<std::string> values;
      for (const auto& [key, value] : group.labels) values.push_back(value);
      if (group.good + group.bad != 0) groups[values] = {group.good, group.bad};
    }
    return groups == naive.groups(*reading.config, at) ? "" : "groups";
  }

  static std::string compare_late(const SloReading& reading, const Naive& naive, Time at) {
    std::int64_t late = 0;
    for (const Fact& fact : naive.facts(*reading.config)) {
      const bool inside = fact.slot >= naive.left(reading.config->window, at) && fact.slot < slot_of(at);
      if (inside && fact.late && naive.concerns(*reading.config, fact) &&
          naive.judge(*reading.config, fact) >= 0)
        ++late;
    }
    return reading.booked_late == late ? "" : "booked_late";
  }
};

TEST_F(NaiveTest, TheEngineCountsWhatANaiveRecountCounts) {
  const std::uint64_t first = slod::test::first_seed();
  const bool alone = std::getenv("SLOD_SEED") != nullptr;
  const std::uint64_t count = alone ? 1 : slod::test::histories(10'000);
  for (std::uint64_t seed = first; seed < first + count; ++seed)
    ASSERT_EQ(run(seed, Broken::kNothing), "") << "SLOD_SEED=" << seed;
}

TEST_F(NaiveTest, WouldNoticeEachOfTheseRulesBroken) {
  for (const Broken broken :
       {Broken::kWindowASlotLonger, Broken::kTickSlotCounts, Broken::kEdgeNotRounded, Broken::kLateDropped,
        Broken::kDuplicatesCount, Broken::kThresholdItselfIsBad, Broken::kOverflowLost, Broken::kOneGroupMore,
        Broken::kExcludedCounts, Broken::kSliceByItsMiddle}) {
    bool noticed = false;
    for (std::uint64_t seed = 1; seed <= 3000 && !noticed; ++seed) noticed = !run(seed, broken).empty();
    EXPECT_TRUE(noticed) << "rule " << static_cast<int>(broken);
  }
}

}  // namespace
}  // namespace slod::engine::test
