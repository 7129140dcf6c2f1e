"""nginx writes the log: what slod counts of it - tailed, posted, replayed - is what awk, goaccess and lnav count."""

import collections
import http.client
import json
import os
import random
import threading
import time

from harness import ROOT, TICK, IntegrationTest, Process, Slod, SLOD, free_port, main, program, run, wait_for

NGINX = """
%(user)s
daemon off;
worker_processes 1;
pid %(dir)s/nginx.pid;
error_log %(dir)s/error.log;
events { worker_connections 256; }
http {
  include %(root)s/deploy/nginx/slod-log-format.conf;
  access_log %(dir)s/access.log slod;
  client_body_temp_path %(dir)s/body; proxy_temp_path %(dir)s/proxy; fastcgi_temp_path %(dir)s/fastcgi;
  uwsgi_temp_path %(dir)s/uwsgi; scgi_temp_path %(dir)s/scgi;
  server {
    listen 127.0.0.1:%(port)d;
    location = /v1/rides { if ($arg_fail) { return 503; } if ($arg_full) { return 409; } return 201; }
    location ~ ^/v1/vehicles/[^/]+/unlock$ { if ($http_x_fail) { return 502; } return 200; }
    location = /slow { return 429; }
    location / { return 404; }
  }
}
"""

CONFIG = """
sources:
  edge: { %s, format: nginx-json, fields: { labels: { app: /app, area: /area } } }
journeys:
  Unlock:    { api: { source: edge, method: POST, route: "/v1/vehicles/{device}/unlock" } }
  RideStart: { api: { source: edge, method: POST, route: /v1/rides } }
slos:
  - { name: unlock, service: rides, journey: Unlock, sli: availability, objective: 99, group_by: [area] }
  - { name: rides, service: rides, journey: RideStart, sli: availability, objective: 99 }
"""

# What an operator would type: good, bad and excluded of a journey, and all lines.
AWK = r"""
{ match($0, /"method":"[^"]*"/); method = substr($0, RSTART + 10, RLENGTH - 11)
  match($0, /"path":"[^"]*"/);   path = substr($0, RSTART + 8, RLENGTH - 9); sub(/\?.*/, "", path)
  match($0, /"status":"[^"]*"/); status = substr($0, RSTART + 10, 3)
  journey = "other"
  if (method == "POST" && path == "/v1/rides") journey = "rides"
  if (method == "POST" && path ~ /^\/v1\/vehicles\/[^\/]+\/unlock$/) journey = "unlock"
  result = status >= 500 || status == 429 ? "bad" : status >= 400 ? "excluded" : "good"
  n[journey " " result]++ }
END { for (k in n) print k, n[k] }
"""

# The same of lnav: requests by route and status.
LNAV = (";SELECT CASE WHEN cs_method = 'POST' AND cs_uri_stem REGEXP '^/v1/vehicles/[^/]+/unlock$' THEN 'unlock'"
        " WHEN cs_method = 'POST' AND cs_uri_stem = '/v1/rides' THEN 'rides' ELSE 'other' END AS route,"
        " sc_status AS status, count(*) AS n FROM access_log GROUP BY 1, 2")


