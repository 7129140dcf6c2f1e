"""Real senders from npm: OpenTelemetry's log exporter and the CloudEvents SDK against the daemon, through refusals with
Retry-After and through kill -9. Nothing is lost that the sender still holds, nothing is counted twice.

The packages are pinned in senders/package-lock.json and installed once into the build directory. Where npm cannot
fetch them the tests are skipped, but fail under CI.
"""

import fcntl
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import time

from harness import SLOD, IntegrationTest, Slod, free_port, main, program, run, wait_for

HERE = pathlib.Path(__file__).parent / "senders"
FIELDS = "method: /http.request.method, path: /url.path, status: /http.response.status_code, id: /http.request.id"
CONFIG = """
sources:
  otlp: { http: {}, envelope: otlp, format: json, fields: { time: /timeUnixNano, time_unit: ns, %s, device: /vehicle.id,
            latency: { at: /request.duration, unit: ms }, labels: { app: /app.name } } }
  events: { http: {}, envelope: cloudevents, format: json, fields: { time: /ts, method: /method, path: /path, status: /status,
            id: /request_id } }
journeys:
  Otlp:   { api: { source: otlp, method: POST, route: /v1/rides } }
  Events: { api: { source: events, method: POST, route: /v1/rides } }
slos:
  - { name: otlp, service: s, journey: Otlp, sli: availability, objective: 99, group_by: [app] }
  - { name: events, service: s, journey: Events, sli: availability, objective: 99 }
""" % FIELDS


