"""The configs that are shipped load and count; a config with faults shows each of them."""

import json
import random
import re
import time

from harness import ROOT, SLOD, IntegrationTest, Mosquitto, Slod, main, run, wait_for
from nginx_test import Nginx

FAULTS = """\
sources:
  gateway:
    http: {}
    format: json
    fields: { time: /ts, method: /method, path: /path, status: /status }
    silent_after: 10
journeys:
  RideStart: { api: { source: gatway, method: POST, route: /v1/rides } }
slos:
  - { name: rides, journey: RideStart, sli: availability, objective: 101 }
  - { name: rides, journey: RideStart, sli: latency, objective: 99 }
  - { name: other, journey: RideStop, sli: availability, objektive: 99 }
"""


class ConfigTest(IntegrationTest):
    def test_a_config_with_mistakes_shows_all_of_them_with_place_line_and_advice(self):
        path = self.write("faults.yaml", FAULTS)
        checked = run(SLOD, "check", str(path), check=False)
        self.assertEqual(checked.returncode, 1)
        said = checked.stdout + checked.stderr
        errors = re.findall(rf"^{re.escape(str(path))}:(\d+):(\d+): error: (.*)$", said, re.M)
        by_line = {}
        for line, _, text in errors:
            by_line.setdefault(int(line), []).append(text)
        self.assertTrue({6, 8, 10, 11, 12} <= set(by_line), said)
        self.assertIn("gateway", " ".join(by_line[8]))
        self.assertIn("objective", " ".join(by_line[12]))
        self.assertIn("RideStart", " ".join(by_line[12]))
        self.assertGreaterEqual(said.count("^"), 5)
        ran = run(SLOD, "run", f"--config.file={path}", check=False)
        self.assertEqual(ran.returncode, 2)
        self.assertEqual(ran.stderr.count(": error: "), len(errors))
        self.assertEqual(run(SLOD, "run", "--config.file=/nowhere.yaml", check=False).returncode, 2)
        self.assertEqual(run(SLOD, "run", "--log.level=loud", check=False).returncode, 2)

    def test_every_shipped_config_is_valid(self):
        for name in ("minimal", "example", "demo"):
            checked = run(SLOD, "check", str(ROOT / f"config/{name}.yaml"))
            self.assertNotIn(": error: ", checked.stdout + checked.stderr)

    def test_the_config_in_the_readme_is_the_minimal_one(self):
        blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
        minimal = (ROOT / "config/minimal.yaml").read_text()
        self.assertIn(self.without_comments(minimal), [self.without_comments(block) for block in blocks])

    @staticmethod
    def without_comments(text):
        lines = (re.sub(r"(^|\s)#.*", "", line).rstrip() for line in text.splitlines())
        return [line for line in lines if line]

    def test_the_minimal_config_counts_what_nginx_and_mosquitto_of_this_machine_bring(self):
        broker, nginx = Mosquitto(self).start(), Nginx(self)
        config = (ROOT / "config/minimal.yaml").read_text()
        for theirs, ours in (("/var/log/nginx/access.log", str(nginx.log)), ("127.0.0.1:1883", f"127.0.0.1:{broker.port}"),
                             ("state: { dir: ./data }", "")):
            self.assertIn(theirs, config)
            config = config.replace(theirs, ours)
        slod = Slod(self, config).start()
        wait_for("the broker's connection", lambda: re.search(r"source fleet: .*: connected", slod.process.log()), 30)
        nginx.traffic(random.Random(7), 200)
        for number in range(5):
            device, name = f"v{number}", f"r{number}"
            status = 503 if number == 4 else 200
            answer = slod.post("gateway", [{"ts": round(time.time(), 3), "method": "POST", "status": status,
                                            "path": f"/v1/vehicles/{device}/unlock", "duration_ms": 180,
                                            "request_id": name, "app": "ios", "area": "shibuya"}])
            self.assertEqual(json.loads(answer.body)["accepted"], 1)
            broker.publish(f"vehicles/{device}/telemetry", {"ts": time.time(), "battery": 70, "state": "parked"})
            if status == 200:
                broker.publish(f"vehicles/{device}/commands", {"request_id": name, "command": "unlock"})
                broker.publish(f"vehicles/{device}/acks", {"request_id": name, "status": "ok" if number else "jammed"})
        counts, total = nginx.counts_by_awk(nginx.log)
        slod.tick()
        self.assertEqual(slod.counts("ride-start-availability"), (counts["rides", "good"], counts["rides", "bad"]))
        self.assertGreater(counts["rides", "bad"], 0)
        self.assertEqual(slod.source("edge")["received"], total)
        self.assertEqual(slod.slo("unlock-availability")["outcomes"], {"ok": 3, "device_refused": 1, "http_error": 1})
        self.assertEqual(slod.source("fleet")["accepted"], 13)
        table = run(SLOD, "status", "--url", f"http://127.0.0.1:{slod.web}").stdout
        self.assertIn("unlock-availability", table)
        slod.stop()


if __name__ == "__main__":
    main()