class Nginx:
    def __init__(self, test):
        self.test, self.port, self.log = test, free_port(), test.dir / "access.log"
        user = "user root;" if os.getuid() == 0 else ""
        self.config = test.write("nginx.conf", NGINX % {"dir": test.dir, "root": ROOT, "port": self.port, "user": user})
        self.command = [program("nginx"), "-c", str(self.config), "-p", str(test.dir)]
        self.process = Process(test, "nginx", self.command)
        wait_for("nginx", lambda: self.request("GET", "/") == 404)

    def request(self, method, path, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request(method, path, headers=headers or {})
        status = connection.getresponse().status
        connection.close()
        return status

    def traffic(self, draw, requests):
        for _ in range(requests):
            kind = draw.randrange(12)
            if kind < 4:
                headers = {"X-App-Name": "ios", "X-Area": draw.choice(("shibuya", "osaka")), "X-User-Id": 'u"1\\'}
                headers.update({"X-Fail": "1"} if kind == 0 else {})
                self.request("POST", f"/v1/vehicles/v{draw.randint(1, 9)}/unlock", headers)
            elif kind < 8:
                self.request("POST", "/v1/rides" + draw.choice(("", "?x=1", "?fail=1", "?full=1")))
            else:
                self.request(draw.choice(("GET", "POST")), draw.choice(("/", "/v1/rides/7", "/slow", "/caf%C3%A9?q=%22")))

    def reopen(self):
        run(*self.command, "-s", "reopen")

    def counts_by_awk(self, *logs):
        text = "".join(log.read_text() for log in logs)
        counts = collections.Counter()
        for line in run("awk", AWK, stdin=text).stdout.splitlines():
            journey, result, count = line.split()
            counts[journey, result] = int(count)
        return counts, text.count("\n")


class NginxTest(IntegrationTest):
    def expect(self, counts, total, slos, source):
        for slo in slos:
            self.assertEqual({result: slo[result] for result in ("good", "bad", "excluded")},
                             {result: counts[slo["slo"], result] for result in ("good", "bad", "excluded")}, slo["slo"])
        self.assertEqual(source["received"], total)
        self.assertEqual(source["ignored"], sum(n for (journey, _), n in counts.items() if journey == "other"))
        self.assertEqual((source["rejected"], source["duplicate"], source["late"]), (0, 0, 0))

    def test_tail_post_and_replay_count_what_awk_counts_through_both_kinds_of_rotation(self):
        seed = int(os.environ.get("SLOD_SEED") or random.randrange(1 << 30))
        print(f"SLOD_SEED={seed}", flush=True)
        draw = random.Random(seed)
        nginx = Nginx(self)
        slod = Slod(self, CONFIG % f"file: {{ path: {nginx.log} }}").start()
        nginx.traffic(draw, 100)
        # Rotation as logrotate does it: rename, then tell nginx, which goes on writing to the old file until it hears.
        old = self.dir / "access.log.1"
        sender = threading.Thread(target=nginx.traffic, args=(random.Random(seed + 1), 150))
        sender.start()
        time.sleep(0.05)
        nginx.log.rename(old)
        time.sleep(0.05)
        nginx.reopen()
        sender.join()
        nginx.traffic(draw, 50)
        # copytruncate, after a pause in which the tail has caught up: what is written in between would be lost to anyone.
        middle = self.dir / "copy.log"
        total = nginx.counts_by_awk(old, nginx.log)[1]
        wait_for("the tail", lambda: slod.source("edge")["received"] == total, 60)
        middle.write_bytes(nginx.log.read_bytes())
        os.truncate(nginx.log, 0)
        nginx.traffic(draw, 60)
        # A restart in the middle of it, and a rotation while slod is away.
        slod.stop()
        nginx.traffic(draw, 40)
        last = self.dir / "access.log-20261122"
        nginx.log.rename(last)
        nginx.reopen()
        wait_for("the new log", nginx.log.exists)
        nginx.traffic(draw, 30)
        logs = [old, middle, last, nginx.log]
        counts, total = nginx.counts_by_awk(*logs)
        self.assertEqual(total, 431)  # one more: the test asked whether nginx is there
        slod.start()
        wait_for("the tail", lambda: slod.source("edge")["received"] >= total, 60)
        slod.tick()  # whatever would be counted twice comes now
        tailed, source = slod.api("/api/v1/slos"), slod.source("edge")
        self.expect(counts, total, tailed["slos"], source)
        slod.stop()

        whole = self.write("whole.log", "".join(log.read_text() for log in logs))
        combined = self.as_combined(whole)
        self.expect_goaccess(whole, combined, total)
        self.expect_lnav(combined, counts)
        posting = Slod(self, CONFIG % "http: {}", name="posting").start()
        answer = posting.post("edge", whole.read_bytes())
        self.assertEqual(answer.status, 200)
        self.assertEqual(json.loads(answer.body)["accepted"], total - source["ignored"])
        replayed = json.loads(run(SLOD, "replay", f"--config.file={posting.config_path}", "--input", f"edge={whole}",
                                  "--format", "json").stdout)
        run("gzip", "-k", str(whole))
        zipped = json.loads(run(SLOD, "replay", f"--config.file={posting.config_path}", "--input", f"edge={whole}.gz",
                                "--format", "json").stdout)
        self.assertEqual(zipped, replayed)
        posting.tick()
        posted = posting.api("/api/v1/slos")
        for answers in (posted, replayed):
            self.expect(counts, total, answers["slos"], answers["sources"][0])
        keys = ("slo", "good", "bad", "valid", "excluded", "attempts", "sli", "sli_raw", "budget", "latency", "outcomes",
                "groups")
        by_way = [[{key: slo[key] for key in keys} for slo in answers["slos"]] for answers in (tailed, posted, replayed)]
        self.assertEqual(by_way[0], by_way[1])
        self.assertEqual(by_way[0], by_way[2])
        self.assertEqual(len(tailed["slos"][0]["groups"]), 2)
        posting.stop()

    def as_combined(self, log):
        """The same requests in the format that other tools know."""
        clf = []
        for line in log.read_text().splitlines():
            record = json.loads(line)
            stamp = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(float(record["time"])))
            path = record["path"].replace('"', "%22")
            clf.append(f'127.0.0.1 - - [{stamp}] "{record["method"]} {path} HTTP/1.1" {record["status"]} 5 "-" "-"\n')
        return self.write("combined.log", "".join(clf))

    def expect_goaccess(self, log, combined, total):
        """goaccess's own count of requests and of 5xx."""
        statuses = collections.Counter(json.loads(line)["status"][0] for line in log.read_text().splitlines())
        report = self.dir / "report.json"
        run(program("goaccess"), str(combined), "--log-format=COMBINED", "--no-global-config", "-o", str(report),
            env={**os.environ, "TERM": "dumb"})
        report = json.loads(report.read_text())
        self.assertEqual(report["general"]["valid_requests"], total)
        classes = {data["data"][0]: int(data["hits"]["count"]) for data in report["status_codes"]["data"]}
        self.assertEqual(classes, dict(statuses))

    def expect_lnav(self, combined, counts):
        """lnav's own count by route and status, judged as slod judges; `counts` is what slod was held to."""
        rows = json.loads(run(program("lnav"), "-n", "-c", LNAV, "-c", ":write-json-to -", str(combined),
                              env={**os.environ, "HOME": str(self.dir), "TERM": "dumb"}).stdout)
        found = collections.Counter()
        for row in rows:
            status = int(row["status"])
            result = "bad" if status >= 500 or status == 429 else "excluded" if status >= 400 else "good"
            found[row["route"], result] += row["n"]
        self.assertEqual(found, counts)


if __name__ == "__main__":
    main()
