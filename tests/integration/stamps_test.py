"""Stamps that are years off in a recorded log: the rules hold (a record arrives at its stamp or at the newest one seen), the
ticks of the years between are left out because nothing changes in them, and nobody waits for them."""

import json
import time

from harness import RIDES, SLOD, IntegrationTest, main, ride, run

YEAR = 365 * 86400


class StampsTest(IntegrationTest):
    def replay(self, records, *more):
        log = self.write("access.log", "".join(json.dumps(record) + "\n" for record in records))
        config = self.write("slod.yaml", RIDES)
        begin = time.monotonic()
        done = run(SLOD, "replay", f"--config.file={config}", "--input", f"gateway={log}", "--format", "json", *more)
        return json.loads(done.stdout), time.monotonic() - begin

    def test_a_line_of_1971_and_one_of_2100_cost_no_ticks_of_the_years_between(self):
        now = 1_790_000_000
        day = [ride(503 if n % 4 == 0 else 200, at=now + n) for n in range(400)]
        future = ride(200, at=4_102_444_800)
        answer, took = self.replay([ride(503, at=YEAR), *day, future, *day[:7]])
        print(f"1971 to 2100 in {took:.1f} s", flush=True)
        self.assertLess(took, 40)
        self.assertEqual(answer["as_of"], "2100-01-01T00:00:10Z")
        slo, source = answer["slos"][0], answer["sources"][0]
        self.assertEqual((slo["good"], slo["bad"]), (1, 0), "in the last 30 days")
        self.assertEqual((source["accepted"], source["late"]), (402, 7))
        # The incident of that day fired, and was held while nothing came: neither is an end made up, nor is a beginning lost.
        fired = [t["at"] for t in answer["transitions"] if t["to"] == "firing"]
        self.assertTrue(fired and all(at.startswith("2026-") for at in fired), answer["transitions"])
        # What follows is as if the years had been ticked through: the same log without its first line.
        without, _ = self.replay([*day, future, *day[:7]])
        self.assertEqual(without["slos"], answer["slos"])
        self.assertEqual(without["transitions"], answer["transitions"])

    def test_until_a_far_day_ends_soon_too(self):
        answer, took = self.replay([ride(200, at=1_790_000_000)], "--until", "2090-01-01T00:00:05Z")
        self.assertLess(took, 20)
        self.assertEqual(answer["as_of"], "2090-01-01T00:00:00Z")
        self.assertEqual(answer["slos"][0]["valid"], 0)


if __name__ == "__main__":
    main()
