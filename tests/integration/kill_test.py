"""The promise, under SIGKILL: what was answered 2xx, or acknowledged by the broker, is counted exactly once.

A seeded generator posts keyed batches and publishes commands and replies at QoS 1, and keeps its own list of what was
acknowledged, by area and 10 s slot. slod is killed at random moments: while it takes records in, while it starts, while it
writes a checkpoint. What had no answer is sent again, now or much later; what was answered is sometimes sent again too. At
the end every count of every SLO, area and slot must be the sum over the acknowledged, and the accounts must balance.

SLOD_KILLS: how many kills (default 100). SLOD_SEED replays. The same loop must fail with a slod that answers before it
commits ($SLOD_EARLY_ANSWER, built for this test only): a loop that cannot fail proves nothing.
"""

import collections
import http.client
import itertools
import json
import os
import pathlib
import random
import signal
import threading
import time
import unittest
import unittest.mock

import harness
from harness import IntegrationTest, Mosquitto, Process, Slod, free_port, http_request, main, wait_for
from mqtt_publisher import Publisher

AREAS = ("shibuya", "osaka", "kyoto")
SLOT = 10
PAST = 20 * 60  # seconds: how far back events reach
KILLS = int(os.environ.get("SLOD_KILLS", "100"))

# Rules that never fire, for the counts of their windows: together every minute of the last hour, to the slot.
RULES = "\n".join(f"      - {{ severity: ticket, burn: 100, long: {minutes + 1}m, short: {minutes}m }}"
                  for minutes in range(1, 60, 2))
CONFIG = """
server: { ingest: { listen: "127.0.0.1:%(ingest)d" }, web: { listen: "127.0.0.1:%(web)d" } }
sources:
  gateway:
    http: {}
    format: json
    fields: { time: /ts, method: /method, path: /path, status: /status, latency: { at: /duration_ms, unit: ms },
              labels: { area: /area, slot: /slot } }
  fleet:
    mqtt: { url: "mqtt://127.0.0.1:%(broker)d", client_id: slod-kill-%(pid)d }
    messages:
      - { topic: "vehicles/{device}/commands", is: command,
          fields: { id: /id, name: /name, labels: { area: /area, slot: /slot } } }
      - { topic: "vehicles/{device}/acks", is: reply, fields: { id: /id, result: /result }, good: [ok] }
actors:
%(actors)s
journeys:
  RideStart: { api: { source: gateway, method: POST, route: /v1/rides } }
  Lock: { device: { source: fleet, command: lock, deadline: 10m } }
alert_policies:
  never:
    rules:
%(rules)s
limits: { groups_per_slo: 5000 }
slos:
%(slos)s
  - { name: rides, service: rides, journey: RideStart, sli: availability, objective: 99, actor: [%(areas)s],
      group_by: [area, slot], alert_policy: never }
  - { name: locks, service: rides, journey: Lock, sli: availability, objective: 99, actor: [%(areas)s],
      group_by: [area, slot], alert_policy: never }
"""


def config(broker):
    return CONFIG % {
        "ingest": free_port(), "web": free_port(), "broker": broker.port, "pid": os.getpid(), "rules": RULES,
        "areas": ", ".join(AREAS),
        "actors": "\n".join(f"  {area}: {{ area: {area} }}" for area in AREAS),
        "slos": "\n".join(f"  - {{ name: rides-{area}, service: rides, journey: RideStart, sli: availability, "
                          f"objective: 99, actor: {area}, alert_policy: never }}" for area in AREAS)}


class Batch:
    def __init__(self, key, draw):
        self.key, self.counts, self.answer, self.maybe_stored = key, collections.Counter(), None, False
        lines = []
        for _ in range(draw.randint(1, 12)):
            area, status = draw.choice(AREAS), draw.choice((200, 200, 503))
            slot = int(time.time() - draw.uniform(0, PAST)) // SLOT * SLOT
            self.counts[area, slot, status == 200] += 1
            lines.append(json.dumps({"ts": slot + draw.randint(0, 9), "method": "POST", "path": "/v1/rides",
                                     "status": status, "duration_ms": 0, "area": area, "slot": str(slot)}))
        self.records = len(lines)
        self.body = ("\n".join(lines) + "\n").encode()


class Books:
    """What the generator knows. Its lock guards all of it."""

    def __init__(self):
        self.lock = threading.Lock()
        self.acked = collections.Counter()  # (area, slot, good) -> records
        self.locks = collections.Counter()
        self.unknown, self.old = [], []  # batches without an answer; some that were answered
        self.requests = collections.Counter()
        self.repeated = [0, 0]  # records that must, and those that may have been counted as duplicates
        self.published = 0
        self.wrong = []


