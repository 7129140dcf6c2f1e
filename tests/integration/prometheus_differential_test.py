"""slod's windows, burn rates and alert decisions against a real Prometheus with the SRE Workbook's rules.

Both get the same events: slod as a log to replay, Prometheus as counters read every 10 s. Prometheus answers for every
tick; `transitions` makes episodes of its answers, and they must be slod's to the tick.
"""

import json
import math
import os
import random
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

import burn_rules
import traffic
from burn_rules import CONFIG, OBJECTIVES, RULES, SECONDS, SLOT, Windows
from harness import SLOD, IntegrationTest, main, run, seconds_of
from prometheus_server import Prometheus, write_open_metrics

SEED = int(os.environ.get("SLOD_SEED") or random.randrange(1 << 32))
LATE_SCRAPE = 4  # seconds after the tick's multiple: where a scrape falls when nobody arranges it
ONE_FAILURE = "one_in_99"
RATE_FORM = ("steady100", "steady20", "spike", "flapping_slowly")
WORKERS = max(2, os.cpu_count() or 2)


def samples(slots, phase):
    """One counter each for good and bad, read every 10 s from before the longest window on."""
    begin = traffic.BEGIN + phase
    readings = [(begin + index * SLOT, value) for index, value in enumerate(traffic.counters(slots, phase))]
    return ((result, [(at, value[index]) for at, value in readings]) for index, result in enumerate(("good", "bad")))


class Fixture:
    """Prometheus and the answers of slod, made once for all tests of this file."""

    made = None

    def __init__(self):
        self.test = IntegrationTest()
        self.test.setUp()
        self.dir = self.test.dir

    def make(self):
        self.scenarios = {s.name: s for s in traffic.all_scenarios(SEED)}
        self.config = self.test.write("slod.yaml", CONFIG)
        with ThreadPoolExecutor(WORKERS) as pool:
            logs = pool.submit(self._write_logs)
            self.prometheus = Prometheus(self.test, self._write_metrics())
            logs.result()
            self.final = dict(zip(self.scenarios, pool.map(self.replay, self.scenarios)))
        return self

    def _write_logs(self):
        for scenario in self.scenarios.values():
            traffic.write_log(self.dir / f"{scenario.name}.log", scenario.slots)

    def _write_metrics(self):
        path = self.dir / "metrics.txt"
        write_open_metrics(path, self._series())
        return path

    def _series(self):
        for s in self.scenarios.values():
            for phase in (0, LATE_SCRAPE) if s.name in RATE_FORM or s.name == ONE_FAILURE else (0,):
                for result, readings in samples(s.slots, phase):
                    yield f'scenario="{s.name}",scrape="{phase}",result="{result}"', readings
        for result, readings in samples(self.scenarios[ONE_FAILURE].slots, 0):
            born = [(at, value) for at, value in readings if value]
            yield f'scenario="{ONE_FAILURE}",scrape="born",result="{result}"', born

    def replay(self, name, until=None):
        limit = ["--until", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(until))] if until else []
        return json.loads(run(SLOD, "replay", f"--config.file={self.config}", "--format", "json", "--input",
                              f"gateway={self.dir / name}.log", *limit, timeout=240).stdout)


def setUpModule():
    print(f"seed {SEED} (SLOD_SEED={SEED} repeats it)", flush=True)
    Fixture.made = Fixture()
    try:
        Fixture.made.make()
    except BaseException:
        tearDownModule()
        raise


def tearDownModule():
    Fixture.made.test.doCleanups()


def slod_transitions(answer, objective, rule):
    return [(int(seconds_of(t["at"])), t["to"]) for t in answer["transitions"]
            if (t["slo"], t["long"], t["short"]) == (objective.slo, rule.long, rule.short)]


class Questions:
    """What Prometheus says of one scenario."""

    def __init__(self, fixture, scenario):
        self.prometheus, self.scenario, self.name = fixture.prometheus, scenario, scenario.name
        self.begin = scenario.onset - 60
        self.end = int(seconds_of(fixture.final[self.name]["as_of"]))

    def fires(self, rule, objective, windows=Windows(), operator=">"):
        """The ticks at which both windows pass the threshold."""
        found = {}
        for first, step, reach in windows.remainders(self.begin, self.end, rule.long, rule.short):
            asked = burn_rules.firing(rule, objective.budget, burn_rules.ratio(self.name, reach[rule.long]),
                                      burn_rules.ratio(self.name, reach[rule.short]), operator)
            found.update(self.prometheus.values(asked, first, self.end, step))
        return found

    def fires_by_increase(self, rule, objective, scrape, begin, end):
        asked = burn_rules.firing(rule, objective.budget, burn_rules.increased(self.name, rule.long, scrape),
                                  burn_rules.increased(self.name, rule.short, scrape))
        return self.prometheus.values(asked, begin, end, SLOT)

    def calms(self, rule, objective, windows, begin):
        found = {}
        for first, step, reach in windows.remainders(begin, self.end, rule.short):
            asked = burn_rules.calm(rule, objective, self.name, reach[rule.short])
            found.update(self.prometheus.values(asked, first, self.end, step))
        return found

    def transitions(self, rule, objective, windows=Windows(), operator=">"):
        fires = self.fires(rule, objective, windows, operator)
        calms = self.calms(rule, objective, windows, min(fires)) if fires else {}
        ticks = range(self.begin, self.end + 1, SLOT)
        return burn_rules.transitions(ticks, fires, calms, SECONDS[rule.short])


