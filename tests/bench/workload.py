"""Made-up input of the benchmarks: nginx-json access lines of about 400 bytes, and the configs that read them."""

import http.client
import json
import random
import time

TAILS = ["unlock", "lock", "status", "ring", "photo", "end"]
AREAS = ["shibuya", "osaka", "nagoya", "fukuoka"]
FIRST = 1_795_350_000  # epoch seconds of the first line


def access_line(rng, at, number):
    device = f"vehicle-{rng.randrange(20_000)}"
    status = 503 if rng.random() < 0.002 else 200
    line = (
        f'{{"time":"{at:.3f}","remote_addr":"203.0.113.7","method":"POST",'
        f'"path":"/v1/vehicles/{device}/{TAILS[number % 6]}","status":"{status}",'
        f'"request_time":"0.{rng.randrange(100, 1000)}","upstream_status":"{status}",'
        f'"request_id":"{rng.getrandbits(128):032x}","host":"api.example.org",'
        f'"user_agent":"Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X)","app":"ios",'
        f'"device":"{device}","user":"user-{rng.randrange(50_000)}","area":"{AREAS[rng.randrange(4)]}"}}'
    )
    return line[:-1] + " " * max(0, 399 - len(line)) + "}\n"


def write_log(path, lines, per_second, first=FIRST, seed=7):
    """One file of `lines` lines, the same for the same seed."""
    rng = random.Random(seed)
    with open(path, "w", encoding="ascii") as out:
        for number in range(lines):
            out.write(access_line(rng, first + number / per_second, number))


FIELDS = {"device": "/device", "user": "/user", "labels": {"app": "/app", "area": "/area"}}


def config(state, ingest="127.0.0.1:0", web="127.0.0.1:0", slos=12):
    """Six journeys; each SLO counts one of them, in turn by availability and by latency, with the default policy."""
    journeys = {
        tail.capitalize(): {"api": {"source": "edge", "method": "POST", "route": "/v1/vehicles/{device}/" + tail}}
        for tail in TAILS
    }
    made = []
    for number in range(slos):
        kind = {"sli": "availability"} if number // 6 % 2 == 0 else {"sli": "latency", "threshold": "500ms"}
        made.append({"name": f"slo-{number}", "journey": TAILS[number % 6].capitalize(), "objective": 99, **kind})
    return {
        "server": {"ingest": {"listen": ingest}, "web": {"listen": web}},
        "state": {"dir": state},
        "sources": {"edge": {"http": {}, "format": "nginx-json", "fields": FIELDS}},
        "journeys": journeys,
        "defaults": {"service": "bench", "window": "30d"},
        "slos": made,
    }


def write_config(path, **how):
    path.write_text(json.dumps(config(**how), indent=1))


def mqtt_config(state, ingest, web, broker, qos, durability):
    """A fleet that reports by MQTT, and two SLOs over it."""
    return {
        "server": {"ingest": {"listen": ingest}, "web": {"listen": web}},
        "state": {"dir": state},
        "sources": {"fleet": {
            "mqtt": {"url": f"mqtt://127.0.0.1:{broker}", "client_id": "bench", "qos": qos, "durability": durability},
            "messages": [{"topic": "vehicles/{device}/telemetry", "is": "report", "fields": {
                "battery": "/battery", "state": "/state", "seq": "/seq", "boot": "/boot",
                "position": {"lat": "/lat", "lon": "/lon"},
                "labels": {"area": "/area", "model": "/model", "firmware": "/fw"}}}]}},
        "fleet": {"sources": ["fleet"], "battery": {"low": 15, "recovered": 20}},
        "slos": [{"name": name, "service": "fleet", "fleet": name, "objective": 97, "window": "30d", "group_by": ["area"]}
                 for name in ("connectivity", "battery")],
    }


def restart_config(state, ingest, web, series):
    """One SLO with so many groups."""
    return {
        "server": {"ingest": {"listen": f"127.0.0.1:{ingest}"}, "web": {"listen": f"127.0.0.1:{web}"}},
        "state": {"dir": state},
        "limits": {"groups_per_slo": series, "groups": series},
        "sources": {"edge": {"http": {}, "format": "json", "fields": {
            "time": "/t", "method": "/m", "path": "/p", "status": "/s", "id": "/i", "labels": {"area": "/a"}}}},
        "journeys": {"Ride": {"api": {"source": "edge", "method": "POST", "route": "/ride"}}},
        "slos": [{"name": "rides", "service": "bench", "journey": "Ride", "objective": 99, "window": "30d",
                  "group_by": ["area"]}],
    }


def restart_events(count, series, days, seed=7):
    """Batches of lines: half over the last `days`, half over the last day (all of them now, with ids, for days=0)."""
    rng, now = random.Random(seed), time.time()
    for first in range(0, count, 5_000):
        lines = []
        for number in range(first, min(first + 5_000, count)):
            age = 0 if days == 0 else rng.random() * 86_400 * (days if number % 2 else 1)
            more = f',"i":"tail-{number}"' if days == 0 else ""
            lines.append(f'{{"t":{now - age:.3f},"m":"POST","p":"/ride","s":{503 if rng.random() < 0.01 else 200},'
                         f'"a":"a{rng.randrange(series)}"{more}}}\n')
        yield "".join(lines)


def post_events(port, batches):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    for body in batches:
        while True:
            connection.request("POST", "/ingest/edge", body)
            answer = connection.getresponse()
            text = answer.read()
            if answer.status == 200:
                break
            if answer.status != 503:
                raise SystemExit(f"ingest answered {answer.status}: {text[:200]!r}")
            time.sleep(0.05)
