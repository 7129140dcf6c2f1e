"""What the numbers of journeys must be, written down from the rules of meaning in the plainest way: lists, no state
kept up to date, everything counted again at every tick. It shares nothing with the program.

`Model(config, inputs, until).result()` is what `slod replay --format json` has to print, as far as `compare` in
random_test.py looks at it. Milliseconds; fractions where the program must not round.
"""

import datetime
import fractions
import math
import zoneinfo

from legs import Join
from support import DAY, HOUR, MIN, S

FUTURE = 5 * MIN
OVERFLOW = "__overflow__"
UNITS = {"s": S, "m": MIN, "h": HOUR, "d": DAY, "w": 7 * DAY}
DEFAULT_RULES = [("page", "14.4", HOUR, 5 * MIN), ("page", "6", 6 * HOUR, 30 * MIN),
                 ("ticket", "3", DAY, 2 * HOUR), ("ticket", "1", 3 * DAY, 6 * HOUR)]
NOMINAL = {"day": DAY, "week": 7 * DAY, "month": 30 * DAY, "quarter": 90 * DAY}


def duration(text):
    return int(text[:-2]) if text.endswith("ms") else int(text[:-1]) * UNITS[text[-1]]


def format_duration(ms):
    for unit in "wdhms":
        if unit != "w" and ms % UNITS[unit] == 0:
            return f"{ms // UNITS[unit]}{unit}"
    raise ValueError(ms)


def floor_to(ms, step):
    return ms // step * step


def resolution(window):
    if window <= HOUR:
        return 10 * S
    if window <= DAY:
        return MIN
    return 5 * MIN if window <= 7 * DAY else HOUR


