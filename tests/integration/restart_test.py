"""What survives a stop, a kill and a repeated request."""

import http.client
import json
import random
import signal
import threading
import time

from harness import GATEWAY, IntegrationTest, Slod, main, ride

CONFIG = """
sources:%s
journeys:
  RideStart: { api: { source: gateway, method: POST, route: /v1/rides } }
  Unlock:
    api: { source: gateway, method: POST, route: "/v1/vehicles/{device}/unlock" }
    retry: { by: [device], within: 60s }
slos:
  - { name: rides, service: rides, journey: RideStart, sli: availability, objective: 99, group_by: [area] }
  - { name: fast, service: rides, journey: RideStart, sli: latency, threshold: 1s, objective: 95 }
  - { name: unlock, service: rides, journey: Unlock, sli: availability, objective: 99 }
""" % GATEWAY


def timeless(slos):
    """What may not change over a restart; burn windows go on sliding."""
    return [{key: slo[key] for key in ("slo", "good", "bad", "valid", "excluded", "attempts", "sli", "sli_raw", "budget",
                                       "latency", "outcomes", "completeness", "groups")} for slo in slos]


class RestartTest(IntegrationTest):
    def mixed_records(self, draw):
        records = []
        for number in range(500):
            status = draw.choice((200, 200, 200, 503, 404))
            record = ride(status, area=draw.choice(("shibuya", "osaka")), request_id=f"r{number}")
            record["duration_ms"] = draw.choice((5, 120, 999.9, 1000, 1000.1, 4000))
            if number % 5 == 0:
                record["path"] = f"/v1/vehicles/v{draw.randint(1, 20)}/unlock"
            records.append(record)
        return records

    def test_numbers_are_the_same_after_a_stop_and_after_a_kill_right_behind_the_answer(self):
        seed = random.randrange(1 << 30)
        print(f"seed {seed}", flush=True)
        draw = random.Random(seed)
        slod = Slod(self, CONFIG).start()
        for _ in range(3):
            self.assertEqual(slod.post("gateway", self.mixed_records(draw)).status, 200)
        self.assertEqual(slod.post("gateway", "{broken\n").status, 400)
        slod.tick()
        slos, sources = timeless(slod.api("/api/v1/slos")["slos"]), slod.api("/api/v1/sources")["sources"]
        self.assertGreater(sources[0]["duplicate"], 0)  # the same ids, three times over
        metrics = [sample for sample in slod.metrics().samples
                   if sample[0].startswith(("slod_events", "slod_attempts", "slod_source_re", "slod_event_latency"))]
        slod.restart()
        # At once, from the last tick; and again from the next one.
        self.assertEqual(timeless(slod.api("/api/v1/slos")["slos"]), slos)
        self.assertEqual(slod.api("/api/v1/sources")["sources"], sources)
        self.assertEqual([s for s in slod.metrics().samples if s in metrics], metrics)
        answer = slod.post("gateway", [ride(200, area="kyoto"), ride(503, area="kyoto")])
        slod.kill()
        self.assertEqual(json.loads(answer.body)["accepted"], 2)
        slod.start()
        slod.tick()
        after = slod.slo("rides")
        self.assertEqual((after["good"], after["bad"]), (slos[0]["good"] + 1, slos[0]["bad"] + 1))
        self.assertEqual([g["valid"] for g in after["groups"] if g["labels"] == {"area": "kyoto"}], [2])
        self.assertEqual(timeless(slod.api("/api/v1/slos")["slos"])[2], slos[2])
        slod.stop()

    def test_a_repeated_key_gets_the_first_answer_byte_for_byte_even_after_a_kill(self):
        slod = Slod(self, CONFIG).start()
        body = [ride(200), ride(503), {"ts": "never"}, {**ride(200), "path": "/else"}]
        text = "".join(json.dumps(record) + "\n" for record in body)
        first = slod.post("gateway", text, key="order-66")
        self.assertEqual(first.status, 200)
        self.assertNotIn("idempotent-replayed", first.headers)
        refused = slod.post("gateway", "nothing\n", key="order-67")
        self.assertEqual(refused.status, 400)
        for restart in (None, slod.restart, lambda: (slod.kill(), slod.start())):
            if restart:
                restart()
            again = slod.post("gateway", text, key="order-66")
            self.assertEqual((again.status, again.body), (first.status, first.body))
            self.assertEqual(again.headers.get("idempotent-replayed"), "true")
            again = slod.post("gateway", "nothing\n", key="order-67")
            self.assertEqual((again.status, again.body), (refused.status, refused.body))
            self.assertEqual(again.headers.get("idempotent-replayed"), "true")
            other = slod.post("gateway", text + text, key="order-66")
            self.assertEqual(other.status, 422, other.body)
        slod.tick()
        self.assertEqual(slod.counts("rides"), (1, 1))
        source = slod.source("gateway")
        self.assertEqual((source["accepted"], source["ignored"], source["rejected"]), (2, 1, 2))
        self.assertEqual((source["duplicate"], source["received"]), (15, 20))
        slod.stop()

    def test_after_ten_kills_the_sums_are_exactly_those_of_the_acknowledged_keys(self):
        seed = random.randrange(1 << 30)
        print(f"seed {seed}", flush=True)
        slod = Slod(self, CONFIG).start()
        ports, stop, lock = {"ingest": slod.ingest}, threading.Event(), threading.Lock()
        acked, repeats, wrong = [0, 0], [0, 0], []

        def sender(number):
            """Each batch again and again with its key until it is acknowledged; what is unknown is never given up."""
            draw, batch = random.Random(seed + number), 0
            while not stop.is_set():
                batch += 1
                good, bad = draw.randint(0, 20), draw.randint(1, 5)
                body = "".join(json.dumps(record) + "\n" for record in [ride(200)] * good + [ride(500)] * bad).encode()
                while True:
                    try:
                        answer = self.send(ports["ingest"], body, f"{number}-{batch}")
                    except (OSError, http.client.HTTPException):
                        repeats[0] += 1
                        time.sleep(0.02)
                        continue
                    if answer[0] == 503:
                        time.sleep(0.02)
                        continue
                    if answer[0] != 200 or json.loads(answer[2])["accepted"] != good + bad:
                        wrong.append(answer)
                    with lock:
                        acked[0] += good
                        acked[1] += bad
                        repeats[1] += answer[1]
                    break

        threads = [threading.Thread(target=sender, args=(number,)) for number in range(3)]
        for thread in threads:
            thread.start()
        draw = random.Random(seed)
        for _ in range(10):
            time.sleep(draw.uniform(0.005, 0.4))
            slod.kill()
            slod.start()
            ports["ingest"] = slod.ingest
        # Also while it starts: the journal is being read then.
        slod.kill()
        slod.spawn()
        time.sleep(draw.uniform(0.005, 0.1))
        slod.kill()
        slod.start()
        ports["ingest"] = slod.ingest
        time.sleep(0.3)
        stop.set()
        for thread in threads:
            thread.join()
        slod.tick()
        self.assertEqual(wrong, [])
        self.assertGreater(sum(acked), 100)
        self.assertEqual(list(slod.counts("rides")), acked)
        self.assertEqual(slod.metrics().unbalanced_sources(), [])
        print(f"{sum(acked)} records acknowledged; {repeats[0]} requests without an answer, "
              f"{repeats[1]} of them had been stored", flush=True)
        slod.restart()
        self.assertEqual(list(slod.counts("rides")), acked)
        slod.stop()

    @staticmethod
    def send(port, body, key):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("POST", "/ingest/gateway", body, {"Idempotency-Key": key})
            answer = connection.getresponse()
            return answer.status, answer.getheader("Idempotent-Replayed") == "true", answer.read()
        finally:
            connection.close()

    def test_a_second_daemon_on_the_state_directory_is_refused_by_pid(self):
        slod = Slod(self, CONFIG).start()
        second = Slod(self, CONFIG, name="second", state=slod.state).spawn()
        self.assertEqual(second.process.wait(), 1)
        self.assertIn(str(slod.process.pid), second.process.log())
        self.assertIn("in use by another process", second.process.log())
        self.assertIn("slod", second.process.log().split("in use by another process")[1].split(")")[0])
        # With the same ports too the directory is what is named.
        ports = 'server: { ingest: { listen: "127.0.0.1:%d" }, web: { listen: "127.0.0.1:%d" } }\n' % (slod.ingest, slod.web)
        twin = Slod(self, ports + CONFIG, name="twin", state=slod.state).spawn()
        self.assertEqual(twin.process.wait(), 1)
        self.assertIn("in use by another process", twin.process.log())
        self.assertIn(str(slod.process.pid), twin.process.log())
        self.assertEqual(slod.post("gateway", [ride()]).status, 200)
        slod.process.signal(signal.SIGINT)
        self.assertEqual(slod.process.wait(), 0)


if __name__ == "__main__":
    main()
