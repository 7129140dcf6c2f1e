"""`slod backfill`: recorded logs become history of a running slod, counted once, and nobody is paged for the past."""

import json
import os
import random
import subprocess
import threading
import time

from harness import (GATEWAY, SLOD, FakeReceiver, IntegrationTest, Slod, free_port, gzipped, http_request, main, ride, run,
                     seconds_of, wait_for)

CONFIG = """
sources:
  gateway:
    http: {}
    format: json
    fields: { time: /ts, method: /method, path: /path, status: /status, latency: { at: /duration_ms, unit: ms },
              id: /request_id, user: /user, labels: { app: /app, area: /area } }
  fleet:
    http: {}
    messages:
      - { topic: "v/{device}/t", is: report, fields: { time: /ts, battery: /battery, seq: /seq, labels: { area: /area } } }
      - { topic: "v/{device}/c", is: command, fields: { id: /id, name: /command } }
      - { topic: "v/{device}/a", is: reply, fields: { id: /id, result: /status }, good: [ok] }
actors: { rider: { app: [ios, android] }, synthetic: { app: [probe] } }
journeys:
  Unlock:
    api: { source: gateway, method: POST, route: "/v1/vehicles/{device}/unlock" }
    device: { source: fleet, command: unlock, deadline: 20s }
    retry: { by: [device, user], within: 60s }
fleet: { sources: [fleet], report_every: { default: 10s }, battery: { low: 15, recovered: 20 } }
defaults: { service: rides, window: 1d }
slos:
  - { name: unlock, journey: Unlock, sli: availability, actor: rider, objective: 99, group_by: [area] }
  - { name: fast, journey: Unlock, sli: latency, threshold: 5s, actor: rider, objective: 99 }
  - { name: reachable, fleet: connectivity, objective: 97 }
  - { name: charged, fleet: battery, objective: 97 }
destinations: { hook: { webhook: { url: "http://127.0.0.1:%d/hook", allow_private: true } } }
routes: [ { to: [hook] } ]
"""

RIDES_PAGED = """
sources:%s
journeys:
  RideStart: { api: { source: gateway, method: POST, route: /v1/rides } }
slos:
  - { name: rides, service: rides, journey: RideStart, sli: availability, objective: 99, alert_policy: quick }
alert_policies:
  quick: { rules: [ { severity: page, burn: 2, long: 1m, short: 30s } ], min_bad: 5 }
destinations: { hook: { webhook: { url: "http://127.0.0.1:%d/hook", allow_private: true } } }
routes: [ { to: [hook] } ]
"""

KEYS = ("slo", "good", "bad", "valid", "excluded", "attempts", "unobserved", "expected", "coverage", "sli", "sli_raw",
        "budget", "latency", "outcomes", "completeness", "groups")


def numbers(slos):
    return [{key: slo[key] for key in KEYS if key in slo} for slo in slos]


