"""Disks that are full, that fail, and that belong to somebody else."""

import http.client
import json
import os
import re
import shutil
import socket
import time

from harness import RIDES, SLOD, FakeReceiver, IntegrationTest, Slod, http_request, main, program, ride, run, wait_for

PAGED = RIDES.replace("objective: 99 }", "objective: 99, alert_policy: eager }") + """
alert_policies:
  eager:  # also while most of the windows was not observed yet
    rules: [ { severity: page, burn: 0.1, long: 10m, short: 5m } ]
destinations:
  hook: { webhook: { url: "http://127.0.0.1:%d/hook", allow_private: true } }
routes:
  - { match: {}, to: [hook] }
"""


def batch(good, bad):
    return "".join(json.dumps(record) + "\n" for record in [ride(200)] * good + [ride(503)] * bad).encode()


def fill(path):
    with open(path, "wb", buffering=0) as filler:
        for size in (65536, 4096):
            try:
                while True:
                    filler.write(b"x" * size)
            except OSError:
                pass


class DiskTest(IntegrationTest):
    def small_disk(self, size):
        if os.getuid() != 0:
            self.skipTest("mounting a small disk needs root")
        disk = self.dir / "disk"
        disk.mkdir()
        run(program("mount"), "-t", "tmpfs", "-o", f"size={size}", "slod-test", str(disk))
        self.addCleanup(lambda: run(program("umount"), "-l", str(disk)))
        return disk

    def full(self, answer):
        self.assertEqual(answer.status, 503, answer.body)
        self.assertGreaterEqual(int(answer.headers["retry-after"]), 1)
        said = json.loads(answer.body)
        self.assertEqual(list(said), ["error"])
        for words in ("the disk is full", "make room", "send it again"):
            self.assertIn(words, said["error"])

    def test_a_page_leaves_a_full_disk_is_marked_and_is_not_sent_again(self):
        disk, receiver = self.small_disk("24m"), FakeReceiver(self)
        slod = Slod(self, PAGED % receiver.port, state=disk / "state").start()
        slod.tick()
        self.assertGreater((disk / "state" / "ballast").stat().st_size, 1 << 20)
        self.assertEqual(slod.post("gateway", [ride(503)] * 50 + [ride(200)] * 50, key="incident").status, 200)
        fill(disk / "filler")
        self.assertEqual(receiver.taken("/hook"), [])
        wait_for("the page", lambda: receiver.taken("/hook", 200), 30)
        wait_for("the mark", lambda: slod.metrics().sum("slod_notifications_total", outcome="delivered") == 1, 5)
        # Ticks go on although nothing is taken in.
        for _ in range(3):
            slod.tick()
        self.full(slod.post("gateway", [ride(200)] * 2000, key="more"))
        self.assertEqual(slod.metrics().sum("slod_disk_full"), 1)
        self.full(http_request(slod.ingest, "POST", "/backfill/gateway", batch(2, 1)))  # history leaves it to alerts
        status = run(SLOD, "status", "--url", f"http://127.0.0.1:{slod.web}")
        self.assertIn("the disk of the state directory is full", status.stdout)
        self.assertEqual(len(receiver.taken("/hook")), 1)
        self.assertNotIn("level=error", slod.process.log())
        (disk / "filler").unlink()
        wait_for("room", lambda: slod.post("gateway", [ride(200)] * 2000, key="more").status == 200, 5)
        self.assertTrue((disk / "state" / "ballast").exists())
        slod.tick()
        self.assertEqual(slod.counts("rides"), (2050, 50))
        slod.kill()
        slod.start()
        slod.tick()
        slod.tick()
        self.assertEqual(len(receiver.taken("/hook")), 1)
        slod.stop()

    def test_a_full_disk_is_answered_with_503_and_heals_by_itself(self):
        disk = self.small_disk("6m")
        slod = Slod(self, RIDES, state=disk / "state").start()
        sums = [0, 0]

        def post(key):
            # Different ids: what is stored does not fit into the holes of what was stored before.
            records = [ride(200 if n % 3 else 503, request_id=os.urandom(16).hex()) for n in range(1000)]
            answer = slod.post("gateway", records, key=key)
            if answer.status == 200:
                sums[1] += 334
                sums[0] += 666
            return answer

        self.assertEqual(post("before").status, 200)
        fill(disk / "filler")
        begin, refused = time.monotonic(), None
        for number in range(20):  # SQLite may have room left in its own files
            answer = post(f"full-{number}")
            if answer.status != 200:
                refused = answer
                break
        self.assertIsNotNone(refused, "the disk never became full")
        self.full(refused)
        self.assertLess(time.monotonic() - begin, 5)
        begin = time.monotonic()
        self.assertEqual(post("still-full").status, 503)
        self.assertLess(time.monotonic() - begin, 1)
        self.assertEqual(slod.get("/-/healthy").status, 200)
        time.sleep(1)
        self.assertTrue(slod.process.running())
        self.assertIn("no room", slod.process.log())

        (disk / "filler").unlink()
        begin = time.monotonic()
        wait_for("room", lambda: post("still-full").status == 200, 5)
        self.assertLess(time.monotonic() - begin, 5)
        slod.tick()
        self.assertEqual(list(slod.counts("rides")), sums)
        self.assertEqual(slod.metrics().unbalanced_sources(), [])
        self.assertEqual(slod.metrics().sum("slod_disk_full"), 0)
        self.assertNotIn("disk_full", slod.api("/api/v1/sources"))
        slod.restart()
        self.assertEqual(list(slod.counts("rides")), sums)
        slod.stop()

    def test_a_disk_error_is_never_answered_and_ends_the_daemon_with_code_3(self):
        slod = Slod(self, RIDES)
        slod.start()
        slod.stop()
        sums, unknown, ended, delays = [0, 0], {}, [], []
        faults = [("fdatasync", 1), ("fdatasync", 5), ("fdatasync", 11), ("fsync", 1), ("fsync", 2), ("pwrite64", 40)]
        for number, (call, when) in enumerate(faults):
            trace = self.dir / f"trace-{number}"
            slod.wrapper = [program("strace"), "-D", "-f", "-qq", "-ttt", "-o", str(trace), "-e", f"trace={call},exit_group",
                            "-e", f"inject={call}:error=EIO:when={when}"]
            slod.spawn()
            try:
                slod.wait_ready()
            except AssertionError:  # it met the error while it started: said, and nothing is lost
                self.assertIn("level=error", slod.process.log())
                ended.append((call, when, slod.process.wait()))
                continue
            for post in range(200):
                key, good, bad = f"{number}-{post}", post % 7, 1 + post % 3
                body = batch(good, bad)
                unknown[key] = (good, bad, body)
                try:
                    answer = slod.post("gateway", body, key=key)
                except (OSError, http.client.HTTPException):
                    break
                if answer.status == 503:  # behind the group that met the error: refused, and so not stored
                    break
                self.assertEqual(answer.status, 200, answer)
                sums[0] += good
                sums[1] += bad
                del unknown[key]
            slod.process.signal(15)
            ended.append((call, when, slod.process.wait()))
            if slod.process.wait() == 3:
                self.assertIn("journal can no longer be written", slod.process.log())
                delays.append(self.seconds_to_the_end(trace))
        print(f"ends: {ended}; from the error to the end {max(delays):.3f} s at most", flush=True)
        self.assertLess(max(delays), 1)
        self.assertEqual([code for call, _, code in ended if call == "fdatasync"], [3, 3, 3])
        self.assertTrue({code for _, _, code in ended} <= {0, 1, 3})

        slod.wrapper = []
        slod.start()
        self.assertGreater(len(unknown), 0)
        for key, (good, bad, body) in unknown.items():  # what was not answered is sent again
            answer = slod.post("gateway", body, key=key)
            self.assertEqual(answer.status, 200, answer)
            sums[0] += good
            sums[1] += bad
        slod.tick()
        self.assertEqual(list(slod.counts("rides")), sums)
        slod.stop()

    @staticmethod
    def seconds_to_the_end(trace):
        error = end = None
        for line in trace.read_text().splitlines():
            match = re.match(r"\d+ +(\d+\.\d+) (.*)", line)
            if match and "INJECTED" in line:
                error = float(match[1])
            if match and "exit_group" in line:
                end = float(match[1])
        return end - error

    def test_a_state_directory_that_cannot_be_written_is_named(self):
        slod = Slod(self, RIDES)
        slod.state.mkdir()
        slod.state.chmod(0o555)
        if os.getuid() == 0:
            binary = shutil.copy(SLOD, self.dir / "slod")
            os.chmod(binary, 0o755)
            command = [program("setpriv"), "--reuid=65534", "--regid=65534", "--clear-groups", binary]
        else:
            command = [SLOD]
        done = run(*command, "run", f"--config.file={slod.config_path}", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(str(slod.state), done.stderr)
        self.assertIn("write", done.stderr)
        self.assertIn("Permission denied", done.stderr)
        slod.state.chmod(0o755)

    def test_a_port_in_use_is_named(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            for listener in ("web", "ingest"):
                ports = {"web": 0, "ingest": 0, listener: port}
                server = ('server: { ingest: { listen: "127.0.0.1:%(ingest)d" }, web: { listen: "127.0.0.1:%(web)d" } }'
                          % ports)
                slod = Slod(self, server + RIDES, name=listener).spawn()
                self.assertEqual(slod.process.wait(), 1)
                self.assertIn(f"server.{listener}.listen", slod.process.log())
                self.assertIn(str(port), slod.process.log())
                self.assertIn("in use", slod.process.log())


if __name__ == "__main__":
    main()
