"""Made-up traffic, told twice: as a JSON log with one line an event, and as the counters that a service would export.

A scenario is a list of 10 s slots; a slot is a tuple of events (millisecond in the slot, bad). The log has each event at
its own millisecond. A counter read at time t holds the events before t, and all counters stand at 0 from the start.
"""

import random
from collections import namedtuple

SLOT = 10
DAY = 86_400
BEGIN = 1_772_323_400  # 2026-03-01T00:03:20Z: on a slot, on no full minute
LOOK_BACK = 3 * DAY + 600  # as long as the longest burn window and its rounded edge
LINE = '{"t":@%d.%03d,"m":"GET","p":"/r","s":%d}\n'

Scenario = namedtuple("Scenario", "name slots onset error")  # onset: the first tick at which something may be seen


def even(count, bad=0):
    """`count` events at even distances, `bad` of them evenly among them, the first one bad."""
    failed = {index * count // bad for index in range(bad)} if bad else set()
    return tuple((index * 10_000 // count, index in failed) for index in range(count))


def scenario(name, before, after, error=None):
    slots = before + after
    return Scenario(name, slots, BEGIN + len(before) * SLOT, error)


def steady(percent, events, minutes, stagger):
    """A clean past, then every slot has the same share of bad events (which must be a whole number of them)."""
    assert events * percent % 100 == 0
    past = [even(events)] * (LOOK_BACK // SLOT + stagger)
    return scenario(f"steady{percent}", past, [even(events, events * percent // 100)] * (minutes * 6), percent / 100)


def phases(name, events, *parts):
    """A clean past, then (minutes, bad events a slot) in turn; None is no traffic at all."""
    after = []
    for minutes, bad in parts:
        after += [() if bad is None else even(events, bad)] * (minutes * 6)
    return scenario(name, [even(events)] * (LOOK_BACK // SLOT), after)


def low_traffic(rng, hours=36):
    """About seven events an hour, of which one in thirty is bad: most short windows are empty."""
    slots = []
    for _ in range(hours * 360):
        events = [(rng.randrange(10_000), rng.random() < 1 / 30)] if rng.random() < 7 / 360 else []
        slots.append(tuple(events))
    return scenario("low_traffic", [()] * (LOOK_BACK // SLOT), slots)


def one_in(count):
    """One bad event after `count` - 1 good ones, all within 3 d: what tells > from >=."""
    slots = [()] * (60 * 360)
    for index in range(count - 1):
        slots[index * len(slots) // count] = even(1)
    return scenario(f"one_in_{count}", [()] * (LOOK_BACK // SLOT) + slots, [even(1, 1)] + [()] * (7 * 360))


def storm(rng, hours=10):
    """Rate and share of bad events change every few minutes, by chance; there are pauses, too."""
    slots = []
    while len(slots) < hours * 360:
        rate = rng.choice([0, 1, 1, 2, 4])
        share = rng.choice([0, 0, 0, 0.001, 0.01, 0.05, 0.2, 1])
        for _ in range(rng.randrange(6, 120)):
            times = sorted(rng.randrange(10_000) for _ in range(rng.randint(0, 2 * rate)))
            slots.append(tuple((at, rng.random() < share) for at in times))
    return scenario("storm", [()] * (LOOK_BACK // SLOT), slots)


def all_scenarios(seed):
    rng = random.Random(seed)
    return [
        steady(100, 1, 60, 0), steady(50, 2, 100, 1), steady(20, 5, 230, 7), steady(15, 20, 300, 11),
        steady(10, 10, 445, 13), steady(5, 20, 880, 17), steady(2, 50, 2190, 29),
        phases("spike", 20, (10, 3), (80, 0)),
        phases("recovery", 1, (60, 1), (13 * 60, 0)),
        phases("flapping_slowly", 2, *[(10, 2), (40, 0)] * 5),
        phases("flapping_fast", 2, *[(2, 1), (2, 0)] * 12, (30, 0)),
        phases("outage", 2, (10, 2), (40, None), (30, 0)),
        one_in(99), one_in(100), low_traffic(rng), storm(rng),
    ]


def write_log(path, slots):
    texts = {}
    with open(path, "w") as log:
        for index, events in enumerate(slots):
            if not events:
                continue
            if events not in texts:
                texts[events] = "".join(LINE % (at // 1000, at % 1000, 503 if bad else 200) for at, bad in events)
            log.write(texts[events].replace("@", str(BEGIN // SLOT + index)))


def counters(slots, phase=0):
    """(good, bad) as read `phase` seconds after the begin of each slot, and once more after the last."""
    good = bad = 0
    readings, steps = [], {}
    for events in slots:
        if events not in steps:
            early = [failed for at, failed in events if at < phase * 1000]
            failed = sum(failed for _, failed in events)
            steps[events] = len(early) - sum(early), sum(early), len(events) - failed, failed
        early_good, early_bad, all_good, all_bad = steps[events]
        readings.append((good + early_good, bad + early_bad))
        good, bad = good + all_good, bad + all_bad
    readings.append((good, bad))
    return readings
