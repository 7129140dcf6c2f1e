"""`slod verify` finds what the checkpoint or the ledger says otherwise than the journal."""

import json
import shutil
import sqlite3

from harness import GATEWAY, SLOD, IntegrationTest, Slod, main, ride, run, wait_for

CONFIG = """
sources:%s
journeys:
  RideStart: { api: { source: gateway, method: POST, route: /v1/rides } }
slos:
  - { name: rides, service: rides, journey: RideStart, objective: 99, group_by: [area], alert_policy: quick }
alert_policies:
  quick: { rules: [ { severity: page, burn: 2, long: 2m, short: 1m } ], min_bad: 3 }
""" % GATEWAY


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

    def test_no_state_directory_is_said(self):
        code, _, words = self.verify(self.dir / "nothing")
        self.assertEqual(code, 2)
        self.assertIn("is no state directory", words)


if __name__ == "__main__":
    main()