def decision_differences(fixture, names, windows=Windows(), operator=">"):
    """Every (scenario, SLO, rule) whose episodes are not slod's, with both; and how many transitions were compared."""
    cases = [(name, objective, rule) for name in names for objective in OBJECTIVES for rule in RULES]

    def compare(case):
        name, objective, rule = case
        theirs = Questions(fixture, fixture.scenarios[name]).transitions(rule, objective, windows, operator)
        return theirs, slod_transitions(fixture.final[name], objective, rule)

    with ThreadPoolExecutor(WORKERS) as pool:
        answers = list(pool.map(compare, cases))
    different = [(case, theirs, ours) for case, (theirs, ours) in zip(cases, answers) if theirs != ours]
    return different, sum(len(ours) for _, ours in answers)


def number_differences(fixture, name, answer, windows=Windows()):
    """Burn rates and counts of one replay against differences of raw counters; the largest relative difference."""
    tick, wrong, largest = int(seconds_of(answer["as_of"])), [], 0.0
    for window in SECONDS:
        reach = windows.reach(window, tick)
        bad, valid = (fixture.prometheus.value(burn_rules.grown(name, reach, result), tick) for result in ("bad", None))
        for objective in OBJECTIVES:
            slo = next(s for s in answer["slos"] if s["slo"] == objective.slo)
            theirs = fixture.prometheus.value(f"{burn_rules.ratio(name, reach)} / {objective.budget}", tick)
            ours, counts = slo["burn"][window], slo["counts"][window]
            apart = relative(ours, theirs)
            largest = max(largest, apart)
            if apart > 1e-9 or (counts["bad"], counts["bad"] + counts["good"]) != (bad, valid):
                wrong.append((name, tick, objective.slo, window, ours, theirs, counts, (bad, valid)))
    return wrong, largest


def relative(ours, theirs):
    if ours is None or theirs is None:
        return 0.0 if ours is theirs else math.inf
    return 0.0 if ours == theirs else abs(ours - theirs) / max(abs(ours), abs(theirs))


class PrometheusDifferentialTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.fixture = Fixture.made

    def ask(self, name):
        return Questions(self.fixture, self.fixture.scenarios[name])

    def untils(self, name):
        """Ticks to stop at: on every window's resolution, and off it by chance."""
        scenario, rng = self.fixture.scenarios[name], random.Random(f"{SEED} {name}")
        end = int(seconds_of(self.fixture.final[name]["as_of"]))
        first = traffic.BEGIN + next(index for index, events in enumerate(scenario.slots) if events) * SLOT
        begin = max(scenario.onset, first + SLOT)  # there is no tick before the first record
        return [(begin // 300 + rng.randint(2, 8)) * 300, rng.randrange(begin // SLOT, end // SLOT) * SLOT]

    def test_every_alert_begins_and_ends_at_the_tick_that_prometheus_gives(self):
        different, compared = decision_differences(self.fixture, self.fixture.scenarios)
        self.assertEqual(different, [])
        print(f"{compared} transitions equal, {self.fixture.prometheus.questions} questions", flush=True)
        self.assertGreater(compared, 100)

    def test_burn_rates_and_counts_are_the_differences_of_prometheus_counters(self):
        cases = [(name, until) for name in self.fixture.scenarios for until in self.untils(name)]
        with ThreadPoolExecutor(WORKERS) as pool:
            stopped = list(pool.map(lambda case: self.fixture.replay(*case), cases))
        cases += [(name, None) for name in self.fixture.scenarios]
        stopped += self.fixture.final.values()
        largest = 0.0
        for (name, until), answer in zip(cases, stopped):
            if until:
                self.assertEqual(seconds_of(answer["as_of"]), until)
            wrong, apart = number_differences(self.fixture, name, answer)
            self.assertEqual(wrong, [])
            largest = max(largest, apart)
        print(f"{len(cases)} replays, largest relative difference of a burn rate {largest:.1e}", flush=True)

    def test_a_comparison_that_is_off_is_noticed(self):
        for name, wrong in (("one_in_100", {"operator": ">="}), ("spike", {"windows": Windows(shift=SLOT)}),
                            ("spike", {"windows": Windows(shift=-SLOT)}),
                            ("recovery", {"windows": Windows(rounded=False)})):
            different, _ = decision_differences(self.fixture, [name], **wrong)
            with self.subTest(name=name, wrong=wrong):
                self.assertTrue(different, "went unnoticed in the decisions")
        spike = self.fixture.replay("spike", self.fixture.scenarios["spike"].onset + 310)
        for windows in (Windows(shift=SLOT), Windows(shift=-SLOT), Windows(rounded=False)):
            wrong, _ = number_differences(self.fixture, "spike", spike, windows)
            self.assertTrue(wrong, f"{vars(windows)} went unnoticed in the numbers")

    def test_detection_takes_the_time_that_the_formula_gives(self):
        latest = {}
        for scenario in (s for s in self.fixture.scenarios.values() if s.error):
            for objective in OBJECTIVES:
                for rule in RULES:
                    expected = burn_rules.detection_seconds(rule, objective, scenario.error)
                    fired = [at for at, to in slod_transitions(self.fixture.final[scenario.name], objective, rule)
                             if to == "firing"]
                    with self.subTest(scenario=scenario.name, slo=objective.slo, rule=rule):
                        if expected is None:
                            self.assertEqual(fired, [])
                            continue
                        self.assertEqual(len(fired), 1)
                        late = fired[0] - scenario.onset - expected
                        rounding = burn_rules.rounding_seconds(rule, objective, scenario.error)
                        self.assertGreater(late, -1e-6)  # strictly after: at the very moment the two sides are equal
                        self.assertLessEqual(late, SLOT + rounding + 1e-6)
                        latest[rule.long] = max(latest.get(rule.long, 0), late)
        self.assertEqual(set(latest), {rule.long for rule in RULES})
        print("after the formula, s:", {window: round(late, 1) for window, late in latest.items()}, flush=True)

    def test_increase_over_scrapes_decides_as_slod_does_within_its_sampling_error(self):
        for scrape, allowed in ((0, 0), (LATE_SCRAPE, 2 * SLOT)):
            apart = []
            for name in RATE_FORM:
                for objective in OBJECTIVES:
                    for rule in RULES:
                        ours, asked = slod_transitions(self.fixture.final[name], objective, rule), self.ask(name)
                        span = (ours[0][0] - 300, ours[0][0] + 300) if ours else (asked.begin, asked.end)
                        theirs = asked.fires_by_increase(rule, objective, scrape, *span)
                        with self.subTest(scrape=scrape, name=name, slo=objective.slo, rule=rule):
                            self.assertEqual(bool(theirs), bool(ours))
                            if ours:
                                apart.append(min(theirs) - ours[0][0])
                                # slod's left edge may lie up to its resolution further left, which fires later;
                                # scrapes off the tick leave only W - 10 s between the first and the last.
                                earliest = SLOT - burn_rules.resolution(SECONDS[rule.long]) - (SLOT if scrape else 0)
                                self.assertGreaterEqual(apart[-1], earliest)
                                self.assertLessEqual(apart[-1], allowed)
            print(f"increase(), scrapes {scrape} s after the tick: first true {min(apart)} to {max(apart)} s "
                  f"after slod ({len(apart)} alerts)", flush=True)

    def test_increase_gives_the_same_burn_where_scrapes_and_edges_coincide(self):
        for scrape in (0, LATE_SCRAPE):
            largest = largest_scaled = 0.0
            for name in RATE_FORM:
                tick = self.untils(name)[0]
                answer = self.fixture.replay(name, tick)
                for window, seconds in SECONDS.items():
                    asked = burn_rules.increased(name, window, scrape) + f" / {OBJECTIVES[0].budget}"
                    theirs, ours = self.fixture.prometheus.value(asked, tick), answer["slos"][0]["burn"][window]
                    apart, scaled = relative(ours, theirs), abs(ours - theirs) * seconds / SLOT
                    largest, largest_scaled = max(largest, apart), max(largest_scaled, scaled)
                    with self.subTest(scrape=scrape, name=name, window=window, slod=ours, prometheus=theirs):
                        # A slot that is missing at an end weighs 10 s / window of, at most, a burn of 1 / budget.
                        self.assertLessEqual(apart if scrape == 0 else scaled, 1e-9 if scrape == 0 else 2 * 100)
            print(f"increase(), scrapes {scrape} s after the tick: largest relative difference {largest:.1e}, "
                  f"{largest_scaled:.1f} x 10 s / window in burn", flush=True)

    def test_prometheus_misses_the_failure_that_a_counter_is_born_with_and_slod_does_not(self):
        ours = slod_transitions(self.fixture.final[ONE_FAILURE], OBJECTIVES[0], RULES[3])
        self.assertEqual([to for _, to in ours], ["firing"])
        asked = self.ask(ONE_FAILURE)
        for scrape, seen in (("born", False), (0, True)):
            theirs = asked.fires_by_increase(RULES[3], OBJECTIVES[0], scrape, ours[0][0], ours[0][0])
            self.assertEqual(ours[0][0] in theirs, seen)
        one = f'increase(events_total{{scenario="{ONE_FAILURE}",scrape="%s",result="bad"}}[5m])'
        counted = {scrape: self.fixture.prometheus.value(one % scrape, ours[0][0] + 60) for scrape in (0, LATE_SCRAPE)}
        self.assertEqual(counted[0], 1)
        self.assertAlmostEqual(counted[LATE_SCRAPE], 296 / 290)  # 290 s seen, stretched by the 6 s to the tick
        print(f"increase() of one failure: {counted}", flush=True)


if __name__ == "__main__":
    main()
