"""Records and counts, Status, Actors, Time: a sentence of the contract each."""

import support
from support import DAY, MIN, S, T0, ContractTest, log, rides, slo, source


class Records(ContractTest):
    def counts(self, lines, config=None, name="gateway"):
        return source(self.replay(config or rides(), {name: lines}), name)

    def test_every_record_is_in_exactly_one_result(self):
        lines = [log(T0, id="a"), log(T0, id="a"), log(T0, path="/healthz"), "{broken", log(T0, status=404),
                 log(T0 + 500 * DAY), log(T0 + 10 * DAY)]
        counts = self.counts(lines)
        self.assertEqual({k: counts[k] for k in ("received", "accepted", "duplicate", "ignored", "rejected", "late",
                                                 "shed")},
                         {"received": 7, "accepted": 3, "duplicate": 1, "ignored": 1, "rejected": 1, "late": 1,
                          "shed": 0})

    def test_a_bad_field_rejects_the_record(self):
        for line in (log(T0, status=None), log(T0, status=600), log(T0, status=-1), log(T0, status="ok"),
                     {**log(T0), "ts": "soon"}, {**log(T0), "ms": "fast"}):
            self.assertEqual(self.counts([line])["rejected"], 1, line)

    def test_the_most_specific_route_has_the_record(self):
        config = rides()
        config["journeys"]["Any"] = {"api": {"source": "gateway", "method": "POST", "route": "/v1/{thing}"}}
        config["slos"].append({"name": "any", "journey": "Any", "sli": "availability", "objective": 99})
        result = self.replay(config, {"gateway": [log(T0), log(T0, path="/v1/scooters")]})
        self.assertEqual((slo(result, "rides")["valid"], slo(result, "any")["valid"]), (1, 1))

    def test_the_query_is_cut_and_one_trailing_slash_ignored(self):
        result = self.replay(rides(), {"gateway": [log(T0, path=path) for path in
                                                   ("/v1/rides?x=1", "/v1/rides/", "/v1/rides/?y", "/v1/rides//")]})
        self.assertEqual((slo(result)["valid"], source(result, "gateway")["ignored"]), (3, 1))

    def test_a_record_behind_a_tick_is_accepted_late_and_counted(self):
        lines = [log(T0, ms=0), log(T0 + 30 * S, ms=0), log(T0 + 5 * S, ms=0)]
        result = self.replay(rides(), {"gateway": lines})
        self.assertEqual((slo(result)["valid"], slo(result)["booked_late"]), (3, 1))
        self.assertEqual((source(result, "gateway")["accepted"], source(result, "gateway")["accepted_late"]), (3, 1))

    def test_an_id_counts_once_within_24_hours_of_its_first_arrival(self):
        lines = [log(T0, id="a"), log(T0 + DAY, id="a"), log(T0 + DAY + 1, id="a")]
        counts = self.counts(lines)
        self.assertEqual((counts["accepted"], counts["duplicate"]), (2, 1))

    def test_ticks_run_to_the_first_after_the_last_record_even_if_nobody_asked_for_it(self):
        result = self.replay(rides(), {"gateway": [log(T0 + 1), log(T0 + 25 * S, path="/healthz")]})
        self.assertEqual(result["as_of"], support.rfc3339(T0 + 30 * S))

    def test_a_record_on_a_tick_is_seen_by_the_next_one(self):
        self.assertEqual(self.replay(rides(), {"gateway": [log(T0)]})["as_of"], support.rfc3339(T0 + 10 * S))

    def test_until_is_exclusive_and_names_the_last_tick(self):
        lines = [log(T0 + 1), log(T0 + 20 * S - 1), log(T0 + 20 * S)]
        result = self.replay(rides(), {"gateway": lines}, "--until", support.rfc3339(T0 + 20 * S))
        self.assertEqual((result["as_of"], slo(result)["valid"]), (support.rfc3339(T0 + 20 * S), 2))
        self.assertEqual(source(result, "gateway")["received"], 2)
        result = self.replay(rides(), {"gateway": lines}, "--until", support.rfc3339(T0 + 3600 * S + 5))
        self.assertEqual(result["as_of"], support.rfc3339(T0 + 3600 * S))

    def test_what_arrives_between_the_last_tick_and_until_is_in_no_number_of_that_tick(self):
        lines = [log(T0, ms=0), log(T0 + 11 * S, 500, 9 * S)]  # began at 0:02, ended behind the tick at 0:10
        result = self.replay(rides(), {"gateway": lines}, "--until", support.rfc3339(T0 + 15 * S))
        self.assertEqual((result["as_of"], slo(result)["bad"]), (support.rfc3339(T0 + 10 * S), 0))
        self.assertEqual(source(result, "gateway")["received"], 2)

    def test_ties_go_by_the_order_of_the_inputs(self):
        first, second = [log(T0, id="a", status=200)], [log(T0, id="a", status=500)]
        self.assertEqual(slo(self.replay(rides(), [("gateway", first), ("gateway", second)]))["good"], 1)
        self.assertEqual(slo(self.replay(rides(), [("gateway", second), ("gateway", first)]))["good"], 0)

    def test_the_same_input_gives_the_same_bytes_whatever_the_shards(self):
        lines = [log(T0 + n * 700, status=200 if n % 7 else 503, area=f"a{n % 5}") for n in range(300)]
        grouped = rides(slo={"group_by": ["area"]})
        once = self.replay_text(grouped, {"gateway": lines})
        self.assertEqual(once, self.replay_text(grouped, {"gateway": lines}))
        grouped["slos"] += [{**grouped["slos"][0], "name": f"more-{n}", "objective": 90 + n} for n in range(3)]
        once = self.replay_text(grouped, {"gateway": lines})
        for shards in (2, 3, 4, 64):
            sharded = {**grouped, "engine": {"shards": shards}}
            self.assertEqual(once, self.replay_text(sharded, {"gateway": lines}), f"{shards} shards")

    def test_a_journey_without_a_method_takes_every_method(self):
        config = rides()
        del config["journeys"]["RideStart"]["api"]["method"]
        done = self.slod("check", self.write("c.yaml", support.json.dumps(config)))
        if done.returncode == 0:
            result = self.replay(config, {"gateway": [log(T0), log(T0, method="GET")]})
            self.assertEqual(slo(result)["valid"], 2)


