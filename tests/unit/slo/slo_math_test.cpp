#include "slod/slo/slo_math.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <random>

namespace slod::slo {
namespace {

constexpr Ppm k99 = 990'000;
constexpr Ppm k999 = 999'000;

TEST(SliTest, IsAbsentWithoutValidEvents) {
  EXPECT_FALSE(sli(0, 0));
  EXPECT_FALSE(burn_rate(k99, 0, 0));
  EXPECT_FALSE(budget(k99, 0, 0).remaining_ratio);
  EXPECT_EQ(budget(k99, 0, 0).allowed, 0.0);
  EXPECT_DOUBLE_EQ(*sli(1188, 1200), 0.99);
}

TEST(BudgetTest, IsZeroExactlyWhenSpentToTheLastEvent) {
  const Budget b = budget(k99, 12, 1200);
  EXPECT_EQ(b.allowed, 12.0);
  EXPECT_EQ(b.spent, 12);
  EXPECT_EQ(*b.remaining_ratio, 0.0);
  // Every objective and size: exactly 0, never -4.69e-14.
  for (Ppm objective = 1'000; objective < kOne; objective += 997) {
    EXPECT_EQ(*budget(objective, kOne - objective, kOne).remaining_ratio, 0.0) << objective;
  }
}

TEST(BudgetTest, IsNeverClamped) {
  EXPECT_EQ(*budget(k99, 48, 1200).remaining_ratio, -3.0);
  EXPECT_EQ(*budget(k99, 0, 1200).remaining_ratio, 1.0);
}

TEST(BudgetTest, AnObjectiveOfAHundredPercentHasNoRatio) {
  EXPECT_FALSE(budget(kOne, 1, 10).remaining_ratio);
  EXPECT_FALSE(burn_rate(kOne, 1, 10));
  EXPECT_TRUE(burns_faster(1, 10, 14'400'000, kOne));
}

TEST(BurnTest, TheDocumentedExamplesHold) {
  EXPECT_EQ(*burn_rate(k99, 10, 100), 10.0);
  EXPECT_TRUE(burns_faster(1, 6, 14'400'000, k99));
  EXPECT_FALSE(burns_faster(1, 7, 14'400'000, k99));
}

TEST(BurnTest, EqualityIsNeitherFasterNorSlower) {
  EXPECT_FALSE(burns_faster(1, 100, 1'000'000, k99));  // in doubles 1 - 0.99 makes this comparison wrong
  EXPECT_FALSE(burns_slower(1, 100, 1'000'000, k99));
  EXPECT_TRUE(burns_slower(1, 101, 1'000'000, k99));
  EXPECT_FALSE(burns_faster(0, 0, 1'000'000, k99));
  EXPECT_FALSE(burns_slower(0, 0, 1'000'000, k99));
}

TEST(BurnTest, HoldsForCountsUpToTheEndOf64Bits) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  EXPECT_TRUE(burns_faster(kMax, kMax, 14'400'000, k99));
  EXPECT_FALSE(burns_faster(kMax / 10, kMax, 14'400'000, k99));
  EXPECT_FALSE(burns_faster(kMax, kMax, 1000 * std::int64_t{1'000'000}, k999));
}

TEST(AtLeastTest, AnswersAtTheExactShare) {
  EXPECT_TRUE(at_least(95, 100, 950'000));
  EXPECT_FALSE(at_least(94, 100, 950'000));
  EXPECT_FALSE(at_least(0, 0, 0));
  EXPECT_TRUE(at_least(0, 1, 0));
}

// ---- sources: Google, Site Reliability Workbook, chapter 5 "Alerting on SLOs"
// -------------------------------------

TEST(WorkbookTest, BurnRatesAndTimesToExhaustionAt999) {
  // Table 5-4: error rate in parts of 100,000 -> burn rate; the 30-day period divided by it is the time to
  // exhaustion.
  EXPECT_EQ(*burn_rate(k999, 100, 100'000), 1.0);
  EXPECT_EQ(*burn_rate(k999, 200, 100'000), 2.0);
  EXPECT_EQ(*burn_rate(k999, 1'000, 100'000), 10.0);
  EXPECT_EQ(*burn_rate(k999, 100'000, 100'000), 1000.0);
  EXPECT_DOUBLE_EQ(30 * 24 * 60 / *burn_rate(k999, 100'000, 100'000), 43.2);
}

TEST(WorkbookTest, BudgetConsumedAtFiringOfTheRecommendedRules) {
  // Table 5-8: burn * window / period, at constant traffic. A budget spent in a window is bad / (0.001 *
  // valid of 30 d).
  struct Row {
    double burn, window_hours, consumed;
  };
  for (const Row& r : {Row{14.4, 1, 0.02}, Row{6, 6, 0.05}, Row{3, 24, 0.10}, Row{1, 72, 0.10}}) {
    const std::int64_t per_hour = 1'000'000;
    const auto bad = static_cast<std::int64_t>(std::llround(r.burn * 0.001 * r.window_hours * per_hour));
    const Budget b = budget(k999, bad, 720 * per_hour);
    EXPECT_NEAR(1 - *b.remaining_ratio, r.consumed, 1e-9) << r.burn;
  }
}

// The chapter calls this "a 1,000x burn rate"; 10 % of 0.1 % is 100, which is also what gives its 13.9 % (100
// h of 720).
TEST(WorkbookTest, OneFailureAmongTenAnHourBurnsAHundredTimesTooFast) {
  EXPECT_EQ(*burn_rate(k999, 1, 10), 100.0);
  EXPECT_NEAR(1 - *budget(k999, 1, 7'200).remaining_ratio, 0.1389, 5e-5);
  EXPECT_DOUBLE_EQ(budget(k999, 0, 7'200).allowed, 7.2);
}

TEST(WorkbookTest, AtNinetyPercentFourteenPointFourCanNeverFire) {
  EXPECT_EQ(*burn_rate(900'000, 100, 100), 10.0);
  EXPECT_FALSE(burns_faster(100, 100, 14'400'000, 900'000));
}

TEST(WorkbookTest, ExtremeTargetsInSecondsOfFullOutage) {
  // One event a second for 30 days: 99.999 % allows 25.92 s; 99.9 % allows 43.2 min.
  EXPECT_DOUBLE_EQ(budget(999'990, 0, 2'592'000).allowed, 25.92);
  EXPECT_DOUBLE_EQ(budget(k999, 0, 2'592'000).allowed / 60, 43.2);
  // 90 %: a full outage of an hour spends 1.39 %.
  EXPECT_NEAR(1 - *budget(900'000, 3'600, 2'592'000).remaining_ratio, 0.0139, 2e-5);
}

struct SingleFailure {
  Ppm objective;
  std::array<std::int64_t, 4> largest;  // events in the long window of the rules 14.4, 6, 3, 1
};

// The cheapest test that separates > from >=: with >= the last column would be 100, 200, 1000.
TEST(SingleFailureTest, FiresUpToTheLargestWindowAndNotOneEventMore) {
  constexpr std::array<std::int64_t, 4> kBurns = {14'400'000, 6'000'000, 3'000'000, 1'000'000};
  for (const SingleFailure& row :
       {SingleFailure{k99, {6, 16, 33, 99}}, SingleFailure{995'000, {13, 33, 66, 199}},
        SingleFailure{k999, {69, 166, 333, 999}}}) {
    for (std::size_t i = 0; i < kBurns.size(); ++i) {
      EXPECT_TRUE(burns_faster(1, row.largest[i], kBurns[i], row.objective))
          << row.objective << " " << kBurns[i];
      EXPECT_FALSE(burns_faster(1, row.largest[i] + 1, kBurns[i], row.objective))
          << row.objective << " " << kBurns[i];
    }
  }
}

// ---- other tools' worked examples
// ---------------------------------------------------------------------------------

TEST(PeersTest, Nobl9ExampleGivesThreeAnswersForThreeBudgetingMethods) {
  // gist.github.com/nobl9-mikec/a1a55d97; target 95 %.
  constexpr std::array<std::int64_t, 10> kGood = {2, 10, 12, 13, 13, 12, 13, 13, 12, 11};
  constexpr std::array<std::int64_t, 10> kValid = {4, 10, 12, 13, 14, 15, 14, 13, 12, 11};
  constexpr Ppm kTarget = 950'000;
  std::int64_t good = 0, valid = 0, good_slices = 0;
  double ratios = 0;
  for (std::size_t i = 0; i < kGood.size(); ++i) {
    good += kGood[i];
    valid += kValid[i];
    good_slices += at_least(kGood[i], kValid[i], kTarget) ? 1 : 0;
    ratios += *sli(kGood[i], kValid[i]) / 10;
  }
  EXPECT_NEAR(*sli(good, valid), 0.940678, 5e-7);
  EXPECT_NEAR(*burn_rate(kTarget, valid - good, valid), 1.1864, 5e-5);
  EXPECT_EQ(good_slices, 6);
  EXPECT_DOUBLE_EQ(*burn_rate(kTarget, 10 - good_slices, 10), 8.0);
  EXPECT_NEAR(ratios, 0.915714, 5e-7);
  EXPECT_NEAR((1 - ratios) / 0.05, 1.6857, 5e-5);
}

TEST(PeersTest, GrafanaEventBasedAndTimeBased) {
  // Grafana SLO documentation: good 10,10,10,10,20 of 10,10,10,10,40.
  EXPECT_EQ(*sli(10 + 10 + 10 + 10 + 20, 80), 0.75);
  EXPECT_EQ((4 * *sli(10, 10) + *sli(20, 40)) / 5, 0.9);
}

TEST(PeersTest, KibanaTimeslices) {
  EXPECT_NEAR(*sli(10'000, 10'080), 0.99206349, 5e-9);
  EXPECT_NEAR(*sli(158, 168), 0.94047619, 5e-9);
}

TEST(PeersTest, KibanaDefaultsOnSevenDaysSpendAtFiring) {
  // burn * long / 168 h: 8.57, 21.43, 42.86, 42.86 %.
  struct Row {
    std::int64_t burn_tenths, hours;
    double percent;
  };
  for (const Row& r : {Row{144, 1, 8.57}, Row{60, 6, 21.43}, Row{30, 24, 42.86}, Row{10, 72, 42.86}}) {
    const std::int64_t bad = r.burn_tenths * r.hours * 100;  // of 100,000 valid an hour at 99 %
    EXPECT_NEAR(100 * (1 - *budget(k99, bad, 168 * 100'000).remaining_ratio), r.percent, 0.005);
  }
}

TEST(PeersTest, GoogleCloudConsumptionOnThirtyDays) {
  EXPECT_NEAR(1 - *budget(k99, 10 * 1'000, 720 * 100'000).remaining_ratio, 0.0139, 5e-5);      // 10x over 1 h
  EXPECT_NEAR(1 - *budget(k99, 2 * 24 * 1'000, 720 * 100'000).remaining_ratio, 0.0667, 5e-5);  // 2x over 24 h
}

TEST(PeersTest, DatadogRemainingFormulaEqualsOurs) {
  // 100 * (status - target) / (100 - target), in percent.
  for (const std::int64_t bad : {0, 3, 10, 25, 500}) {
    const double status = 100 * *sli(1000 - bad, 1000);
    EXPECT_NEAR((status - 99) / (100 - 99), *budget(k99, bad, 1000).remaining_ratio, 1e-10) << bad;
  }
}

TEST(PeersTest, DatadogLargestBurnIsOneOverTheBudget) {
  EXPECT_DOUBLE_EQ(*burn_rate(960'000, 7, 7), 25.0);
  EXPECT_DOUBLE_EQ(*burn_rate(k99, 7, 7), 100.0);
}

TEST(PeersTest, DatadogCorrectionOracle) {
  EXPECT_NEAR(1 - *sli(10'080 - 60, 10'080), 0.00595, 5e-6);
  EXPECT_NEAR(1 - *sli(8'640 - 60, 8'640), 0.00694, 5e-6);
}

TEST(PeersTest, OpenSloTimeslicesTolerateSixteenHoursFortyEight) {
  // OpenSLO examples/budgeting-method: 2 weeks of minutes, target 95 %.
  EXPECT_EQ(budget(950'000, 0, 20'160).allowed, 1008.0);
  EXPECT_EQ(*budget(950'000, 1008, 20'160).remaining_ratio, 0.0);
  EXPECT_NEAR(budget(999'500, 0, 10'080).allowed, 5.04, 1e-12);
  // RatioTimeslices: each attacked minute drops from 99 % to 1 %, so x minutes with 0.99 - 0.98 x / 20160 =
  // 0.95.
  EXPECT_NEAR((0.99 - 0.95) / 0.98 * 20'160, 822.86, 0.005);
}

TEST(PeersTest, SloGeneratorFixture) {
  // tests/unit/fixtures: goal 0.9, SLI 0.5, 43,200 s; one event a second.
  EXPECT_DOUBLE_EQ(*burn_rate(900'000, 21'600, 43'200), 5.0);
  const Budget b = budget(900'000, 21'600, 43'200);
  EXPECT_DOUBLE_EQ(b.allowed / 60, 72);
  EXPECT_DOUBLE_EQ(static_cast<double>(b.spent) / 60, 360);
  EXPECT_DOUBLE_EQ((b.allowed - static_cast<double>(b.spent)) / 60, -288);
  EXPECT_DOUBLE_EQ(*sli(21'600, 43'200) - 0.9, -0.4);
}

TEST(PeersTest, SlothFactorsSpendTheirShareOfTheBudget) {
  // factor = percent * period_hours / 100 / long_hours: sloth internal/alert/windows, 30d, 28d, 7d and a
  // custom 30d.
  struct Row {
    double percent, period_hours, long_hours, factor;
  };
  for (const Row& r :
       {Row{2, 720, 1, 14.4}, Row{5, 720, 6, 6}, Row{10, 720, 24, 3}, Row{10, 720, 72, 1},
        Row{2, 672, 1, 13.44}, Row{5, 672, 6, 5.6}, Row{10, 672, 24, 2.8}, Row{10, 672, 72, 28.0 / 30},
        Row{8, 168, 1, 13.44}, Row{12.5, 168, 6, 3.5}, Row{20, 168, 24, 1.4}, Row{42, 168, 72, 0.98},
        Row{1, 720, 0.5, 14.4}, Row{2, 720, 3, 4.8}, Row{5, 720, 12, 3}, Row{5, 720, 36, 1},
        Row{10, 168, 1, 16.8} /* Datadog */}) {
    // A window that burns at the factor spends `percent` of the period's budget; 1e9 valid events an hour at
    // 99 %.
    const auto bad = static_cast<std::int64_t>(std::llround(r.factor * r.long_hours * 1e7));
    const auto valid = static_cast<std::int64_t>(r.period_hours * 1e9);
    EXPECT_NEAR(100 * (1 - *budget(k99, bad, valid).remaining_ratio), r.percent, 1e-6) << r.factor;
  }
}

TEST(PeersTest, PyrraSpendsAtFiringOnTwentyEightDays) {
  struct Row {
    std::int64_t burn, long_hours;
    double percent;
  };
  for (const Row& r : {Row{14, 1, 2.08}, Row{7, 6, 6.25}, Row{2, 24, 7.14}, Row{1, 96, 14.29}}) {
    const std::int64_t bad = r.burn * r.long_hours * 1'000;
    EXPECT_NEAR(100 * (1 - *budget(k99, bad, 672 * 100'000).remaining_ratio), r.percent, 0.005);
  }
}

TEST(PeersTest, SloExporterDenominatorOracle) {
  // 90,000 requests in 30 d, B = 0.05; an hour with 120 requests of which 100 fail spends 2.22 % of the
  // budget.
  EXPECT_NEAR(*sli(100, 120), 0.8333, 5e-5);
  EXPECT_NEAR(1 - *budget(950'000, 100, 90'000).remaining_ratio, 0.0222, 5e-5);
}

// ---- what people read
// ---------------------------------------------------------------------------------------------

TEST(PercentTest, HundredMeansAllAndZeroMeansNone) {
  EXPECT_EQ(percent(1.0), "100.00 %");
  EXPECT_EQ(percent(0.99999999), "99.99 %");
  EXPECT_EQ(percent(std::nextafter(1.0, 0.0)), "99.99 %");
  EXPECT_EQ(percent(0.0), "0.00 %");
  EXPECT_EQ(percent(1e-9), "0.01 %");
  EXPECT_EQ(percent(0.999996, 3), "99.999 %");
}

TEST(PercentTest, RoundsToTheNearestInBetween) {
  EXPECT_EQ(percent(0.29), "29.00 %");
  EXPECT_EQ(percent(0.99), "99.00 %");
  EXPECT_EQ(percent(0.972176759410802), "97.22 %");
  EXPECT_EQ(percent(0.5, 0), "50 %");
  EXPECT_EQ(percent(0.9995, 4), "99.9500 %");
}

TEST(PercentTest, NeverShowsANegativeZeroAndNeverHidesAnOverspentBudget) {
  EXPECT_EQ(percent(-0.0), "0.00 %");
  EXPECT_EQ(percent(-4.69e-14), "0.00 %");
  EXPECT_EQ(percent(-1e-7), "-0.01 %");
  EXPECT_EQ(percent(-3.0), "-300.00 %");
}

TEST(PercentTest, SaysWhenThereIsNoNumber) {
  EXPECT_EQ(percent(std::nullopt), "n/a");
  EXPECT_EQ(percent(std::nan("")), "n/a");
}

}  // namespace
}  // namespace slod::slo
