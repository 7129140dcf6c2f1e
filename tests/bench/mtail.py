"""The case of mtail (protocol G1 of the benchmarks' description): nginx combined lines with the request time behind them,
three journeys, good and total by journey and app and a histogram of latencies, counted by `slod replay` and by mtail."""

import json
import pathlib
import random
import re
import time

APPS = ["ios", "android", "ops-web"]
# A journey's name, its route, the pattern of its paths, the share of the lines; the rest is of no journey.
JOURNEYS = [("Unlock", "/v1/vehicles/{device}/unlock", r"\/v1\/vehicles\/[^\/ ?]+\/unlock", 0.18),
            ("End", "/v1/rides/{ride}/end", r"\/v1\/rides\/[^\/ ?]+\/end", 0.12),
            ("RideStart", "/v1/rides", r"\/v1\/rides", 0.08)]
OTHERS = ["GET /v1/vehicles/near?lat=35.66&lon=139.70", "GET /healthz", "POST /v1/telemetry", "GET /v1/users/me"]
FIRST = 1_795_350_000  # epoch seconds of the first line
AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X)"

PROGRAM = r"""
counter total by journey, app
counter good by journey, app
histogram latency by journey buckets 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20

/^\S+ - \S+ \[(?P<date>[^\]]+)\] "(?P<method>[A-Z]+) (?P<path>\S+) HTTP\/[0-9.]+" (?P<status>\d{3}) \d+ "[^"]*" "[^"]*" rt=(?P<rt>[0-9.]+) device=\S+ app=(?P<app>\S+)$/ {
  strptime($date, "02/Jan/2006:15:04:05 -0700")
  $method == "POST" {
JOURNEYS  }
}
"""
JOURNEY = r"""    $path =~ /^PATTERN(\?.*)?$/ {
      total["NAME"][$app]++
      latency["NAME"] = $rt
      $status < 500 && $status != 429 {
        good["NAME"][$app]++
      }
    }
"""


def lines(count, seed=7):
    rng = random.Random(seed)
    for number in range(count):
        stamp = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(FIRST + number / 500))
        pick = rng.random()
        request = rng.choice(OTHERS)
        for name, route, _, share in JOURNEYS:
            pick -= share
            if pick < 0:
                request = "POST " + route.replace("{device}", f"vehicle-{rng.randrange(20_000)}").replace(
                    "{ride}", str(rng.randrange(10**6)))
                break
        status = rng.choice((503, 429)) if rng.random() < 0.01 else 200
        yield (f'203.0.113.{rng.randrange(256)} - - [{stamp}] "{request} HTTP/1.1" {status} {rng.randrange(100, 999)} "-" '
               f'"{AGENT}" rt=0.{rng.randrange(1000):03d} device=vehicle-{rng.randrange(20_000)} app={rng.choice(APPS)}\n')


def write_program(folder):
    blocks = "".join(JOURNEY.replace("NAME", name).replace("PATTERN", pattern) for name, _, pattern, _ in JOURNEYS)
    folder.mkdir()
    (folder / "journeys.mtail").write_text(PROGRAM.replace("JOURNEYS", blocks))


def config(state):
    """Statuses are judged as the program does it; each line is an attempt of its own."""
    slo = {"service": "bench", "fold": False, "objective": 99, "window": "30d", "group_by": ["app"]}
    return {
        "server": {"ingest": {"listen": "127.0.0.1:0"}, "web": {"listen": "127.0.0.1:0"}},
        "state": {"dir": state},
        "sources": {"edge": {"http": {}, "format": "nginx-combined",
                             "fields": {"latency": {"at": "request_time", "unit": "s"}, "labels": {"app": "app"}}}},
        "journeys": {name: {"api": {"source": "edge", "method": "POST", "route": route}} for name, route, _, _ in JOURNEYS},
        "slos": [{"name": name.lower(), "journey": name, **slo} for name, _, _, _ in JOURNEYS] +
                [{"name": name.lower() + "-latency", "journey": name, "sli": "latency", "threshold": "500ms", **slo}
                 for name, _, _, _ in JOURNEYS],
    }


def counts_of_slod(answer):
    """{(journey, app): (total, good)}"""
    counts = {}
    for slo in json.loads(answer)["slos"]:
        if slo["slo"].endswith("-latency"):
            continue
        for group in slo["groups"]:
            counts[slo["slo"], group["labels"]["app"]] = (group["valid"], group["good"])
    return counts


def counts_of_mtail(text):
    found = {}
    for name, labels, value in re.findall(r"^(total|good)\{([^}]*)\} ([0-9.e+]+)$", text, re.M):
        of = dict(re.findall(r'(\w+)="([^"]*)"', labels))
        found[name, of["journey"].lower(), of["app"]] = int(float(value))
    return {(journey, app): (count, found.get(("good", journey, app), 0))
            for (name, journey, app), count in found.items() if name == "total"}


def prepare(folder: pathlib.Path, count):
    """The log, the config and the two commands."""
    log, config_file = folder / "access.log", folder / "config.json"
    with open(log, "w", encoding="ascii") as out:
        out.writelines(lines(count))
    config_file.write_text(json.dumps(config(str(folder / "state")), indent=1))
    write_program(folder / "progs")
    slod = ["replay", f"--config.file={config_file}", f"--input=edge={log}", "--format=json"]
    mtail = ["mtail", "-one_shot", "-one_shot_format=prometheus", f"-progs={folder / 'progs'}", f"-logs={log}",
             f"-log_dir={folder}"]
    return slod, mtail