def install():
    """The folder with node_modules; None where npm cannot get them. One installs, others wait for it."""
    lock_file = (HERE / "package-lock.json").read_bytes()
    folder = pathlib.Path(SLOD).resolve().parents[1] / "senders"
    folder.mkdir(parents=True, exist_ok=True)
    stamp = folder / "installed"
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = hashlib.sha256(lock_file).hexdigest()
        if not stamp.exists() or stamp.read_text() != wanted:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(HERE / name, folder / name)
            done = subprocess.run([program("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(folder)],
                                  capture_output=True, text=True, timeout=240, cwd=folder)
            if done.returncode != 0:
                return None, done.stderr[-2000:]
            stamp.write_text(wanted)
    return folder, ""


class JsSendersTest(IntegrationTest):
    @classmethod
    def setUpClass(cls):
        cls.folder, cls.why = install()

    def setUp(self):
        super().setUp()
        if self.folder is None:
            if os.environ.get("CI"):
                self.fail(f"npm could not install senders/package-lock.json: {self.why}")
            self.skipTest(f"npm could not install senders/package-lock.json: {self.why}")

    def slod(self, port, state=None, name="slod"):
        server = f'server: {{ ingest: {{ listen: "127.0.0.1:{port}" }}, web: {{ listen: "127.0.0.1:0" }} }}\n'
        return Slod(self, server + CONFIG, state=state, name=name)

    def node(self, script, *arguments):
        """Starts a sender; its output is what `told` gives when it has ended."""
        sender = subprocess.Popen([program("node"), str(HERE / script), *map(str, arguments)], stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, env={**os.environ, "SENDERS": str(self.folder)})
        self.addCleanup(sender.stdout.close)
        self.addCleanup(sender.wait)
        self.addCleanup(sender.kill)
        return sender

    def told(self, sender, timeout=90):
        out, _ = sender.communicate(timeout=timeout)
        self.assertEqual(sender.returncode, 0, out)
        return json.loads(out.splitlines()[-1])

    def otlp_url(self, port):
        return f"http://127.0.0.1:{port}/ingest/otlp"

    def expect(self, slod, name, total):
        slod.tick()
        self.assertEqual(slod.counts(name), (total - total // 10, total // 10), slod.source(name))
        source = slod.source(name)
        self.assertEqual((source["accepted"], source["rejected"]), (total, 0), source)
        self.assertEqual(slod.metrics().unbalanced_sources(), [])

    def full_disk(self):
        disk = self.dir / "disk"
        disk.mkdir()
        run(program("mount"), "-t", "tmpfs", "-o", "size=24m", "slod-test", str(disk))
        self.addCleanup(lambda: run(program("umount"), "-l", str(disk)))
        return disk

    def fill(self, disk, slod):
        with open(disk / "filler", "wb", buffering=0) as filler:
            for size in (65536, 4096):
                try:
                    while True:
                        filler.write(b"x" * size)
                except OSError:
                    pass
        wait_for("the log to tell of the full disk", lambda: "no room" in slod.process.log(), 15)

    def test_otlp_exporter_through_crashes_loses_nothing_and_repeats_nothing(self):
        port, total = free_port(), 2000
        sender = self.node("otlp.mjs", "http", self.otlp_url(port), total, "gzip")
        slod = self.slod(port).start()  # the exporter may have met a refused connection before
        for _ in range(2):
            time.sleep(0.7)
            self.assertIsNone(sender.poll(), "it ended before the crash")
            slod.kill()
            slod.start()
        said = self.told(sender)
        self.assertFalse([line for line in said if "failed" in line.lower() or "deserialize" in line.lower()], said)
        self.expect(slod, "otlp", total)
        groups = slod.slo("otlp")["groups"]
        self.assertEqual([group["labels"] for group in groups], [{"app": "ios"}])  # of the resource
        self.assertLess(slod.slo("otlp")["latency"]["p50"], 0.0130)
        slod.stop()

    def test_otlp_exporter_waits_as_long_as_retry_after_says(self):
        if os.getuid() != 0:
            self.skipTest("mounting a small disk needs root")
        port, total, disk = free_port(), 3000, self.full_disk()
        slod = self.slod(port, state=disk / "state").start()
        sender = self.node("otlp.mjs", "http", self.otlp_url(port), total)
        time.sleep(0.7)
        self.fill(disk, slod)
        (disk / "filler").unlink()
        said = self.told(sender)
        self.assertIn("Scheduling export retry in 1000ms", said)  # its own waits are never so round
        self.assertFalse([line for line in said if "failed" in line.lower()], said)
        self.expect(slod, "otlp", total)
        slod.stop()

    def test_otlp_protobuf_counts_as_json_does(self):
        port, total = free_port(), 500
        slod = self.slod(port).start()
        said = self.told(self.node("otlp.mjs", "proto", self.otlp_url(port), total, "gzip"))
        self.assertFalse([line for line in said if "failed" in line.lower() or "deserialize" in line.lower()], said)
        self.expect(slod, "otlp", total)
        self.assertEqual([group["labels"] for group in slod.slo("otlp")["groups"]], [{"app": "ios"}])
        self.assertLess(slod.slo("otlp")["latency"]["p50"], 0.0130)
        slod.stop()

    def test_otlp_tells_its_exporter_which_records_were_not_read(self):
        for kind in ("http", "proto"):
            with self.subTest(kind):
                port = free_port()
                slod = self.slod(port, state=self.dir / kind, name=kind).start()
                said = "\n".join(self.told(self.node("otlp.mjs", kind, self.otlp_url(port), 20, "none", "bad")))
                self.assertIn("artial", said)
                self.assertIn("missing_status", said)
                slod.tick()
                source = slod.source("otlp")
                self.assertEqual((source["accepted"], source["rejected"]), (19, 1), source)
                slod.stop()

    def test_cloudevents_in_all_modes_through_crashes(self):
        port, total = free_port(), 300
        slod = self.slod(port).start()
        url = f"http://127.0.0.1:{port}/ingest/events"
        senders = [self.node("cloudevents.mjs", mode, url, total, sameness)
                   for mode, sameness in (("structured", "key"), ("binary", "id"), ("batch", "key"), ("batch", "id"))]
        for _ in range(2):
            time.sleep(0.5)
            self.assertEqual([sender.poll() for sender in senders], [None] * 4, "it ended before the crash")
            slod.kill()
            slod.start()
        answers = [self.told(sender) for sender in senders]
        for answer in answers:
            self.assertGreaterEqual(answer.get("200", 0), 1, answer)
        slod.tick()
        self.assertEqual(slod.counts("events"), (4 * (total - total // 10), 4 * (total // 10)), answers)
        self.assertEqual(slod.metrics().unbalanced_sources(), [])
        slod.stop()


if __name__ == "__main__":
    main()
