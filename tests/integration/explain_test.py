"""`slod explain` and `slod check --sample` in front of every format, every envelope and every kind of message: what the
record is, and each rule that did not match and why."""

import base64
import json

from harness import ROOT, SLOD, IntegrationTest, main, run

GOLDEN = ROOT / "tests/unit/decode/golden"
# Formats whose golden lines the preset reads as it is; each is the file's name.
PRESETS = {"aws-alb": "alb", "caddy": "caddy", "nginx-combined": "combined", "envoy-json": "envoy", "gcp-lb": "gcp-lb",
           "nginx-json": "nginx-json", "nginx-syslog": "nginx-syslog"}

JOURNEYS = """
actors:
  operator: { %s: [nobody-has-this] }
journeys:
  Unlock: { api: { source: s, method: POST, route: "/v1/vehicles/{device}/unlock" } }
  AnyUnlock: { api: { source: s, method: POST, route: "/v1/vehicles/{device}/{what}" } }
  Ride: { api: { source: s, method: POST, route: /v1/rides, bad: { status: [4xx] } } }
slos:
  - { name: unlock, service: x, journey: Unlock, sli: availability, actor: unknown, objective: 99 }
  - { name: ride, service: x, journey: Ride, sli: availability, actor: unknown, objective: 99 }
"""
MAPPED = "fields: { time: /ts, method: /method, path: /path, status: /status, latency: { at: /ms, unit: ms } }"
RECORD = {"ts": 1795350787.5, "method": "POST", "path": "/v1/vehicles/v1/unlock", "status": 500, "ms": 500}


def envelope(kind, record):
    text = json.dumps(record)
    return {
        "pubsub": {"message": {"data": base64.b64encode(text.encode()).decode(), "messageId": "1"}, "subscription": "s"},
        "loki": {"streams": [{"stream": {"app": "x"}, "values": [["1795350787500000000", text]]}]},
        "cloudevents": {"specversion": "1.0", "id": "1", "source": "x", "type": "t", "data": record},
        "otlp": {"resourceLogs": [{"resource": {}, "scopeLogs": [{"logRecords": [{
            "timeUnixNano": "1795350787500000000",
            "attributes": [{"key": k, "value": {"stringValue": str(v)}} for k, v in record.items()]}]}]}]},
    }[kind]


