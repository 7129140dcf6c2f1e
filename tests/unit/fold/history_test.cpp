// The fold against the naive oracle on thousands of seeded histories. SLOD_SEED=n runs one history alone.
#include <cstdlib>

#include "support/histories.h"
#include "unit/fold/history.h"
#include "unit/fold/oracle.h"

namespace slod::fold::test {
namespace {

constexpr std::array kViews{GoodWhen::kAll, GoodWhen::kApi, GoodWhen::kDevice};

struct Outcomes {
  Ledger events, attempts;
  std::uint64_t unmatched_commands = 0, unmatched_replies = 0, duplicates = 0;
  friend bool operator==(const Outcomes&, const Outcomes&) = default;
};

class HistoryTest : public FoldTest {
 public:
  std::vector<Step> steps;

  void prepare(std::uint64_t seed) {
    config = unlock_config();
    sink = LedgerSink();
    HistoryMaker maker(seed, *this);
    maker.shape(config);
    steps = maker.make();
    start({kViews.begin(), kViews.end()});
  }

  /// `between` is called before each step.
  template <typename Between>
  Outcomes by_fold(Between&& between) {
    for (const Step& step : steps) {
      between();
      if (const auto* api = std::get_if<ApiRow>(&step)) fold->apply(*api);
      if (const auto* device = std::get_if<DeviceRow>(&step)) fold->apply(*device);
      if (const auto* tick = std::get_if<Tick>(&step)) fold->tick(tick->at);
    }
    std::uint64_t duplicates = 0;
    for (const auto& [source, count] : fold->counters().duplicates) duplicates += count;
    return {sink.events, sink.attempts, unmatched("command"), unmatched("reply"), duplicates};
  }
  Outcomes by_fold() {
    return by_fold([] {});
  }

  /// The fold goes, and a new one goes on with what it has saved: a stop and a start.
  void restart() {
    archive::Writer saved;
    fold->io(saved);
    const std::string bytes = saved.take();
    start({kViews.begin(), kViews.end()});
    archive::Reader reader(bytes);
    fold->io(reader);
    ASSERT_TRUE(reader.complete());
  }

  Outcomes by_oracle(Wrong wrong) {
    Oracle oracle(config, dictionary, wrong);
    for (const Step& step : steps) {
      if (const auto* api = std::get_if<ApiRow>(&step)) oracle.row(*api);
      if (const auto* device = std::get_if<DeviceRow>(&step)) oracle.row(*device);
      if (const auto* tick = std::get_if<Tick>(&step)) oracle.tick(tick->at);
    }
    Outcomes all;
    for (const GoodWhen leg : kViews) oracle.book(leg, all.events, all.attempts);
    all.unmatched_commands = oracle.unmatched_commands;
    all.unmatched_replies = oracle.unmatched_replies;
    all.duplicates = oracle.duplicates;
    return all;
  }

  static std::string difference(const Ledger& fold, const Ledger& oracle) {
    std::string out;
    for (const auto& [line, count] : fold) {
      const auto other = oracle.find(line);
      if (other == oracle.end() || other->second != count)
        out += "fold:   " + text({{line, count}}, std::get<1>(line)) + " at " +
               std::to_string(to_seconds(from_nanos(std::get<2>(line)) - kT0)) + " view " +
               std::to_string(std::get<1>(line)) + "\n";
    }
    for (const auto& [line, count] : oracle) {
      const auto other = fold.find(line);
      if (other == fold.end() || other->second != count)
        out += "oracle: " + text({{line, count}}, std::get<1>(line)) + " at " +
               std::to_string(to_seconds(from_nanos(std::get<2>(line)) - kT0)) + " view " +
               std::to_string(std::get<1>(line)) + "\n";
    }
    return out;
  }
};

TEST_F(HistoryTest, BooksWhatTheNaiveOracleBooks) {
  const char* given = std::getenv("SLOD_SEED");
  const std::uint64_t first = given != nullptr ? std::strtoull(given, nullptr, 10) : 1;
  const std::uint64_t last = given != nullptr ? first : slod::test::histories(3000);
  std::size_t events = 0;
  std::size_t withdrawn = 0;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    prepare(seed);
    const Outcomes ours = by_fold();
    const Outcomes theirs = by_oracle(Wrong::kNothing);
    events += ours.events.size();
    withdrawn += sink.withdrawn;
    ASSERT_EQ(difference(ours.attempts, theirs.attempts), "") << "attempts, SLOD_SEED=" << seed;
    ASSERT_EQ(difference(ours.events, theirs.events), "") << "events, SLOD_SEED=" << seed;
    ASSERT_TRUE(ours == theirs) << "counters, SLOD_SEED=" << seed;
  }
  EXPECT_GT(events, last - first) << "histories that say nothing";
  if (given == nullptr) {
    EXPECT_GT(withdrawn, slod::test::histories(1000));
  }
}

TEST_F(HistoryTest, WouldNoticeEachOfTheseRulesBroken) {
  for (const Wrong wrong : {Wrong::kSuccessDoesNotClose, Wrong::kNoTenTimesWithin, Wrong::kExcludedExtends,
                            Wrong::kNewestCommandFirst, Wrong::kFourSecondsEarly, Wrong::kDeadlineFromStart,
                            Wrong::kTimeoutOnTheDot, Wrong::kNoDedup, Wrong::kActorsMixed}) {
    bool noticed = false;
    for (std::uint64_t seed = 1; seed <= 3000 && !noticed; ++seed) {
      prepare(seed);
      noticed = !(by_fold() == by_oracle(wrong));
    }
    EXPECT_TRUE(noticed) << "rule " << static_cast<int>(wrong);
  }
}

TEST_F(HistoryTest, RestartsBetweenLegsAndRetriesChangeNothing) {
  const char* given = std::getenv("SLOD_SEED");
  const std::uint64_t first = given != nullptr ? std::strtoull(given, nullptr, 10) : 1;
  const std::uint64_t last = given != nullptr ? first : slod::test::histories(2000);
  std::size_t restarts = 0;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    prepare(seed);
    std::mt19937_64 random(seed);
    const std::uint64_t one_in = 2 + seed % 17;
    const Outcomes ours = by_fold([&] {
      if (random() % one_in != 0) return;
      restart();
      ++restarts;
    });
    const Outcomes theirs = by_oracle(Wrong::kNothing);
    ASSERT_EQ(difference(ours.attempts, theirs.attempts), "") << "attempts, SLOD_SEED=" << seed;
    ASSERT_EQ(difference(ours.events, theirs.events), "") << "events, SLOD_SEED=" << seed;
    ASSERT_TRUE(ours == theirs) << "counters, SLOD_SEED=" << seed;
  }
  if (given == nullptr) {
    EXPECT_GT(restarts, 2 * (last - first)) << "hardly any restart";
  }
}

TEST_F(HistoryTest, WouldNoticeARestartThatForgets) {
  std::size_t noticed = 0;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    prepare(seed);
    std::size_t steps_left = steps.size() / 2;
    const Outcomes ours = by_fold([&] {
      if (steps_left-- == 0) start({kViews.begin(), kViews.end()});
    });
    if (!(ours == by_oracle(Wrong::kNothing))) ++noticed;
  }
  EXPECT_GT(noticed, 25u);
}

TEST_F(HistoryTest, BooksInTheSameOrderEveryTime) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    prepare(seed);
    by_fold();
    const auto once = sink.log;
    sink = LedgerSink();
    start({kViews.begin(), kViews.end()});
    by_fold();
    ASSERT_EQ(sink.log, once) << "SLOD_SEED=" << seed;
  }
}

}  // namespace
}  // namespace slod::fold::test
