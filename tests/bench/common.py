"""What the benchmarks share: where things are, a running slod, how a figure is said."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import namedtuple

import workload

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "integration"))
from harness import free_port, program  # noqa: E402, F401


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


Goal = namedtuple("Goal", "words bound least ratio")


def at_most(bound):
    return Goal(f"at most {bound:,}", bound, False, False)


def at_least(bound):
    return Goal(f"at least {bound:,}", bound, True, False)


def ratio_at_most(bound):
    """Of figure and yardstick."""
    return Goal(f"at most {bound:,} x", bound, False, True)


def ratio_at_least(bound):
    return Goal(f"at least {bound:,} x", bound, True, True)


class Table:
    judged = True  # not in a smoke run, whose figures say nothing


def verdict(figure, yardstick, goal):
    if not Table.judged or goal is None or goal.ratio and not yardstick:
        return ""
    value = figure / yardstick if goal.ratio else figure
    met = value >= goal.bound if goal.least else value <= goal.bound
    return f"goal {goal.words}: {'met' if met else 'MISSED'}"


def say(name, figure, unit, yardstick=None, of="", goal=None):
    """One line of the table. Ratio: the figure in yardsticks. `goal`: one of the four above, in the figure's unit."""
    ratio = f"{figure / yardstick:8.2f} x" if yardstick else " " * 10
    measured = f"{yardstick:12,.2f} {of}" if yardstick else ""
    print(f"{name:44} {figure:14,.2f} {unit:10} {ratio}  {measured:42} {verdict(figure, yardstick, goal)}".rstrip(),
          flush=True)


def loaded(command):
    """What a load generator says of itself: its line of JSON."""
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def await_true(what, condition, patience=60, every=0.05):
    end = time.monotonic() + patience
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            if condition():
                return
        time.sleep(every)
    raise SystemExit(f"waited {patience} s in vain for {what}")


def cpu_seconds_of(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Daemon:
    """A running slod with the benchmark's config; ended by its own process id."""

    def __init__(self, bench, how=workload.config, **more):
        self.bench, self.how, self.more = bench, how, more
        self.ingest, self.web = free_port(), free_port()

    def __enter__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(dir=self.bench.dir))
        config = self.dir / "config.json"
        config.write_text(json.dumps(self.how(state=str(self.dir / "state"), ingest=f"127.0.0.1:{self.ingest}",
                                              web=f"127.0.0.1:{self.web}", **self.more)))
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
