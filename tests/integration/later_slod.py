"""A slod whose wall clock stands elsewhere, by libfaketime: days pass between two starts."""

import time

from clock_test import library
from harness import TICK, Slod, seconds_of, wait_for


class LaterSlod(Slod):
    """Its wall clock is set before each start; its other clocks are the machine's."""

    def __init__(self, test, config, state=None):
        self.offset = test.write("offset", "+0")
        super().__init__(test, config, state=state, wrapper=[
            "env", f"LD_PRELOAD={library()}", f"FAKETIME_TIMESTAMP_FILE={self.offset}", "FAKETIME_NO_CACHE=1",
            "FAKETIME_DONT_FAKE_MONOTONIC=1"])

    def start_at(self, ago, second):
        """`second` of 0 to 9 s: how long the last tick would be ago. Returns its clock now."""
        self.shift = (second - (time.time() - ago)) % TICK - ago
        self.offset.write_text(f"{self.shift:+.3f}")
        self.start()
        return self.now()

    def now(self):
        return time.time() + self.shift

    def tick_of_now(self):
        started = self.now()
        wait_for("a tick", lambda: seconds_of(self.api("/api/v1/slos")["as_of"]) >= started, 4 * TICK)
