"""What a sender over HTTP is answered, and what is counted of it."""

import http.client
import json
import random
import threading
import time

from harness import GATEWAY, RIDES, IntegrationTest, Slod, gzipped, http_request, main, program, ride, run

DOORS = """
sources:%s
  locked:
    http: { token: { file: token } }
    format: json
    fields: { time: /ts, method: /method, path: /path, status: /status }
  bridge:
    http: {}
    messages:
      - { topic: "vehicles/{device}/telemetry", is: report, fields: { time: /ts, battery: /battery } }
journeys:
  RideStart: { api: { source: gateway, method: POST, route: /v1/rides } }
  Locked:    { api: { source: locked, method: POST, route: /v1/rides } }
fleet: { sources: [bridge] }
slos:
  - { name: rides, service: rides, journey: RideStart, sli: availability, objective: 99 }
  - { name: locked, service: rides, journey: Locked, sli: availability, objective: 99 }
  - { name: connectivity, service: fleet, fleet: connectivity, objective: 97 }
""" % GATEWAY


def lines(*records):
    return b"".join((r if isinstance(r, bytes) else json.dumps(r).encode()) + b"\n" for r in records)


def without(record, field):
    return {key: value for key, value in record.items() if key != field}


class HttpTest(IntegrationTest):
    def setUp(self):
        super().setUp()
        self.write("token", "open-sesame\n")

    def answered(self, answer, status, **counts):
        self.assertEqual(answer.status, status, answer.body)
        said = json.loads(answer.body)
        expected = {"accepted": 0, "duplicate": 0, "ignored": 0, "rejected": 0, "late": 0, **counts}
        self.assertEqual({key: said[key] for key in expected}, expected, answer.body)
        return said["errors"]

    def test_bad_records_cost_a_rejection_with_a_reason_and_never_their_neighbours(self):
        slod = Slod(self, DOORS).start()
        long_line = b'{"ts":1,"x":"' + b"y" * 70_000 + b'"}'
        bad = [
            (b'{"ts": 1, "method"', "malformed"), (b"\xff\xfe\x00", "utf8"), (b"5", "not_an_object"),
            (without(ride(), "ts"), "missing_time"), (ride(at=0), "bad_time"), ({**ride(), "ts": "noon"}, "bad_time"),
            (without(ride(), "status"), "missing_status"), (ride("teapot"), "bad_status"), (ride(600), "bad_status"),
            (without(ride(), "path"), "missing_path"), ({**ride(), "path": ["x"]}, "missing_path"),
            ({**ride(), "duration_ms": -5}, "bad_latency"), ({**ride(), "duration_ms": "soon"}, "bad_latency"),
            (long_line, "too_long"),
        ]
        body, reasons = [ride()], {}
        for record, reason in bad:
            body += [record, ride(503)]
            reasons[reason] = reasons.get(reason, 0) + 1
        answer = slod.post("gateway", lines(*body))
        errors = self.answered(answer, 200, accepted=1 + len(bad), rejected=len(bad))
        self.assertEqual([e["index"] for e in errors], list(range(1, 2 * len(bad), 2)))
        self.assertEqual([e["reason"].split(":")[0].split(" ")[0] for e in errors], [reason for _, reason in bad])

        # Bytes that are not UTF-8 inside a readable record, a BOM, CRLF: read.
        odd = json.dumps(ride(area="x?y")).encode().replace(b"x?y", b"x\xc3y")
        self.answered(slod.post("gateway", b"\xef\xbb\xbf" + odd + b"\r\n\r\n" + odd), 200, accepted=2)
        # An array, objects one after the other, compressed: the same records.
        three = [ride(), ride(500), {**ride(), "path": "/elsewhere"}]
        for shape in (json.dumps(three), "".join(map(json.dumps, three)), json.dumps(three, indent=2)):
            self.answered(slod.post("gateway", shape), 200, accepted=2, ignored=1)
        self.answered(slod.post("gateway", gzipped(json.dumps(three)), Content_Encoding="gzip"), 200, accepted=2,
                      ignored=1)
        # Nothing readable.
        self.answered(slod.post("gateway", b"hello\nworld\n"), 400, rejected=2)
        self.answered(slod.post("gateway", json.dumps(three)[:-1]), 400, rejected=1)
        self.answered(slod.post("gateway", gzipped(json.dumps(three))[:-9], Content_Encoding="gzip"), 400, rejected=1)
        self.assertEqual(slod.post("gateway", b"").status, 400)
        # Messages: a payload that is no JSON, an unknown topic, no device.
        message = {"topic": "vehicles/d1/telemetry", "payload": json.dumps({"ts": time.time(), "battery": 50})}
        errors = self.answered(
            slod.post("bridge", [message, {**message, "payload": "not json"}, {**message, "topic": "other/d1"},
                                 {**message, "payload": '{"battery":"full"}'}, {"payload": "{}"}]),
            200, accepted=1, ignored=1, rejected=3)
        self.assertEqual([e["index"] for e in errors], [1, 3, 4])

        slod.tick()
        good, bad_events = 1 + 2 + 4, len(bad) + 4
        self.assertEqual(slod.counts("rides"), (good, bad_events))
        gateway = slod.source("gateway")
        self.assertEqual(gateway["accepted"], good + bad_events)
        self.assertEqual(gateway["ignored"], 4)
        for reason, count in {"malformed": 2 + 1 + 1}.items():
            reasons[reason] = reasons.get(reason, 0) + count
        self.assertEqual(gateway["rejected_by_reason"], reasons)
        self.assertEqual(gateway["received"], good + bad_events + 4 + sum(reasons.values()))
        bridge = slod.source("bridge")
        self.assertEqual((bridge["received"], bridge["accepted"], bridge["ignored"], bridge["rejected"]), (5, 1, 1, 3))
        self.assertEqual(slod.metrics().unbalanced_sources(), [])
        slod.stop()

    def test_requests_that_cannot_be_taken_are_refused_quickly_and_in_words(self):
        slod = Slod(self, DOORS).start()
        one = lines(ride())
        self.assertEqual(slod.post("nowhere", one).status, 404)
        self.assertEqual(http_request(slod.ingest, "GET", "/ingest/gateway").status, 405)
        self.assertEqual(slod.post("locked", one).status, 401)
        self.assertEqual(slod.post("locked", one, Authorization="Bearer open-sesam").status, 401)
        self.assertEqual(slod.post("locked", one, Authorization="Bearer open-sesame").status, 200)
        self.assertEqual(slod.post("gateway", one, Content_Encoding="br").status, 415)
        refused = slod.post("gateway", one, Content_Encoding="br")
        self.assertIn("gzip", json.loads(refused.body)["error"])

        # 100 MB: announced, in chunks, and as 100 kB of gzip. The answer comes before the body has been sent.
        begin = time.monotonic()
        self.assertEqual(self.post_head_only(slod, {"Content-Length": str(100_000_000)}), 413)
        self.assertEqual(self.post_chunks(slod, 100), 413)
        bomb = gzipped(lines(ride()) * 700_000)
        self.assertLess(len(bomb), 1_000_000)
        begin_bomb = time.monotonic()
        self.assertEqual(slod.post("gateway", bomb, Content_Encoding="gzip").status, 413)
        self.assertLess(begin_bomb - begin, 5)
        self.assertLess(time.monotonic() - begin_bomb, 5)
        curl = run(program("curl"), "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--data-binary", "@-",
                   f"http://127.0.0.1:{slod.ingest}/ingest/gateway", stdin=one.decode())
        self.assertEqual(curl.stdout, "200")
        self.assertEqual(http_request(slod.web, "POST", "/api/v1/slos", b"{}").status, 405)
        slod.tick()
        self.assertEqual(slod.counts("rides"), (1, 0))
        self.assertEqual(slod.counts("locked"), (1, 0))
        self.assertEqual(http_request(slod.web, "GET", "/api/v1/nothing").status, 404)
        self.assertEqual(slod.get("/api/v1/slos/none").status, 404)
        slod.stop()

    def post_head_only(self, slod, headers):
        connection = http.client.HTTPConnection("127.0.0.1", slod.ingest, timeout=5)
        connection.putrequest("POST", "/ingest/gateway")
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        status = connection.getresponse().status
        connection.close()
        return status

    def post_chunks(self, slod, megabytes):
        """Sends until somebody stops us; then reads the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", slod.ingest, timeout=10)
        connection.putrequest("POST", "/ingest/gateway")
        connection.putheader("Transfer-Encoding", "chunked")
        connection.endheaders()
        chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
        try:
            for _ in range(megabytes):
                connection.send(chunk)
        except OSError:
            pass
        status = connection.getresponse().status
        connection.close()
        return status

    def test_received_is_the_sum_of_what_became_of_the_records_at_every_scrape_under_load(self):
        slod = Slod(self, RIDES).start()
        seed = random.randrange(1 << 30)
        print(f"seed {seed}", flush=True)
        sums, lock, stop = dict.fromkeys(("accepted", "ignored", "rejected", "late"), 0), threading.Lock(), threading.Event()
        repeats, unanswered = [0], []

        def sender(number):
            draw = random.Random(seed + number)
            batch = 0
            while not stop.is_set():
                batch += 1
                kinds = draw.choices((200, 503, 404, "elsewhere", "broken", "ancient"), k=draw.randint(1, 300))
                body = lines(*(b"{broken" if kind == "broken" else
                               ride(at=1_000_000_000) if kind == "ancient" else
                               {**ride(), "path": "/elsewhere"} if kind == "elsewhere" else ride(kind)
                               for kind in kinds))
                for attempt in range(draw.choice((1, 1, 2))):
                    answer = slod.post("gateway", body, key=f"{number}-{batch}")
                    if answer.status not in (200, 400):
                        unanswered.append(answer)
                        return
                    with lock:
                        if attempt:
                            repeats[0] += len(kinds)
                            continue
                        said = json.loads(answer.body)
                        for name in sums:
                            sums[name] += said[name]

        threads = [threading.Thread(target=sender, args=(number,)) for number in range(3)]
        for thread in threads:
            thread.start()
        scrapes, end = 0, time.monotonic() + 15
        while time.monotonic() < end:
            metrics = slod.metrics()
            self.assertEqual(metrics.unbalanced_sources(), [])
            self.assertEqual(len(metrics.values("slod_source_received_total")), 1)
            scrapes += 1
            time.sleep(0.05)
        stop.set()
        for thread in threads:
            thread.join()
        self.assertEqual(unanswered, [])
        slod.tick()
        source = slod.source("gateway")
        self.assertEqual({name: source[name] for name in sums}, sums)
        self.assertEqual(source["duplicate"], repeats[0])
        self.assertEqual(source["received"], sum(sums.values()) + repeats[0])
        self.assertGreater(min(sums.values()), 0)
        slo = slod.slo("rides")
        self.assertEqual(slo["good"] + slo["bad"] + slo["excluded"], sums["accepted"])
        print(f"{source['received']} records, {scrapes} scrapes", flush=True)
        slod.stop()


if __name__ == "__main__":
    main()
