"""Device-minutes: the sentences of the contract with numbers worked out by hand. One report a minute is due; an outage
is three missed ones. T0 is a whole minute."""

import support
from support import DAY, FLEET, HOUR, MIN, S, T0, ContractTest, presence, report, slo, source


def fleet(check="connectivity", **more):
    section = {"sources": ["fleet"], "report_every": {"default": "60s"}, "connectivity": {"lost_after": 3},
               **more.pop("fleet", {})}
    return {"sources": {"fleet": more.pop("source", FLEET)}, "fleet": section,
            "slos": [{"name": "f", "fleet": check, "objective": 97, **more.pop("slo", {})}], **more}


def every_minute(first, last, step=MIN, offset=30 * S, **fields):
    return [report(T0 + m * MIN + offset, **fields) for m in range(first, last, step // MIN)]


class Fleet(ContractTest):
    def minutes(self, config, lines, minutes=None, name=None):
        """(good, bad) after that many minutes."""
        options = [] if minutes is None else ["--until", support.rfc3339(T0 + minutes * MIN)]
        one = slo(self.replay(config, {"fleet": lines}, *options), name)
        return one["good"], one["bad"]


class Connectivity(Fleet):
    def test_a_minute_is_booked_by_the_first_tick_at_or_after_its_end(self):
        lines = every_minute(0, 10)
        self.assertEqual(self.minutes(fleet(), lines, 10), (10, 0))
        result = self.replay(fleet(), {"fleet": lines}, "--until", support.rfc3339(T0 + 10 * MIN - 1))
        self.assertEqual(slo(result)["good"], 9)

    def test_silence_is_an_outage_from_the_first_missed_report_once_it_trips(self):
        # Evidence at 0:30; due by 3:30 inclusive; then the outage is [1:30, ...): minutes 0 healthy, 1.. unhealthy
        # as they stand just before their end.
        lines = every_minute(0, 1)
        self.assertEqual(self.minutes(fleet(), lines, 3), (3, 0))
        self.assertEqual(self.minutes(fleet(), lines, 4), (1, 3))
        self.assertEqual(self.minutes(fleet(), lines, 10), (1, 9))

    def test_the_last_moment_of_the_deadline_is_in_time(self):
        first = T0 + 30 * S
        self.assertEqual(self.minutes(fleet(), [report(first), report(first + 3 * MIN)], 4), (4, 0))
        self.assertEqual(self.minutes(fleet(), [report(first), report(first + 3 * MIN + 1)], 4), (2, 2))

    def test_the_outage_ends_with_the_next_evidence(self):
        # Outage [1:30, 6:30): bad are minutes 1 to 5, as minute 6 ends with evidence.
        lines = [report(T0 + 30 * S), *every_minute(6, 8)]
        self.assertEqual(self.minutes(fleet(), lines, 8), (3, 5))

    def test_the_interval_is_that_of_the_state_known_at_the_evidence(self):
        config = fleet(fleet={"report_every": {"default": "60s", "state": {"parked": "5m"}}})
        lines = [report(T0 + 30 * S, state="parked")]
        self.assertEqual(self.minutes(config, lines, 15), (15, 0))
        self.assertEqual(self.minutes(config, lines, 16), (5, 11))  # outage from 5:30

    def test_offline_is_an_outage_at_once_unless_evidence_comes_within_ten_seconds(self):
        lines = [*every_minute(0, 3), presence(T0 + 2 * MIN + 40 * S, "offline")]
        self.assertEqual(self.minutes(fleet(), lines, 4), (2, 2))
        back = [*lines, report(T0 + 2 * MIN + 50 * S)]
        self.assertEqual(self.minutes(fleet(), back, 4), (4, 0))
        too_late = [*lines, report(T0 + 2 * MIN + 50 * S + 1)]
        self.assertEqual(self.minutes(fleet(), too_late, 4), (4, 0))  # [2:40, 2:50.001) ends before minute 2 does
        much_later = [*lines, report(T0 + 3 * MIN + 5 * S)]
        self.assertEqual(self.minutes(fleet(), much_later, 4), (3, 1))

    def test_an_online_presence_is_evidence(self):
        lines = [report(T0 + 30 * S), presence(T0 + 3 * MIN + 20 * S, "online")]
        self.assertEqual(self.minutes(fleet(), lines, 5), (5, 0))

    def test_a_backlog_does_not_make_the_minutes_of_a_tunnel_reachable(self):
        backlog = [report(T0 + 6 * MIN + 30 * S + n, at=T0 + n * MIN + 30 * S) for n in range(1, 7)]
        self.assertEqual(self.minutes(fleet(), [report(T0 + 30 * S), *backlog], 7), (2, 5))

    def test_retained_messages_are_no_evidence_and_make_nobody_known(self):
        self.assertEqual(self.minutes(fleet(), [report(T0, device="ghost", retain=1), *every_minute(0, 3)], 3), (3, 0))
        lines = [report(T0 + 30 * S), report(T0 + 3 * MIN, retain=1)]
        self.assertEqual(self.minutes(fleet(), lines, 5), (1, 4))

    def test_a_silent_device_stays_expected(self):
        lines = [report(T0 + 30 * S), report(T0 + 8 * DAY, device="d2")]
        one = slo(self.replay(fleet(), {"fleet": lines}, "--until", support.rfc3339(T0 + 8 * DAY)))
        self.assertEqual((one["good"], one["bad"]), (1, 8 * 24 * 60 - 1))

    def test_in_service_by_the_last_known_state_by_event_time(self):
        config = fleet(fleet={"in_service": {"state": ["available", "riding"]}})
        lines = [report(T0 + 30 * S, state="available"), report(T0 + 90 * S, state="workshop"),
                 report(T0 + 150 * S, state="workshop"), report(T0 + 210 * S, state="riding")]
        self.assertEqual(self.minutes(config, lines, 4), (2, 0))
        late = [*lines[:2], report(T0 + 100 * S, at=T0 + 85 * S, state="riding"), *lines[2:]]
        self.assertEqual(self.minutes(config, late, 4), (2, 0))


class Battery(Fleet):
    CONFIG = fleet("battery", fleet={"battery": {"low": 15, "recovered": 20}})

    def levels(self, *levels):
        return [report(T0 + n * MIN + 30 * S, battery=level) for n, level in enumerate(levels)]

    def test_unhealthy_below_low_and_healthy_again_from_recovered_on(self):
        self.assertEqual(self.minutes(self.CONFIG, self.levels(16, 15, 14.9, 15, 19.9, 20, 15), 7), (4, 3))

    def test_before_any_crossing_it_is_healthy_at_or_above_low(self):
        self.assertEqual(self.minutes(self.CONFIG, self.levels(15), 1), (1, 0))

    def test_a_report_holds_for_lost_after_intervals_then_the_minute_is_unobserved(self):
        result = slo(self.replay(self.CONFIG, {"fleet": self.levels(50)}, "--until", support.rfc3339(T0 + 6 * MIN)))
        # Held until 3:30: the ends of minutes 0, 1, 2 are covered.
        self.assertEqual((result["good"], result["bad"], result["unobserved"]), (3, 0, 3))
        self.assertEqual((result["expected"], result["coverage"]), (6, 0.5))

    def test_late_reports_are_put_where_their_time_belongs(self):
        lines = self.levels(50, 50, 50)
        lines += [report(T0 + 3 * MIN + 20 * S, at=T0 + MIN + 40 * S, battery=5)]
        self.assertEqual(self.minutes(self.CONFIG, lines, 4), (3, 1))

    def test_battery_minutes_of_a_tunnel_come_back_with_the_backlog(self):
        backlog = [report(T0 + 6 * MIN + 30 * S + n, at=T0 + n * MIN + 30 * S, battery=40) for n in range(1, 7)]
        self.assertEqual(self.minutes(self.CONFIG, [*self.levels(50), *backlog], 7), (7, 0))


class Checks(Fleet):
    SOURCE = FLEET

    def config(self, **check):
        rule = {"field": "/rssi", "unhealthy": "< -110", "healthy": ">= -105", **check}
        return fleet("radio", fleet={"checks": {"radio": rule}})

    def rssi(self, *values):
        return [report(T0 + n * MIN + 30 * S, rssi=value) for n, value in enumerate(values)]

    def test_thresholds_with_hysteresis(self):
        self.assertEqual(self.minutes(self.config(), self.rssi(-100, -110, -111, -106, -105), 5), (3, 2))

    def test_dwell_turns_only_once_the_condition_has_held_that_long(self):
        # Below from 1:30 on; turns at 3:30, so minutes 0 to 2 are healthy and 3, 4 are not.
        lines = self.rssi(-100, -120, -120, -120, -120)
        self.assertEqual(self.minutes(self.config(dwell="2m"), lines, 5), (3, 2))

    def test_max_age(self):
        one = slo(self.replay(self.config(max_age="90s"), {"fleet": self.rssi(-100)}, "--until",
                              support.rfc3339(T0 + 4 * MIN)))
        self.assertEqual((one["good"], one["unobserved"]), (2, 2))  # held until 2:00


class Output(Fleet):
    def test_the_numbers_of_a_fleet_slo(self):
        config = fleet(slo={"group_by": ["area"]})
        lines = [*every_minute(0, 10, area="tokyo"), report(T0 + 30 * S, device="d2", area="osaka")]
        lines.sort(key=lambda line: line["tst"])
        one = slo(self.replay(config, {"fleet": lines}, "--until", support.rfc3339(T0 + 10 * MIN)))
        self.assertEqual((one["good"], one["bad"], one["valid"], one["excluded"], one["unobserved"]), (11, 9, 20, 0, 0))
        self.assertEqual((one["expected"], one["coverage"], one["sli"]), (20, 1.0, 0.55))
        self.assertEqual(one["outcomes"].get("connectivity"), 9)
        self.assertEqual(sorted((g["labels"]["area"], g["good"], g["bad"]) for g in one["groups"]),
                         [("osaka", 1, 9), ("tokyo", 10, 0)])

    def test_any_gives_one_reason_a_minute_connectivity_before_battery(self):
        config = fleet("any", fleet={"battery": {"low": 15, "recovered": 20}})
        lines = [report(T0 + 30 * S, battery=10)]
        one = slo(self.replay(config, {"fleet": lines}, "--until", support.rfc3339(T0 + 4 * MIN)))
        self.assertEqual((one["good"], one["bad"], one["outcomes"]), (0, 4, {"battery": 1, "connectivity": 3}))

    def test_duplicates_are_known_by_device_boot_seq_and_time_or_by_topic_and_payload(self):
        lines = [report(T0, seq=1, boot=1), report(T0 + S, at=T0, seq=1, boot=1), report(T0 + 2 * S, at=T0, seq=2, boot=1),
                 report(T0 + 3 * S, at=T0), report(T0 + 4 * S, at=T0)]
        counts = source(self.replay(fleet(), {"fleet": lines}), "fleet")
        self.assertEqual((counts["accepted"], counts["duplicate"]), (3, 2))

    def test_a_registered_device_that_was_never_heard_is_expected(self):
        self.write("devices.csv", "device,model,firmware,area,state,commissioned_at,decommissioned_at\n"
                                  "d1,m,1,tokyo,,,\nd2,m,1,tokyo,,,\nd3,m,1,tokyo,,2020-01-01T00:00:00Z,2021-01-01T00:00:00Z\n")
        config = fleet(fleet={"registry": "devices.csv"})
        one = slo(self.replay(config, {"fleet": every_minute(0, 10)}, "--until", support.rfc3339(T0 + 10 * MIN)))
        self.assertEqual(one["expected"], 20)


if __name__ == "__main__":
    support.main()
