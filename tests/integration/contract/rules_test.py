"""Retry, two legs, latency, slices, windows, groups, budget and burn alerts: sentences of the contract by hand."""

import support
from support import (DAY, HOUR, MIN, S, T0, ContractTest, ack, command, log, rfc3339, rides, slo, unlock,
                     unlock_log)


class Retry(ContractTest):
    CONFIG = rides(journey={"retry": {"within": "60s"}}, slos=[
        {"name": "raw", "journey": "RideStart", "sli": "availability", "objective": 99, "fold": False},
        {"name": "fast", "journey": "RideStart", "sli": "latency", "threshold": "60s", "objective": 99}])

    def ride(self, second, status=200, ms=1000, **more):
        """A request that starts at that second."""
        return log(T0 + second * S + ms, status, ms, **{"device": "d1", "user": "u1", **more})

    def events(self, *lines, name="rides", config=None):
        one = slo(self.replay(config or self.CONFIG, {"gateway": list(lines)}), name)
        return one["good"], one["bad"]

    def test_attempts_fold_into_one_event_that_a_success_turns_good(self):
        lines = [self.ride(0, 500), self.ride(30, 503), self.ride(50)]
        result = self.replay(self.CONFIG, {"gateway": lines})
        one = slo(result, "rides")
        self.assertEqual((one["good"], one["bad"], one["attempts"], one["outcomes"]), (1, 0, 3, {"ok": 1}))
        self.assertEqual(one["sli_raw"], 1 / 3)
        self.assertEqual((slo(result, "raw")["good"], slo(result, "raw")["bad"]), (1, 2))
        self.assertAlmostEqual(one["latency"]["p50"], 51, delta=0.51)
        self.assertEqual(slo(result, "fast")["good"], 1)
        self.assertEqual(slo(result, "fast")["sli_raw"], 1.0)

    def test_the_edge_of_within_is_the_latest_end(self):
        self.assertEqual(self.events(self.ride(0, 500), self.ride(61, 500)), (0, 1))
        self.assertEqual(self.events(self.ride(0, 500), self.ride(61.001, 500)), (0, 2))

    def test_a_fold_is_at_most_ten_times_within_long(self):
        self.assertEqual(self.events(*[self.ride(n * 60, 500) for n in range(11)]), (0, 1))
        self.assertEqual(self.events(*[self.ride(n * 60, 500) for n in range(12)]), (0, 2))

    def test_a_success_closes_the_fold(self):
        self.assertEqual(self.events(self.ride(0), self.ride(5, 500), self.ride(9)), (2, 0))

    def test_excluded_attempts_neither_join_extend_nor_close(self):
        lines = [self.ride(0, 500), self.ride(50, 404), self.ride(61, 200)]
        self.assertEqual(self.events(*lines), (1, 0))
        self.assertEqual(self.events(self.ride(0, 500), self.ride(50, 404), self.ride(100, 200)), (1, 1))

    def test_an_attempt_without_a_value_stands_alone(self):
        self.assertEqual(self.events(self.ride(0, 500, user=None), self.ride(5, user=None)), (1, 1))

    def test_a_late_attempt_merges_and_splits(self):
        config = rides(journey={"retry": {"within": "60s"}})
        merge = [self.ride(0, 500), self.ride(100), self.ride(50, 500)]
        self.assertEqual(self.events(*merge, config=config), (1, 0))
        split = [self.ride(0, 500), self.ride(40, 500), self.ride(20)]
        self.assertEqual(self.events(*split, config=config), (1, 1))

    def test_an_attempt_that_comes_too_late_stands_alone(self):
        lines = [self.ride(0, 500), log(T0 + 2 * HOUR), self.ride(5)]
        self.assertEqual(self.events(*lines), (2, 1))