class ExplainTest(IntegrationTest):
    def config(self, source, label="app"):
        return self.write("slod.yaml", f"sources:\n  s: {source}\n" + JOURNEYS % label)

    def explain(self, path, line, source="s", code=0):
        done = run(SLOD, "explain", f"--config.file={path}", "--source", source, line, check=False)
        self.assertEqual(done.returncode, code, f"{line}\n{done.stdout}{done.stderr}")
        return done.stdout

    def sample(self, path, lines):
        log = self.write("sample.log", "\n".join(lines) + "\n")
        done = run(SLOD, "check", str(path), "--sample", str(log), "--source", "s", check=False)
        counts = done.stdout.strip().splitlines()
        return next(line for line in counts if line.startswith(f"{log}: ") and " accepted" in line), done.returncode

    def test_every_format_is_explained_as_it_is_read(self):
        for preset, name in PRESETS.items():
            lines = (GOLDEN / f"{name}.log").read_bytes().decode(errors="surrogateescape").splitlines()
            expected = (GOLDEN / f"{name}.expected").read_text(errors="surrogateescape").splitlines()
            app = "app" if preset in ("aws-alb", "nginx-combined") else "/app"
            path = self.config(f"{{ http: {{}}, format: {preset}, fields: {{ labels: {{ app: {app} }} }} }}")
            seen = 0
            for line, said in zip(lines, expected):
                if not line.strip() or "\udc80" <= max(line) <= "\udcff":
                    continue
                with self.subTest(preset=preset, line=line[:100]):
                    fields = said.split("|")
                    if len(fields) == 1:
                        text = self.explain(path, line, code=1)
                        self.assertIn(f"rejected  {said}", text)
                        continue
                    text = self.explain(path, line)
                    self.assertIn(f'method "{fields[3]}"  path "{fields[4]}"', text)
                    self.assertIn(f"status {fields[5]} ", text)
                    self.assertIn(f"format    {preset}", text)
                    self.assertIn("actor operator: app is", text)
                    for journey in ("Unlock", "AnyUnlock", "Ride"):
                        self.assertIn(journey, text, "each journey is named, matched or not")
                    seen += 1
            self.assertGreater(seen, 0, preset)
            total, _ = self.sample(path, [line for line in lines if line.isascii()])
            self.assertNotIn(" 0 ignored, 0 rejected", total)

    def test_formats_with_names_of_ones_own(self):
        for preset, record in {
            "haproxy-json": {"time": 1795350787.5, "method": "POST", "path": "/v1/rides", "status": 404, "latency_ms": 9},
            "fluent-bit": {"date": 1795350787.5, "method": "POST", "path": "/v1/rides", "code": 404},
        }.items():
            path = self.config(f"{{ http: {{}}, format: {preset}, fields: {{ labels: {{ app: /app }} }} }}")
            text = self.explain(path, json.dumps(record))
            self.assertIn("api leg BAD: bad: status 4xx", text, preset)
            self.assertIn("Unlock: the path does not match /v1/vehicles/{device}/unlock", text)

    def test_every_envelope_is_opened_by_explain_and_by_the_sample(self):
        for kind in ("pubsub", "loki", "cloudevents", "otlp"):
            with self.subTest(envelope=kind):
                path = self.config(f"{{ http: {{}}, format: json, envelope: {kind}, "
                                   f"{MAPPED[:-1]}, labels: {{ app: /app }} }} }}")
                line = json.dumps(envelope(kind, RECORD))
                text = self.explain(path, line)
                self.assertIn("route     POST /v1/vehicles/{device}/unlock  device v1 (from the path)", text)
                self.assertIn("AnyUnlock: its route /v1/vehicles/{device}/{what} matches too, but another is more "
                              "specific", text)
                self.assertIn("unlock  BAD", text)
                self.assertIn(f"{self.dir}/sample.log: 2 accepted, 1 ignored, 0 rejected",
                              self.sample(path, [line, line, json.dumps(envelope(kind, {**RECORD, "path": "/x"}))])[0])
                self.assertIn("route     POST", self.explain(path, json.dumps(RECORD)), "a record unwrapped before")
                self.explain(path, '{"message":{"data":"%%%"}}', code=1)

    def test_every_kind_of_message_says_which_rules_did_not_match(self):
        path = self.write("slod.yaml", """
sources:
  gateway: { http: {}, format: nginx-json }
  s:
    mqtt: { url: "mqtt://127.0.0.1:1883" }
    messages:
      - { topic: "v/{device}/telemetry", is: report, fields: { time: /ts, battery: /battery, state: /state } }
      - { topic: "v/{device}/status", is: presence, online: [ready], offline: [lost] }
      - { topic: "v/{device}/commands", is: command, fields: { id: /id, name: /command } }
      - { topic: "v/{device}/acks", is: reply, fields: { id: /id, result: /status }, good: [ok] }
journeys:
  Unlock:
    api: { source: gateway, method: POST, route: "/v1/vehicles/{device}/unlock" }
    device: { source: s, command: unlock, deadline: 20s }
  Ride: { api: { source: gateway, method: POST, route: /v1/rides } }
fleet: { sources: [s] }
slos:
  - { name: unlock, service: x, journey: Unlock, sli: availability, objective: 99 }
""")
        rules = ["telemetry", "status", "commands", "acks"]
        for topic, payload, words in [
            ("telemetry", {"ts": 1795350787, "battery": 50}, ["evidence that the device lives", "battery 50"]),
            ("status", "lost", ["an outage from now on"]),
            ("status", "strange", ["neither in online nor in offline"]),
            ("commands", {"id": "r1", "command": "unlock"}, ["the deadline of 20s runs from here"]),
            ("commands", {"id": "r1", "command": "lock"}, ['Unlock: its command is "unlock"']),
            ("acks", {"id": "r1", "status": "ok"}, ["the device did it", 'Unlock, if it answers command "unlock"']),
            ("acks", {"status": "no"}, ["the device refused", "oldest unanswered command", "Ride: it has no device leg"]),
        ]:
            message = {"topic": f"v/d7/{topic}", "payload": payload if isinstance(payload, str) else json.dumps(payload)}
            with self.subTest(message=message):
                text = self.explain(path, json.dumps(message))
                for word in words:
                    self.assertIn(word, text)
                for rule in rules:
                    if rule != topic:
                        self.assertIn(f"v/{{device}}/{rule}: the topic does not match it", text)
        self.assertIn("no message rule matches", self.explain(path, '{"topic":"elsewhere","payload":"x"}'))
        self.assertIn("rejected  malformed", self.explain(path, '{"topic":"v/d7/telemetry","payload":"{{"}', code=1))

    def test_the_sample_says_which_mapped_field_is_nowhere_and_what_to_do_about_rejections(self):
        path = self.config("{ http: {}, format: json, fields: { time: /ts, method: /method, path: /path, status: /status, "
                           "latency: { at: /duration, unit: ms }, id: /id, device: /dev, labels: { app: /aap, area: /area } } }")
        lines = [json.dumps({**RECORD, "id": "1", "area": "x"}), json.dumps(RECORD), json.dumps({**RECORD, "ts": 1795350787000}),
                 json.dumps({**RECORD, "path": "/v2/vehicles/v7/unlock"}), json.dumps({**RECORD, "path": "/v2/vehicles/v8/unlock"})]
        log = self.write("sample.log", "\n".join(lines))
        done = run(SLOD, "check", str(path), "--sample", str(log), "--source", "s", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("holds `latency`, mapped to /duration\n", done.stdout)
        self.assertIn("holds `labels: app`, mapped to /aap\n", done.stdout)
        for found in ("`id`", "area"):
            self.assertNotIn(found, done.stdout.split("accepted", 1)[1])
        self.assertIn("13 `ms`", done.stdout)
        self.assertEqual(done.stdout.count("no journey matches POST /v2/vehicles/{id}/unlock\n"), 1, done.stdout)
        self.assertIn("latency none (nothing at /duration)", self.explain(path, lines[0]))
        star = self.write("star.yaml", path.read_text().replace("source: s, method: POST", 'source: s, method: "*"', 1))
        self.assertNotIn("no client sends", run(SLOD, "check", str(star), check=False).stdout)
        any_method = self.write("any.yaml", path.read_text().replace("source: s, method: POST", "source: s, method: any", 1))
        done = run(SLOD, "check", str(any_method), check=False)
        self.assertEqual(done.returncode, 0)
        self.assertIn("warning: no client sends the method ANY", done.stdout)

    # How a field may be broken, and what may become of the record: read as if it were not there, or rejected.
    FAULTS = [None, "", "-", True, [], {}, [1, "x"], {"a": 1}, -1, 1e308, "x" * 60_000, "\u0000", "\ud83d\ude00", "' OR 1=1", "NaN"]

    def test_every_field_missing_of_another_type_absurd_or_twice_costs_at_most_its_record(self):
        path = self.config(f"{{ http: {{}}, format: json, {MAPPED[:-1]}, id: /id, device: /dev, user: /user, "
                           "labels: { app: /app } } }")
        good = {**RECORD, "id": "i", "dev": "d", "user": "u", "app": "ios"}
        records = [good]
        for field in good:
            records.append({key: value for key, value in good.items() if key != field})
            records += [{**good, field: fault} for fault in self.FAULTS]
        lines = [json.dumps(record) for record in records]
        lines += [line[:-1] + f', "{field}": 7}}' for field in good for line in lines[:1]]  # the first of two counts
        counts, _ = self.sample(path, lines)
        numbers = [int(word) for word in counts.rsplit(": ", 1)[1].replace(",", "").split() if word.isdigit()]
        self.assertEqual(sum(numbers), len(lines), counts)
        needed = {"missing_time": {key: value for key, value in good.items() if key != "ts"},
                  "bad_time": {**good, "ts": {}}, "missing_status": {**good, "status": None}, "bad_status": {**good, "status": "OK"},
                  "missing_path": {**good, "path": ""}, "bad_latency": {**good, "ms": "fast"}}
        for reason, record in needed.items():
            self.assertIn(f"rejected  {reason}", self.explain(path, json.dumps(record), code=1))
        for field in ("id", "dev", "user", "app", "ms"):  # what may be missing
            self.assertIn("route     POST", self.explain(path, json.dumps({k: v for k, v in good.items() if k != field})))
        self.assertIn("status 500", self.explain(path, lines[0][:-1] + ', "status": 200}'))

    def test_bad_paths_templates_and_overlaps(self):
        path = self.config(f"{{ http: {{}}, format: json, {MAPPED[:-1]}, labels: {{ app: /app }} }} }}")
        long = self.explain(path, json.dumps({**RECORD, "path": "/v1/" + "x" * 65_000}))
        self.assertIn("no journey matches", long)
        self.assertIn("rejected  too_long", self.explain(path, json.dumps({**RECORD, "path": "/" + "x" * 66_000}), code=1))
        twice = self.write("twice.yaml", path.read_text().replace("{device}/{what}", "{device}/{device}"))
        done = run(SLOD, "check", str(twice), check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("{device}", done.stdout)
        self.assertIn("twice.yaml:", done.stdout)
        overlap = run(SLOD, "check", str(path), check=False)
        self.assertEqual(overlap.returncode, 0, overlap.stdout)
        self.assertIn("the more specific one wins", overlap.stdout)


if __name__ == "__main__":
    main()
