"""Ten thousand groups of one SLO in one process, twenty events in each: what they cost in memory and in a tick."""

import json
import re
import time

import workload
from common import Daemon, at_most, await_true, say


def config(state, ingest, web, groups):
    return workload.restart_config(state, int(ingest.rsplit(":", 1)[1]), int(web.rsplit(":", 1)[1]), groups)


def groups_of(daemon):
    slo = json.loads(daemon.get("/api/v1/slos/rides"))["data"]
    return len(slo["groups"]), slo["valid"]


def as_of(daemon):
    return json.loads(daemon.get("/api/v1/slos"))["data"]["as_of"]


def tick_ms(daemon):
    return float(re.search(rb"^slod_tick_seconds ([0-9.e+-]+)", daemon.get("/metrics"), re.M).group(1)) * 1e3


def groups(bench):
    """Events over 30 days in random order; resident memory once a tick has shown every one of them."""
    series = bench.size(10_000, 10)
    events = series * 20

    def measure():
        with Daemon(bench, how=config, groups=series) as daemon:
            before, cpu, begin = daemon.resident_mb(), daemon.cpu_seconds(), time.monotonic()
            workload.post_events(daemon.ingest, workload.restart_events(events, series, days=29))
            posted = time.monotonic() - begin
            await_true("all events in the answer", lambda: groups_of(daemon)[1] == events, every=1)
            if groups_of(daemon)[0] != series:
                raise SystemExit(f"{groups_of(daemon)[0]} groups instead of {series}")
            used, full = daemon.cpu_seconds() - cpu, tick_ms(daemon)
            shown = as_of(daemon)
            await_true("another tick", lambda: bench.smoke or as_of(daemon) != shown, every=0.2)
            return {"mb": daemon.resident_mb(), "before": before, "posted": posted, "full": full, "tick": tick_ms(daemon),
                    "cpu": used / events * 1e9}

    median = bench.median_of(measure)
    say(f"groups: resident, {series} sparse groups", median["mb"], "MB", median["before"], "MB before", at_most(100))
    say("groups: growth a group", (median["mb"] - median["before"]) / series * 1e3, "KB")
    say(f"groups: {events} events until answered", median["posted"], "s")
    say("groups: CPU an event, all included", median["cpu"], "ns")
    say("groups: the tick that settles all of them", median["full"], "ms")
    say("groups: the tick after it", median["tick"], "ms", goal=at_most(15))
