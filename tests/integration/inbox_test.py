"""What stands between a broker and the journal: `durability: power` on the wire and on the disk, torn and shortened files,
and a disk that is full."""

import os
import re
import shutil
import sqlite3

from harness import TICK, IntegrationTest, Mosquitto, Slod, main, program, run, wait_for
from disk_test import fill

CONFIG = """
sources:
  fleet:
    mqtt: { url: "mqtt://127.0.0.1:%d", client_id: slod-%d, durability: %s }
    messages:
      - { topic: "vehicles/{device}/telemetry", is: report, fields: { battery: /battery, state: /state, seq: /seq } }
fleet: { sources: [fleet] }
slos:
  - { name: connectivity, service: fleet, fleet: connectivity, objective: 97 }
"""


def report(number):
    return {"battery": 50, "state": "on", "seq": number}


class InboxTest(IntegrationTest):
    def daemon(self, durability, state=None):
        self.broker = Mosquitto(self, f"mosquitto-{durability}").start()
        return Slod(self, CONFIG % (self.broker.port, os.getpid(), durability), f"slod-{durability}", state=state)

    def connected(self, slod):
        wait_for("the connection", lambda: ": connected" in slod.process.log(), 40)

    def publish(self, first, count):
        self.broker.publish_lines("vehicles/v1/telemetry", [report(number) for number in range(first, first + count)])

    def newest(self, slod):
        return max((slod.state / "inbox").glob("*.log"), key=lambda file: int(file.name.split(".")[1]))

    def holds(self, slod, number):
        return any(b'"seq": %d}' % number in file.read_bytes() for file in (slod.state / "inbox").glob("*.log"))

    def all_read(self, slod):
        """Waits until the journal holds the position at the end of the newest file."""
        def committed():
            newest = self.newest(slod)
            segment = max((slod.state / "journal").glob("seg-*.db"))
            with sqlite3.connect(f"file:{segment}?mode=ro", uri=True) as journal:
                query = "SELECT offset FROM positions WHERE source='fleet' AND stream=?"
                row = journal.execute(query, (f"gen:{newest.name.split('.')[1]}",)).fetchone()
            return row and row[0] == newest.stat().st_size
        wait_for("the inbox to be read", committed, 30)

    def accepted(self, slod):
        slod.tick()
        source = slod.source("fleet")
        self.assertEqual((source["rejected"], source["ignored"]), (0, 0), source)
        return source["accepted"]

    def calls_of_the_receiver(self, durability, count):
        """What the thread that acknowledges did with the inbox and the socket, in order."""
        slod = self.daemon(durability)
        trace = self.dir / f"trace-{durability}"
        slod.wrapper = [program("strace"), "-D", "-f", "-qq", "-y", "-s", "300", "-o", str(trace), "-e",
                        "trace=pwrite64,fdatasync,write,writev,sendto,sendmsg"]
        slod.spawn()
        slod.wait_ready(60)
        self.connected(slod)
        for number in range(count):
            self.publish(number, 1)
            wait_for("the message", lambda: self.holds(slod, number))
        slod.stop()
        self.broker.stop()
        by_thread = {}
        for line in trace.read_text().splitlines():
            thread, call = line.split(" ", 1)
            step = None
            if "/inbox/fleet." in call:
                written = re.search(r'\\"seq\\": (\d+)', call)
                step = f"write {written[1]}" if written else "sync" if "fdatasync(" in call else None
            elif re.search(r'"@\\2', call):
                step = "PUBACK"
            if step:
                by_thread.setdefault(thread, []).append(step)
        return max(by_thread.values(), key=len)

    def test_power_acknowledges_behind_the_write_and_its_sync_and_process_behind_the_write(self):
        count = 5
        steps = self.calls_of_the_receiver("power", count)
        expected = [step for number in range(count) for step in (f"write {number}", "sync", "PUBACK")]
        self.assertEqual(steps, expected)
        steps = self.calls_of_the_receiver("process", count)
        self.assertEqual(steps, [step for number in range(count) for step in (f"write {number}", "PUBACK")])

    def test_a_torn_tail_is_cut_and_a_file_that_lost_its_end_goes_on_in_a_new_one(self):
        slod = self.daemon("power").start()
        self.connected(slod)
        self.publish(0, 100)
        wait_for("the last message", lambda: self.holds(slod, 99))
        self.assertEqual(self.accepted(slod), 100)
        # A power cut in the middle of a write: half a frame, which was never acknowledged.
        slod.kill()
        whole = self.newest(slod)
        frame = whole.read_bytes()[8:100]
        with open(whole, "ab") as file:
            file.write(frame[:50])
        self.publish(100, 20)  # waits in the broker
        slod.start()
        self.assertRegex(slod.process.log(), "cut 50 bytes after the last whole message")
        wait_for("the messages that waited", lambda: self.holds(slod, 119))
        self.assertEqual(self.accepted(slod), 120)
        # A power cut that took the end of the file, although all of it is in the journal.
        slod.kill()
        short = self.newest(slod)
        os.truncate(short, short.stat().st_size // 2)
        self.publish(120, 20)
        slod.start()
        self.assertIn("is shorter than what was read of it", slod.process.log())
        wait_for("the messages that waited", lambda: self.holds(slod, 139))
        self.assertNotEqual(self.newest(slod), short, "a generation of its own")
        self.assertFalse(short.exists())
        self.assertEqual(self.accepted(slod), 140)
        slod.restart()
        self.assertEqual(self.accepted(slod), 140)
        slod.stop()

    def test_an_inbox_file_that_was_removed_or_emptied_is_said_once(self):
        slod = self.daemon("process").start()
        self.connected(slod)
        for number, (words, remove) in enumerate((("is empty. What was read", lambda file: os.truncate(file, 0)),
                                                  ("is gone. What was read", lambda file: shutil.rmtree(file.parent)))):
            self.publish(20 * number, 20)
            wait_for("the last message", lambda: self.holds(slod, 20 * number + 19))
            self.all_read(slod)
            slod.kill()
            old = self.newest(slod)
            remove(old)
            slod.start()
            self.assertIn(f"{old} {words}", slod.process.log())
            self.assertIn("let the devices send again", slod.process.log())
            self.all_read(slod)
            slod.restart()
            self.assertNotIn("level=error", slod.process.log())  # said once: reading goes on behind it
            self.connected(slod)
        # A file after the one that was read: it is there only because messages followed, and those are gone.
        slod.kill()
        old = self.newest(slod)
        generation = int(old.name.split(".")[1])
        old.rename(old.with_name(f"fleet.{generation + 1}.log"))
        slod.start()
        self.assertIn(f"{old} is gone", slod.process.log())
        self.assertIn("counted as 1 shed", slod.process.log())
        self.all_read(slod)
        slod.restart()
        self.assertNotIn("level=error", slod.process.log())
        self.assertEqual(self.accepted(slod), 40)
        self.assertEqual(slod.source("fleet")["shed"], 1)
        self.assertEqual(slod.metrics().unbalanced_sources(), [])
        slod.stop()

    def test_a_sync_that_fails_and_then_succeeds_is_said_once(self):
        slod = self.daemon("power")
        trace = self.dir / "trace"
        inbox = slod.state / "inbox" / "fleet.1.log"
        slod.wrapper = [program("strace"), "-D", "-f", "-qq", "-o", str(trace), "-P", str(inbox), "-e", "trace=fdatasync",
                        "-e", "inject=fdatasync:error=EIO:when=3..5"]
        slod.spawn()
        slod.wait_ready(60)
        self.connected(slod)
        for number in range(10):
            self.publish(number, 1)
            wait_for("the message", lambda: self.holds(slod, number))
        wait_for("the warning", lambda: "failed 3 times (Input/output error)" in slod.process.log(), 20)
        self.all_read(slod)
        self.assertEqual(slod.process.log().count("Input/output error"), 1)
        self.assertIn("succeeded when it was tried again: nothing is lost", slod.process.log())
        slod.stop()

    def test_a_full_disk_makes_the_broker_wait_and_nothing_is_lost(self):
        if os.getuid() != 0:
            self.skipTest("mounting a small disk needs root")
        disk = self.dir / "disk"
        disk.mkdir()
        run(program("mount"), "-t", "tmpfs", "-o", "size=8m", "slod-test", str(disk))
        self.addCleanup(lambda: run(program("umount"), "-l", str(disk)))
        slod = self.daemon("power", state=disk / "state").start()
        self.connected(slod)
        self.publish(0, 50)
        wait_for("the messages", lambda: self.holds(slod, 49))
        fill(disk / "filler")
        # More than the room that is left in the inbox's last page.
        self.publish(50, 200)
        wait_for("the callback to wait", lambda: "a message waits for room in the inbox" in slod.process.log(), 20)
        self.assertRegex(slod.process.log(), "No space left on device|kept for alerts")
        self.assertEqual(slod.get("/-/healthy").status, 200)
        # What the ballast leaves is for ticks and alerts: messages do not eat it.
        wait_for("the ballast to go", lambda: not (disk / "state" / "ballast").exists(), 2 * TICK)
        slod.tick()
        slod.tick()
        self.assertFalse(self.holds(slod, 249))
        (disk / "filler").unlink()
        wait_for("room", lambda: "the inbox takes messages again" in slod.process.log(), 20)
        wait_for("all messages", lambda: self.holds(slod, 249), 30)
        wait_for("all counted", lambda: self.accepted(slod) == 250, 60)
        slod.kill()
        slod.start()
        self.assertEqual(self.accepted(slod), 250)
        slod.stop()


if __name__ == "__main__":
    main()