class TwoLegs(ContractTest):
    def outcome(self, api, fleet, until=2 * MIN, **more):
        lines = [unlock_log(T0 + at, ms=0, **fields) for at, fields in api]
        options = ["--until", rfc3339(T0 + until)]
        return slo(self.replay(unlock(**more), {"gateway": lines, "fleet": fleet}, *options))

    def one(self, fleet, status=200, **more):
        return self.outcome([(0, {"status": status, "id": "r"})], fleet, **more)

    def test_outcomes(self):
        sent = command(T0 + S, id="r")
        for wanted, good, fleet in (
                ("ok", 1, [sent, ack(T0 + 21 * S, id="r")]),
                ("late_ok", 0, [sent, ack(T0 + 21 * S + 1, id="r")]),
                ("device_refused", 0, [sent, ack(T0 + 2 * S, id="r", status="busy")]),
                ("device_timeout", 0, [sent]),
                ("device_timeout", 0, [sent, ack(T0 + 30 * S, id="r", status="busy")]),
                ("ok", 1, [ack(T0 + 20 * S, id="r")]),  # without a command from the API leg's start
                ("device_timeout", 0, [])):
            one = self.one(fleet)
            self.assertEqual((one["outcomes"], one["good"], one["bad"]), ({wanted: 1}, good, 1 - good), fleet)

    def test_a_bad_api_leg_is_http_error_at_once_and_an_excluded_one_excludes(self):
        one = self.one([command(T0, id="r"), ack(T0 + S, id="r")], status=500, until=10 * S)
        self.assertEqual((one["bad"], one["outcomes"]), (1, {"http_error": 1}))
        one = self.one([command(T0, id="r"), ack(T0 + S, id="r")], status=404)
        self.assertEqual((one["valid"], one["excluded"], one["attempts"]), (0, 1, 0))

    def test_good_when_device_does_not_need_the_api_leg(self):
        one = self.one([command(T0, id="r"), ack(T0 + S, id="r")], status=500, journey={"good_when": "device"})
        self.assertEqual(one["outcomes"], {"ok": 1})

    def test_undecided_attempts_are_in_no_count(self):
        one = self.one([command(T0, id="r")], until=20 * S)
        self.assertEqual((one["valid"], one["attempts"], one["has_data"]), (0, 0, False))
        self.assertEqual(self.one([command(T0, id="r")], until=30 * S)["bad"], 1)

    def test_without_ids_the_earliest_free_command_and_the_oldest_unanswered_one(self):
        api = [(0, {}), (2 * S, {})]
        fleet = [command(T0 - S), command(T0 + 2 * S), ack(T0 + 3 * S), ack(T0 + 4 * S, status="busy")]
        self.assertEqual(self.outcome(api, fleet)["outcomes"], {"ok": 1, "device_refused": 1})

    def test_messages_are_timed_by_receipt_unless_they_are_backlog(self):
        sent = command(T0, id="r")
        self.assertEqual(self.one([sent, ack(T0 + 30 * S, id="r", at=T0 + 5 * S)])["outcomes"], {"late_ok": 1})
        backlog = [sent, ack(T0 + 3 * MIN, id="r", at=T0 + 5 * S)]
        self.assertEqual(self.one(backlog, until=5 * MIN)["outcomes"], {"ok": 1})

    def test_timeouts_are_bad_in_every_latency_slo_and_in_no_quantile(self):
        more = {"slos": [{"name": "fast", "journey": "Unlock", "sli": "latency", "threshold": "1h", "objective": 99}]}
        lines = [unlock_log(T0, ms=0, id="r"), unlock_log(T0, ms=0, id="q")]
        fleet = [command(T0, id="r"), command(T0, id="q"), ack(T0 + S, id="r")]
        one = slo(self.replay(unlock(**more), {"gateway": lines, "fleet": fleet}, "--until", rfc3339(T0 + MIN)), "fast")
        self.assertEqual((one["good"], one["bad"]), (1, 1))
        self.assertAlmostEqual(one["latency"]["p99"], 1, delta=0.01)

    def test_the_command_opens_the_event_of_a_journey_without_an_api(self):
        config = unlock()
        del config["journeys"]["Unlock"]["api"]
        one = slo(self.replay(config, {"fleet": [command(T0, id="r"), ack(T0 + S, id="r"), command(T0 + MIN, id="s")]},
                              "--until", rfc3339(T0 + 2 * MIN)))
        self.assertEqual(one["outcomes"], {"ok": 1, "device_timeout": 1})


