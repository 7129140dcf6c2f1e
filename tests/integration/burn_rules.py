"""The SRE Workbook's four rules as PromQL, and what slod makes of such booleans: firing, held, calm, over.

A query at tick t looks back over W + (t mod resolution), slod's window with its left edge rounded down, when it is asked
only at ticks with one remainder. `Windows` says for which remainders to ask, and how far to look back at each.
"""

from collections import namedtuple

SLOT = 10
SECONDS = {"5m": 300, "30m": 1800, "1h": 3600, "2h": 7200, "6h": 21_600, "1d": 86_400, "3d": 259_200}

Rule = namedtuple("Rule", "severity burn long short")
RULES = [Rule("page", "14.4", "1h", "5m"), Rule("page", "6", "6h", "30m"),
         Rule("ticket", "3", "1d", "2h"), Rule("ticket", "1", "3d", "6h")]
Objective = namedtuple("Objective", "slo percent budget")  # budget: the text of 1 - objective, as the Workbook writes it
OBJECTIVES = [Objective("two-nines", "99", "0.01"), Objective("three-nines", "99.9", "0.001")]

CONFIG = """
sources:
  gateway: { http: {}, format: json, fields: { time: /t, method: /m, path: /p, status: /s } }
journeys:
  Ride: { api: { source: gateway, method: GET, route: /r } }
defaults: { service: rides, window: 30d }
slos:
%s
alert_policies:
  workbook:
    rules:
%s
    min_bad: 1
""" % ("\n".join(f"  - {{ name: {o.slo}, journey: Ride, sli: availability, objective: {o.percent}, "
                 "alert_policy: workbook }" for o in OBJECTIVES),
       "\n".join(f"      - {{ severity: {r.severity}, burn: {r.burn}, long: {r.long}, short: {r.short} }}" for r in RULES))


def resolution(window):
    """docs/windows.md: what a window's left edge is rounded down to."""
    return 10 if window <= 3600 else 60 if window <= 86_400 else 300


class Windows:
    """How far a query looks back. `shift` and `rounded` are there to be wrong on purpose, or to ask for plain W."""

    def __init__(self, shift=0, rounded=True):
        self.shift, self.rounded = shift, rounded

    def step(self, *names):
        return max(resolution(SECONDS[name]) for name in names) if self.rounded else SLOT

    def reach(self, name, tick):
        window = SECONDS[name]
        return window + self.shift + (tick % resolution(window) if self.rounded else 0)

    def remainders(self, begin, end, *names):
        """(first tick, step, {window: reach}) that together make up all ticks in [begin, end]."""
        step = self.step(*names)
        for first in range(begin, min(begin + step, end + SLOT), SLOT):
            yield first, step, {name: self.reach(name, first) for name in names}


def grown(scenario, reach, result=None):
    """What was counted within `reach` seconds: the difference of two raw readings, exact."""
    which = f'events_total{{scenario="{scenario}",scrape="0"' + (f',result="{result}"}}' if result else "}")
    return f"sum(({which} - {which} offset {reach}s))"


def ratio(scenario, reach):
    return f'({grown(scenario, reach, "bad")} / {grown(scenario, reach)})'


def increased(scenario, window, scrape):
    which = f'events_total{{scenario="{scenario}",scrape="{scrape}"'
    return f'(sum(increase({which},result="bad"}}[{window}])) / sum(increase({which}}}[{window}])))'


def firing(rule, budget, long_ratio, short_ratio, operator=">"):
    threshold = f"({rule.burn} * {budget})"
    return f"({long_ratio} {operator} {threshold}) and ({short_ratio} {operator} {threshold})"


def calm(rule, objective, scenario, reach):
    """1 where the short window burns below 0.9 of the rule's, else 0; nothing without events. In integers, so exact."""
    scaled = 9 * round(float(rule.burn) * 10) * round(float(objective.budget) * 1000)
    bad, valid = grown(scenario, reach, "bad"), grown(scenario, reach)
    return f"({bad} * 100000 < bool {scaled} * {valid}) and {valid} > 0"


def transitions(ticks, fires, calms, short):
    """slod's episodes from the two answers: over once calm at every tick for `short`; ticks without events hold."""
    seen, active, since = [], False, None
    for tick in ticks:
        if not active:
            if tick in fires:
                active, since = True, None
                seen.append((tick, "firing"))
        elif tick in calms:
            if not calms[tick]:
                since = None
                continue
            since = tick if since is None else since
            if tick - since >= short:
                active = False
                seen.append((tick, "inactive"))
    return seen


def detection_seconds(rule, objective, error):
    """window x burn x (1 - objective) / error ratio; None where the threshold is never passed."""
    threshold = float(rule.burn) * float(objective.budget)
    return SECONDS[rule.long] * threshold / error if error > threshold else None


def rounding_seconds(rule, objective, error):
    """By how much a left edge rounded down can delay that: the good events that the window holds too many."""
    return (resolution(SECONDS[rule.long]) - SLOT) * float(rule.burn) * float(objective.budget) / error
