"""A changed config takes effect while slod runs: the past is judged anew, and nothing is lost, doubled or said twice."""

import json
import signal
import threading
import time

from harness import (GATEWAY, SLOD, FakeReceiver, IntegrationTest, Mosquitto, Slod, http_request, main, ride, run,
                     wait_for)

CONFIG = """
sources:%s
actors:
  rider: { app: [ios] }
journeys:
  RideStart: { api: { source: gateway, method: POST, route: /v1/rides } }
slos:
  - { name: rides, service: rides, journey: RideStart, sli: availability, actor: rider, objective: 99, alert_policy: quick }
alert_policies:
  quick: { rules: [ { severity: page, burn: 2, long: 1m, short: 30s } ], min_bad: 5 }
destinations: { hook: { webhook: { url: "http://127.0.0.1:%d/hook", allow_private: true } } }
routes: [ { to: [hook] } ]
"""

OF_A_BROKER = """
sources:%s
  fleet:
    mqtt: { url: "mqtt://127.0.0.1:%d" }
    messages:
      - { topic: "v/{device}/commands", is: command, fields: { id: /id, name: /command } }
      - { topic: "v/{device}/acks", is: reply, fields: { id: /id, result: /status }, good: [ok] }
journeys:
  RideStart: { api: { source: gateway, method: POST, route: /v1/rides } }
  Unlock: { device: { source: fleet, command: unlock, deadline: 20s } }
slos:
  - { name: rides, service: rides, journey: RideStart, sli: availability, objective: 99 }
  - { name: unlock, service: rides, journey: Unlock, sli: availability, objective: 99 }
"""

KEYS = ("slo", "good", "bad", "valid", "excluded", "attempts", "sli", "sli_raw", "budget", "latency", "outcomes", "groups")