class Numbers(ContractTest):
    def test_a_latency_slo_counts_a_bad_status_by_its_latency_on_the_exact_value(self):
        config = rides(slo={"sli": "latency", "threshold": "20s"})
        lines = [log(T0, ms=20_000), log(T0, 500, 20_000), log(T0, ms=20_001), log(T0, 404, 1)]
        one = slo(self.replay(config, {"gateway": lines}))
        self.assertEqual((one["good"], one["bad"], one["excluded"]), (2, 1, 1))

    def test_slices(self):
        config = rides(slo={"budgeting": {"slice": "1m", "target": 95}})
        lines = [log(T0 + n * S, 500 if n == 0 else 200, 0) for n in range(20)]  # 95 %: good
        lines += [log(T0 + MIN + n * S, 500 if n == 0 else 200, 0) for n in range(19)]  # below: bad
        lines += [log(T0 + 3 * MIN, ms=0)]  # minute 2 has no events
        one = slo(self.replay(config, {"gateway": lines}))
        self.assertEqual((one["good"], one["bad"], one["valid"]), (2, 1, 3))

    def test_left_edges_are_rounded_down_to_the_resolution(self):
        config = rides(slo={"window": "2h"})  # resolution 1 min
        lines = [log(T0 + 20 * S, ms=0)]
        for until, valid in ((2 * HOUR + 50 * S, 1), (2 * HOUR + MIN, 0)):
            result = self.replay(config, {"gateway": lines}, "--until", rfc3339(T0 + until))
            self.assertEqual(slo(result)["valid"], valid)

    def test_calendar_windows_start_exactly_at_their_period(self):
        zone = {"calendar": "day", "time_zone": "Asia/Kolkata"}  # midnight is 18:30 UTC
        midnight = T0 - 10 * HOUR + 18 * HOUR + 30 * MIN
        lines = [log(midnight - 1, 500, 0), log(midnight, ms=0), log(midnight + 1, ms=0)]
        one = slo(self.replay(rides(slo={"window": zone, "also": ["1h"]}), {"gateway": lines}))
        self.assertEqual((one["good"], one["bad"], one["window"]), (2, 0, "day"))
        self.assertEqual((one["also"][0]["good"], one["also"][0]["bad"]), (2, 1))

    def test_budget(self):
        lines = [log(T0 + n, 500 if n < 3 else 200) for n in range(200)]
        one = slo(self.replay(rides(), {"gateway": lines}))
        self.assertEqual(one["budget"], {"allowed": 2.0, "spent": 3, "remaining_ratio": -0.5})

    def test_undefined_is_null(self):
        one = slo(self.replay(rides(), {"gateway": [log(T0, 404)]}))
        self.assertEqual([one["sli"], one["sli_raw"], one["budget"]["remaining_ratio"], *one["burn"].values(),
                          *one["latency"].values()], [None] * (3 + 7 + 3))
        self.assertFalse(one["has_data"])

    def test_groups_beyond_the_cap_overflow_and_totals_stay_exact(self):
        config = rides(slo={"group_by": ["area"]}, limits={"groups_per_slo": 2})
        lines = [log(T0 + n, 500 if n == 4 else 200, area=f"a{n}") for n in range(5)]
        one = slo(self.replay(config, {"gateway": lines}))
        groups = {group["labels"]["area"]: (group["good"], group["bad"]) for group in one["groups"]}
        self.assertEqual(groups, {"a0": (1, 0), "a1": (1, 0), "__overflow__": (2, 1)})
        self.assertEqual((one["good"], one["bad"]), (4, 1))