class Status(ContractTest):
    def verdict(self, status, **api):
        one = slo(self.replay(rides(api=api), {"gateway": [log(T0, status=status)]}))
        return "good" if one["good"] else "bad" if one["bad"] else "excluded" if one["excluded"] else None

    def test_defaults(self):
        lines = {"good": [100, 200, 204, 301, 399], "bad": [429, 500, 599], "excluded": [400, 404, 428, 430, 499]}
        for wanted, statuses in lines.items():
            one = slo(self.replay(rides(), {"gateway": [log(T0, status=status) for status in statuses]}))
            self.assertEqual(one[wanted], len(statuses), wanted)

    def test_a_code_wins_over_a_range_over_a_class(self):
        lists = {"bad": {"status": ["4xx"]}, "ignore": {"status": ["400-420"]}, "good": {"status": [404]}}
        self.assertEqual([self.verdict(s, **lists) for s in (404, 403, 430)], ["good", "excluded", "bad"])

    def test_among_equals_bad_wins_over_ignore_over_good(self):
        self.assertEqual(self.verdict(404, ignore={"status": [404]}, good={"status": [404]}), "excluded")
        self.assertEqual(self.verdict(404, ignore={"status": [404]}, bad={"status": [404]}), "bad")

    def test_a_client_abort_is_excluded_unless_it_waited_longer_than_the_journey_says(self):
        self.assertEqual(self.verdict(499), "excluded")
        self.assertEqual(self.verdict(499, client_abort_bad_after="100ms"), "excluded")
        self.assertEqual(self.verdict(499, client_abort_bad_after="99ms"), "bad")
        self.assertEqual(self.verdict(499, client_abort_bad_after="99ms", good={"status": [499]}), "good")


class Actors(ContractTest):
    ACTORS = {"operator": {"app": ["ops-ios", "ops-web"], "area": "hq"}, "nobody": {"app": ""}, "staff": {"area": "hq"}}

    def test_first_match_wins_keys_and_lists_or_a_missing_label_is_empty_and_others_are_not_in_it_at_all(self):
        lines = [log(T0, app="ops-ios", area="hq"), log(T0, app="ops-web", area="tokyo"), log(T0, area="hq"),
                 log(T0, app="x", area="hq", status=404), log(T0, app="ops-web", area="hq")]
        for actor, valid, excluded in (("operator", 2, 0), ("nobody", 1, 0), ("staff", 0, 1), ("unknown", 1, 0)):
            one = slo(self.replay(rides(actors=self.ACTORS, slo={"actor": actor}), {"gateway": lines}))
            self.assertEqual((one["valid"], one["excluded"], one["attempts"]), (valid, excluded, valid), actor)


class Time(ContractTest):
    def test_the_engine_books_the_start(self):
        config = rides(slo={"window": "10s"})
        lines = [log(T0 + 9 * S, ms=9500), log(T0 + 9 * S, ms=9000)]
        self.assertEqual(slo(self.replay(config, {"gateway": lines}))["valid"], 1)

    def test_a_request_that_seems_to_start_after_it_ended_is_not_in_the_future(self):
        fields = {**support.GATEWAY["fields"]}
        config = rides(sources={"gateway": {**support.GATEWAY, "fields": fields, "timestamp_is": "start"}})
        lines = [log(T0 + MIN), log(T0, ms=30_000)]
        self.assertEqual(slo(self.replay(config, {"gateway": lines}))["valid"], 2)


if __name__ == "__main__":
    support.main()
