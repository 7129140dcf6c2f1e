"""What `slod backfill` put in outlives every checkpoint: numbers, alerts, what nobody is to be told of; `verify` and `why`
know of it."""

import json
import shutil
import time

from harness import GATEWAY, SLOD, IntegrationTest, Slod, main, ride, run, wait_for

CONFIG = """
sources:%s
  fleet:
    http: {}
    messages:
      - { topic: "v/{device}/t", is: report, fields: { time: /ts, battery: /b, labels: { model: /model } } }
fleet: { sources: [fleet], report_every: { default: 10s }, battery: { low: 15, recovered: 20 } }
journeys:
  RideStart: { api: { source: gateway, method: POST, route: /v1/rides } }
defaults: { window: 1d, service: rides }
slos:
  - { name: rides, journey: RideStart, objective: 99, group_by: [area], alert_policy: quick }
  - { name: charged, fleet: battery, objective: 97, group_by: [model] }
alert_policies:
  quick: { rules: [ { severity: page, burn: 2, long: 10m, short: 5m } ], min_bad: 3 }
""" % GATEWAY
OLD = 7200  # seconds ago: what lies there no booking log of a started slod holds


class HistoryTest(IntegrationTest):
    def setUp(self):
        super().setUp()
        self.slod = Slod(self, CONFIG)
        self.saved = self.dir / "saved"

    def log_file(self, name, lines):
        return str(self.write(name, "".join(json.dumps(line) + "\n" for line in lines)))

    def backfill(self, *inputs):
        run(SLOD, "backfill", f"--config.file={self.slod.config_path}", f"--url=http://127.0.0.1:{self.slod.ingest}",
            "--format=json", *(f"--input={one}" for one in inputs), timeout=120)

    def says(self):
        return json.dumps([self.slod.api(f"/api/v1/{what}") for what in ("slos", "alerts", "transitions", "sources")])

    def verify(self, state):
        done = run(SLOD, "verify", "--state", str(state), "--format", "json", check=False)
        self.assertTrue(done.stdout, done.stderr)
        return json.loads(done.stdout)

    def live_and_history(self):
        """Present and past records, the past's in the last minutes so many bad ones that the rule fires. What slod says."""
        now = time.time()
        lines = [ride(503 if i % 50 == 0 else 200, at=now - OLD + i, area="ab"[i % 2]) for i in range(600)]
        lines += [ride(503, at=now - 40 + i, area="a") for i in range(30)]
        reports = [{"topic": f"v/d{d}/t", "tst": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - OLD + 10 * step)),
                    "payload": json.dumps({"b": (60, 9)[step > 40 and d == 1], "model": "xy"[d]})}
                   for step in range(60) for d in range(2)]
        log, fleet = self.log_file("rides", lines), self.log_file("fleet", reports)
        self.slod.start()
        self.assertEqual(self.slod.post("gateway", [ride(200, area="b") for _ in range(20)]).status, 200)
        self.slod.tick()
        self.backfill(f"gateway={log}", f"fleet={fleet}")
        wait_for("a checkpoint with the history in it", lambda: list((self.slod.state / "checkpoint").glob("*.ckpt")), 40)
        self.slod.tick()
        rule = self.slod.slo("rides")["alerts"][0]
        self.assertEqual((rule["state"], rule.get("quiet")), ("firing", True))
        self.assertEqual(self.slod.counts("rides"), (608, 42))
        self.assertGreater(self.slod.slo("charged")["bad"], 1)
        before = self.says()
        self.slod.kill()
        shutil.copytree(self.slod.state, self.saved)
        return before

    def begin_again(self, change=lambda state: None):
        shutil.rmtree(self.slod.state)
        shutil.copytree(self.saved, self.slod.state)
        change(self.slod.state)
        self.slod.start()
        says = self.says()
        since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 2 * OLD))
        why = self.slod.api(f"/api/v1/slos/rides/contributors?from={since}")
        self.slod.kill()
        return says, why

    def test_a_start_without_any_checkpoint_says_what_was_said_before_and_so_do_verify_and_why(self):
        before = self.live_and_history()
        kept, of_journal = self.begin_again()
        self.assertEqual(kept, before)
        without, of_memory = self.begin_again(lambda state: shutil.rmtree(state / "checkpoint"))
        self.assertEqual(without, before)
        for answer, whence in ((of_journal, "journal"), (of_memory, "memory")):
            self.assertEqual((answer["computed_from"], answer["bad"], answer["valid"]), (whence, 42, 650))
        self.assertEqual(of_journal["dimensions"], of_memory["dimensions"])
        # verify: equal, and not equal where one stream of history is gone.
        answer = self.verify(self.saved)
        self.assertEqual((answer["equal"], answer["differences"]), (True, []), answer)
        self.assertIsNotNone(answer["checkpoint"], answer)
        taken = self.dir / "taken"
        shutil.copytree(self.saved, taken)
        shutil.rmtree(taken / "history")
        answer = self.verify(taken)
        self.assertIn("checkpoint: slos[rides].bad: 42, refolded 0", answer["differences"])


if __name__ == "__main__":
    main()
