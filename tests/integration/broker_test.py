"""A broker that stops, crashes, hangs and comes back; what slod says to it on the wire; and whom it trusts.

What slod acknowledged is counted once, whatever became of the broker; the minutes in which it could hear nobody are
unobserved; a source is up when the broker has answered its subscriptions, and at no other time.
"""

import os
import re
import socket
import struct
import threading
import time

from harness import TICK, IntegrationTest, Mosquitto, Slod, free_port, main, program, run, wait_for
from mqtt_publisher import Publisher

KEEP_ALIVE = 2
DEVICES = 5
CONFIG = """
sources:
  fleet:
    mqtt: { url: "%s", client_id: slod-%d%s }
    messages:
      - { topic: "vehicles/{device}/telemetry", is: report,
          fields: { time: /ts, battery: /battery, state: /state, seq: /seq } }
fleet: { sources: [fleet], report_every: 20s, battery: { low: 15, recovered: 20 } }
slos:
  - { name: connectivity, service: fleet, fleet: connectivity, objective: 97 }
"""


def config(port, tls=""):
    url = f"{'mqtts' if tls else 'mqtt'}://127.0.0.1:{port}"
    return CONFIG % (url, os.getpid(), f", {tls}" if tls else "")


class Vehicles(threading.Thread):
    """Publishes numbered reports at QoS 1, twenty a second, and keeps the numbers that the broker acknowledged. What
    was not is published again."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.acked, self._over, self._may = port, 0, threading.Event(), threading.Event()
        self._idle = threading.Event()
        self._may.set()

    def run(self):
        publisher = None
        while not self._over.is_set():
            if not self._may.wait(0.05):
                self._idle.set()
                continue
            self._idle.clear()
            number = self.acked + 1
            report = {"ts": round(time.time(), 3), "battery": 50, "state": "on", "seq": number}
            try:
                publisher = publisher or Publisher(self.port, f"vehicles-{os.getpid()}")
                publisher.publish([(f"vehicles/v{number % DEVICES}/telemetry", report)])
                self.acked = number
            except OSError:
                publisher = None
            time.sleep(0.05)

    def pause(self):
        self._idle.clear()
        self._may.clear()
        self._idle.wait(20)

    def go_on(self):
        self._may.set()

    def end(self):
        self._over.set()
        self.join(20)


class BrokerTest(IntegrationTest):
    def daemon(self, text, **more):
        slod = Slod(self, text, **more)
        slod.flags = [f"--mqtt.keep-alive={KEEP_ALIVE}s"]
        return slod

    def up(self, slod):
        return slod.source("fleet")["up"]

    def connections(self, slod):
        return len(re.findall(r"source fleet: .*: connected\"", slod.process.log()))

    def reconnected(self, slod, change):
        before = self.connections(slod)
        change()
        wait_for("the connection", lambda: self.connections(slod) > before, 60)

    def in_the_inbox(self, slod, number):
        needle = b'"seq": %d}' % number
        return any(needle in file.read_bytes() for file in (slod.state / "inbox").glob("*.log"))

    def test_a_broker_that_stops_crashes_and_hangs_loses_nothing_and_charges_nobody(self):
        broker, outages = Mosquitto(self), []
        slod = self.daemon(config(broker.port)).start()
        slod.tick()
        self.assertFalse(self.up(slod), "up before the first connect")
        self.assertEqual(slod.metrics().values("slod_source_up", source="fleet"), [0])
        self.reconnected(slod, broker.start)
        begin = time.time()
        vehicles = Vehicles(broker.port)
        vehicles.start()
        self.addCleanup(vehicles.end)
        wait_for("every vehicle's first report", lambda: vehicles.acked >= DEVICES)

        def outage(down, back, settle=False):
            if settle:  # a crash of the broker loses what it had not handed over
                vehicles.pause()
                wait_for("the last report", lambda: self.in_the_inbox(slod, vehicles.acked))
            losses, began = slod.process.log().count("lost the connection"), time.time()
            down()
            wait_for("slod to notice", lambda: slod.process.log().count("lost the connection") > losses, 30, 0.02)
            noticed = time.time() - began
            self.assertFalse(self.up(slod))
            vehicles.go_on()
            self.reconnected(slod, back)
            outages.append((began, time.time()))
            before = vehicles.acked
            wait_for("new reports", lambda: vehicles.acked > before + DEVICES, 30)
            return noticed

        slod.tick()  # so that the source is shown as up
        self.assertTrue(self.up(slod))
        stopped = outage(broker.stop, broker.start)
        killed = outage(broker.kill, broker.start, settle=True)
        hung = outage(broker.hang, broker.go_on)
        print(f"noticed after {stopped:.1f} s (SIGTERM), {killed:.1f} s (SIGKILL), {hung:.1f} s (SIGSTOP)", flush=True)
        self.assertLess(max(stopped, killed), 5)
        self.assertGreater(hung, KEEP_ALIVE / 2)

        # slod is killed while messages wait in the broker: they come after its next connect.
        outages.append((time.time(), 0))
        slod.kill()
        before = vehicles.acked
        wait_for("reports that wait", lambda: vehicles.acked > before + 10)
        broker.hang()
        slod.start()
        self.assertFalse(self.up(slod), "up before the first connect of this life")
        self.assertEqual(slod.metrics().values("slod_source_up", source="fleet"), [0])
        self.reconnected(slod, broker.go_on)
        outages[-1] = (outages[-1][0], time.time())
        end = (int(time.time()) // 60 + 1) * 60
        time.sleep(max(0, end - time.time()))
        vehicles.end()
        slod.tick(after=end + 0.1)
        slod.tick()
        fleet = slod.source("fleet")
        self.assertEqual((fleet["accepted"], fleet["rejected"], fleet["ignored"]), (vehicles.acked, 0, 0), fleet)
        self.assertEqual(fleet["received"], fleet["accepted"] + fleet["duplicate"])
        self.assertTrue(fleet["up"])

        reading = slod.slo("connectivity")
        self.assertEqual(reading["bad"], 0, "a vehicle was charged for the broker")
        minutes = range(int(begin) // 60 * 60, end, 60)
        surely = [m for m in minutes if any(a + 3 < m + 60 and m < b - 3 for a, b in outages)]
        perhaps = [m for m in minutes if any(a - 3 < m + 60 and m < b + 3 for a, b in outages + [(begin, begin)])]
        self.assertGreaterEqual(reading["unobserved"], DEVICES * len(surely), (reading, outages))
        self.assertLessEqual(reading["unobserved"], DEVICES * len(perhaps), (reading, outages))
        self.assertEqual(reading["good"] + reading["unobserved"], DEVICES * len(minutes))
        slod.stop()

    # -- the wire ------------------------------------------------------------------------------------------------------
    def test_connect_asks_for_a_session_that_lives_and_the_second_one_finds_it(self):
        broker = Mosquitto(self).start()
        proxy = Proxy(self, broker.port)
        slod = self.daemon(config(proxy.port)).start()
        for end in (slod.stop, slod.kill):
            wait_for("the connection", lambda: self.connections(slod) == 1)
            end()
            slod.start()
        wait_for("the connection", lambda: self.connections(slod) == 1)
        self.assertIn("the broker kept our session", slod.process.log())
        slod.stop()
        connects, answers = proxy.first_packets()
        self.assertEqual(len(connects), 3)
        self.assertEqual(len(set(connects)), 1, "the same packet each time")
        self.assertEqual([answer[0] & 1 for answer in answers], [0, 1, 1], "session present")
        self.assertEqual([answer[1] for answer in answers], [0, 0, 0], "reason code")
        packet = connects[0]
        self.assertEqual(packet[:7], b"\0\4MQTT\5")
        self.assertEqual(packet[7] & 0x02, 0, "clean start")
        self.assertEqual(struct.unpack(">H", packet[8:10])[0], KEEP_ALIVE)
        properties = packet[11:11 + packet[10]]
        self.assertIn(b"\x11" + struct.pack(">I", 7 * 24 * 3600), properties, "session expiry")
        self.assertIn(b"\x21" + struct.pack(">H", 500), properties, "receive maximum")
        client_id = f"slod-{os.getpid()}".encode()
        self.assertEqual(packet[11 + packet[10]:], struct.pack(">H", len(client_id)) + client_id)

    def test_a_broker_that_turns_slod_away_is_tried_more_and_more_seldom(self):
        door, times = socket.socket(), []
        self.addCleanup(door.close)
        door.bind(("127.0.0.1", 0))
        door.listen()

        def turn_away():
            while True:
                try:
                    visitor = door.accept()[0]
                except OSError:
                    return
                with visitor:
                    visitor.settimeout(5)
                    if visitor.recv(1):  # not the look at what is wrong
                        times.append(time.monotonic())

        threading.Thread(target=turn_away, daemon=True).start()
        slod = self.daemon(config(door.getsockname()[1])).start()
        wait_for("four tries", lambda: len(times) >= 4, 40)
        gaps = [later - earlier for earlier, later in zip(times, times[1:])]
        print("seconds between tries:", [round(gap, 1) for gap in gaps], flush=True)
        self.assertGreater(gaps[0], 0.5)
        self.assertGreater(gaps[2], 1.3 * min(gaps[:2]))
        self.assertIn("cannot connect", slod.process.log())
        slod.stop()

    # -- TLS -----------------------------------------------------------------------------------------------------------
    def openssl(self, *arguments, when=None):
        command = [program("openssl"), *arguments]
        return run(*([program("faketime"), when] if when else []), *command)

    def certificate(self, name, subject, days=2, when=None, self_signed=False):
        key, request, cert = (str(self.dir / f"{name}.{suffix}") for suffix in ("key", "csr", "crt"))
        extension = self.write(f"{name}.ext", f"subjectAltName={subject}\n")
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out",
                     request, "-subj", f"/CN={name}")
        signer = ["-signkey", key] if self_signed else ["-CA", str(self.dir / "ca.crt"), "-CAkey",
                                                       str(self.dir / "ca.key"), "-CAcreateserial"]
        self.openssl("x509", "-req", "-in", request, *signer, "-out", cert, "-days", str(days), "-extfile",
                     str(extension), when=when)
        os.chmod(key, 0o644)
        return f"certfile {cert}\nkeyfile {key}\n"

    def test_tls_takes_the_right_certificate_and_says_plainly_why_it_refuses_any_other(self):
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                     str(self.dir / "ca.key"), "-out", str(self.dir / "ca.crt"), "-subj", "/CN=fleet CA", "-days", "30",
                     when="20 days ago")
        secret = "correct-horse-battery"
        self.write("password", secret + "\n")
        tls = f"ca: {self.dir / 'ca.crt'}, username: slod, password: {{ file: {self.dir / 'password'} }}"
        right = self.certificate("right", "IP:127.0.0.1")
        cases = {
            "other": (self.certificate("other", "DNS:broker.example.org"), "the certificate is not for 127.0.0.1"),
            "expired": (self.certificate("expired", "IP:127.0.0.1", when="10 days ago"), "certificate has expired"),
            "selfmade": (self.certificate("selfmade", "IP:127.0.0.1", self_signed=True), "self-signed certificate"),
        }
        logs = ""
        for name, (lines, words) in cases.items():
            broker = Mosquitto(self, name, lines).start()
            slod = self.daemon(config(broker.port, tls), name=f"slod-{name}").start()
            refused = wait_for("the refusal", lambda: re.search("cannot connect.*", slod.process.log()), 20)
            self.assertIn(words, refused[0])
            time.sleep(1.5)  # it tries again
            self.assertEqual(self.connections(slod), 0)
            slod.stop()
            broker.stop()
            logs += slod.process.log()
        broker = Mosquitto(self, "right", right).start()
        slod = self.daemon(config(broker.port, tls), name="slod-right").start()
        wait_for("the connection", lambda: self.connections(slod) == 1)
        logs += slod.process.log() + slod.get("/metrics").body.decode()
        slod.stop()
        self.assertNotIn(secret, logs)


class Proxy:
    """Passes bytes between slod and the broker and keeps what each said first."""

    def __init__(self, test, broker_port):
        self._broker_port, self._heard, self._lock = broker_port, [], threading.Lock()
        self._door = socket.socket()
        self._door.bind(("127.0.0.1", 0))
        self._door.listen()
        self.port = self._door.getsockname()[1]
        test.addCleanup(self._door.close)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                client, _ = self._door.accept()
            except OSError:
                return
            broker = socket.create_connection(("127.0.0.1", self._broker_port), 10)
            broker.settimeout(None)
            said = [bytearray(), bytearray()]
            with self._lock:
                self._heard.append(said)
            for number, (source, sink) in enumerate(((client, broker), (broker, client))):
                threading.Thread(target=self._pass, args=(source, sink, said[number]), daemon=True).start()

    def _pass(self, source, sink, said):
        try:
            while data := source.recv(65536):
                with self._lock:
                    said += data
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def first_packets(self):
        """The bodies of the CONNECTs and of their answers."""
        def body(said, kind):
            assert said[0] == kind and said[1] < 128, bytes(said[:20])
            return bytes(said[2:2 + said[1]])
        with self._lock:
            spoke = [said for said in self._heard if said[0]]  # a look at what is wrong says nothing
            return [body(client, 0x10) for client, _ in spoke], [body(broker, 0x20) for _, broker in spoke]


if __name__ == "__main__":
    main()
