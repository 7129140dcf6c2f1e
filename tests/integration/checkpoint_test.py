"""A start from a checkpoint gives what a start without one gives, and a bad checkpoint costs only time."""

import json
import pathlib
import random
import shutil
import time

from harness import GATEWAY, FakeReceiver, IntegrationTest, Slod, main, ride, wait_for

CONFIG = """
sources:%s
  fleet:
    http: {}
    messages:
      - { topic: "v/{device}/t", is: report, fields: { battery: /b, state: /state, labels: { model: /model } } }
      - { topic: "v/{device}/c", is: command, fields: { id: /id, name: /name } }
      - { topic: "v/{device}/r", is: reply, fields: { id: /id, result: /result }, good: [ok] }
fleet: { sources: [fleet], battery: { low: 15, recovered: 20 } }
journeys:
  RideStart: { api: { source: gateway, method: POST, route: /v1/rides } }
  Unlock:
    api: { source: gateway, method: POST, route: "/v1/vehicles/{device}/unlock" }
    device: { source: fleet, command: unlock, deadline: 5s }
    retry: { by: [area], within: 60s }
slos:
  - { name: rides, service: rides, journey: RideStart, objective: 99, group_by: [area], alert_policy: quick }
  - { name: fast, service: rides, journey: RideStart, sli: latency, threshold: 1s, objective: 95 }
  - { name: slices, service: rides, journey: RideStart, budgeting: { slice: 10s, target: 90 }, objective: 90 }
  - { name: unlock, service: rides, journey: Unlock, objective: 99, window: { calendar: day } }
  - { name: battery, service: fleet, fleet: battery, objective: 97, group_by: [model] }
  - { name: connected, service: fleet, fleet: connectivity, objective: 97, window: 1d }
alert_policies:
  quick: { rules: [ { severity: page, burn: 2, long: 2m, short: 1m } ], min_bad: 3 }
destinations:
  hook: { webhook: { url: "http://127.0.0.1:%d/hook", allow_private: true } }
routes: [ { to: [hook] } ]
"""


def traffic(draw, number):
    """Rides and unlocks of one moment, and the devices' messages."""
    http, fleet = [], []
    for i in range(40):
        http.append(ride(draw.choice((200, 200, 503)), area=draw.choice("abcd"), request_id=f"r{number}-{draw.randint(0, 60)}"))
        http[-1]["duration_ms"] = draw.choice((5, 999.9, 1000.1))
    for i in range(10):
        device, request = f"v{draw.randint(1, 9)}", f"u{number}-{i}"
        http.append({**ride(200, request_id=request), "path": f"/v1/vehicles/{device}/unlock"})
        if draw.random() < 0.8:
            fleet.append({"topic": f"v/{device}/c", "payload": {"id": request, "name": "unlock"}})
        if draw.random() < 0.6:
            fleet.append({"topic": f"v/{device}/r", "payload": {"id": request, "result": draw.choice(("ok", "jammed"))}})
        fleet.append({"topic": f"v/{device}/t", "payload": {"b": draw.randint(5, 60), "state": "on", "model": draw.choice("xy")}})
    return http, fleet


