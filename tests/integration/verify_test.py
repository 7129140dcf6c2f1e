"""`slod verify` finds what the checkpoint, the ledger or the hourly totals say otherwise than the journal."""

import json
import shutil
import sqlite3
import struct
import time

from harness import GATEWAY, SLOD, TICK, IntegrationTest, Slod, main, ride, run, wait_for
from later_slod import LaterSlod

CONFIG = """
sources:%s
journeys:
  RideStart: { api: { source: gateway, method: POST, route: /v1/rides } }
slos:
  - { name: rides, service: rides, journey: RideStart, objective: 99, group_by: [area], alert_policy: quick }
alert_policies:
  quick: { rules: [ { severity: page, burn: 2, long: 2m, short: 1m } ], min_bad: 3 }
""" % GATEWAY


HOUR, DAY = 3600, 24 * 3600


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def whole_of_a_day(measure, day, hours):
    """A sound blob of totals.db (docs/journal-format.md) with the whole alone: (hour of the day, good, bad), each under 64."""
    packed = bytes([1, 1, 0, len(hours)]) + b"".join(bytes([hour, 2 * good, 2 * bad]) for hour, good, bad in hours)
    rest = bytes([0, len(packed), len(packed)]) + packed
    return struct.pack("<I", crc32c(struct.pack("<BQq", 12, measure, day * DAY * 10**9) + rest)) + rest


