"""The Google Benchmark programs: each of their benchmarks is a line of the table."""

import json
import statistics
import subprocess

from common import at_most, ratio_at_most, say

# Large set-ups are left out of a smoke run.
SMOKE_ONLY = {"fleet_bench": "RandomReadModifyWrite"}

# By the name of the benchmark, in ns (of a counter: in its unit).
GOALS = {
    "Engine_Event/1000": at_most(50),
    "Engine_Event/100000": at_most(100),
    "Engine_EventLate/1000": at_most(150),
    "Engine_EventLate/100000": at_most(150),
    "Engine_Tick/Rules/1000/iterations:20": at_most(1_000_000),
    "Engine_Tick/Rules/10000/iterations:20": at_most(15_000_000),
    "Window_RecordLate/10": at_most(150),
    "Window_RecordLate/1000": at_most(150),
    "Latency_Quantile": at_most(30_000),
    "decode_route_rows/1000/6": ratio_at_most(2.0),
    "dense_bytes": at_most(40_000),
    "bytes_with_100_events": at_most(4_000),
}


def medians(bench, binary, select=None):
    """Two tables by name: CPU ns per item where the benchmark counts items, else per iteration; and its own counters."""
    command = [bench.binary(binary), "--benchmark_format=json", f"--benchmark_repetitions={bench.rounds}"]
    if bench.smoke:
        command.append("--benchmark_min_time=0.001")
    if select or bench.smoke and binary in SMOKE_ONLY:
        command.append(f"--benchmark_filter={select or SMOKE_ONLY[binary]}")
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{binary} failed: {done.stderr[-2000:]}")
    times, counters = {}, {}
    for run in json.loads(done.stdout)["benchmarks"]:
        if run["run_type"] == "iteration":
            times.setdefault(run["run_name"], []).append(nanoseconds(run))
            for name in GOALS.keys() & run.keys():
                counters.setdefault(name, []).append(run[name])
    return ({name: statistics.median(values) for name, values in table.items()} for table in (times, counters))


def google(bench, binary, yardstick, select=None):
    """Runs a binary; the yardstick is its benchmark whose name begins with `yardstick`."""
    times, counters = medians(bench, binary, select)
    base = next((time for name, time in times.items() if yardstick and name.startswith(yardstick)), None)
    of = f"ns {yardstick}" if base else ""
    for name, figure in times.items():
        beside = (None, "") if "_Tick" in name else (base, of)  # of a tick the yardstick is another: see prometheus.py
        say(f"{binary.removesuffix('_bench')}: {name}", figure, "ns", *beside, GOALS.get(name))
    for name, figure in counters.items():
        say(f"{binary.removesuffix('_bench')}: {name}", figure, "B", goal=GOALS[name])


def nanoseconds(run):
    if "items_per_second" in run:
        return 1e9 / run["items_per_second"]
    return run["cpu_time"] * {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}[run["time_unit"]]
