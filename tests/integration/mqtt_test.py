"""A real broker: two-leg journeys, presence with a last will, outages, and what waited while slod was away."""

import os
import re
import time

from harness import TICK, IntegrationTest, Mosquitto, Process, Slod, main, program, wait_for

CONFIG = """
sources:
  gateway:
    http: {}
    format: json
    fields: { time: /ts, method: /method, path: /path, status: /status, latency: { at: /duration_ms, unit: ms },
              id: /request_id, labels: { app: /app } }
  fleet:
    mqtt: { url: "mqtt://127.0.0.1:%d", client_id: slod-%d }
    messages:
      - { topic: "vehicles/{device}/telemetry", is: report,
          fields: { time: /ts, battery: /battery, state: /state, seq: /seq, labels: { area: /area } } }
      - { topic: "vehicles/{device}/status", is: presence, online: [online], offline: [lost] }
      - { topic: "vehicles/{device}/commands", is: command, fields: { id: /request_id, name: /command } }
      - { topic: "vehicles/{device}/acks", is: reply, fields: { id: /request_id, result: /status }, good: [ok] }
journeys:
  Unlock:
    api:    { source: gateway, method: POST, route: "/v1/vehicles/{device}/unlock" }
    device: { source: fleet, command: unlock, deadline: 3s }
  RideStart: { api: { source: gateway, method: POST, route: /v1/rides } }
fleet:
  sources: [fleet]
  in_service: { state: [parked, riding] }
  report_every: 60s
  battery: { low: 15, recovered: 20 }
slos:
  - { name: unlock, service: rides, journey: Unlock, sli: availability, objective: 99 }
  - { name: rides, service: rides, journey: RideStart, sli: availability, objective: 99 }
  - { name: connectivity, service: fleet, fleet: connectivity, objective: 97, group_by: [area] }
  - { name: battery, service: fleet, fleet: battery, objective: 97 }
"""


