"""What the suites in this folder share: a config, some recorded input, `slod replay --format json`, and its numbers.

The program under test is $SLOD (default: the dev preset's). Times are milliseconds since the epoch.
"""

import datetime
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
SLOD = os.environ.get("SLOD") or str(ROOT / "build/dev/src/slod")
S, MIN, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
T0 = 1_763_805_600_000  # 2025-11-22T10:00:00Z

GATEWAY = {
    "http": {}, "format": "json",
    "fields": {"time": "/ts", "time_unit": "ms", "method": "/method", "path": "/path", "status": "/status",
               "latency": {"at": "/ms", "unit": "ms"}, "id": "/id", "device": "/device", "user": "/user",
               "labels": {"app": "/app", "area": "/area"}},
}
FLEET = {
    "mqtt": {"url": "mqtt://127.0.0.1:1883", "client_id": "slod"},
    "messages": [
        {"topic": "vehicles/{device}/telemetry", "is": "report",
         "fields": {"time": "/ts", "battery": "/battery", "state": "/state", "seq": "/seq", "boot": "/boot",
                    "labels": {"area": "/area", "model": "/model"}}},
        {"topic": "vehicles/{device}/status", "is": "presence", "online": ["online"], "offline": ["offline"]},
        {"topic": "vehicles/{device}/commands", "is": "command",
         "fields": {"time": "/timestamp", "id": "/request_id", "name": "/command"}},
        {"topic": "vehicles/{device}/acks", "is": "reply",
         "fields": {"time": "/timestamp", "id": "/request_id", "result": "/status"}, "good": ["ok"]},
    ],
}


def rfc3339(ms, offset_minutes=None, colon=True):
    """`...Z`, or the wall clock of an offset behind a Z as `mosquitto_sub -F %J` prints it."""
    shown = ms + (offset_minutes or 0) * MIN
    at = datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=shown)
    text = at.strftime("%Y-%m-%dT%H:%M:%S")
    if ms % S:
        text += f".{ms % S:03d}"
    if offset_minutes is None:
        return text + "Z"
    sign = "-" if offset_minutes < 0 else "+"
    hours, minutes = divmod(abs(offset_minutes), 60)
    return text + ("" if colon else "Z") + f"{sign}{hours:02d}{':' if colon else ''}{minutes:02d}"


def parse_ms(text):
    return round(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


def log(at, status=200, ms=100, path="/v1/rides", method="POST", **more):
    """A gateway line that ends at `at`."""
    line = {"ts": at, "method": method, "path": path, "status": status, "ms": ms, **more}
    return {key: value for key, value in line.items() if value is not None}


def message(tst, topic, payload, retain=0, inline=False):
    """A line as `mosquitto_sub -F %j` (payload as a string) or `-F %J` (as JSON) prints it."""
    if not inline and not isinstance(payload, str):
        payload = json.dumps(payload)
    return {"tst": rfc3339(tst) if isinstance(tst, int) else tst, "topic": topic, "qos": 1, "retain": retain,
            "payload": payload}


def report(tst, device="d1", at=None, retain=0, **fields):
    if at is not False:
        fields["ts"] = rfc3339(tst if at is None else at)
    return message(tst, f"vehicles/{device}/telemetry", fields, retain)


def presence(tst, word, device="d1", retain=0):
    return message(tst, f"vehicles/{device}/status", word, retain)


def command(tst, device="d1", id=None, name="unlock", at=None):
    fields = {"timestamp": rfc3339(tst if at is None else at), "command": name}
    if id is not None:
        fields["request_id"] = id
    return message(tst, f"vehicles/{device}/commands", fields)


def ack(tst, device="d1", id=None, status="ok", at=None):
    fields = {"timestamp": rfc3339(tst if at is None else at), "status": status}
    if id is not None:
        fields["request_id"] = id
    return message(tst, f"vehicles/{device}/acks", fields)


def ndjson(lines):
    return "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)


class ContractTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="slod_contract_"))
        self.addCleanup(shutil.rmtree, self.dir, True)

    def write(self, name, content):
        path = self.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content)
        return path

    def slod(self, *arguments, stdin=None, env=None):
        return subprocess.run([SLOD, *map(str, arguments)], capture_output=True, text=True, errors="replace", timeout=60,
                              input=stdin, cwd=self.dir, env=env)

    def replay_text(self, config, inputs, *options, stdin=None):
        """What `slod replay --format json` prints. `config`: a dict (JSON is YAML). `inputs`: {source: lines}, or
        (source, lines) pairs; lines are a list, a text, or a path."""
        path = self.write("slod.yaml", config if isinstance(config, str) else json.dumps(config))
        arguments = ["replay", f"--config.file={path}", "--format", "json", *options]
        pairs = inputs.items() if isinstance(inputs, dict) else inputs
        for number, (source, lines) in enumerate(pairs):
            if isinstance(lines, list):
                lines = self.write(f"{number}.jsonl", ndjson(lines))
            arguments += ["--input", f"{source}={lines}"]
        done = self.slod(*arguments, stdin=stdin)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def replay(self, config, inputs, *options, stdin=None):
        return json.loads(self.replay_text(config, inputs, *options, stdin=stdin))


def rides(**more):
    """A config with one journey of one leg and one availability SLO `rides`; `journey` and `slo` add keys to them."""
    config = {
        "sources": {"gateway": GATEWAY},
        "journeys": {"RideStart": {"api": {"source": "gateway", "method": "POST", "route": "/v1/rides",
                                           **more.pop("api", {})}, **more.pop("journey", {})}},
        "slos": [{"name": "rides", "journey": "RideStart", "sli": "availability", "objective": 99,
                  **more.pop("slo", {})}],
    }
    config["slos"] += more.pop("slos", [])
    return {**config, **more}


def unlock(**more):
    """A config with the two-legged journey Unlock and the SLO `unlock`."""
    config = {
        "sources": {"gateway": GATEWAY, "fleet": FLEET},
        "journeys": {"Unlock": {
            "api": {"source": "gateway", "method": "POST", "route": "/v1/vehicles/{device}/unlock",
                    **more.pop("api", {})},
            "device": {"source": "fleet", "command": "unlock", "deadline": "20s"}, **more.pop("journey", {})}},
        "slos": [{"name": "unlock", "journey": "Unlock", "sli": "availability", "objective": 99,
                  **more.pop("slo", {})}],
    }
    config["slos"] += more.pop("slos", [])
    return {**config, **more}


def unlock_log(at, device="d1", **more):
    return log(at, path=f"/v1/vehicles/{device}/unlock", **more)


def slo(result, name=None):
    return next(one for one in result["slos"] if name in (None, one["slo"]))


def source(result, name):
    return next(one for one in result["sources"] if one["source"] == name)


def main():
    unittest.main(verbosity=1)