class ReloadTest(IntegrationTest):
    def setUp(self):
        super().setUp()
        self.hook = FakeReceiver(self)
        self.text = CONFIG % (GATEWAY, self.hook.port)
        self.slod = Slod(self, self.text).start()

    def change(self, *replacements):
        text = self.slod.config_path.read_text()
        for old, new in replacements:
            self.assertIn(old, text)
            text = text.replace(old, new)
        self.slod.config_path.write_text(text)

    def reload(self):
        answer = http_request(self.slod.web, "POST", "/-/reload")
        return answer.status, json.loads(answer.body)

    def computed(self):
        wait_for("the past to be computed", lambda: self.slod.api("/api/v1/config")["recomputing"] is None, 60)

    def test_a_changed_actor_rule_judges_the_whole_past_anew_while_records_come_in(self):
        slod, sent, stop = self.slod, [], threading.Event()

        def traffic():
            while not stop.is_set():
                record = ride((200, 503)[len(sent) % 7 == 0], app=("ios", "android", "probe")[len(sent) % 3],
                              request_id=f"r{len(sent)}")
                answer = slod.post("gateway", [record])
                assert answer.status == 200, answer
                sent.append(record)
                time.sleep(0.01)

        sender = threading.Thread(target=traffic)
        sender.start()
        try:
            slod.tick()
            before = slod.slo("rides")["valid"]
            revision = slod.api("/api/v1/config")["revision"]
            self.change(("rider: { app: [ios] }", "rider: { app: [ios, android] }"))
            status, answer = self.reload()
            self.assertEqual((status, answer["status"], answer["data"]["recomputes"]), (200, "success", True))
            self.assertNotEqual(answer["data"]["revision"], revision)
            self.computed()
            self.assertGreater(slod.slo("rides")["valid"], before * 1.7)  # at once, of the whole past
            slod.tick()
        finally:
            stop.set()
            sender.join()
        slod.tick(after=time.time() + 1)
        log = self.write("log", "".join(json.dumps(record) + "\n" for record in sent))
        want = json.loads(run(SLOD, "replay", f"--config.file={slod.config_path}", "--format=json",
                              f"--input=gateway={log}").stdout)
        got = slod.slo("rides")
        self.assertEqual({k: got[k] for k in KEYS}, {k: want["slos"][0][k] for k in KEYS})
        self.assertEqual(slod.source("gateway")["received"], len(sent))
        self.assertEqual(slod.metrics().values("slod_config_last_reload_successful"), [1])
        slod.stop()

    def test_a_broken_config_is_refused_with_every_fault_and_the_old_one_lives_on(self):
        slod = self.slod
        self.assertEqual(slod.post("gateway", [ride(app="ios")]).status, 200)
        good = slod.config_path.read_text()
        self.change(("objective: 99", "objective: 199"), ("journey: RideStart", "journey: RideStrat"))
        status, answer = self.reload()
        self.assertEqual(status, 400)
        self.assertEqual(len(answer["faults"]), 2)
        self.assertIn("RideStart", "".join(answer["faults"]))  # did you mean
        self.assertEqual(slod.metrics().values("slod_config_last_reload_successful"), [0])
        self.assertFalse(slod.api("/api/v1/config")["last_reload_successful"])
        slod.config_path.write_text(good + "evaluation_interval: 20s\n")
        status, answer = self.reload()
        self.assertEqual(status, 400)
        self.assertIn("evaluation_interval cannot change while slod runs", answer["error"])
        slod.config_path.write_text(good)
        slod.process.signal(signal.SIGHUP)
        wait_for("the old config to be taken again",
                 lambda: slod.metrics().values("slod_config_last_reload_successful") == [1])
        slod.tick()
        self.assertEqual(slod.counts("rides"), (1, 0))
        self.assertEqual(slod.get("/-/reload").status, 405)
        slod.stop()

    def test_a_new_journey_counts_from_now_on_and_says_since_when(self):
        slod = self.slod
        bike = {**ride(app="ios"), "path": "/v1/bikes"}
        self.assertEqual(json.loads(slod.post("gateway", [ride(app="ios"), bike]).body)["ignored"], 1)
        slod.tick()
        self.change(("slos:\n", "  Bike: { api: { source: gateway, method: POST, route: /v1/bikes } }\nslos:\n"
                     "  - { name: bikes, service: rides, journey: Bike, sli: availability, actor: rider, objective: 99 }\n"))
        at = time.time()
        self.assertEqual(self.reload()[0], 200)
        self.assertEqual(json.loads(slod.post("gateway", [{**bike, "ts": round(time.time(), 3)}]).body)["accepted"], 1)
        self.computed()
        slod.tick()
        self.assertEqual((slod.counts("bikes"), slod.counts("rides")), ((1, 0), (1, 0)))
        since = time.mktime(time.strptime(slod.slo("bikes")["counts_since"][:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone
        self.assertLess(abs(since - at), 3)
        self.assertLess(slod.slo("rides")["counts_since"], slod.slo("bikes")["counts_since"])
        slod.restart()
        self.assertEqual(slod.counts("bikes"), (1, 0))
        slod.stop()

    def test_names_targets_and_windows_cost_nothing(self):
        slod = self.slod
        for i in range(20):
            self.assertEqual(slod.post("gateway", [ride((200, 503)[i % 10 == 0], app="ios")]).status, 200)
        slod.tick()
        before = slod.slo("rides")
        second = "  - { name: strict, service: rides, journey: RideStart, sli: availability, actor: rider, objective: 99.9, alert_policy: quick, also: [ 12d ] }\n"
        self.change(("name: rides", "name: rides-of-all"), ("objective: 99,", "objective: 80,"),
                    ("long: 1m, short: 30s", "long: 50s, short: 20s"), ("slos:\n", "slos:\n" + second))
        status, answer = self.reload()
        self.assertEqual((status, answer["data"]["recomputes"]), (200, False))
        self.computed()
        self.assertIn("answers from what is counted: nothing had to be computed anew", slod.process.log())
        self.assertNotIn("the past was computed anew", slod.process.log())
        renamed, strict = slod.slo("rides-of-all"), slod.slo("strict")
        for key in ("good", "bad", "valid", "sli", "latency", "outcomes", "attempts"):
            self.assertEqual((renamed[key], strict[key]), (before[key], before[key]), key)
        self.assertEqual((renamed["objective"], set(renamed["burn"])), (0.8, {"20s", "50s"}))
        self.assertEqual((strict["objective"], strict["also"][0]["valid"]), (0.999, 20))
        self.assertEqual(slod.post("gateway", [ride(503, app="ios")]).status, 200)
        slod.tick(after=time.time())
        self.assertEqual(slod.counts("strict"), (18, 3))
        slod.restart()
        self.assertEqual((slod.counts("rides-of-all"), slod.counts("strict")), ((18, 3), (18, 3)))
        slod.stop()

    def test_what_was_said_is_not_said_again_and_what_the_new_config_ends_is_ended(self):
        slod = self.slod
        for _ in range(10):
            self.assertEqual(slod.post("gateway", [ride(503, app="ios")]).status, 200)
        wait_for("the page", lambda: self.hook.taken("/hook"), 30)
        self.change(("objective: 99", "objective: 98"))
        self.assertEqual(self.reload()[0], 200)
        self.computed()
        slod.tick()
        slod.tick(after=time.time())
        self.assertEqual(len(self.hook.taken("/hook")), 1)
        self.assertEqual(slod.slo("rides")["objective"], 0.98)
        self.assertEqual(slod.slo("rides")["alerts"][0]["state"], "firing")
        self.change(("app: [ios]", "app: [android]"))  # those were nobody's riders
        self.assertEqual(self.reload()[0], 200)
        self.computed()
        wait_for("the end of the page", lambda: len(self.hook.taken("/hook")) == 2, 30)
        first, second = (json.loads(body) for _, _, body in self.hook.taken("/hook"))
        self.assertEqual(first["incident"], second["incident"])
        self.assertEqual((first["status"], second["status"]), ("firing", "resolved"))
        slod.stop()


class ReloadWithBrokerTest(IntegrationTest):
    def test_only_who_reads_otherwise_reconnects_and_a_new_revision_never_stands_beside_the_old_numbers(self):
        broker = Mosquitto(self).start()
        slod = Slod(self, OF_A_BROKER % (GATEWAY, broker.port))
        slod.flags = ["--checkpoint.every=0s"]  # at a stop alone
        slod.start()
        connected = lambda: slod.process.log().count(": connected")  # noqa: E731
        wait_for("the broker", lambda: connected() == 1 and slod.source("fleet")["up"], 40)
        self.assertEqual(slod.post("gateway", [ride(404)] * 5).status, 200)
        slod.tick()
        self.assertEqual((slod.counts("rides"), slod.slo("rides")["excluded"]), ((0, 0), 5))

        def reload(*replacements):
            text, before = slod.config_path.read_text(), slod.api("/api/v1/config")["revision"]
            for old, new in replacements:
                self.assertIn(old, text)
                text = text.replace(old, new)
            slod.config_path.write_text(text)
            slod.process.signal(signal.SIGHUP)

            def taken_over():
                state = slod.api("/api/v1/config")
                return state["revision"] != before and state["recomputing"] is None

            wait_for("the numbers of the new config", taken_over, 60, 0.001)
            return slod.counts("rides")

        # What was counted is judged otherwise. The broker does not notice: each minute without it would be unobserved.
        self.assertEqual(reload(("route: /v1/rides }", "route: /v1/rides, bad: { status: [404] } }"),
                                ("deadline: 20s", "deadline: 5s")), (0, 5))
        self.assertEqual(connected(), 1)
        # Another command is asked for: this source begins anew.
        self.assertEqual(reload(("bad: { status: [404] }", "good: { status: [404] }"),
                                ("command: unlock", "command: open")), (5, 0))
        wait_for("the broker again", lambda: connected() == 2, 40)
        # `verify` does not hold another config's checkpoint against this one.
        slod.stop()
        slod.start()
        self.assertEqual(reload(("good: { status: [404] }", "bad: { status: [404] }")), (0, 5))
        slod.kill()
        checked = run(SLOD, "verify", "--state", str(slod.state))
        self.assertIn("was made with the config before", checked.stderr)
        # Another text that changes no number costs the next start nothing.
        slod.start()
        slod.tick()
        self.assertEqual(reload(("journeys:\n", "# They are the users'.\njourneys:\n")), (0, 5))
        slod.restart()
        self.assertIn("checkpoint at position", slod.process.log())
        self.assertNotIn("is not used", slod.process.log())
        self.assertEqual(slod.counts("rides"), (0, 5))
        slod.stop()


if __name__ == "__main__":
    main()
