"""A followed log, rotated in every way while slod is killed between any two steps: each line counts once.

A seeded writer appends numbered lines and rotates by rename, by copytruncate, by truncation (of what has been read) and by
removing the file, whose inode the next one may get; slod is killed, stopped and started in between. A line's number is its
status and area, so that the sums by area tell what is missing. SLOD_SEED replays.
"""

import collections
import contextlib
import json
import os
import random
import shutil
import sqlite3
import time

from harness import IntegrationTest, Slod, main, wait_for

AREAS = 40
STEPS = 120
CONFIG = """
sources:
  edge:
    file: { path: "%s" }
    format: json
    fields: { time: /ts, method: /method, path: /path, status: /status, labels: { area: /area } }
journeys:
  RideStart: { api: { source: edge, method: POST, route: /v1/rides } }
slos:
  - { name: rides, service: rides, journey: RideStart, objective: 99, group_by: [area] }
"""


class RotationTest(IntegrationTest):
    def setUp(self):
        super().setUp()
        self.seed = int(os.environ.get("SLOD_SEED") or random.randrange(1 << 30))
        print(f"SLOD_SEED={self.seed}", flush=True)
        self.draw = random.Random(self.seed)
        self.log = self.dir / "access.log"
        self.slod = Slod(self, CONFIG % self.log)
        self.written, self.lines, self.rotations = collections.Counter(), 0, 0
        self.done = collections.Counter()

    def line(self):
        self.lines += 1
        area, good = f"a{self.draw.randrange(AREAS)}", self.draw.random() < 0.8
        self.written[area, good] += 1
        return json.dumps({"ts": round(time.time(), 3), "n": self.lines, "method": "POST", "path": "/v1/rides",
                           "status": 200 if good else 503, "area": area, "pad": "x" * self.draw.randrange(80)}) + "\n"

    def append(self):
        with open(self.log, "a") as log:
            for _ in range(self.draw.randint(1, 20)):
                line = self.line()
                cut = self.draw.randrange(len(line)) if self.draw.random() < 0.1 else 0
                log.write(line[:cut])
                log.flush()
                log.write(line[cut:])

    def rotated(self, suffix=""):
        self.rotations += 1
        return self.dir / f"access.log.{self.rotations}{suffix}"

    def rename(self):
        old = self.rotated()
        self.log.rename(old)
        if self.draw.random() < 0.5:  # its writer goes on for a moment
            with open(old, "a") as log:
                log.write(self.line())
        if self.draw.random() < 0.5:
            self.step("between a rename and the new file")
        self.append()

    def copytruncate(self):
        shutil.copy(self.log, self.rotated())
        os.truncate(self.log, 0)

    def remove(self):
        self.caught_up()
        self.log.unlink()
        self.append()

    def truncate(self):
        self.caught_up()
        os.truncate(self.log, 0)

    def step(self, where):
        """slod goes, or comes, or stays."""
        running = self.slod.process.running()
        kind = self.draw.choice(("kill", "kill", "stop", "nothing") if running else ("start", "start", "nothing"))
        if kind == "kill":
            self.slod.kill()
        elif kind == "stop":
            self.slod.stop()
        elif kind == "start":
            self.slod.start()
        self.done[kind, where] += 1

    def caught_up(self):
        """What is not read of a file that is thrown away is lost to anybody; and so is a file that nobody ever saw."""
        if not self.slod.process.running():
            self.slod.start()
        if self.log.stat().st_size == 0:
            self.append()
        wait_for("slod to have read all", lambda: self.committed() == self.log.stat().st_size, 30)

    def committed(self):
        """How far the journal holds the file that the path names."""
        segment = max((self.slod.state / "journal").glob("seg-*.db"))
        with contextlib.closing(sqlite3.connect(f"file:{segment}?mode=ro", uri=True)) as journal:
            try:
                positions = dict(journal.execute("SELECT stream, offset FROM positions"))
            except sqlite3.OperationalError:  # a segment that begins
                return 0
        return positions.get(f"{self.log.stat().st_dev}:{self.log.stat().st_ino}", 0)

    def test_each_line_counts_once_whatever_the_rotation_and_whenever_slod_is_killed(self):
        self.append()
        self.slod.start()
        self.caught_up()
        for _ in range(STEPS):
            kind = self.draw.random()
            if kind < 0.55:
                self.append()
            elif kind < 0.65:
                # A file that is replaced before it was ever looked at cannot be known: one look at least.
                self.caught_up()
                self.append()
                self.rename()
                self.done["rename"] += 1
            elif kind < 0.75:
                self.caught_up()
                self.append()
                self.copytruncate()
                self.done["copytruncate"] += 1
            elif kind < 0.79:
                self.remove()
                self.done["remove"] += 1
            elif kind < 0.83:
                self.truncate()
                self.done["truncate"] += 1
            self.step("anywhere")
        if not self.slod.process.running():
            self.slod.start()
        self.append()
        self.caught_up()
        self.slod.tick()
        print(f"{self.lines} lines; {dict(self.done)}", flush=True)
        counted = collections.Counter()
        for group in self.slod.slo("rides")["groups"]:
            counted[group["labels"]["area"], True] += group["good"]
            counted[group["labels"]["area"], False] += group["bad"]
        self.assertEqual(+counted, self.written)
        source = self.slod.source("edge")
        self.assertEqual((source["received"], source["accepted"], source["rejected"]), (self.lines, self.lines, 0))
        self.slod.stop()


if __name__ == "__main__":
    main()
