"""Device-minutes outlive the reports that they were made of: the fleet's rows have left the journal, and a start with a
checkpoint, one without, and a reload that folds the past again all say what was said before. A day passes between the
starts, by libfaketime.
"""

import json
import shutil
import sqlite3
import time

from harness import SLOD, TICK, IntegrationTest, http_request, main, run, seconds_of, wait_for
from later_slod import LaterSlod

HOUR = 3600
CONFIG = """
state: { dir: %s, journal_retention: { fleet: 1h } }
sources:
  fleet:
    http: {}
    messages:
      - { topic: "v/{device}/t", is: report, fields: { battery: /b, labels: { model: /m } } }
fleet: { sources: [fleet], report_every: 2m, battery: { low: 15, recovered: 20, max_age: 30m }%s }
slos:
  - { name: connected, fleet: connectivity, objective: 90, window: 7d, group_by: [model] }
  - { name: battery, fleet: battery, objective: 90, window: 7d, group_by: [model] }
%s"""
SAID = ("good", "bad", "valid", "excluded", "unobserved", "expected", "coverage", "sli", "outcomes", "groups", "budget")


class FleetSlod(LaterSlod):
    def __init__(self, test):
        super().__init__(test, CONFIG % (test.dir / "slod-state", "", ""))

    def all_said(self):
        """Of one tick."""
        data = self.api("/api/v1/slos")
        slos = {slo["slo"]: {key: slo.get(key) for key in SAID} for slo in data["slos"]}
        return {"as_of": data["as_of"], "connected": slos["connected"], "battery": slos["battery"]}

    def reports_left(self):
        """Rows of the fleet in segments that are closed."""
        left = 0
        for path in sorted((self.state / "journal").glob("seg-*.db"))[:-1]:
            with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as segment:
                left += segment.execute("SELECT count(*) FROM fleet").fetchone()[0]
        return left


def report(device, at, battery, model):
    return {"topic": f"v/{device}/t", "payload": json.dumps({"b": battery, "m": model}),
            "tst": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))}


def an_hour(now):
    """50 minutes of three devices: one is well, one runs low, one falls silent."""
    lines = []
    for minute in range(0, 50, 2):
        at = now - 52 * 60 + minute * 60
        lines.append(report("well", at, 80, "x"))
        lines.append(report("low", at, 60 - 2 * minute if minute < 30 else 5, "y"))
        if minute < 20:
            lines.append(report("silent", at, 50, "y"))
    return lines


class SealingTest(IntegrationTest):
    def test_the_numbers_outlive_the_reports(self):
        slod = FleetSlod(self)
        now = slod.start_at(27 * HOUR, 7)
        answer = slod.post("fleet", an_hour(now))
        self.assertEqual(json.loads(answer.body)["accepted"], 60)
        slod.tick_of_now()
        first = slod.all_said()
        self.assertGreater(first["battery"]["bad"], 5)
        self.assertGreater(first["connected"]["bad"], 20)
        slod.stop()

        slod.start_at(2 * HOUR, 7)  # the day after: a new segment, a new boundary
        slod.tick_of_now()
        slod.stop()

        slod.start_at(0, 7)  # and that is as old as the retention
        slod.post("fleet", [report("well", time.time(), 80, "x"), report("low", time.time(), 70, "y")])
        wait_for("the reports to leave", lambda: slod.reports_left() == 0, 5 * TICK)
        before = slod.all_said()
        self.assertEqual(before["battery"]["bad"], first["battery"]["bad"])
        self.assertGreaterEqual(before["battery"]["good"], first["battery"]["good"])
        slod.stop()
        done = run(SLOD, "verify", "--state", str(slod.state), "--format", "json", check=False)
        self.assertEqual((done.returncode, json.loads(done.stdout)["differences"]), (0, []), done.stderr)

        slod.start_at(0, 1)
        self.assertIn("checkpoint at position", slod.process.log())
        self.same(slod, before, "with the checkpoint")
        slod.kill()
        shutil.rmtree(slod.state / "checkpoint")
        slod.start_at(0, 1)
        self.assertIn("no checkpoint", slod.process.log())
        self.same(slod, before, "without a checkpoint")
        self.reload(slod, before)
        self.late_history(slod)
        slod.kill()
        self.torn_apart(slod)

    def same(self, slod, before, when):
        """All of it, unless a slow machine has come to the next tick: then what a minute more does not change."""
        now = slod.all_said()
        if now["as_of"] == before["as_of"]:
            return self.assertEqual(now, before, when)
        for name in ("connected", "battery"):
            for key in ("bad", "outcomes"):
                self.assertEqual(now[name][key], before[name][key], f"{name} {key} {when}")

    def late_history(self, slod):
        """What comes for sealed time is not counted, and that is counted."""
        lines = [report("well", time.time() - 26 * HOUR, 3, "x"), report("well", time.time() - 60, 77, "x")]
        body = "".join(json.dumps(line) + "\n" for line in lines)
        answer = http_request(slod.ingest, "POST", "/backfill/fleet", body.encode())
        told = json.loads(answer.body)
        self.assertEqual((answer.status, told["late"], told["accepted"]), (200, 1, 1), told)
        wait_for("history to be counted", lambda: slod.source("fleet")["late"] == 1, 4 * TICK)

    def reload(self, slod, before):
        more = ", checks: { radio: { field: /rssi, unhealthy: \"< -110\", healthy: \">= -105\", max_age: 30m } }"
        preamble = slod._preamble(CONFIG % (slod.state, "", ""))
        slod.config_path.write_text(preamble + CONFIG % (
            slod.state, more, "  - { name: radio, fleet: radio, objective: 90, window: 7d }\n"))
        self.assertEqual(http_request(slod.web, "POST", "/-/reload").status, 200)
        wait_for("the new config", lambda: any(s["slo"] == "radio" for s in slod.api("/api/v1/slos")["slos"]), 20)
        wait_for("the line of it", lambda: "the past was computed anew (config" in slod.process.log(), 20)
        self.same(slod, before, "after a reload")
        # Nobody asked for the new check when the minutes were sealed.
        since = {name: seconds_of(slod.slo(name)["counts_since"]) for name in ("radio", "connected")}
        self.assertGreater(since["radio"], since["connected"] + 24 * HOUR)

    def torn_apart(self, slod):
        """Neither what is sealed without the journal's end nor a journal without what is sealed gives other numbers."""
        shutil.rmtree(slod.state / "checkpoint", ignore_errors=True)
        sealed, aside = slod.state / "journal" / "sealed.db", self.dir / "aside"
        sealed.rename(aside)
        self.refuses(slod, "more was sealed than its sealed.db holds")
        aside.rename(sealed)
        sorted((slod.state / "journal").glob("seg-*.db"))[-1].unlink()
        for rest in (slod.state / "journal").glob("seg-*-*"):
            rest.unlink()
        self.refuses(slod, "sealed.db is of a later time than the journal")

    def refuses(self, slod, why):
        slod.spawn()
        self.assertNotEqual(slod.process.wait(), 0)
        self.assertIn(why, slod.process.log())


if __name__ == "__main__":
    main()