def period_start(window, at):
    zone = zoneinfo.ZoneInfo(window.get("time_zone", "UTC"))
    local = datetime.datetime.fromtimestamp(at / 1000, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    kind = window["calendar"]
    if kind == "week":
        local -= datetime.timedelta(days=local.weekday())
    elif kind == "month":
        local = local.replace(day=1)
    elif kind == "quarter":
        local = local.replace(day=1, month=(local.month - 1) // 3 * 3 + 1)
    # Local midnight of that date, whatever its offset is.
    return int(datetime.datetime(local.year, local.month, local.day, tzinfo=zone).timestamp() * 1000)


def left_edge(window, at):
    """Where a window of the config (a duration, or a calendar) begins at tick `at`."""
    if isinstance(window, dict):
        return period_start(window, at)
    length = duration(window)
    return floor_to(at - length, resolution(length))


# ---- status and actors -------------------------------------------------------------------------------------------


def status_rank(pattern, status):
    """How specific the pattern is about this status: 3 code, 2 range, 1 class, 0 no match."""
    text = str(pattern)
    if text.endswith("xx"):
        return 1 if status // 100 == int(text[0]) else 0
    if "-" in text:
        low, high = map(int, text.split("-"))
        return 2 if low <= status <= high else 0
    return 3 if status == int(text) else 0


def status_verdict(api, status):
    best = max(((status_rank(pattern, status), order, verdict)
                for order, verdict in enumerate(("good", "excluded", "bad"))
                for pattern in api.get({"excluded": "ignore"}.get(verdict, verdict), {}).get("status", [])),
               default=(0, 0, None))
    if best[0] > 0:
        return best[2]
    if 100 <= status < 400:
        return "good"
    if status == 429 or status >= 500 or status < 100:
        return "bad"
    return "excluded"


def actor_of(actors, labels):
    for name, match in actors.items():
        if all(labels.get(key, "") in (value if isinstance(value, list) else [value])
               for key, value in match.items()):
            return name
    return "unknown"


# ---- the model ---------------------------------------------------------------------------------------------------


class Model:
    def __init__(self, config, inputs, until=None):
        self.config, self.until = config, until
        self.interval = duration(config.get("evaluation_interval", "10s"))
        self.sources = {name: dict.fromkeys(("received", "accepted", "duplicate", "ignored", "rejected", "late",
                                             "shed", "accepted_late"), 0) for name in config["sources"]}
        self.attempts, self.seen_ids, self.transitions = [], {}, []
        self.joins = {name: Join(journey) for name, journey in config["journeys"].items() if "device" in journey}
        self.tick_at, self.number = None, 0
        self.slos = [SloModel(self, slo) for slo in config["slos"]]
        self._run(inputs)

    # Records are dicts made by histories.py: source, kind (api | command | reply | other), stamp, and what it carries.
    def _run(self, inputs):
        arrivals = []
        for order, records in enumerate(inputs):
            newest = None
            for place, record in enumerate(records):
                if record["stamp"] is None:  # unreadable: it has no time
                    arrivals.append((newest or 0, order, place, record))
                    continue
                newest = max(record["stamp"], newest or record["stamp"])
                if self.until is not None and newest >= self.until:
                    break
                arrivals.append((newest, order, place, record))
        arrivals.sort(key=lambda entry: entry[:3])
        timed = [entry for entry in arrivals if entry[3]["stamp"] is not None]
        if not timed:
            for _, _, _, record in arrivals:
                self._count(record, None)
            return
        tick = floor_to(timed[0][0], self.interval) + self.interval
        last = (floor_to(timed[-1][0], self.interval) + self.interval if self.until is None
                else floor_to(self.until, self.interval))
        for arrival, _, _, record in arrivals:
            if record["stamp"] is not None:
                while tick <= arrival and tick <= last:
                    self._tick(tick)
                    tick += self.interval
            self._count(record, arrival)
        while tick <= last:
            self._tick(tick)
            tick += self.interval

    def _count(self, record, arrival):
        counts = self.sources[record["source"]]
        counts["received"] += 1
        if record["kind"] in ("rejected", "ignored"):
            counts[record["kind"]] += 1
            return
        key = (record["source"], record["kind"], record.get("id"))
        if record.get("id") is not None:
            first = self.seen_ids.get(key)
            if first is not None and arrival - first <= DAY:
                counts["duplicate"] += 1
                return
            self.seen_ids[key] = arrival
        counts["accepted"] += 1
        self.number += 1
        if record["kind"] == "api":
            self._api(record, arrival, counts)
        else:
            self._leg(record, arrival, counts)

    def _late(self, at):
        return self.tick_at is not None and floor_to(at, 10 * S) + 10 * S <= self.tick_at

    def _api(self, record, arrival, counts):
        start = record["stamp"] - record["ms"]
        end = record["stamp"]
        if start > arrival + FUTURE:
            start, end = arrival, arrival + record["ms"]
        journey = self.config["journeys"][record["journey"]]
        attempt = {"journey": record["journey"], "number": self.number, "start": start, "api_end": end,
                   "arrival": arrival, "late": self._late(start), "device": record.get("device"),
                   "user": record.get("user"), "labels": record["labels"], "api_id": record.get("id"),
                   "actor": actor_of(self.config.get("actors", {}), record["labels"]), "has_api": True,
                   "api": status_verdict(journey["api"], record["status"]), "command": None, "reply": None}
        counts["accepted_late"] += attempt["late"]
        self.attempts.append(attempt)
        if record["journey"] in self.joins:
            self.joins[record["journey"]].api(attempt)

    def _leg(self, record, arrival, counts):
        own = record.get("own", record["stamp"])
        at = own if arrival - own > 2 * MIN else arrival
        counts["accepted_late"] += self._late(at)
        leg = {"at": at, "arrival": arrival, "device": record["device"], "id": record.get("id"),
               "number": self.number, "good": record.get("good")}
        for name, join in self.joins.items():
            if record["kind"] == "reply":
                join.reply(leg)
            elif (opened := join.command(leg)) is not None:
                opened.update(journey=name, late=self._late(at), user=None, labels=record.get("labels", {}), api=None,
                              actor=actor_of(self.config.get("actors", {}), record.get("labels", {})))
                self.attempts.append(opened)

    def _tick(self, at):
        self.tick_at = at
        for join in self.joins.values():
            join.tick(at)
        for slo in self.slos:
            slo.tick(at)

    def result(self):
        return {"as_of": self.tick_at, "slos": [slo.result() for slo in self.slos], "sources": self.sources,
                "transitions": self.transitions}


class SloModel:
    def __init__(self, model, slo):
        self.model, self.slo = model, slo
        self.journey = model.config["journeys"][slo["journey"]]
        self.window = slo.get("window", "30d")
        self.target = fractions.Fraction(str(slo["objective"])) / 100
        self.rules, policy = self._policy()
        self.min_bad, self.min_devices = policy.get("min_bad", 5), policy.get("min_devices", 1)
        self.per_group = policy.get("per_group", False) and bool(slo.get("group_by"))
        self.states = {}
        self.admitted = {}

    def _policy(self):
        written = self.model.config.get("alert_policies", {})
        policy = written.get(self.slo.get("alert_policy", "default"))
        if policy is not None:
            return [(r["severity"], str(r["burn"]), duration(r["long"]), duration(r["short"]))
                    for r in policy["rules"]], policy
        length = NOMINAL[self.window["calendar"]] if isinstance(self.window, dict) else duration(self.window)

        def scale(ms):
            return max(1, math.floor(fractions.Fraction(ms * length, 30 * DAY * 10 * S) + fractions.Fraction(1, 2))) * 10 * S

        return [(s, b, scale(long), scale(short)) for s, b, long, short in DEFAULT_RULES], {}

    # ---- attempts and events

    def _decided(self, at):
        """The attempts that count here, with their verdict, outcome and end."""
        names = self.slo.get("actor")
        names = [names] if isinstance(names, str) else names
        leg, good_when = self.slo.get("leg", "all"), self.journey.get("good_when", "all")
        for attempt in self.model.attempts:
            if attempt["journey"] != self.slo["journey"]:
                continue
            if self.model.config.get("actors") and attempt["actor"] not in names:
                continue
            join = self.model.joins.get(attempt["journey"])
            if join is None:
                outcome = {"good": "ok", "bad": "http_error", "excluded": "excluded"}[attempt["api"]]
                yield {**attempt, "verdict": attempt["api"], "outcome": outcome, "end": attempt["api_end"]}
            elif (decided := join.decide(attempt, leg, good_when, at)) is not None:
                yield {**attempt, **decided, "end": max(decided["end"], attempt["start"])}  # whatever the clocks say

    def _events(self, attempts):
        retry = self.journey.get("retry")
        if retry is None or not self.slo.get("fold", True):
            return [[attempt] for attempt in attempts]
        within = duration(retry["within"])
        by = retry.get("by", ["device", "user"] if "api" in self.journey else ["device"])

        def key(attempt):
            values = tuple(attempt[name] if name in ("device", "user") else attempt["labels"].get(name) for name in by)
            return None if any(value in (None, "") for value in values) else (attempt["actor"], values)

        folds, open_folds = [], {}
        for attempt in sorted(attempts, key=lambda a: (a["start"], a["number"])):
            fold = open_folds.get(key(attempt)) if key(attempt) else None
            if (fold and fold[-1]["verdict"] != "good" and attempt["start"] <= max(a["end"] for a in fold) + within
                    and attempt["start"] <= fold[0]["start"] + 10 * within):
                fold.append(attempt)
                continue
            folds.append([attempt])
            if key(attempt):
                open_folds[key(attempt)] = folds[-1]
        return folds

    def _good(self, verdict, outcome, latency):
        if self.slo["sli"] == "availability":
            return verdict == "good"
        return outcome != "device_timeout" and latency <= duration(self.slo["threshold"])

    def tick(self, at):
        decided = list(self._decided(at))
        valid = [a for a in decided if a["verdict"] in ("good", "bad")]
        self.attempts = [(floor_to(a["start"], 10 * S), self._good(a["verdict"], a["outcome"], max(0, a["end"] - a["start"])))
                         for a in valid]
        self.excluded = [floor_to(a["start"], 10 * S) for a in decided if a["verdict"] == "excluded"]
        self.events = []
        for fold in self._events(valid):
            first, last = fold[0], fold[-1]
            latency = max(0, last["end"] - first["start"])
            self.events.append({
                "slot": floor_to(first["start"], 10 * S), "latency": latency, "outcome": last["outcome"],
                "good": self._good(last["verdict"], last["outcome"], latency), "late": first["late"],
                "device": first["device"], "group": self._group(first)})
        self._run_rules(at)
        self.at = at

    def _group(self, attempt):
        by = self.slo.get("group_by")
        return by and tuple(attempt["labels"].get(name, "") for name in by)

    # ---- windows and rules

    def _cells(self, group=None):
        """(slot, good) of what the SLO counts: events, or slices of them."""
        events = [e for e in self.events if group is None or e["group"] == group]
        budgeting = self.slo.get("budgeting")
        if budgeting is None:
            return [(e["slot"], e["good"]) for e in events]
        slices = {}
        for event in events:
            if event["slot"] < self.tick_now:
                slices.setdefault(floor_to(event["slot"], duration(budgeting["slice"])), []).append(event["good"])
        target = fractions.Fraction(str(budgeting["target"])) / 100
        return [(slot, fractions.Fraction(sum(goods), len(goods)) >= target) for slot, goods in slices.items()]

    @staticmethod
    def _count(cells, left, at):
        goods = [good for slot, good in cells if left <= slot < at]
        return sum(goods), len(goods) - sum(goods)

    def _burn(self, good, bad, target):
        return fractions.Fraction(bad, good + bad) / (1 - target) if good + bad else None

    def _run_rules(self, at):
        self.tick_now = at
        subjects = [(None, self.target)]
        if self.per_group:
            for event in self.events:
                self.admitted.setdefault(event["group"])
            subjects += [(group, self._target_of(group)) for group in self.admitted]
        for group, target in subjects:
            cells = self._cells(group)
            for rule in self.rules:
                self._run_rule(at, rule, group, target, cells)

    def _target_of(self, group):
        labels = dict(zip(self.slo["group_by"], group))
        for one in self.slo.get("group_objectives", []):
            if all(labels[key] in (value if isinstance(value, list) else [value]) for key, value in one["match"].items()):
                return fractions.Fraction(str(one["objective"])) / 100
        return self.target

    def _run_rule(self, at, rule, group, target, cells):
        severity, burn, long, short = rule
        burn = fractions.Fraction(burn)
        counts = {w: self._count(cells, floor_to(at - w, resolution(w)), at) for w in (long, short)}
        state = self.states.setdefault((rule, group), {"firing": False, "calm": None})
        if not state["firing"]:
            devices = {e["device"] for e in self.events if not e["good"] and e["device"]
                       and floor_to(at - long, resolution(long)) <= e["slot"] < at and group in (None, e["group"])}
            if (counts[long][1] >= self.min_bad and (not devices or len(devices) >= self.min_devices)
                    and all(bad > burn * (1 - target) * (good + bad) for good, bad in counts.values())):
                state.update(firing=True, calm=None)
                self._transition(at, rule, group, "inactive", "firing")
            return
        now = self._burn(*counts[short], target)
        if now is None:
            return
        if now >= fractions.Fraction(9, 10) * burn:
            state["calm"] = None
            return
        state["calm"] = at if state["calm"] is None else state["calm"]
        if at - state["calm"] >= short:
            state.update(firing=False, calm=None)
            self._transition(at, rule, group, "firing", "inactive")

    def _transition(self, at, rule, group, before, after):
        severity, _, long, short = rule
        change = {"at": at, "slo": self.slo["name"], "severity": severity, "long": format_duration(long),
                  "short": format_duration(short), "from": before, "to": after}
        if group is not None:
            change["labels"] = dict(zip(self.slo["group_by"], group))
        self.model.transitions.append(change)

    # ---- what is printed

    def _budget(self, bad, valid):
        allowed = (1 - self.target) * valid
        return {"allowed": float(allowed), "spent": bad,
                "remaining_ratio": float(1 - bad / allowed) if valid else None}

    def result(self):
        if self.model.tick_at is None:
            return None
        at, cells = self.at, self._cells()
        left = left_edge(self.window, at)
        good, bad = self._count(cells, left, at)
        attempts_good, attempts_bad = self._count(self.attempts, left, at)
        inside = [e for e in self.events if left <= e["slot"] < at]
        attempts = attempts_good + attempts_bad
        windows = sorted({w for rule in self.rules for w in rule[2:]})
        counts = {format_duration(w): self._count(cells, floor_to(at - w, resolution(w)), at) for w in windows}
        burn = {w: self._burn(*c, self.target) for w, c in counts.items()}
        return {
            "slo": self.slo["name"], "good": good, "bad": bad, "valid": good + bad,
            "excluded": sum(left <= slot < at for slot in self.excluded), "attempts": attempts,
            "booked_late": sum(e["late"] for e in inside),
            "sli": good / (good + bad) if good + bad else None,
            "sli_raw": attempts_good / attempts if attempts else None,
            "budget": self._budget(bad, good + bad),
            "burn": {w: None if b is None else float(b) for w, b in burn.items()},
            "counts": {w: {"good": g, "bad": b} for w, (g, b) in counts.items()},
            "latency": self._quantiles(at), "has_data": good + bad > 0, "completeness": 1.0,
            "outcomes": self._outcomes(inside), "groups": self._groups(left, at), "also": self._also(at),
            "firing": sum(s["firing"] for (_, group), s in self.states.items() if group is None),
        }

    @staticmethod
    def _outcomes(events):
        names = [event["outcome"] for event in events]
        return {name: names.count(name) for name in names}

    def _quantiles(self, at):
        left = (period_start(self.window, at) if isinstance(self.window, dict)
                else floor_to(at - duration(self.window), self._quantile_resolution()))
        values = sorted(e["latency"] / 1000 for e in self.events
                        if left <= e["slot"] < at and e["outcome"] != "device_timeout")
        return {f"p{q}": values[math.ceil(fractions.Fraction(q, 100) * len(values)) - 1] if values else None
                for q in (50, 90, 99)}

    def _quantile_resolution(self):
        """5 min for 1 h, 1 h for 1 d, 1 d for the SLO window, which is judged by its length where it is a short one."""
        length = duration(self.window)
        return 5 * MIN if length <= HOUR else HOUR if length <= DAY else DAY

    def _groups(self, left, at):
        by = self.slo.get("group_by")
        if not by:
            return {}
        groups = {event["group"] for event in self.events}
        counted = {group: self._count(self._cells(group), left, at) for group in groups}
        return {group: count for group, count in counted.items() if sum(count)}

    def _also(self, at):
        rows = []
        for window in self.slo.get("also", []):
            good, bad = self._count(self._cells(), left_edge(window, at), at)
            rows.append({"good": good, "bad": bad, "valid": good + bad, "budget": self._budget(bad, good + bad),
                         "sli": good / (good + bad) if good + bad else None})
        return rows