class VerifyTest(IntegrationTest):
    def verify(self, state, *more):
        done = run(SLOD, "verify", "--state", str(state), "--format", "json", *more, check=False)
        return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr

    def test_a_sound_state_is_equal_and_each_change_is_named(self):
        slod = Slod(self, CONFIG)
        slod.flags = ["--checkpoint.every=10s"]
        slod.start()
        for status, area in ((200, "a"), (503, "a"), (503, "b")):
            self.assertEqual(slod.post("gateway", [ride(status, area=area) for _ in range(9)]).status, 200)
        wait_for("the alert", lambda: slod.api("/api/v1/transitions"), 40)
        code, beside, words = self.verify(slod.state)  # beside the running daemon
        self.assertEqual((code, beside["differences"]), (0, []), words)
        slod.stop()
        code, answer, words = self.verify(slod.state)
        self.assertEqual((code, answer["differences"]), (0, []), words)
        self.assertEqual(answer["records"], 27)
        self.assertGreaterEqual(answer["transitions"], 1)
        self.assertEqual(answer["checkpoint"], answer["groups"])

        # The ledger: one transition more, one less.
        other = self.dir / "ledger-changed"
        shutil.copytree(slod.state, other)
        with sqlite3.connect(other / "ledger.db") as ledger:
            ledger.execute("UPDATE transitions SET episode = episode || '-never' WHERE id=1")
        code, answer, _ = self.verify(other)
        self.assertEqual(code, 1)
        self.assertEqual(len(answer["differences"]), 2, answer)
        self.assertIn("is not in it", answer["differences"][0])
        self.assertIn("the refold does not make it", answer["differences"][1])

        # The journal: a record less than the checkpoint has counted.
        lost = self.dir / "journal-changed"
        shutil.copytree(slod.state, lost)
        with sqlite3.connect(next((lost / "journal").glob("seg-*.db"))) as journal:
            journal.execute("DELETE FROM words")
        code, answer, words = self.verify(lost)
        self.assertEqual(code, 1)
        self.assertIn("damaged", words)
        self.assertIn("slod restore", words)
        self.assertNotIn("`slod verify`", words)

        # No checkpoint: said, and the rest is verified.
        shutil.rmtree(slod.state / "checkpoint")
        code, answer, _ = self.verify(slod.state)
        self.assertEqual((code, answer["checkpoint"]), (0, None))
        self.assertIn("there is no checkpoint", answer["notes"][0])

    def test_another_config_counts_otherwise_and_the_list_says_where(self):
        slod = Slod(self, CONFIG).start()
        self.assertEqual(slod.post("gateway", [ride(503, area="a"), ride(200, area="b")]).status, 200)
        slod.tick()
        slod.stop()
        changed = slod.config_path.read_text() if hasattr(slod.config_path, "read_text") else open(slod.config_path).read()
        other = self.write("other.yaml", changed.replace("route: /v1/rides }", "route: /v1/rides, good: { status: [503] } }"))
        code, answer, words = self.verify(slod.state, "--config.file", str(other))
        self.assertEqual(code, 1, words)
        self.assertIn("checkpoint: slos[rides].bad: 1, refolded 0", answer["differences"])
        self.assertIn("checkpoint: slos[rides].groups[area=a].bad: 1, refolded 0", answer["differences"])

    def told(self, slod, until):
        """Waits until the hours before are durable."""
        wait_for("the hours to be written", lambda: slod.metrics().sum("slod_hourly_totals_until_timestamp_seconds") >= until,
                 4 * TICK)

    def alter(self, slod, name, change):
        other = self.dir / name
        shutil.copytree(slod.state, other)
        with sqlite3.connect(other / "journal" / "totals.db") as totals:
            change(totals)
        return other

    def test_hours_that_hold_something_else_than_the_journal_are_named(self):
        slod = LaterSlod(self, CONFIG)
        then = int(slod.start_at(HOUR, 8)) + 0.5
        rides = [ride(status, area=area, at=then - 5) for status, area in ((200, "a"), (200, "b"), (503, "b"))]
        self.assertEqual(slod.post("gateway", rides).status, 200)
        slod.tick_of_now()
        slod.kill()
        now = slod.start_at(0, 8)
        self.told(slod, now)
        self.assertEqual(slod.post("gateway", [ride(200, area="c", at=now - 5)]).status, 200)  # no hour tells of it yet
        slod.tick_of_now()
        code, answer, words = self.verify(slod.state)  # beside the running daemon
        self.assertEqual((code, answer["differences"]), (0, []), words)
        self.assertGreaterEqual(answer["hours"], 1)
        self.assertNotIn("hourly totals", words)
        slod.stop()

        # Another count of that day, in a sound blob.
        hour, day = int(then - 5) // HOUR, int(then - 5) // DAY
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(hour * HOUR))
        changed = self.alter(slod, "changed", lambda totals: totals.execute(
            "UPDATE totals SET hours=? WHERE measure=1 AND day=?", (whole_of_a_day(1, day, [(hour % 24, 7, 1)]), day)))
        code, answer, words = self.verify(changed)
        self.assertEqual((code, len(answer["differences"])), (1, 1), answer)
        self.assertRegex(answer["differences"][0], f"hourly totals: rides: .*{at} good 7, bad 1, refolded 2, 1")
        self.assertIn(f"remove {changed}/checkpoint", "".join(answer["notes"]))
        code, answer, words = self.verify(self.alter(slod, "gone", lambda totals: totals.execute("DELETE FROM totals")))
        self.assertEqual(code, 1)
        self.assertRegex(answer["differences"][0], f"{at} good 0, bad 0, refolded 2, 1")

        # A damaged blob, and a file of a later time than the journal.
        code, answer, words = self.verify(self.alter(slod, "damaged", lambda totals: totals.execute(
            "UPDATE totals SET hours=x'00112233445566'")))
        self.assertEqual((code, len(answer["differences"])), (1, 1), answer)
        self.assertIn("is damaged", answer["differences"][0])
        code, answer, words = self.verify(self.alter(slod, "later", lambda totals: totals.execute(
            "UPDATE state SET position=position+1000")))
        self.assertEqual((code, len(answer["differences"])), (1, 1), answer)
        self.assertIn("slod restore", answer["differences"][0])

        # What it says to do helps.
        shutil.rmtree(slod.state)
        shutil.copytree(changed, slod.state)
        shutil.rmtree(slod.state / "checkpoint")
        slod.start_at(0, 8)
        slod.tick_of_now()
        slod.stop()
        code, answer, words = self.verify(slod.state)
        self.assertEqual((code, answer["differences"]), (0, []), words)
        self.assertGreaterEqual(answer["hours"], 1)

    def test_no_state_directory_is_said(self):
        code, _, words = self.verify(self.dir / "nothing")
        self.assertEqual(code, 2)
        self.assertIn("is no state directory", words)


if __name__ == "__main__":
    main()
