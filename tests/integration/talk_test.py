"""The case that slod exists for: operators share the riders' API, and retries of one vehicle multiply one failure. The
Unlock SLO is violated, and nothing says why. `slod why` names the operators' app and proposes the actor rule; with
that rule and with retries folded the same recorded traffic keeps the promise, and both numbers are shown."""

import json
import urllib.parse

from harness import SLOD, IntegrationTest, Slod, main, run

SOURCE = """
sources:
  gateway:
    http: {}
    format: json
    fields: { time: /ts, method: /method, path: /path, status: /status, latency: { at: /duration_ms, unit: ms },
              id: /request_id, user: /user_id, labels: { app: /app, area: /area } }
"""

# What most tools see: every request is an event, whoever made it.
BEFORE = SOURCE + """
journeys:
  Unlock: { api: { source: gateway, method: POST, route: "/v1/vehicles/{device}/unlock" } }
slos:
  - { name: unlock-availability, journey: Unlock, sli: availability, objective: 99 }
"""

# The same promise, told by actor and with retries folded; and beside it what was counted before.
AFTER = SOURCE + """
%s
journeys:
  Unlock:
    api:   { source: gateway, method: POST, route: "/v1/vehicles/{device}/unlock" }
    retry: { by: [device, user], within: 60s }
slos:
  - { name: unlock-availability, journey: Unlock, sli: availability, actor: unknown, objective: 99 }
  - { name: unlock-as-before, journey: Unlock, sli: availability, actor: [%s, unknown], fold: false, objective: 99 }
  - { name: unlock-by-operators, journey: Unlock, sli: availability, actor: %s, objective: 50 }
"""

# Who the simulated people are.
PEOPLE = SOURCE + """
actors:
  operator: { app: [ops-ios, ops-web] }
  rider:    { app: [ios, android] }
journeys:
  Unlock:
    api:   { source: gateway, method: POST, route: "/v1/vehicles/{device}/unlock" }
    retry: { by: [device, user], within: 60s }
slos:
  - { name: x, journey: Unlock, sli: availability, actor: rider, objective: 99 }
"""


class TalkTest(IntegrationTest):
    def why(self, slod, *arguments):
        return run(SLOD, "why", *arguments, "--url", f"http://127.0.0.1:{slod.web}")

    def simulate(self, slod):
        self.write("people.yaml", PEOPLE)
        run(SLOD, "simulate", f"--config.file={self.dir / 'people.yaml'}", "--devices", "300", "--rate", "40", "--seed",
            "7", "--duration", "25s", "--incident", "ops-retries@1s+22s", "--url", f"http://127.0.0.1:{slod.ingest}",
            timeout=120)

    def values(self, data, dimension):
        found = next(d for d in data["dimensions"] if d["dimension"] == dimension)
        return {value["value"]: value for value in found["values"]}

    def test_actors_and_folding_turn_a_violation_that_nobody_could_explain_into_a_kept_promise(self):
        slod = Slod(self, BEFORE).start()
        self.simulate(slod)
        slod.tick()
        before = slod.slo("unlock-availability")
        self.assertLess(before["sli"], 0.99, before)
        self.assertLess(before["budget"]["remaining_ratio"], 0)

        data = json.loads(self.why(slod, "unlock-availability", "--format", "json").stdout)
        self.assertEqual((data["good"], data["bad"]), (before["good"], before["bad"]))
        self.assertEqual(data["computed_from"], "memory")
        apps = self.values(data, "app")
        self.assertEqual(sum(v["bad"] for v in apps.values()), before["bad"])
        operators = sum(v["share_of_bad"] for app, v in apps.items() if app.startswith("ops-"))
        self.assertGreater(operators, 0.5)
        worst = next(iter(apps.values()))
        self.assertAlmostEqual(worst["lift"], worst["share_of_bad"] / worst["share_of_valid"])
        devices = self.values(data, "device")
        self.assertGreater(max(v["bad"] for v in devices.values()), before["bad"] / 2, "one vehicle has most of it")
        proposal = data["proposal"]
        self.assertEqual(proposal["label"], "app")
        self.assertEqual(sorted(proposal["values"]), ["ops-ios", "ops-web"])
        self.assertGreaterEqual(proposal["sli_without"], 0.99)
        text = self.why(slod, "unlock-availability", "--since", "30m").stdout
        self.assertIn("app ops-", text)
        self.assertIn(proposal["yaml"], text)

        # The rule is pasted, retries are folded, and the same journal is counted anew.
        slod.stop()
        rule = proposal["yaml"].split("slos:")[0]
        actor = rule.splitlines()[1].split(":")[0].strip()
        slod.config_path.write_text(slod._preamble(AFTER) + AFTER % (rule, actor, actor))
        slod.start()
        slod.tick()
        after = slod.slo("unlock-availability")
        self.assertGreaterEqual(after["sli"], 0.99, after)
        self.assertGreaterEqual(after["budget"]["remaining_ratio"], 0)
        self.assertLessEqual(after["sli_raw"], after["sli"], "what folding did is shown beside it")
        as_before = slod.slo("unlock-as-before")
        self.assertEqual((as_before["good"], as_before["bad"]), (before["good"], before["bad"]),
                         "and so is the number of before")
        operators = slod.slo("unlock-by-operators")
        self.assertLess(operators["sli_raw"], 0.9, "the operators' failures are not gone")
        self.assertGreater(operators["sli"], operators["sli_raw"], "but were one failure, tried again and again")
        self.assertEqual(operators["attempts"] + after["attempts"], before["valid"])

    def test_bad_questions_are_told_what_to_ask(self):
        slod = Slod(self, BEFORE).start()
        slod.tick()
        where = "/api/v1/slos/unlock-availability/contributors"

        def refused(path, status, *words):
            answer = slod.get(path)
            self.assertEqual(answer.status, status, answer.body)
            said = json.loads(answer.body)
            self.assertEqual(said["status"], "error")
            for word in words:
                self.assertIn(word, said["error"])

        refused("/api/v1/slos/unlock-availabilty/contributors", 404, 'did you mean "unlock-availability"')
        refused("/api/v1/slos/nothing-like-it/contributors", 404, "no SLO is called")
        refused(f"{where}?from=yesterday", 400, "`from`", "2026-11-22T12:00:00Z")
        refused(f"{where}?to=%00", 400, "`to`")
        refused(f"{where}?since=5", 400, "`since`", "1h")
        refused(f"{where}?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", 400, "before")
        refused(f"{where}?from=2100-01-01T00:00:00Z&to=2100-01-02T00:00:00Z", 400, "as of")
        early = "2020-01-01T00:00:00+09:00"
        for shape in (early, urllib.parse.quote(early), "1577804400"):
            data = slod.api(f"{where}?from={shape}")
            self.assertEqual(data["from"], "2019-12-31T15:00:00Z")
            self.assertIsNone(data["sli"])
        wrong = run(SLOD, "why", "unlock", "--url", f"http://127.0.0.1:{slod.web}", check=False)
        self.assertEqual(wrong.returncode, 1)
        self.assertIn("no SLO is called", wrong.stderr)
        self.assertEqual(run(SLOD, "why", "unlock", "--since", "soon", check=False).returncode, 2)


if __name__ == "__main__":
    main()
