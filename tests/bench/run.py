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
import sys
import tempfile
import time
import urllib.error
import urllib.request

import mtail as mtail_case
import workload

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "integration"))
from harness import free_port  # noqa: E402


class Bench:
    """What a benchmark gets: where the binaries are, how much to do, a directory that goes away."""

    def __init__(self, build, smoke, rounds, folder):
        self.build, self.smoke, self.rounds, self.dir = build, smoke, rounds, folder

    def size(self, full, smoke):
        return smoke if self.smoke else full

    def binary(self, name):
        path = self.build / ("src/slod" if name == "slod" else f"tests/bench/{name}")
        if not path.exists():
            raise SystemExit(f"{path} is not built: cmake --build {self.build}")
        return str(path)

    def median_of(self, measure):
        """Medians, key by key, of what `measure` returns round by round."""
        rounds = [measure() for _ in range(self.rounds)]
        return {key: statistics.median(r[key] for r in rounds) for key in rounds[0]}


def say(name, figure, unit, yardstick=None, of="", goal=""):
    """One line of the table. Ratio: the figure in yardsticks."""
    ratio = f"{figure / yardstick:8.2f} x" if yardstick else " " * 10
    measured = f"{yardstick:12,.2f} {of}" if yardstick else ""
    print(f"{name:44} {figure:14,.2f} {unit:10} {ratio}  {measured:42} {goal}", flush=True)


# ---- Google Benchmark binaries ---------------------------------------------------------------------------------------

def google(bench, binary, yardstick, select=None):
    """Runs a binary; the yardstick is its benchmark whose name begins with `yardstick`. Times are CPU time per item
    where the benchmark counts items, else per iteration."""
    command = [bench.binary(binary), "--benchmark_format=json", f"--benchmark_repetitions={bench.rounds}"]
    if bench.smoke:
        command.append("--benchmark_min_time=0.001")
    if select or bench.smoke and binary in SMOKE_ONLY:
        command.append(f"--benchmark_filter={select or SMOKE_ONLY[binary]}")
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{binary} failed: {done.stderr[-2000:]}")
    times = {}
    for run in json.loads(done.stdout)["benchmarks"]:
        if run["run_type"] == "iteration":
            times.setdefault(run["run_name"], []).append(nanoseconds(run))
    medians = {name: statistics.median(values) for name, values in times.items()}
    base = next((time for name, time in medians.items() if yardstick and name.startswith(yardstick)), None)
    for name, figure in medians.items():
        say(f"{binary.removesuffix('_bench')}: {name}", figure, "ns", base, f"ns {yardstick}" if base else "")


# Large set-ups are left out of a smoke run.
SMOKE_ONLY = {"fleet_bench": "RandomReadModifyWrite"}


def nanoseconds(run):
    if "items_per_second" in run:
        return 1e9 / run["items_per_second"]
    return run["cpu_time"] * {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}[run["time_unit"]]


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
    say("replay: lines a second", median["rate"], "lines/s", goal="goal 1,500,000")
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
    say("mtail: lines per CPU second, slod / mtail", median["times"], "x", goal="goal 40 x, aim 80 x")
    say("mtail: wall, slod replay", median["wall"], "s", median["other_wall"], "s mtail")
    journeys = sum(total for total, _ in mine.values())
    say("mtail: equal counts of both, lines of journeys", journeys, "lines")


