"""Hourly totals: what each hour of an SLO counted, by group, stays for years after its records have left the journal. Every
acknowledged record is in its hour exactly once, however often slod is killed while hours end; other rules count the hours
anew as far as the journal reaches. Hours and days pass between the starts, by libfaketime. SLOD_SEED replays.
"""

import collections
import json
import os
import random
import shutil
import sqlite3
import time
import urllib.parse

from harness import SLOD, TICK, IntegrationTest, http_request, main, run, seconds_of, wait_for
from later_slod import LaterSlod

HOUR, DAY = 3600, 24 * 3600
AREAS = ("shibuya", "osaka", "kyoto")
CONFIG = """
state: { dir: %(state)s, journal_retention: { journeys: 1d } }
sources:
  gateway:
    http: {}
    format: json
    fields: { time: /ts, method: /method, path: /path, status: /status, latency: { at: /duration_ms, unit: ms },
              labels: { area: /area, app: /app } }
journeys:
  RideStart: { api: { source: gateway, method: POST, route: /v1/rides%(rules)s } }
defaults: { service: rides, window: 1d }
slos:
  - { name: rides, journey: RideStart, sli: availability, objective: 99, group_by: [area] }
  - { name: fast, journey: RideStart, sli: latency, threshold: 1s, objective: 99 }
%(more)s
"""


def rfc3339(at):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def ride(at, area, status=200, ms=0, app="ios"):  # it begins when it ends: at the full hour in that hour
    return {"ts": at, "method": "POST", "path": "/v1/rides", "status": status, "duration_ms": ms, "area": area, "app": app}


class Totals(LaterSlod):
    def __init__(self, test, rules="", more=""):
        self.rules, self.more = rules, more
        self.state = test.dir / "slod-state"
        super().__init__(test, self.text())

    def text(self):
        return CONFIG % {"state": self.state, "rules": self.rules, "more": self.more}

    def reload(self, **changes):
        for name, value in changes.items():
            setattr(self, name, value)
        self.config_path.write_text(self._preamble(self.text()) + self.text())
        answer = http_request(self.web, "POST", "/-/reload")
        if answer.status != 200:
            raise AssertionError(answer)
        wait_for("the recount", lambda: self.api("/api/v1/config")["recomputing"] is None
                 and self.process.log().count("the past was computed anew (config") == 1, 30)

    def history(self, slo="rides", step="1h", since="30d", groups=1):
        query = urllib.parse.urlencode({"since": since, "step": step, "groups": groups})
        return self.api(f"/api/v1/slos/{slo}/history?{query}")

    def hours(self, slo="rides"):
        """(group or None, hour) -> (good, bad)."""
        data, out = self.history(slo), {}
        for point in data["points"]:
            out[None, seconds_of(point["at"])] = point["good"], point["bad"]
        for group in data.get("groups", []):
            for point in group["points"]:
                out["/".join(group["labels"].values()), seconds_of(point["at"])] = point["good"], point["bad"]
        return {key: value for key, value in out.items() if value != (0, 0)}

    def counted(self, until):
        """Waits until the hours before are told."""
        def told():
            counted = self.history()["counted_until"]
            return counted is not None and seconds_of(counted) >= until
        wait_for("the hours to be written", told, 4 * TICK)

    def journeys_left(self):
        """Groups with rows of journeys in segments that are closed."""
        left = 0
        for path in sorted((self.state / "journal").glob("seg-*.db"))[:-1]:
            try:
                with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as segment:
                    left += segment.execute("SELECT count(*) FROM groups WHERE journeys IS NOT NULL").fetchone()[0]
            except sqlite3.OperationalError:
                if path.exists():  # else it was dropped after we had seen its name
                    raise
        return left


