"""The real binary, and system calls that fail, are slow, or are its last: for every call that a short life reaches.

A life: start, three keyed batches, a message of no interest, stop. strace makes the N-th call fail (or kills slod there),
for N = 1, 2, 3 ... until a life ends without meeting it. All lives share one state directory; what had no answer is sent
again in the next one, so that at the end the sums say whether anything was answered that was not stored, or stored twice.
"""

import collections
import http.client
import json
import os
import re
import time

from harness import RIDES, IntegrationTest, Slod, main, program, ride

DEEP = "SLOD_KILLS" in os.environ and int(os.environ["SLOD_KILLS"]) > 100
EXIT_JOURNAL = 3


class SyscallTest(IntegrationTest):
    def setUp(self):
        super().setUp()
        self.slod = Slod(self, RIDES)
        self.acked, self.waiting, self.made = collections.Counter(), {}, 0

    def inject(self, call, what):
        self.trace = self.dir / f"trace-{self.slod.starts}"
        self.slod.wrapper = [program("strace"), "-D", "-f", "-qq", "-ttt", "-o", str(self.trace), "-e",
                             f"trace={call},exit_group", "-e", f"inject={call}:{what}"]

    def injected(self):
        return "INJECTED" in self.trace.read_text() or "killed by SIGKILL" in self.trace.read_text()

    def send(self, key):
        """True: answered 200. False: refused or no answer, to be sent again."""
        body, counts = self.waiting[key]
        try:
            answer = self.slod.post("gateway", body, key=key)
        except (OSError, http.client.HTTPException):
            return False
        if answer.status != 200:
            self.assertEqual(answer.status, 503, answer)
            self.assertGreaterEqual(int(answer.headers["retry-after"]), 1)
            return False
        self.acked.update(counts)
        del self.waiting[key]
        return True

    def batch(self):
        self.made += 1
        good, bad = self.made % 5, 1 + self.made % 3
        body = "".join(json.dumps(record) + "\n" for record in [ride(200)] * good + [ride(503)] * bad)
        self.waiting[f"k{self.made}"] = (body, {"good": good, "bad": bad})
        return f"k{self.made}"

    def life(self):
        """One life. Its exit code, and how many batches had no 200."""
        self.slod.spawn()
        try:
            self.slod.wait_ready()
        except AssertionError:
            return self.slod.process.wait(), 0
        keys = list(self.waiting) + [self.batch() for _ in range(3)]
        failed = [key for key in keys if not self.send(key)]
        self.slod.process.signal(15)
        return self.slod.process.wait(), len(failed)

    def settle(self):
        self.slod.wrapper = []
        self.slod.start()
        for key in list(self.waiting):
            self.assertTrue(self.send(key))
        self.slod.tick()
        self.assertEqual(self.slod.counts("rides"), (self.acked["good"], self.acked["bad"]))
        self.assertEqual(self.slod.metrics().unbalanced_sources(), [])
        self.slod.stop()

    def seconds_to_the_end(self):
        error = end = None
        for line in self.trace.read_text().splitlines():
            match = re.match(r"\d+ +(\d+\.\d+) (.*)", line)
            if match and "INJECTED" in line and error is None:
                error = float(match[1])
            if match and "exit_group" in line:
                end = float(match[1])
        return end - error

    def test_whichever_sync_fails_nothing_is_answered_that_is_not_stored_and_slod_ends_within_a_second(self):
        ends, delays = collections.Counter(), []
        for number in range(1, 200):
            self.inject("fdatasync", f"error=EIO:when={number}")
            code, failed = self.life()
            if not self.injected():
                break
            ends[code] += 1
            self.assertIn(code, (0, 1, EXIT_JOURNAL))
            if failed:
                self.assertEqual(code, EXIT_JOURNAL, self.slod.process.log())
            if code == EXIT_JOURNAL:
                self.assertIn("can no longer be written", self.slod.process.log())
                delays.append(self.seconds_to_the_end())
        else:
            self.fail("no life ended without the fault")
        print(f"{number - 1} syncs failed; exit codes {dict(ends)}; at most {max(delays):.3f} s to the end", flush=True)
        self.assertGreaterEqual(ends[EXIT_JOURNAL], 3)
        self.assertLess(max(delays), 1)
        self.settle()

    def kill_at_every(self, call, step):
        number = kills = 0
        for number in range(1, 2000, step):
            self.inject(call, f"signal=KILL:when={number}")
            self.life()
            if not self.injected():
                break
            kills += 1
        else:
            self.fail("no life ended by itself")
        print(f"killed at {kills} of {number} {call} calls", flush=True)
        self.assertGreater(kills, 5)
        self.settle()

    def test_killed_at_whichever_sync_it_counts_what_it_answered_once(self):
        self.kill_at_every("fdatasync", 1)

    def test_killed_at_whichever_write_it_counts_what_it_answered_once(self):
        self.kill_at_every("pwrite64", 1 if DEEP else 7)

    def test_writes_that_find_no_room_are_503_and_heal_by_themselves(self):
        refused = 0
        for step in (range(15, 40) if DEEP else (17, 19, 23, 29)):
            self.inject("pwrite64", f"error=ENOSPC:when={40 + step}+{step}")  # from after the start on, every so many
            self.slod.spawn()
            self.slod.wait_ready()
            for _ in range(40):
                key, begin = self.batch(), time.monotonic()
                while not self.send(key):
                    refused += 1
                    self.assertTrue(self.slod.process.running(), self.slod.process.log())
                    self.assertLess(time.monotonic() - begin, 20)
                    time.sleep(0.1)
            self.slod.process.signal(15)
            self.assertEqual(self.slod.process.wait(), 0, self.slod.process.log())
        print(f"{refused} requests found no room", flush=True)
        self.assertGreater(refused, 5)
        self.settle()

    def test_an_answer_waits_for_a_slow_disk(self):
        self.slod.start()
        self.slod.stop()
        self.inject("fdatasync", "delay_enter=400000")
        self.slod.spawn()
        self.slod.wait_ready(60)
        begin = time.monotonic()
        self.assertTrue(self.send(self.batch()))
        self.assertGreater(time.monotonic() - begin, 0.4)
        self.slod.stop()
        self.settle()


if __name__ == "__main__":
    main()
