"""Named benchmarks: each prints its figures, the yardstick of the same run, and their ratio; medians of five rounds.

  run.py [NAME...] [--smoke] [--rounds N] [--build DIR]      NAMEs: see ALL at the end; none is all of them

--smoke runs each with the least input, once: it proves that the benchmarks run and says nothing about speed.
Figures are of this machine at this hour; compare ratios, and only within one run.
"""

import argparse
import contextlib
import json
import os
import pathlib
import re
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

import mtail as mtail_case
import workload
from common import HERE, Bench, Daemon, Table, at_least, at_most, cpu_seconds_of, free_port, loaded, ratio_at_most, say
from google import google
from groups import groups
from mqtt import mqtt
from prometheus import prometheus


# ---- slod as a whole -------------------------------------------------------------------------------------------------

def timed(command):
    """Wall and CPU seconds of a program."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.monotonic()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True)
    wall = time.monotonic() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


def replay(bench):
    """One gigabyte of log, or as much of it as a quarter of the free disk holds."""
    room = shutil.disk_usage(bench.dir).free // 4
    lines = bench.size(min(2_500_000, room // 400), 2_000)
    log, config = bench.dir / "access.log", bench.dir / "config.json"
    workload.write_log(log, lines, per_second=500)
    workload.write_config(config, state=str(bench.dir / "state"))
    command = [bench.binary("slod"), "replay", f"--config.file={config}", f"--input=edge={log}", "--format=json"]

    def measure():
        wall, cpu = timed(command)
        split_wall, split_cpu = timed(["wc", "-l", str(log)])
        return {"rate": lines / wall, "cpu": cpu / lines * 1e9, "wc": split_cpu / lines * 1e9, "wc_wall": split_wall}

    median = bench.median_of(measure)
    say("replay: log", log.stat().st_size / 1e9, "GB")
    say("replay: lines a second", median["rate"], "lines/s", goal=at_least(1_500_000))
    say("replay: CPU a line", median["cpu"], "ns", median["wc"] or None, "ns wc -l")


def mtail(bench):
    """mtail's own case: equal totals and goods per journey and app first, then the CPU time of both, one after the other."""
    lines = bench.size(1_000_000, 5_000)
    slod, other = mtail_case.prepare(bench.dir, lines)
    slod.insert(0, bench.binary("slod"))
    if not shutil.which(other[0]):
        raise SystemExit("mtail is not installed: apt-get install mtail")
    mine = mtail_case.counts_of_slod(subprocess.run(slod, stdout=subprocess.PIPE, check=True, text=True).stdout)
    theirs = mtail_case.counts_of_mtail(subprocess.run(other, stdout=subprocess.PIPE, check=True, text=True).stdout)
    if not mine or mine != theirs:
        raise SystemExit(f"slod and mtail disagree:\n{sorted(mine.items())}\n{sorted(theirs.items())}")

    def measure():
        wall, cpu = timed(slod)
        other_wall, other_cpu = timed(other)
        return {"cpu": cpu, "other": other_cpu, "wall": wall, "other_wall": other_wall, "times": other_cpu / cpu}

    median = bench.median_of(measure)
    say("mtail: slod replay, CPU a line", median["cpu"] / lines * 1e9, "ns", median["other"] / lines * 1e9, "ns mtail")
    say("mtail: lines per CPU second, slod / mtail", median["times"], "x", goal=at_least(40))
    say("mtail: wall, slod replay", median["wall"], "s", median["other_wall"], "s mtail")
    journeys = sum(total for total, _ in mine.values())
    say("mtail: equal counts of both, lines of journeys", journeys, "lines")


# lines a request, connections, the goal in numbers
HTTP_LOADS = [(1000, 8, at_least(1_000_000)), (100, 32, at_least(600_000)), (1, 256, at_least(40_000))]


