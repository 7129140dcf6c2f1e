"""slod backup of a daemon that takes records in, and slod restore: the same numbers, nothing sent twice."""

import json
import os
import threading
import time

from harness import GATEWAY, SLOD, FakeReceiver, IntegrationTest, Mosquitto, Slod, main, ride, run, wait_for

CONFIG = """
sources:%s
  fleet:
    mqtt: { url: "mqtt://127.0.0.1:%d", client_id: slod-backup-%d }
    messages:
      - { topic: "vehicles/{device}/commands", is: command, fields: { id: /id, name: /name } }
      - { topic: "vehicles/{device}/acks", is: reply, fields: { id: /id, result: /result }, good: [ok] }
journeys:
  RideStart: { api: { source: gateway, method: POST, route: /v1/rides } }
  Lock: { device: { source: fleet, command: lock, deadline: 10m } }
slos:
  - { name: rides, service: rides, journey: RideStart, sli: availability, objective: 99, group_by: [area],
      alert_policy: eager }
  - { name: locks, service: rides, journey: Lock, sli: availability, objective: 99 }
alert_policies:
  eager:  # also while most of the windows was not observed yet
    rules: [ { severity: page, burn: 0.1, long: 10m, short: 5m } ]
destinations:
  hook: { webhook: { url: "http://127.0.0.1:%d/hook", allow_private: true } }
routes:
  - { match: {}, to: [hook] }
"""


class BackupTest(IntegrationTest):
    def setUp(self):
        super().setUp()
        self.broker, self.receiver = Mosquitto(self).start(), FakeReceiver(self)
        self.config = CONFIG % (GATEWAY, self.broker.port, os.getpid(), self.receiver.port)
        self.slod = Slod(self, self.config)

    def command(self, *arguments, check=True):
        return run(SLOD, *map(str, arguments), check=check)

    def lock(self, number, good=True):
        self.broker.publish("vehicles/v1/commands", {"id": f"l{number}", "name": "lock"})
        self.broker.publish("vehicles/v1/acks", {"id": f"l{number}", "result": "ok" if good else "jammed"})

    def test_a_backup_under_load_restores_to_the_same_numbers_and_sends_nothing_twice(self):
        slod = self.slod.start()
        wait_for("the subscription", lambda: ": connected" in slod.process.log())
        body = [ride(503 if n % 3 == 0 else 200, area=("osaka", "kyoto")[n % 2]) for n in range(300)]
        first = slod.post("gateway", body, key="first")
        self.assertEqual(first.status, 200)
        for number in range(3):
            self.lock(number, number > 0)
        wait_for("the page", lambda: self.receiver.taken("/hook", 200), 40)
        slod.tick()

        stop, acked = threading.Event(), []

        def load():
            while not stop.is_set():
                answer = slod.post("gateway", [ride(200, area="osaka")] * 20, key=f"load-{len(acked)}")
                self.assertEqual(answer.status, 200)
                acked.append(20)

        loader = threading.Thread(target=load)
        loader.start()
        try:
            time.sleep(0.3)
            before = sum(acked)
            took = self.command("backup", self.dir / "copy", "--config.file", slod.config_path)
            after = sum(acked) + 20
        finally:
            stop.set()
            loader.join()
        self.assertIn("read back and good", took.stderr)
        self.assertFalse([name for name in os.listdir(self.dir / "copy") if name.endswith(("-wal", "-shm"))])
        again = self.command("backup", self.dir / "copy", "--state", slod.state, check=False)
        self.assertEqual(again.returncode, 1)
        self.assertIn("never overwrites", again.stderr)
        told = len(self.receiver.taken("/hook"))
        slod.stop()

        restored = Slod(self, self.config, name="restored")
        self.command("restore", self.dir / "copy", "--config.file", restored.config_path)
        restored.start()
        restored.tick()
        good, bad = restored.counts("rides")
        self.assertEqual(bad, 100)
        self.assertTrue(200 + before <= good <= 200 + after, (before, good - 200, after))
        self.assertEqual((good - 200) % 20, 0, "half a batch")
        self.assertEqual(restored.counts("locks"), (2, 1))
        # The keys came along, and so did what had been sent.
        repeated = restored.post("gateway", body, key="first")
        self.assertEqual((repeated.status, repeated.body), (200, first.body))
        self.assertEqual(repeated.headers.get("idempotent-replayed"), "true")
        restored.tick()
        self.assertEqual(len(self.receiver.taken("/hook")), told)
        self.assertEqual(restored.metrics().unbalanced_sources(), [])
        used = self.command("restore", self.dir / "copy", "--state", restored.state, check=False)
        self.assertEqual(used.returncode, 1)
        self.assertIn(f"in use by another process (pid {restored.process.pid})", used.stderr)
        restored.stop()
        used = self.command("restore", self.dir / "copy", "--state", restored.state, check=False)
        self.assertEqual(used.returncode, 1)
        self.assertIn("is not empty", used.stderr)

    def test_a_backup_that_is_damaged_or_incomplete_is_refused_before_anything_is_written(self):
        slod = self.slod.start()
        self.assertEqual(slod.post("gateway", [ride()] * 50).status, 200)
        slod.stop()
        copy = self.dir / "copy"
        self.command("backup", copy, "--state", slod.state)
        segment = next((copy / "journal").glob("seg-*.db"))
        whole = segment.read_bytes()
        segment.write_bytes(whole[:5000] + b"\xff" + whole[5001:])
        refused = self.command("restore", copy, "--state", self.dir / "new", check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("is not what was backed up", refused.stderr)
        self.assertFalse((self.dir / "new").exists())
        segment.write_bytes(whole)
        (copy / "backup.json").rename(self.dir / "manifest")
        refused = self.command("restore", copy, "--state", self.dir / "new", check=False)
        self.assertIn("not a complete backup", refused.stderr)
        (self.dir / "manifest").rename(copy / "backup.json")

        # A restore that was cut off: the daemon will not take half a state for the whole.
        self.command("restore", copy, "--state", self.dir / "new")
        (self.dir / "new" / "RESTORING").touch()
        half = Slod(self, self.config, name="half", state=self.dir / "new").spawn()
        self.assertEqual(half.process.wait(), 1)
        self.assertIn("did not finish", half.process.log())

        for arguments, code, text in ((("backup", copy), 2, "--config.file"),
                                      (("backup", self.dir / "other", "--state", self.dir / "nowhere"), 1, "no journal")):
            refused = self.command(*arguments, check=False)
            self.assertEqual(refused.returncode, code, refused.stderr)
            self.assertIn(text, refused.stderr)
        self.assertEqual(json.loads((copy / "backup.json").read_text())["slod_backup"], 1)


if __name__ == "__main__":
    main()