class TotalsTest(IntegrationTest):
    def test_every_hour_is_exact_however_often_slod_is_killed(self):
        seed = int(os.environ.get("SLOD_SEED") or random.randrange(1 << 30))
        print(f"SLOD_SEED={seed}", flush=True)
        draw, wanted, slod, old = random.Random(seed), collections.Counter(), Totals(self), []
        rounds = 10
        for number in range(rounds):
            now = slod.start_at((rounds - number) * HOUR, 8)
            for batch in range(draw.randint(1, 4)):
                rides = [ride(int(now - draw.uniform(0, 100 * 60)), draw.choice(AREAS), draw.choice((200, 200, 503)))
                         for _ in range(draw.randint(1, 30))]
                self.assertEqual(slod.post("gateway", rides, f"{number}-{batch}").status, 200)
                old.append((rides, f"{number}-{batch}"))
                for one in rides:
                    hour, good = one["ts"] // HOUR * HOUR, one["status"] == 200
                    for group in (None, one["area"]):
                        wanted[group, hour, good] += 1
            self.assertEqual(slod.post("gateway", *draw.choice(old)).status, 200)  # again: counted once
            if draw.random() < 0.7:
                slod.tick_of_now()
                time.sleep(draw.choice((0, 0.005, 0.02, 0.1, 0.3)) * draw.random())
            if draw.random() < 0.2:
                shutil.rmtree(slod.state / "checkpoint", ignore_errors=True)
            slod.stop() if draw.random() < 0.2 else slod.kill()
        now = slod.start_at(0, 8)
        slod.counted(now)
        expected = {key: (wanted[(*key, True)], wanted[(*key, False)]) for key in {key[:2] for key in wanted}}
        self.assertEqual(slod.hours(), expected)
        # What is kept on disk says the same as a fold from the beginning of the journal, and as a new file.
        for beside in (True, False):
            done = run(SLOD, "verify", "--state", str(slod.state), "--format", "json", check=False)
            said = json.loads(done.stdout)
            self.assertEqual((done.returncode, said["differences"]), (0, []), done.stderr)
            self.assertGreaterEqual(said["hours"], len({hour for _, hour in expected}), done.stderr)
            if beside:
                slod.stop()
        for gone in ("checkpoint", "journal/totals.db"):
            path = slod.state / gone
            shutil.rmtree(path) if path.is_dir() else path.unlink()
            slod.start_at(0, 1)
            slod.counted(now)
            self.assertEqual(slod.hours(), expected, gone)
            slod.kill()

    def test_hours_outlive_their_records_and_follow_the_rules_as_far_as_records_reach(self):
        slod = Totals(self)
        first = slod.start_at(4 * DAY, 8)
        slod.post("gateway", [ride(first - 60, "kyoto"), ride(first - 50, "kyoto", 503), ride(first - 40, "osaka", 404)])
        slod.tick_of_now()
        slod.stop()
        now = slod.start_at(0, 8)
        slod.post("gateway", [ride(now - 60, "osaka", 503), ride(now - 50, "kyoto", 404, app="web")])
        wait_for("the records to leave", lambda: slod.journeys_left() == 0, 5 * TICK)
        slod.counted(now)
        then, today = (int(at - 60) // HOUR * HOUR for at in (first, now))
        before = slod.hours()
        of_then = {key: value for key, value in before.items() if key[1] < today}
        self.assertEqual(of_then[None, then], (1, 1))
        self.assertEqual(of_then["kyoto", then], (1, 1))
        self.assertEqual(before[None, today], (0, 1))
        self.assertIsNone(slod.history()["note"])

        # 404 is an error from now on: the old day has no records to be judged anew.
        slod.reload(rules=", bad: [ { status: [404, 5xx] } ]",
                    more="  - { name: by-app, journey: RideStart, sli: availability, objective: 99, group_by: [app] }")
        after = slod.hours()
        self.assertEqual({key: value for key, value in after.items() if key[1] < today}, of_then)
        self.assertEqual(after[None, today], (0, 2))
        self.assertIn("by the rules of their time", slod.history()["note"])
        self.assertEqual(slod.hours("by-app"), {(None, today): (0, 2), ("ios", today): (0, 1), ("web", today): (0, 1)})
        points = slod.history(step="1d")["points"]
        self.assertEqual([(point["good"], point["bad"]) for point in points], [(1, 1), (0, 2)])
        self.assertEqual(points[0]["outcomes"], {"ok": 1, "http_error": 1})
        self.assertEqual(points[0]["excluded"], 1)

        self.backed_up(slod, after)
        self.read_by_people(slod)

    def backed_up(self, slod, before):
        backup, state = self.dir / "backup", slod.state
        run(SLOD, "backup", str(backup), "--state", str(state))
        slod.kill()
        shutil.rmtree(state)
        run(SLOD, "restore", str(backup), "--state", str(state))
        slod.start_at(0, 8)
        slod.tick_of_now()
        self.assertEqual(slod.hours(), before)

    def read_by_people(self, slod):
        said = run(SLOD, "history", "rides", "--url", f"http://127.0.0.1:{slod.web}", "--step", "1d", "--groups").stdout
        for word in ("rides: events in steps of 1d", "http_error 1", "50.00", "under", "area kyoto"):
            self.assertIn(word, said)
        asked = run(SLOD, "history", "rides", "--url", f"http://127.0.0.1:{slod.web}", "--step", "90s", check=False)
        self.assertEqual(asked.returncode, 1)
        self.assertIn("whole hours", asked.stderr)
        for query, status in (("step=1h&groups=2", 400), ("from=yesterday", 400), ("from=2099-01-01T00:00:00Z&to=2099-02-01T00:00:00Z", 400), ("since=90d", 200)):
            self.assertEqual(slod.get(f"/api/v1/slos/rides/history?{query}").status, status, query)
        self.assertEqual(slod.get("/api/v1/slos/nobody/history").status, 404)


if __name__ == "__main__":
    main()