class Fleet:
    """What a small fleet logs from `begin` on: unlocks with retries and answers of the device, and reports, these for
    `listened` seconds more: where a log ends slod's view of the devices ends too, and deadlines after it are
    unobserved."""

    def __init__(self, seed, begin, seconds, listened=0):
        self.draw, self.api, self.fleet = random.Random(seed), [], []
        for device in range(8):
            self.reports(device, begin, seconds + listened)
        for number in range(seconds // 2):
            self.unlock(number, begin + number * 2 + self.draw.random())
        self.api.sort(key=lambda entry: entry[0])
        self.fleet.sort(key=lambda entry: entry[0])

    def message(self, at, device, kind, payload):
        self.fleet.append((at, {"topic": f"v/d{device}/{kind}", "payload": json.dumps(payload), "tst": stamp(at)}))

    def reports(self, device, begin, seconds):
        dead_from = self.draw.randrange(seconds)
        for step in range(seconds // 10):
            at = begin + step * 10 + device * 0.7
            if dead_from <= step * 10 < dead_from + 90:
                continue
            self.message(at, device, "t", {"ts": round(at, 3), "battery": self.draw.choice((80, 40, 12)), "seq": step,
                                           "area": ("osaka", "kyoto")[device % 2]})

    def unlock(self, number, at):
        device, user, area = self.draw.randrange(8), f"u{self.draw.randrange(4)}", self.draw.choice(("osaka", "kyoto"))
        for attempt in range(3):
            status = self.draw.choice((200, 200, 200, 503, 404))
            key = f"r{number}-{attempt}-{at}"
            line = {"ts": round(at, 3), "method": "POST", "path": f"/v1/vehicles/d{device}/unlock", "status": status,
                    "duration_ms": 40, "request_id": key, "user": user, "app": self.draw.choice(("ios", "probe")),
                    "area": area}
            self.api.append((at, line))
            if status != 503:
                self.answer(at, device, key)
                return
            at += 3

    def answer(self, at, device, key):
        self.message(at + 0.1, device, "c", {"id": key, "command": "unlock"})
        how = self.draw.choice(("ok", "ok", "ok", "late", "refused", "none"))
        if how != "none":
            delay = 25 if how == "late" else self.draw.uniform(0.5, 6)
            self.message(at + delay, device, "a", {"id": key, "status": "ok" if how != "refused" else "no"})


def stamp(at):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + ("%.6f" % (at % 1))[1:] + "Z"


def short_window(rule):
    """Of "144m/12m", in seconds."""
    text = rule.split("/")[1]
    return int(text[:-1]) * {"s": 1, "m": 60, "h": 3600}[text[-1]]


def lines(entries):
    return "".join(json.dumps(entry) + "\n" for _, entry in entries)


class BackfillTest(IntegrationTest):
    def setUp(self):
        super().setUp()
        self.hook = FakeReceiver(self)

    def backfill(self, slod, *inputs, check=True):
        url = f"http://127.0.0.1:{slod.ingest}"
        return run(SLOD, "backfill", f"--config.file={slod.config_path}", f"--url={url}", "--format=json",
                   *(f"--input={one}" for one in inputs), check=check, timeout=120)

    def replay(self, slod, until, *inputs):
        done = run(SLOD, "replay", f"--config.file={slod.config_path}", "--format=json", f"--until={stamp(until)}",
                   *(f"--input={one}" for one in inputs))
        return json.loads(done.stdout)

    def live(self, slod, entries, source):
        """Posts each record when its time has come, as a shipper would."""
        for at, entry in entries:
            time.sleep(max(0.0, at - time.time()))
            answer = slod.post(source, [entry])
            assert answer.status == 200, answer

    def test_half_live_and_half_as_history_twice_with_a_kill_between_is_what_a_replay_of_the_whole_log_says(self):
        seed = int(os.environ.get("SLOD_SEED") or random.randrange(1 << 30))
        print(f"seed {seed}", flush=True)
        slod = Slod(self, CONFIG % self.hook.port).start()
        begin = int(time.time()) + 2
        past, present = Fleet(seed, begin - 700, 600, listened=40), Fleet(seed + 1, begin, 30)
        feeders = [threading.Thread(target=self.live, args=(slod, entries, source))
                   for entries, source in ((present.api, "gateway"), (present.fleet, "fleet"))]
        for feeder in feeders:
            feeder.start()
        for feeder in feeders:
            feeder.join()
        # A deadline that runs out while slod is down is nobody's fault: all are over, and a tick has seen it.
        time.sleep(max(0.0, begin + 30 + 6 + 20 + 12 - time.time()))
        api = self.write("api.log", lines(past.api))
        (self.dir / "fleet.jsonl.gz").write_bytes(gzipped(lines(past.fleet)))
        inputs = (f"gateway={api}", f"fleet={self.dir / 'fleet.jsonl.gz'}")
        told = time.time()
        first = json.loads(self.backfill(slod, *inputs).stdout)
        self.assertTrue(first["counted"])
        self.assertEqual([s["accepted"] for s in first["sources"]], [len(past.fleet), len(past.api)])
        after_first = numbers(slod.api("/api/v1/slos")["slos"])
        killed = time.time()
        slod.kill()
        slod.start()
        down = time.time() - killed
        again = json.loads(self.backfill(slod, *inputs).stdout)
        self.assertEqual([s["known_before"] for s in again["sources"]], [len(past.fleet), len(past.api)])
        self.assertTrue(again["counted"])
        whole = (f"gateway={self.write('whole-api.log', lines(past.api + present.api))}",
                 f"fleet={self.write('whole-fleet.jsonl', lines(past.fleet + present.fleet))}")
        # Device-minutes go on while slod runs: up to the same tick.
        slod.tick()
        got = slod.api("/api/v1/slos")
        until = time.strptime(got["as_of"], "%Y-%m-%dT%H:%M:%SZ")
        want = self.replay(slod, time.mktime(until) - time.timezone, *whole)
        self.assertEqual(want["as_of"], got["as_of"])
        journeys = [slo for slo in numbers(got["slos"]) if "attempts" in slo]
        self.assertEqual(journeys, [slo for slo in numbers(want["slos"]) if "attempts" in slo])
        self.assertEqual(journeys, [slo for slo in after_first if "attempts" in slo])
        self.assertGreater(journeys[0]["bad"], 20)
        self.compare_minutes(got, want, 8 * (int(down) // 60 + 3))
        self.assertEqual(slod.metrics().unbalanced_sources(), [])
        # Nothing fires for the past; batteries that stay low may burn by themselves, which short windows tell.
        fired = [json.loads(body) for at, _, body in self.hook.taken("/hook") if at > told]
        past_end = begin - 60
        self.assertEqual([one for one in fired if one["status"] == "firing"
                          and past_end + max(map(short_window, one["rules"])) > seconds_of(one["at"])], [])
        slod.stop()

    def compare_minutes(self, got, want, most):
        """slod was down between its last group and its start: those minutes, and only those, nobody saw (8 devices)."""
        for mine, theirs in zip(got["slos"], want["slos"]):
            if "expected" not in mine:
                continue
            unseen = mine["unobserved"] - theirs["unobserved"]
            self.assertEqual(mine["expected"], theirs["expected"], mine["slo"])
            self.assertLessEqual(0, unseen, mine["slo"])
            self.assertLessEqual(unseen, most, mine["slo"])
            self.assertLessEqual(abs(mine["bad"] - theirs["bad"]), most, mine["slo"])
            self.assertGreater(theirs["bad"], 5)

    def test_a_block_comes_packed_in_any_coding_that_ingest_takes(self):
        slod = Slod(self, RIDES_PAGED % (GATEWAY, self.hook.port)).start()
        for number, coding in enumerate(("gzip", "x-gzip", "GZIP")):
            line = json.dumps(ride(200, at=time.time() - 60 - number)) + "\n"
            answer = http_request(slod.ingest, "POST", "/backfill/gateway", gzipped(line), {"Content-Encoding": coding})
            self.assertEqual((answer.status, json.loads(answer.body)["accepted"]), (200, 1), coding)
        refused = http_request(slod.ingest, "POST", "/backfill/gateway", b"x", {"Content-Encoding": "br"})
        self.assertEqual(refused.status, 415)

    def test_a_rule_that_history_makes_fire_pages_nobody_until_the_present_burns(self):
        slod = Slod(self, RIDES_PAGED % (GATEWAY, self.hook.port)).start()
        slod.post("gateway", [ride(200)])
        slod.tick()
        now = time.time()
        log = self.write("log", "".join(json.dumps(ride(503, at=now - 40 + i)) + "\n" for i in range(39)))
        self.assertTrue(json.loads(self.backfill(slod, f"gateway={log}").stdout)["counted"])
        counted = time.time()
        rule = slod.slo("rides")["alerts"][0]
        self.assertEqual((rule["state"], rule.get("quiet")), ("firing", True))
        self.assertEqual(slod.slo("rides")["bad"], 39)
        while time.time() < counted + 20:
            self.assertEqual(slod.post("gateway", [ride(503)]).status, 200)
            time.sleep(0.5)
        self.assertEqual(self.hook.taken("/hook"), [])
        for _ in range(60):  # it is the present that burns
            self.assertEqual(slod.post("gateway", [ride(503)]).status, 200)
            if self.hook.taken("/hook"):
                break
            time.sleep(0.5)
        self.assertEqual(len(self.hook.taken("/hook")), 1)
        self.assertNotIn("quiet", slod.slo("rides")["alerts"][0])
        slod.stop()

    def test_a_backfill_waits_while_slod_is_killed_and_started_and_a_log_that_has_grown_counts_its_new_lines_alone(self):
        ports = f'server: {{ ingest: {{ listen: "127.0.0.1:{free_port()}" }}, web: {{ listen: "127.0.0.1:0" }} }}\n'
        slod = Slod(self, ports + RIDES_PAGED % (GATEWAY, self.hook.port)).start()
        begin = time.time() - 7200
        log = [json.dumps(ride((200, 503)[i % 100 == 0], at=begin + i / 10, area="shibuya")) + "\n" for i in range(30000)]
        command = [SLOD, "backfill", f"--config.file={slod.config_path}", "--input=gateway=-", "--format=json"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as sender:
            sender.stdin.write("".join(log[:15000]))
            sender.stdin.flush()
            wait_for("the first blocks", lambda: json.loads(self.history(slod))["blocks"] >= 1)
            slod.kill()
            # From a thread: the sender reads no further while it waits for slod.
            rest = threading.Thread(target=lambda: (sender.stdin.write("".join(log[15000:])), sender.stdin.close()))
            rest.start()
            time.sleep(3)
            slod.start()
            rest.join()
            done = json.loads(sender.stdout.read())
            self.assertEqual(sender.wait(60), 0)
        self.assertEqual((done["counted"], done["sources"][0]["accepted"]), (True, 30000))
        self.assertEqual(slod.counts("rides"), (29700, 300))
        grown = self.write("grown.log", "".join(log) + "".join(json.dumps(ride(200)) + "\n" for _ in range(7)))
        again = json.loads(self.backfill(slod, f"gateway={grown}").stdout)["sources"][0]
        self.assertEqual((again["records"], again["known_before"]), (30007, 30000))
        slod.tick()  # the new lines are of this very slot, and counted at its end
        self.assertEqual(slod.counts("rides"), (29707, 300))
        slod.restart()
        wait_for("history to be counted after a start", lambda: slod.counts("rides") == (29707, 300))
        self.assertEqual(self.hook.taken("/hook"), [])
        slod.stop()

    def history(self, slod):
        return http_request(slod.ingest, "GET", "/backfill").body


if __name__ == "__main__":
    main()