class KillTest(IntegrationTest):
    def setUp(self):
        super().setUp()
        self.seed = int(os.environ.get("SLOD_SEED") or random.randrange(1 << 30))
        self.draw = random.Random(self.seed)
        print(f"SLOD_SEED={self.seed}", flush=True)
        self.broker = Mosquitto(self).start()
        self.slod = Slod(self, config(self.broker))
        self.books, self.stop_sending = Books(), threading.Event()
        self.kills = collections.Counter()
        self.start_seconds = 0.3
        self.checkpoints = self.slod.state / "checkpoint"

    # -- the generator -----------------------------------------------------------------------------------------------
    def post(self, batch):
        """One request; what came of it goes to the books."""
        books = self.books
        repeat = batch.answer is not None
        try:
            answer = http_request(self.slod.ingest, "POST", "/ingest/gateway", batch.body,
                                  {"Idempotency-Key": batch.key}, 10)
        except ConnectionRefusedError:
            answer, result = None, "not sent"
        except (OSError, http.client.HTTPException):
            answer, result = None, "unknown"
        else:
            result = str(answer.status)
        with books.lock:
            books.requests[result] += 1
            replayed = answer is not None and answer.headers.get("idempotent-replayed") == "true"
            if result == "200" and repeat and (not replayed or answer.body != batch.answer):
                books.wrong.append(f"{batch.key} sent again got {answer}")
            if result == "200" and json.loads(answer.body)["accepted"] != batch.records:
                books.wrong.append(f"{batch.key}: {answer}")
            if result not in ("200", "503", "unknown", "not sent"):
                books.wrong.append(f"{batch.key}: {answer}")
            if replayed:
                books.repeated[0] += batch.records
            if result == "unknown" and (repeat or batch.maybe_stored):
                books.repeated[1] += batch.records
            if repeat:
                pass
            elif result == "200":
                batch.answer = answer.body
                books.acked.update(batch.counts)
                if len(books.old) < 200:
                    books.old.append(batch)
            elif result == "503":
                # Nothing was counted: whoever does not come back must not be in the sums - unless an earlier try of
                # this batch ended without an answer.
                if batch.maybe_stored:
                    books.unknown.append(batch)
            else:
                batch.maybe_stored = batch.maybe_stored or result == "unknown"
                books.unknown.append(batch)
        return result

    def http_sender(self, number):
        draw, books = random.Random(self.seed * 31 + number), self.books
        for count in itertools.count():
            if self.stop_sending.is_set():
                return
            with books.lock:
                kind = draw.random()
                if kind < 0.2 and books.unknown:
                    batch = books.unknown.pop(draw.randrange(len(books.unknown)))
                elif kind < 0.25 and books.old:
                    batch = draw.choice(books.old)
                else:
                    batch = Batch(f"{number}-{count}", draw)
            if self.post(batch) == "not sent":
                time.sleep(0.02)
            time.sleep(draw.uniform(0, 0.02))

    def mqtt_sender(self):
        draw, books = random.Random(self.seed * 37), self.books
        publisher = Publisher(self.broker.port, f"generator-{os.getpid()}")
        for count in itertools.count():
            if self.stop_sending.is_set():
                break
            messages, made = [], []
            for number in range(draw.randint(1, 4)):
                lock, device, area = f"l{count}-{number}", f"v{count}-{number}", draw.choice(AREAS)
                good, slot = draw.random() < 0.7, int(time.time()) // SLOT * SLOT
                messages.append((f"vehicles/{device}/commands",
                                 {"id": lock, "name": "lock", "area": area, "slot": str(slot)}))
                messages.append((f"vehicles/{device}/acks", {"id": lock, "result": "ok" if good else "jammed"}))
                made.append((area, slot, good))
            publisher.publish(messages)
            with books.lock:
                books.locks.update(made)
                books.published += len(messages)
            time.sleep(draw.uniform(0, 0.1))
        publisher.close()

    # -- the killer --------------------------------------------------------------------------------------------------
    def kill(self, when, may_have_ended=False):
        self.kills[when] += 1
        process = self.slod.process
        died = not process.running() and not may_have_ended
        process.kill()
        if died or "level=error" in process.log():
            raise AssertionError(f"slod said or did something else:\n{process.log()}")
        process.log_path.unlink()

    def start(self):
        began = time.monotonic()
        self.slod.start(60)
        self.start_seconds = max(self.start_seconds, time.monotonic() - began)

    def kill_while_it_starts(self):
        self.slod.spawn()
        time.sleep(self.draw.uniform(0, self.start_seconds))
        self.kill("start-up")

    def kill_while_it_writes_a_checkpoint(self):
        """A stop writes one: waits for a file that was not there, as it is before it gets its name."""
        before, process = self.checkpoint_files(), self.slod.process
        process.signal(signal.SIGTERM)
        while process.running():
            if self.checkpoint_files() - before:
                time.sleep(self.draw.uniform(0, 0.003))
                break
        else:
            self.kills["after a stop"] += 1
            return process.log_path.unlink()
        self.kill("checkpoint", may_have_ended=True)

    def checkpoint_files(self):
        try:
            return set(os.listdir(self.checkpoints))
        except OSError:
            return set()

    def kill_loop(self, kills):
        threads = [threading.Thread(target=self.http_sender, args=(number,)) for number in range(2)]
        threads.append(threading.Thread(target=self.mqtt_sender))
        self.slod.start()
        # What is published before the first subscription is nobody's.
        wait_for("the subscription", lambda: ": connected" in self.slod.process.log())
        for thread in threads:
            thread.start()
        try:
            while sum(self.kills.values()) < kills:
                if self.draw.random() < 0.15:
                    self.kill_while_it_writes_a_checkpoint()
                else:
                    time.sleep(self.draw.choice((0.005, 0.05, 0.3, 0.6)) * self.draw.random())
                    self.kill("running")
                while self.draw.random() < 0.3:
                    self.kill_while_it_starts()
                self.start()
        finally:
            self.stop_sending.set()
            for thread in threads:
                thread.join()

    # -- the audit ---------------------------------------------------------------------------------------------------
    def settle(self, patience=60):
        """Everything without an answer is sent again until it has one; then a tick that has seen it all."""
        books = self.books
        while books.unknown:
            self.post(books.unknown.pop())
        self.slod.tick()
        end = time.monotonic() + patience
        while self.slod.source("fleet")["accepted"] < books.published and time.monotonic() < end:
            time.sleep(0.2)
        self.slod.tick()

    def groups(self, name):
        counts = collections.Counter()
        for group in self.slod.slo(name)["groups"]:
            labels = group["labels"]
            counts[labels["area"], int(labels["slot"]), True] += group["good"]
            counts[labels["area"], int(labels["slot"]), False] += group["bad"]
        return +counts

    def faults(self):
        """Every difference between the books and what slod says."""
        books, out = self.books, []
        for name, expected in (("rides", books.acked), ("locks", books.locks)):
            counted = self.groups(name)
            out += [f"{name} {key}: {counted[key]} counted, {expected[key]} acknowledged"
                    for key in sorted(counted.keys() | expected.keys()) if counted[key] != expected[key]]
        data = self.slod.api("/api/v1/slos")
        as_of = harness.seconds_of(data["as_of"])
        for slo in data["slos"]:
            area = slo["slo"].removeprefix("rides-")
            for window, counts in slo["counts"].items() if area in AREAS else ():
                since = as_of - 60 * int(window.removesuffix("m")) if window != "1h" else as_of - 3600
                expected = collections.Counter()
                for (where, slot, good), count in books.acked.items():
                    expected[good] += count if where == area and since <= slot < as_of else 0
                if (counts["good"], counts["bad"]) != (expected[True], expected[False]):
                    out.append(f"{slo['slo']} over {window}: {counts}, not {expected}")
        gateway, fleet = self.slod.source("gateway"), self.slod.source("fleet")
        if gateway["accepted"] != sum(books.acked.values()):
            out.append(f"gateway: {gateway}, {sum(books.acked.values())} acknowledged")
        if not books.repeated[0] <= gateway["duplicate"] <= sum(books.repeated):
            out.append(f"gateway: {gateway}, {books.repeated} records were sent again")
        if fleet["accepted"] != books.published or fleet["shed"] or fleet["rejected"] or fleet["ignored"]:
            out.append(f"fleet: {fleet}, {books.published} messages were published")
        out += [f"accounts do not balance: {wrong}" for wrong in self.slod.metrics().unbalanced_sources()]
        return out + books.wrong

    def test_after_every_kill_the_sums_are_exactly_those_of_what_was_acknowledged(self):
        began = time.monotonic()
        self.kill_loop(KILLS)
        looped = time.monotonic() - began
        self.settle()
        self.assertEqual(self.faults(), [])
        books = self.books
        print(f"{dict(self.kills)} kills in {looped:.0f} s; requests: {dict(books.requests)}; "
              f"{sum(books.acked.values())} records and {books.published} messages acknowledged", flush=True)
        self.assertGreater(sum(books.acked.values()), 10 * KILLS)
        self.assertGreater(books.requests["unknown"], KILLS // 20, "hardly a kill met a request: this proves little")
        self.slod.stop()
        self.slod.start()
        self.slod.tick()
        self.assertEqual(self.faults(), [])
        self.slod.stop()

    def test_a_slod_that_answers_before_it_commits_fails_this_loop(self):
        binary = os.environ.get("SLOD_EARLY_ANSWER") or str(pathlib.Path(harness.SLOD).parents[1] /
                                                            "tests/integration/slod_early_answer")
        self.assertTrue(os.access(binary, os.X_OK), f"{binary} is not built")
        with unittest.mock.patch.object(harness, "SLOD", binary):
            self.kill_loop(12)
            self.settle(patience=10)
            faults = self.faults()
        self.assertGreater(len(faults), 0, "records that were answered and not stored went unnoticed")
        print(f"{len(faults)} faults found, the first: {faults[0]}", flush=True)


if __name__ == "__main__":
    main()
