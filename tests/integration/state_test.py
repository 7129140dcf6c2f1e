"""A state directory that was damaged: what can be put right is, what cannot is refused with the place and what to do."""

import shutil
import sqlite3

from disk_test import PAGED
from harness import RIDES, FakeReceiver, IntegrationTest, Slod, main, ride, wait_for


class StateTest(IntegrationTest):
    def refused(self, slod):
        slod.spawn()
        self.assertEqual(slod.process.wait(), 1, slod.process.log())
        return slod.process.log()

    def test_corruption_in_the_middle_of_the_journal_and_a_newer_format_are_refused_in_words(self):
        slod = Slod(self, RIDES).start()
        for _ in range(8):
            self.assertEqual(slod.post("gateway", [ride(503)] * 20 + [ride(200)] * 20).status, 200)
        slod.tick()
        counts = slod.counts("rides")
        slod.kill()
        shutil.rmtree(slod.state / "checkpoint", ignore_errors=True)
        sound = self.dir / "sound"
        shutil.copytree(slod.state, sound)
        segment = max((slod.state / "journal").glob("seg-*.db"))
        with sqlite3.connect(segment) as journal:
            victim, rows = journal.execute("SELECT position, journeys FROM groups WHERE journeys IS NOT NULL "
                                           "ORDER BY position LIMIT 1 OFFSET 3").fetchone()
            last = journal.execute("SELECT max(position) FROM groups").fetchone()[0]
            self.assertLess(victim, last)
            damaged = bytearray(rows)
            damaged[len(damaged) // 2] ^= 0x40
            journal.execute("UPDATE groups SET journeys = ? WHERE position = ?", (bytes(damaged), victim))
        log = self.refused(slod)
        self.assertIn(str(segment), log)
        self.assertIn(f"group {victim}", log)
        self.assertIn("slod restore", log)
        self.assertNotIn("ready:", log)

        shutil.rmtree(slod.state)
        shutil.copytree(sound, slod.state)
        with sqlite3.connect(segment) as journal:
            journal.execute("PRAGMA user_version = 99")
        log = self.refused(slod)
        self.assertIn("format 99", log)
        self.assertIn("newer slod", log)

        shutil.rmtree(slod.state)
        shutil.copytree(sound, slod.state)
        slod.start()
        self.assertEqual(slod.counts("rides"), counts)
        slod.stop()

    def test_a_journal_that_is_gone_or_lost_its_end_is_not_taken_for_a_new_one(self):
        slod = Slod(self, RIDES).start()
        self.assertEqual(slod.post("gateway", [ride(503)] * 20).status, 200)
        slod.tick()
        slod.tick()
        slod.kill()
        kept = self.dir / "kept"
        (slod.state / "journal").rename(kept)  # as a disk that is not mounted
        log = self.refused(slod)
        self.assertIn(f"the journal in {slod.state}/journal is empty", log)
        self.assertIn("not mounted", log)
        shutil.rmtree(slod.state / "journal")
        kept.rename(slod.state / "journal")
        # What the ledger had acted on a day later is not in it.
        with sqlite3.connect(slod.state / "ledger.db") as ledger:
            ledger.execute("UPDATE state SET last_tick = last_tick + 86400000000000")
        slod.start()
        self.assertRegex(slod.process.log(), "level=error.* ends at .*missing from all numbers")
        slod.stop()

    def test_a_damaged_ledger_is_put_back_from_its_copy_and_nobody_is_paged_twice(self):
        receiver = FakeReceiver(self)
        slod = Slod(self, PAGED % receiver.port).start()
        slod.tick()
        self.assertEqual(slod.post("gateway", [ride(503)] * 50 + [ride(200)] * 50).status, 200)
        wait_for("the page", lambda: receiver.taken("/hook", 200), 30)
        wait_for("the mark", lambda: slod.metrics().sum("slod_notifications_total", outcome="delivered") == 1, 5)
        slod.tick()
        counts = slod.counts("rides")
        slod.kill()
        ledger = slod.state / "ledger.db"
        self.assertTrue((slod.state / "ledger.db.backup").exists())
        size = ledger.stat().st_size
        with open(ledger, "r+b") as file:
            file.write(b"\xa5" * size)
        for name in ("ledger.db-wal", "ledger.db-shm"):
            (slod.state / name).unlink(missing_ok=True)
        slod.start()
        self.assertIn("was put back from its copy", slod.process.log())
        self.assertTrue((slod.state / "ledger.db.damaged").exists())
        slod.tick()
        slod.tick()
        self.assertEqual(slod.counts("rides"), counts)
        self.assertEqual(len(receiver.taken("/hook")), 1, "the same page again")
        slod.stop()


if __name__ == "__main__":
    main()