class CheckpointTest(IntegrationTest):
    def setUp(self):
        super().setUp()
        self.receiver = FakeReceiver(self)
        self.slod = Slod(self, CONFIG % (GATEWAY, self.receiver.port))
        self.slod.flags = ["--checkpoint.every=10s", "--log.level=debug"]
        self.saved = self.dir / "saved"

    def files(self):
        return sorted((self.slod.state / "checkpoint").glob("*.ckpt"))

    def told(self):
        """What was sent: of which incident, its beginning or its end."""
        bodies = [json.loads(body) for _, _, body in self.receiver.taken("/hook")]
        return sorted((body["incident"], body["status"]) for body in bodies)

    def send(self, draw, number):
        http, fleet = traffic(draw, number)
        self.assertEqual(self.slod.post("gateway", http).status, 200)
        self.assertEqual(self.slod.post("fleet", fleet).status, 200)

    def history(self):
        """Some traffic, an alert that fired, two checkpoints, and a tail behind the newer one; then killed."""
        seed = random.randrange(1 << 30)
        print(f"seed {seed}", flush=True)
        draw = random.Random(seed)
        self.slod.start()
        self.send(draw, 0)
        self.slod.tick()
        self.send(draw, 1)
        wait_for("two checkpoints", lambda: len(self.files()) == 2, 40)
        wait_for("the notification", lambda: self.receiver.taken("/hook"), 30)
        self.send(draw, 2)
        self.slod.kill()
        shutil.copytree(self.slod.state, self.saved)

    def begin_again(self, change=lambda files: None):
        """What slod says right after a start from the saved state, with its checkpoints changed; and its log."""
        shutil.rmtree(self.slod.state)
        shutil.copytree(self.saved, self.slod.state)
        change(self.files())
        self.slod.start()
        says = json.dumps([self.slod.api("/api/v1/slos"), self.slod.api("/api/v1/sources"),
                           self.slod.api("/api/v1/alerts"), self.slod.api("/api/v1/transitions")])
        log = self.slod.process.log()
        self.slod.kill()
        return says, log

    def test_whatever_became_of_the_checkpoints_the_numbers_are_those_of_the_journal(self):
        self.history()
        told = self.told()
        truth, log = self.begin_again(lambda files: [file.unlink() for file in files])
        self.assertIn("no checkpoint: the journal is read from its beginning", log)

        def flip(path, at):
            data = bytearray(path.read_bytes())
            data[at] ^= 0x10
            path.write_bytes(data)

        def truncate(path):
            path.write_bytes(path.read_bytes()[:-100])

        def foreign(files):
            files[-1].rename(files[-1].with_name("000000999999.ckpt"))
            flip(files[-2], 500)

        older = "not used", "checkpoint at position"
        cases = {
            "kept": (lambda files: None, ("groups follow",)),
            "newest deleted": (lambda files: files[-1].unlink(), ("groups follow",)),
            "newest truncated": (lambda files: truncate(files[-1]), older),
            "newest flipped": (lambda files: flip(files[-1], 5000), ("its checksum differs", *older)),
            "newest empty": (lambda files: files[-1].write_bytes(b""), ("it is no checkpoint", *older)),
            "all of another version": (lambda files: [flip(file, 8) for file in files],
                                       ("its format is version", "no checkpoint: the journal is read")),
            "a temporary file left": (lambda files: (files[0].parent / "new.ckpt.tmp").write_bytes(b"x"), ("groups follow",)),
            "another name": (foreign, ("its name is not its position", "no checkpoint: the journal is read")),
        }
        for name, (change, expected) in cases.items():
            with self.subTest(name):
                says, log = self.begin_again(change)
                for words in expected:
                    self.assertIn(words, log)
                self.assertEqual(says, truth)
        config = pathlib.Path(self.slod.config_path)
        with self.subTest("moved to another place"):
            text, old = config.read_text(), self.slod.state
            self.slod.state = self.dir / "moved"
            self.slod.state.mkdir()
            config.write_text(text.replace(f"dir: {old} ", f"dir: {self.slod.state} "))
            says, log = self.begin_again()
            self.assertIn("checkpoint at position", log)
            self.assertNotIn("not used", log)
            self.assertEqual(says, truth)
            self.slod.state = old
            config.write_text(text)
        config.write_text(config.read_text() + "# another config, same meaning\n")
        says, log = self.begin_again()
        self.assertIn("it was made with another config", log)
        self.assertEqual(says, truth)
        self.assertEqual(self.told(), told, "nothing is sent twice")

    def test_a_clean_stop_saves_all_and_the_next_start_reads_no_journal(self):
        self.history()
        self.slod.start()
        self.slod.tick()
        before = self.slod.api("/api/v1/slos")
        self.slod.stop()
        self.assertEqual(len(self.files()), 2)
        self.slod.start()
        self.assertIn("; 0 groups follow", self.slod.process.log())
        self.assertEqual(self.slod.api("/api/v1/slos"), before)
        self.slod.tick()
        self.assertEqual(self.slod.source("gateway"), next(s for s in before["sources"] if s["source"] == "gateway"))
        told = self.told()  # the incident may have ended meanwhile
        self.assertEqual(len(told), len(set(told)), "nothing is sent twice")

    def test_a_checkpoint_of_another_journal_and_one_newer_than_the_ledger_are_passed_over(self):
        self.history()
        kept = self.dir / "kept"
        shutil.copytree(self.saved / "checkpoint", kept)
        shutil.rmtree(self.slod.state)  # the same directory, a new journal
        self.slod.start()
        draw = random.Random(1)
        for number in range(12):
            self.send(draw, number)
        self.slod.tick()
        self.slod.kill()
        shutil.rmtree(self.slod.state / "checkpoint", ignore_errors=True)
        shutil.copytree(kept, self.slod.state / "checkpoint")
        self.slod.start()
        self.assertRegex(self.slod.process.log(), "it belongs to another journal|the journal ends at")
        self.slod.kill()
        # The ledger is gone: what the checkpoint has folded would never be acted on.
        for file in self.saved.glob("ledger.db*"):
            file.unlink()
        _, log = self.begin_again()
        self.assertIn("the ledger is older than it", log)


if __name__ == "__main__":
    main()