class Alerts(ContractTest):
    POLICY = {"default": {"rules": [{"severity": "page", "burn": 10, "long": "10m", "short": "1m"}], "min_bad": 5}}

    def transitions(self, lines, until=None, policy=None, **slo_keys):
        config = rides(slo={"objective": 90, **slo_keys}, alert_policies=policy or self.POLICY)
        options = ["--until", rfc3339(T0 + until)] if until else []
        result = self.replay(config, {"gateway": lines}, *options)
        return [(support.parse_ms(t["at"]) - T0, t["from"], t["to"]) for t in result["transitions"]]

    def bad(self, count, status=500, at=0):
        return [log(T0 + at + n, status, 0) for n in range(count)]

    def test_fires_strictly_above_and_never_when_burn_times_budget_is_everything(self):
        self.assertEqual(self.transitions(self.bad(9)), [])  # 10 x 10 % of 9 is 9: not more
        policy = {"default": {**self.POLICY["default"], "rules": [{"severity": "page", "burn": 5, "long": "10m",
                                                                  "short": "1m"}]}}
        half = self.bad(5) + self.bad(5, 200, at=100)
        self.assertEqual(self.transitions(half, policy=policy), [])
        self.assertEqual(self.transitions(self.bad(1, at=50) + half, policy=policy), [(10 * S, "inactive", "firing")])

    def test_min_bad(self):
        policy = {"default": {**self.POLICY["default"], "rules": [{"severity": "page", "burn": 2, "long": "10m",
                                                                  "short": "1m"}]}}
        self.assertEqual(self.transitions(self.bad(4), policy=policy), [])
        self.assertEqual(self.transitions(self.bad(5), policy=policy), [(10 * S, "inactive", "firing")])

    def test_ends_after_the_short_window_has_been_calm_for_its_length(self):
        policy = {"default": {**self.POLICY["default"], "rules": [{"severity": "page", "burn": 2, "long": "10m",
                                                                  "short": "1m"}]}}
        good = [log(T0 + n * 10 * S + 5 * S, ms=0) for n in range(40)]
        lines = sorted(self.bad(5) + good, key=lambda line: line["ts"])
        # The five bad leave the minute's window at 1:10; calm from that tick on until 2:10.
        self.assertEqual(self.transitions(lines, policy=policy),
                         [(10 * S, "inactive", "firing"), (130 * S, "firing", "inactive")])

    def test_is_held_without_valid_events(self):
        policy = {"default": {**self.POLICY["default"], "rules": [{"severity": "page", "burn": 2, "long": "10m",
                                                                  "short": "1m"}]}}
        self.assertEqual(self.transitions(self.bad(5), HOUR, policy), [(10 * S, "inactive", "firing")])

    def test_only_a_missing_policy_scales(self):
        one = slo(self.replay(rides(slo={"window": "7d"}), {"gateway": [log(T0)]}))
        self.assertEqual([(a["long"], a["short"], a["burn"]) for a in one["alerts"]],
                         [("14m", "70s", 14.4), ("84m", "7m", 6), ("336m", "28m", 3), ("1008m", "84m", 1)])
        one = slo(self.replay(rides(slo={"window": {"calendar": "quarter"}}), {"gateway": [log(T0)]}))
        self.assertEqual(one["alerts"][0]["long"], "3h")
        one = slo(self.replay(rides(slo={"window": "7d"}, alert_policies=self.POLICY), {"gateway": [log(T0)]}))
        self.assertEqual(list(one["burn"]), ["1m", "10m"])

    def test_slos_with_similar_windows_have_each_their_own_scaled_policy(self):
        config = rides(slo={"window": "130s"}, slos=[{"name": "ten", "journey": "RideStart", "sli": "availability",
                                                      "objective": 99, "window": "10m"}])
        self.assertEqual(list(slo(self.replay(config, {"gateway": [log(T0)]}), "ten")["burn"]), ["10s", "20s", "1m"])


if __name__ == "__main__":
    support.main()
