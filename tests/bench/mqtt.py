"""The benchmark `mqtt`: reports through a real broker to slod, and to a bare subscriber on the same library in the same
run."""

import contextlib
import json
import os
import socket
import subprocess
import time

import workload
from common import Daemon, at_least, await_true, free_port, program, ratio_at_least, ratio_at_most, say


class Broker:
    """A real mosquitto on loopback that drops nothing; ended by its own process id."""

    def __init__(self, folder):
        self.port = free_port()
        self.config = folder / "mosquitto.conf"
        self.config.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n"
                               "max_inflight_messages 500\n" + ("user root\n" if os.getuid() == 0 else ""))

    def __enter__(self):
        self.process = subprocess.Popen([program("mosquitto"), "-c", str(self.config)], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        await_true("mosquitto", lambda: socket.create_connection(("127.0.0.1", self.port), 1).close() is None)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(60)


# name, QoS, durability, messages, the goal in numbers
MQTT_LOADS = [("QoS 1, process", 1, "process", 150_000, ratio_at_least(0.9)),
              ("QoS 0", 0, "process", 240_000, at_least(60_000)),
              ("QoS 1, power", 1, "power", 10_000, at_least(2_000))]
MQTT_DEVICES = 1_000


def mqtt(bench):
    """200-byte reports through a real broker to a slod with a fleet SLO. The yardstick, in turn with it, is a subscriber
    on the same library whose callback only counts. slod's rate: from the first message in the inbox to the last; every
    one of them must then be counted."""
    rounds, bench.rounds = bench.rounds, min(bench.rounds, 3)
    for name, qos, durability, messages, goal in bench.size(MQTT_LOADS, MQTT_LOADS[:1]):
        messages = bench.size(messages, 500)

        def measure():
            plain = plain_subscriber(bench, messages, qos)
            ours = slod_as_subscriber(bench, messages, qos, durability)
            return {"rate": ours["rate"], "plain": messages / plain["seconds"], "cpu": ours["cpu"] / messages * 1e6,
                    "plain_cpu": plain["cpu"] / messages * 1e6, "behind": ours["behind"]}

        median = bench.median_of(measure)
        say(f"mqtt: {name}", median["rate"], "msg/s", median["plain"], "msg/s Paho alone", goal)
        say(f"mqtt: {name}, CPU a message", median["cpu"], "us", median["plain_cpu"], "us Paho alone",
            ratio_at_most(1.5) if durability == "process" else None)
        say(f"mqtt: {name}, journaled behind the inbox", median["behind"] * 1e3, "ms")
    bench.rounds = rounds


def publish(bench, broker, messages, qos):
    return subprocess.Popen([bench.binary("mqtt_load"), str(broker.port), str(messages), str(qos), str(MQTT_DEVICES)],
                            stdout=subprocess.DEVNULL)


def plain_subscriber(bench, messages, qos):
    with Broker(bench.dir) as broker:
        subscriber = subprocess.Popen([bench.binary("mqtt_yardstick"), str(broker.port), str(messages), str(qos)],
                                      stdout=subprocess.PIPE, text=True)
        if subscriber.stdout.readline() != "ready\n":
            raise SystemExit("mqtt_yardstick did not subscribe")
        publisher = publish(bench, broker, messages, qos)
        said, _ = subscriber.communicate(timeout=180)
        if publisher.wait(60) != 0 or subscriber.returncode != 0:
            raise SystemExit("the yardstick did not get every message")
        return json.loads(said)


def slod_as_subscriber(bench, messages, qos, durability):
    with Broker(bench.dir) as broker, Daemon(bench, how=lambda **at: workload.mqtt_config(
            broker=broker.port, qos=qos, durability=durability, **at)) as daemon:
        await_true("the MQTT connection", lambda: b"connected" in (daemon.dir / "slod.log").read_bytes())
        cpu, inbox = daemon.cpu_seconds(), daemon.dir / "state/inbox"
        publisher = publish(bench, broker, messages, qos)
        begin = await_growth(inbox)
        end, size = await_quiet(inbox)
        at_end = daemon.cpu_seconds()
        if publisher.wait(120) != 0:
            raise SystemExit("mqtt_load failed")
        counted = await_counted(daemon, "fleet", messages)
        if counted != messages:
            raise SystemExit(f"slod counted {counted} of {messages} messages; {size} bytes in its inbox")
        used = await_idle(daemon)
        return {"rate": messages / (end - begin), "cpu": used - cpu, "behind": used - at_end}


def bytes_in(folder):
    with contextlib.suppress(OSError):
        return sum(file.stat().st_size for file in folder.iterdir())
    return 0


def await_growth(folder):
    empty, end = bytes_in(folder), time.monotonic() + 60
    while bytes_in(folder) == empty:
        if time.monotonic() > end:
            raise SystemExit("nothing came into the inbox for 60 s")
        time.sleep(0.001)
    return time.monotonic()


def await_quiet(folder, still=1.0):
    """When the inbox grew for the last time. Its files are longer than what a run sends, so none goes away meanwhile."""
    size, last = bytes_in(folder), time.monotonic()
    while time.monotonic() - last < still:
        time.sleep(0.005)
        now = bytes_in(folder)
        if now != size:
            size, last = now, time.monotonic()
    return last, size


def await_counted(daemon, source, messages):
    """What the newest picture says was accepted, once it is all or no longer grows: a picture is made every 10 s."""
    seen, since = -1, time.monotonic()
    while time.monotonic() - since < 25:
        accepted = 0
        with contextlib.suppress(OSError):  # 503: no picture yet
            rows = json.loads(daemon.get("/api/v1/sources"))["data"]["sources"]
            accepted = next(row["accepted"] + row["duplicate"] for row in rows if row["source"] == source)
        if accepted >= messages:
            return accepted
        if accepted != seen:
            seen, since = accepted, time.monotonic()
        time.sleep(0.1)
    return seen


def await_idle(daemon):
    """The CPU seconds of a daemon that has nothing left to do."""
    used = daemon.cpu_seconds()
    while True:
        time.sleep(0.3)
        now = daemon.cpu_seconds()
        if now - used <= 0.01:
            return used
        used = now