def cpu_seconds_of(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Daemon:
    """A running slod with the benchmark's config; ended by its own process id."""

    def __init__(self, bench, slos=12):
        self.bench, self.slos = bench, slos
        self.ingest, self.web = free_port(), free_port()

    def __enter__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(dir=self.bench.dir))
        config = self.dir / "config.json"
        workload.write_config(config, state=str(self.dir / "state"), ingest=f"127.0.0.1:{self.ingest}",
                              web=f"127.0.0.1:{self.web}", slos=self.slos)
        self.log = open(self.dir / "slod.log", "wb")
        self.process = subprocess.Popen([self.bench.binary("slod"), "run", f"--config.file={config}"],
                                        stdout=self.log, stderr=self.log)
        end = time.monotonic() + 60
        while not self.ready():
            if self.process.poll() is not None or time.monotonic() > end:
                raise SystemExit("slod did not start: " + (self.dir / "slod.log").read_text()[-2000:])
            time.sleep(0.1)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(60)
        self.log.close()
        shutil.rmtree(self.dir)

    def ready(self):
        with contextlib.suppress(OSError, urllib.error.URLError):
            return self.get("/-/ready") is not None
        return False

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.web}{path}", timeout=60) as answer:
            return answer.read()

    def cpu_seconds(self):
        return cpu_seconds_of(self.process.pid)

    def resident_mb(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024


# lines a request, connections, the goal in numbers
HTTP_LOADS = [(1000, 8, "goal 1,000,000 lines/s"), (100, 32, "goal 600,000 lines/s"), (1, 256, "goal 40,000 req/s")]


def http(bench):
    """Batches over loopback to a slod with everything on; the answers come after the durable commit. Events are at the
    wall clock, so the engine books them as live ones."""
    log = bench.dir / "http.log"
    count = bench.size(200_000, 2_000)
    workload.write_log(log, count, per_second=count / 60, first=time.time() - 60)
    seconds = bench.size(3, 0.3)
    for lines, connections, goal in HTTP_LOADS:
        with Daemon(bench) as daemon:
            def measure():
                cpu = daemon.cpu_seconds()
                done = subprocess.run([bench.binary("http_load"), str(daemon.ingest), "/ingest/edge", str(log), str(lines),
                                       str(connections), str(seconds)], stdout=subprocess.PIPE, text=True, check=True)
                result = json.loads(done.stdout)
                if result["refused"] > result["requests"] / 100:
                    print(f"   {result['refused']} of {result['requests']} requests were refused", flush=True)
                result["cpu"] = (daemon.cpu_seconds() - cpu) / (result["requests"] * lines) * 1e9
                return result

            median = bench.median_of(measure)
        name = f"http: {lines} lines a request"
        say(name, median["lines_per_s"], "lines/s", goal=goal)
        say(name + ", CPU a line", median["cpu"], "ns")
        say(name + ", time to answer p50", median["p50_ms"], "ms")
        say(name + ", time to answer p99", median["p99_ms"], "ms")


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
    say(f"scrape: /metrics, {slos} SLOs", median["ms"], "ms", goal="goal 10 ms")
    say("scrape: size", median["bytes"] / 1e6, "MB")
    if tick:
        say(f"scrape: last tick, {slos} SLOs", float(tick.group(1)) * 1e3, "ms")


def idle(bench):
    with Daemon(bench, slos=100) as daemon:
        time.sleep(bench.size(5, 0.2))
        cpu, begin = daemon.cpu_seconds(), time.monotonic()
        time.sleep(bench.size(30, 0.5))
        share = (daemon.cpu_seconds() - cpu) / (time.monotonic() - begin)
        say("idle: CPU, 100 SLOs", share * 100, "% of a core", goal="goal 0.5 %")
        say("idle: resident, 100 SLOs", daemon.resident_mb(), "MB", goal="goal 40 MB")


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


RESTARTS = [(1_000, 2_500_000, "goal 2 s"), (10_000, 5_000_000, "goal 10 s")]

ALL = {
    "decode": lambda bench: google(bench, "decode_bench", "simdjson_parse_many"),
    "window": lambda bench: google(bench, "window_bench", None),
    "engine": lambda bench: google(bench, "engine_bench", None),
    "metrics": lambda bench: google(bench, "metrics_bench", None),
    "fold": lambda bench: google(bench, "fold_bench", None),
    "fleet": lambda bench: google(bench, "fleet_bench", "RandomReadModifyWrite"),
    "journal": lambda bench: google(bench, "journal_bench", None),
    "replay": replay,
    "mtail": mtail,
    "http": http,
    "scrape": scrape,
    "idle": idle,
    "restart": restart,
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
    rounds = options.rounds or (1 if options.smoke else 5)
    for name in options.names or ALL:
        with tempfile.TemporaryDirectory(prefix="slod-bench-") as folder:
            ALL[name](Bench(options.build.resolve(), options.smoke, rounds, pathlib.Path(folder)))


if __name__ == "__main__":
    main()