class MqttTest(IntegrationTest):
    def setUp(self):
        super().setUp()
        self.broker = Mosquitto(self)
        self.slod = Slod(self, CONFIG % (self.broker.port, os.getpid()))

    def connected(self, since=0):
        return wait_for("the MQTT connection",
                        lambda: re.search(r"source fleet.*connected", self.slod.process.log()[since:]), 40)

    def unlock(self, device, status=200, number=0):
        answer = self.slod.post("gateway", [{"ts": round(time.time(), 3), "method": "POST", "status": status,
                                             "path": f"/v1/vehicles/{device}/unlock", "duration_ms": 1,
                                             "request_id": f"{device}-{number}", "app": "ios"}])
        self.assertEqual(answer.status, 200)

    def command(self, device, number=0):
        self.broker.publish(f"vehicles/{device}/commands", {"request_id": f"{device}-{number}", "command": "unlock"})

    def ack(self, device, status="ok", number=0):
        self.broker.publish(f"vehicles/{device}/acks", {"request_id": f"{device}-{number}", "status": status})

    def report(self, device, **more):
        self.broker.publish(f"vehicles/{device}/telemetry",
                            {"ts": time.time(), "battery": 80, "state": "parked", "area": "osaka", **more})

    def test_two_legs_presence_and_bad_messages_of_a_real_broker(self):
        self.broker.start()
        slod = self.slod.start()
        self.connected()
        for number in range(4):
            self.report(f"v{number}", battery=80 if number else 5)
        # The last will of a vehicle whose connection dies: the broker says it for it.
        will = Process(self, "vehicle", [program("mosquitto_sub"), "-p", str(self.broker.port), "-i", "v3", "-t", "x/v3",
                                         "--will-topic", "vehicles/v3/status", "--will-payload", "lost", "--will-qos", "1"])
        self.broker.publish("vehicles/v3/status", "online")
        began = time.time()
        self.unlock("v0"), self.command("v0"), self.ack("v0")
        self.unlock("v1"), self.command("v1"), self.ack("v1", "motor jammed")
        self.command("v2"), self.ack("v2"), self.unlock("v2")  # legs in any order
        self.unlock("v4", 503)
        self.unlock("v5"), self.command("v5")  # never answered
        self.unlock("v6", 404)
        self.unlock("v7"), self.ack("v7")  # no command seen: the reply's id is the API leg's
        self.broker.publish("vehicles/v1/telemetry", "not json")
        self.broker.publish("vehicles/v1/acks", "[]")
        self.broker.publish("vehicles/v1/telemetry", '{"battery":"full"}')
        self.broker.publish("vehicles/v1/elsewhere", "x")  # not subscribed: never comes
        will.kill()  # no DISCONNECT: the broker publishes the will
        time.sleep(max(0, began + 3.2 - time.time()))
        self.ack("v5")  # after the deadline
        slod.tick()
        unlock = slod.slo("unlock")
        self.assertEqual(unlock["outcomes"], {"ok": 3, "device_refused": 1, "http_error": 1, "late_ok": 1})
        self.assertEqual((unlock["good"], unlock["bad"], unlock["excluded"]), (3, 3, 1))
        fleet = slod.source("fleet")
        # 4 reports, birth and will, 4 commands, 5 replies; 3 are unreadable.
        self.assertEqual(fleet["rejected"], 3, fleet)
        self.assertEqual(fleet["accepted"], 4 + 2 + 4 + 5, fleet)
        self.assertTrue(fleet["up"])

        # Device-minutes: v0..v3 until v3 was lost; the minute is booked at its end.
        minute = (int(began) // 60 + 1) * 60
        slod.tick(after=minute + 0.1, timeout=60 + 3 * TICK)
        connectivity, battery = slod.slo("connectivity"), slod.slo("battery")
        self.assertEqual(connectivity["outcomes"].get("connectivity", 0) + connectivity["outcomes"].get("offline", 0),
                         connectivity["bad"], connectivity)
        self.assertEqual((connectivity["good"], connectivity["bad"]), (3, 1), connectivity)
        self.assertEqual((battery["good"], battery["bad"]), (3, 1), battery)
        self.assertEqual(connectivity["groups"], [{"labels": {"area": "osaka"}, "good": 3, "bad": 1, "valid": 4}])
        slod.stop()

    def test_a_broker_that_is_down_does_not_stop_http_and_what_waits_in_it_comes_exactly_once(self):
        slod = self.slod.start()  # no broker yet
        ride = {"ts": round(time.time(), 3), "method": "POST", "path": "/v1/rides", "status": 200, "duration_ms": 1}
        self.assertEqual(slod.post("gateway", [ride]).status, 200)
        slod.tick()
        self.assertEqual(slod.counts("rides"), (1, 0))
        self.assertFalse(slod.source("fleet")["up"])
        self.assertEqual(slod.metrics().values("slod_source_up", source="fleet"), [0])
        self.broker.start()
        self.connected()
        for _ in range(2):
            self.report("v1", seq=1, ts=1 + int(time.time()) // 60 * 60)  # the same report again

        # Broker restart: its session store is on disk, and slod comes back by itself.
        said = len(slod.process.log())
        self.broker.stop()
        wait_for("slod to notice", lambda: "fleet" in slod.process.log()[said:])
        self.broker.start()
        self.connected(said)
        self.report("v1", seq=2)
        slod.tick()
        fleet = slod.source("fleet")
        # The broker may send again what it had not noted as acknowledged when it stopped: that counts once too.
        self.assertEqual((fleet["accepted"], fleet["received"] - fleet["duplicate"]), (2, 2), fleet)
        self.assertGreaterEqual(fleet["duplicate"], 1)
        self.assertTrue(fleet["up"])

        # While slod is away - stopped, then killed - the broker keeps what is published at QoS 1.
        position = 2
        for end in (slod.stop, slod.kill):
            end()
            self.broker.publish_lines("vehicles/v2/telemetry",
                                      [{"ts": time.time(), "battery": 50, "state": "riding", "area": "kyoto",
                                        "seq": position + n} for n in range(1, 301)])
            position += 300
            slod.start()
        self.connected()
        wait_for("the queue to be taken", lambda: slod.source("fleet")["accepted"] >= 602)
        slod.tick()
        fleet = slod.source("fleet")
        self.assertEqual((fleet["accepted"], fleet["rejected"], fleet["ignored"]), (2 + 600, 0, 0), fleet)
        self.assertEqual(fleet["received"], fleet["accepted"] + fleet["duplicate"])
        slod.stop()
        # And the last restart brings nothing twice.
        slod.start()
        self.connected()
        slod.tick()
        self.assertEqual(slod.source("fleet")["accepted"], 602)
        self.assertEqual(slod.counts("rides"), (1, 0))
        slod.stop()


if __name__ == "__main__":
    main()