def http(bench):
    """Batches over loopback to a slod with everything on; the answers come after the durable commit. Events are at the
    wall clock, so the engine books them as live ones. Then half of the rate that was reached, beside a plain file that
    takes the same bodies with write and fdatasync."""
    log = bench.dir / "http.log"
    count = bench.size(200_000, 2_000)
    workload.write_log(log, count, per_second=count / 60, first=time.time() - 60)
    seconds = bench.size(2, 0.3)
    for lines, connections, goal in HTTP_LOADS:
        with Daemon(bench) as daemon:
            def load(*rate):
                cpu = daemon.cpu_seconds()
                result = loaded([bench.binary("http_load"), daemon.ingest, "/ingest/edge", log, lines, connections, seconds,
                                 *rate])
                if result["refused"] > result["requests"] / 100:
                    print(f"   {result['refused']} of {result['requests']} requests were refused", flush=True)
                result["cpu"] = (daemon.cpu_seconds() - cpu) / (result["requests"] * lines) * 1e9
                return result

            median = bench.median_of(load)
            rate = median["requests_per_s"] / 2
            size = log.stat().st_size * lines // count

            def half_load():
                plain = loaded([bench.binary("commit_load"), "raw", size, rate, seconds, bench.dir])
                return {**load(rate), "plain_p50": plain["p50_ms"], "plain_p99": plain["p99_ms"]}

            half = bench.median_of(half_load)
        name = f"http: {lines} lines a request"
        say(name, median["lines_per_s"], "lines/s", goal=goal)
        say(name + ", CPU a line", median["cpu"], "ns")
        say(name + ", time to answer p50", median["p50_ms"], "ms")
        say(name + ", time to answer p99", median["p99_ms"], "ms")
        say(name + ", half load p50", half["p50_ms"], "ms", half["plain_p50"], "ms plain file", at_most(5))
        say(name + ", half load p99", half["p99_ms"], "ms", half["plain_p99"], "ms plain file", ratio_at_most(1.5))


def commit(bench):
    """The journal alone: groups of so many events, durable each time, and a plain file that takes the same bytes with
    write and fdatasync, in turn; then both at half of the journal's rate."""
    for rows in bench.size([100, 1_000, 10_000], [100]):
        with tempfile.TemporaryDirectory(dir=bench.dir) as folder:
            def measure():
                for file in pathlib.Path(folder).iterdir():
                    shutil.rmtree(file) if file.is_dir() else file.unlink()
                return loaded([bench.binary("commit_load"), "journal", rows, bench.size(2, 0.1), folder])

            median = bench.median_of(measure)
        name, plain = f"commit: groups of {rows}", "ms plain file"
        say(name, median["events_per_s"], "events/s", median["plain_events_per_s"], "events/s plain file",
            at_least(2_000_000) if rows >= 10_000 else None)
        say(name + ", on disk", median["bytes_per_event"], "B an event", goal=at_most(25) if rows >= 1_000 else at_most(64))
        for load, words in (("", "full rate"), ("half_", "half rate")):
            for q in ("p50", "p99"):
                say(f"{name}, {words} {q}", median[f"{load}{q}_ms"], "ms", median[f"plain_{load}{q}_ms"], plain,
                    ratio_at_most(1.5) if (load, q) == ("half_", "p99") else None)


def scrape(bench):
    slos = bench.size(1000, 10)
    with Daemon(bench, slos=slos) as daemon:
        time.sleep(bench.size(12, 0))  # a tick
        def measure():
            begin = time.monotonic()
            text = daemon.get("/metrics")
            return {"ms": (time.monotonic() - begin) * 1e3, "bytes": len(text)}

        median = bench.median_of(measure)
        tick = re.search(rb"^slod_tick_seconds ([0-9.e+-]+)", daemon.get("/metrics"), re.M)
    say(f"scrape: /metrics, {slos} SLOs", median["ms"], "ms", goal=at_most(10))
    say("scrape: size", median["bytes"] / 1e6, "MB")
    if tick:
        say(f"scrape: last tick, {slos} SLOs", float(tick.group(1)) * 1e3, "ms")


def idle(bench):
    with Daemon(bench, slos=100) as daemon:
        time.sleep(bench.size(5, 0.2))
        cpu, begin = daemon.cpu_seconds(), time.monotonic()
        time.sleep(bench.size(30, 0.5))
        share = (daemon.cpu_seconds() - cpu) / (time.monotonic() - begin)
        say("idle: CPU, 100 SLOs", share * 100, "% of a core", goal=at_most(0.5))
        say("idle: resident, 100 SLOs", daemon.resident_mb(), "MB", goal=at_most(40))


