"""Clocks that are set and slewed under the running daemon, by libfaketime: journal time goes on at the pace of the machine,
so that no tick is missed, no record is counted elsewhere and no device is called silent; a clock that stays elsewhere for a
minute is believed, and what lies between is unobserved. A process that was stopped for a while knows that it was.
"""

import glob
import json
import signal
import threading
import time

from harness import GATEWAY, TICK, IntegrationTest, Slod, main, ride, seconds_of, wait_for

CONFIG = """
sources:%s
  fleet:
    http: {}
    messages:
      - { topic: "v/{device}/t", is: report, fields: { battery: /b, state: /state } }
fleet: { sources: [fleet], report_every: 10s }
journeys:
  RideStart: { api: { source: gateway, method: POST, route: /v1/rides } }
slos:
  - { name: rides, service: rides, journey: RideStart, objective: 99 }
  - { name: connected, service: fleet, fleet: connectivity, objective: 97 }
""" % GATEWAY
DEVICES = 3


def library():
    found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    if not found:
        raise AssertionError("libfaketime is not installed: apt-get install faketime")
    return found[0]


class Clocked(Slod):
    """A daemon whose wall clock is off by what set() says; its other clocks are the machine's."""

    def __init__(self, test, name):
        self.offset = test.write(f"{name}.offset", "+0")
        super().__init__(test, CONFIG, name, wrapper=[
            "env", f"LD_PRELOAD={library()}", f"FAKETIME_TIMESTAMP_FILE={self.offset}", "FAKETIME_NO_CACHE=1",
            "FAKETIME_DONT_FAKE_MONOTONIC=1"])
        self.posted, self.ticks, self._stop = [0, 0], [], threading.Event()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._send, self._watch)]
        test.addCleanup(self.end)

    def set(self, seconds):
        new = self.offset.with_suffix(".new")
        new.write_text(f"{seconds:+.3f}")
        new.rename(self.offset)

    def begin(self):
        self.start()
        for thread in self._threads:
            thread.start()
        return self

    def end(self):
        self._stop.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(20)

    def _send(self):
        """Rides and reports, a few a second, with the sender's own and true time. A stopped daemon lets them wait."""
        number = 0
        while not self._stop.is_set():
            number += 1
            status = 503 if number % 3 == 0 else 200
            reports = "".join(json.dumps({"topic": f"v/d{device}/t", "payload": {"b": 50, "state": f"on{number}"}}) + "\n"
                              for device in range(DEVICES))
            if self.post("gateway", [ride(status)], timeout=90).status == 200:
                self.posted[status != 200] += 1
            self.post("fleet", reports, timeout=90)
            time.sleep(0.3)

    def _watch(self):
        """Every tick that was ever shown."""
        while not self._stop.is_set():
            try:
                as_of = seconds_of(self.api("/api/v1/slos")["as_of"])
            except (OSError, KeyError):
                as_of = None
            if as_of and (not self.ticks or self.ticks[-1][1] != as_of):
                self.ticks.append((time.time(), as_of))
            time.sleep(0.2)

    def steps(self):
        return [later - earlier for (_, earlier), (_, later) in zip(self.ticks, self.ticks[1:])]


class ClockTest(IntegrationTest):
    def test_steps_and_slews_move_nothing_and_a_clock_that_stays_elsewhere_is_believed_after_a_minute(self):
        steady, moved, stopped = (Clocked(self, name).begin() for name in ("steady", "moved", "stopped"))
        begun = time.time()
        for slod in (steady, moved, stopped):
            wait_for("the first tick", lambda: slod.ticks, 3 * TICK)
        moved.set(3600)
        moved_at = time.time()
        stopped.process.signal(signal.SIGSTOP)
        for step in range(16):
            steady.set((0, 1, 0, -1)[step % 4])
            time.sleep(0.5)
        for far in (3600, -3600):
            steady.set(far)
            time.sleep(TICK + 2)
        steady.set(0)
        stopped.process.signal(signal.SIGCONT)
        for step in range(60):  # a slew of one second in six, far beyond what NTP does
            steady.set(step / 60)
            time.sleep(0.1)
        wait_for("the move to be believed", lambda: moved.ticks[-1][1] > time.time() + 3000, 90)
        believed = time.time() - moved_at
        before = len(moved.ticks)
        wait_for("ticks behind it", lambda: len(moved.ticks) >= before + 1, 3 * TICK)
        minute = (int(time.time()) // 60) * 60
        for slod in (steady, moved, stopped):
            slod.end()

        # Steady: each tick ten seconds behind the one before, shown when it was due.
        self.assertEqual(set(steady.steps()), {TICK}, steady.ticks)
        self.assertLess(max(shown - tick for shown, tick in steady.ticks), 5)
        self.assertGreater(min(shown - tick for shown, tick in steady.ticks), -2)
        for slod in (steady, moved, stopped):
            tick = seconds_of(slod.api("/api/v1/slos")["as_of"])  # nothing is sent any more
            wait_for("a last tick", lambda: seconds_of(slod.api("/api/v1/slos")["as_of"]) > tick, 3 * TICK)
            self.assertEqual(list(slod.counts("rides")), slod.posted)
            self.assertEqual(slod.metrics().unbalanced_sources(), [])
            self.assertEqual(slod.slo("connected")["bad"], 0, f"{slod.name}: a device was called silent")
        connected = steady.slo("connected")
        self.assertGreater(minute, begun // 60 * 60)
        self.assertLessEqual(connected["unobserved"], DEVICES, "at most the minute in which it started")
        self.assertGreaterEqual(connected["good"], DEVICES * ((minute - int(begun) // 60 * 60) // 60 - 1))

        # Moved: ticks went on meanwhile, and one step leads to the other time.
        self.assertGreater(believed, 55)
        jumps = [step for step in moved.steps() if step != TICK]
        self.assertEqual(len(jumps), 1, moved.ticks)
        self.assertAlmostEqual(jumps[0], 3600, delta=2 * TICK)
        self.assertGreaterEqual(moved.slo("connected")["unobserved"], DEVICES * 59, "the hour that was set over")

        # Stopped: one gap, as long as it was; what was sent meanwhile came in behind it.
        gaps = [step for step in stopped.steps() if step != TICK]
        self.assertEqual(len(gaps), 1, stopped.ticks)
        self.assertGreater(gaps[0], 2 * TICK)
        self.assertGreaterEqual(stopped.slo("connected")["unobserved"], DEVICES)
        for slod in (steady, moved, stopped):
            slod.stop()


if __name__ == "__main__":
    main()
