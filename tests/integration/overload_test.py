"""More than slod can take: bodies beyond the budget are refused with 503 and Retry-After before they are read, senders who
hold their place and say nothing lose it, and health, metrics and ticks go on as if nothing were."""

import socket
import threading
import time

from harness import RIDES, TICK, IntegrationTest, Slod, http_request, main, ride, seconds_of, wait_for

BODY = 15 * 1024 * 1024
BUDGET = 256 * 1024 * 1024
FIT = BUDGET // BODY  # bodies that have room at once


class Watch(threading.Thread):
    """Asks for health and metrics all the time; keeps how long each answer took, and every tick."""

    def __init__(self, slod):
        super().__init__(daemon=True)
        self.slod, self.took, self.ticks, self._over = slod, [], [], threading.Event()

    def run(self):
        while not self._over.is_set():
            for path in ("/-/healthy", "/metrics"):
                begin = time.monotonic()
                assert http_request(self.slod.web, "GET", path).status == 200
                self.took.append(time.monotonic() - begin)
            as_of = self.slod.api("/api/v1/slos")["as_of"]
            if not self.ticks or self.ticks[-1] != as_of:
                self.ticks.append(as_of)
            time.sleep(0.02)

    def end(self):
        self._over.set()
        self.join(30)
        return sorted(self.took)


class OverloadTest(IntegrationTest):
    def hold(self, slod, sent=1000):
        """Announces a large body, sends a little of it, and waits."""
        connection = socket.create_connection(("127.0.0.1", slod.ingest), 10)
        self.addCleanup(connection.close)
        connection.sendall(b"POST /ingest/gateway HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % BODY + b" " * sent)
        return connection

    def answer(self, connection, timeout=10):
        connection.settimeout(timeout)
        try:
            return connection.recv(65536).decode()
        except TimeoutError:
            return ""

    def test_what_has_no_room_is_told_to_come_back_and_nobody_else_notices(self):
        slod = Slod(self, RIDES).start()
        slod.tick()
        watch = Watch(slod)
        watch.start()
        holding = [self.hold(slod) for _ in range(FIT)]
        refused = [self.answer(self.hold(slod)) for _ in range(8)]
        for text in refused:
            self.assertTrue(text.startswith("HTTP/1.1 503"), text)
            self.assertIn("Retry-After:", text)
        self.assertEqual([self.answer(connection, 0.01) for connection in holding], [""] * FIT, "these have their place")
        self.assertEqual(slod.metrics().values("slod_http_refused_total", listener="ingest"), [8])
        wait_for("a line that says so", lambda: "the ingest listener had no room for" in slod.process.log())
        # A small body has room: the budget is bytes and not connections.
        self.assertEqual(slod.post("gateway", [ride(200)]).status, 200)
        # Whoever holds a place and sends too slowly loses it after the grace, and then there is room again.
        lost = [self.answer(connection, 30) for connection in holding]
        self.assertTrue(all(text.startswith("HTTP/1.1 408") for text in lost), lost)
        big = b"".join(b'{"ts":%d,"method":"POST","path":"/v1/rides","status":200,"pad":"%s"}\n' %
                       (int(time.time()), b"x" * 60_000) for _ in range(200))
        wait_for("room", lambda: slod.post("gateway", big).status == 200, 10)

        # A flood of what can be taken, from more senders than there are threads, and headers that never end beside it.
        counted, stop, lock = [0, 0], threading.Event(), threading.Lock()
        body = "".join('{"ts":%d,"method":"POST","path":"/v1/rides","status":503}\n' % time.time() for _ in range(2000))

        def flood():
            while not stop.is_set():
                answer = slod.post("gateway", body)
                with lock:
                    counted[answer.status != 200] += 1
                    if answer.status != 200:
                        wrong.add((answer.status, "retry-after" in answer.headers))

        wrong = set()
        dribbles = [socket.create_connection(("127.0.0.1", slod.ingest), 10) for _ in range(100)]
        for connection in dribbles:
            self.addCleanup(connection.close)
            connection.sendall(b"POST /ingest/gateway HTTP/1.1\r\nX-Slow: ")
        threads = [threading.Thread(target=flood) for _ in range(8)]
        for thread in threads:
            thread.start()
        time.sleep(TICK + 2)
        stop.set()
        for thread in threads:
            thread.join()
        took = watch.end()
        self.assertLessEqual(wrong, {(503, True)})
        print(f"{len(took)} answers of health and metrics: median {took[len(took) // 2] * 1e3:.1f} ms, p99 "
              f"{took[len(took) * 99 // 100] * 1e3:.1f} ms, most {took[-1] * 1e3:.1f} ms; {counted[0]} batches of 2000 "
              f"taken, {counted[1]} refused", flush=True)
        self.assertLess(took[len(took) // 2], 0.25)
        self.assertLess(took[-1], 5)
        steps = {seconds_of(later) - seconds_of(earlier) for earlier, later in zip(watch.ticks, watch.ticks[1:])}
        self.assertEqual(steps, {TICK}, watch.ticks)
        for connection in dribbles[:3]:
            self.assertTrue(self.answer(connection, 20).startswith("HTTP/1.1 408"))
        slod.tick()
        self.assertEqual(slod.counts("rides"), (1 + 200, 2000 * counted[0]))
        self.assertEqual(slod.metrics().unbalanced_sources(), [])
        slod.stop()


if __name__ == "__main__":
    main()