def started(command, web, log):
    """A daemon that is ready, and the seconds that it took."""
    begin = time.monotonic()
    process = subprocess.Popen(command, stdout=log, stderr=log)
    while time.monotonic() - begin < 600:
        if process.poll() is not None:
            raise SystemExit("slod did not start: " + pathlib.Path(log.name).read_text()[-2000:])
        with contextlib.suppress(OSError, urllib.error.URLError):
            with urllib.request.urlopen(f"http://127.0.0.1:{web}/-/ready", timeout=60):
                return process, time.monotonic() - begin
        time.sleep(0.005)
    raise SystemExit("slod is not ready after 600 s")


def restart(bench):
    """Kill, start, ready: groups of one SLO with 30 days in them, and a tail of a million events behind the checkpoint.
    Half of the history lies in the last day. The yardstick reads the same files once."""
    for series, events, goal in RESTARTS[:1] if bench.smoke else RESTARTS:
        series, events, tail = bench.size(series, 10), bench.size(events, 2_000), bench.size(1_000_000, 2_000)
        folder = bench.dir / f"restart-{series}"
        folder.mkdir()
        web, ingest, config = free_port(), free_port(), folder / "config.json"
        config.write_text(json.dumps(workload.restart_config(str(folder / "state"), ingest, web, series)))
        command = [bench.binary("slod"), "run", f"--config.file={config}", "--checkpoint.every=0s"]
        with open(folder / "slod.log", "wb") as log:
            process, _ = started(command, web, log)
            workload.post_events(ingest, workload.restart_events(events, series, days=30))
            process.terminate()
            process.wait(120)
            process, _ = started(command, web, log)
            workload.post_events(ingest, workload.restart_events(tail, series, days=0))
            process.kill()
            process.wait()
            files = [str(file) for file in (folder / "state").rglob("*") if file.is_file()]

            def measure():
                process, seconds = started(command, web, log)
                cpu = cpu_seconds_of(process.pid)
                process.kill()
                process.wait()
                return {"seconds": seconds, "cpu": cpu, "cat": timed(["cat", *files])[0]}

            median = bench.median_of(measure)
        size = sum(os.path.getsize(file) for file in files if file.endswith(".ckpt")) / 1e6
        say(f"restart: {series} series x 30 d, {tail} events behind", median["seconds"], "s", median["cat"], "s cat", goal)
        say(f"restart: CPU until ready, {series} series", median["cpu"], "s")
        say(f"restart: checkpoint, {series} series x 30 d", size, "MB")


RESTARTS = [(1_000, 2_500_000, at_most(2)), (10_000, 5_000_000, at_most(10))]

ALL = {
    "decode": lambda bench: google(bench, "decode_bench", "simdjson_parse_many"),
    "window": lambda bench: google(bench, "window_bench", "Yardstick_FetchAdd"),
    "engine": lambda bench: google(bench, "engine_bench", "Yardstick_FetchAdd"),
    "metrics": lambda bench: google(bench, "metrics_bench", None),
    "fold": lambda bench: google(bench, "fold_bench", None),
    "fleet": lambda bench: google(bench, "fleet_bench", "RandomReadModifyWrite"),
    "journal": lambda bench: google(bench, "journal_bench", None),
    "totals": lambda bench: google(bench, "totals_bench", None),
    "replay": replay,
    "mtail": mtail,
    "http": http,
    "commit": commit,
    "mqtt": mqtt,
    "scrape": scrape,
    "idle": idle,
    "restart": restart,
    "groups": groups,
    "prometheus": prometheus,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(ALL))
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--build", type=pathlib.Path, default=HERE.parents[1] / "build/bench")
    options = parser.parse_args()
    if unknown := set(options.names) - set(ALL):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(ALL)}")
    Table.judged = not options.smoke
    rounds = options.rounds or (1 if options.smoke else 5)
    for name in options.names or ALL:
        with tempfile.TemporaryDirectory(prefix="slod-bench-") as folder:
            ALL[name](Bench(options.build.resolve(), options.smoke, rounds, pathlib.Path(folder)))


if __name__ == "__main__":
    main()
