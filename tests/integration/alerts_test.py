"""From burning budget to people: Prometheus, Alertmanager, Slack and PagerDuty, once per incident and once only."""

import json
import threading
import time
import urllib.parse

from harness import (GATEWAY, TICK, FakeReceiver, IntegrationTest, Process, Slod, free_port, http_request, main, program,
                     ride, run, wait_for)

CONFIG = """
sources:%s
journeys:
  RideStart: { api: { source: gateway, method: POST, route: /v1/rides } }
  Quiet:     { api: { source: gateway, method: POST, route: /v1/quiet } }
slos:
  - { name: rides, service: rides, journey: RideStart, sli: availability, objective: 99, owner: server-team,
      alert_policy: quick, group_by: [area], first_steps: ["Look at <the> release & roll back"],
      runbook: "https://example.org/rides" }
  - { name: fast, service: rides, journey: RideStart, sli: latency, threshold: 1s, objective: 99, alert_policy: quick }
  - { name: quiet, service: rides, journey: Quiet, sli: availability, objective: 99, alert_policy: quick }
alert_policies:
  quick:
    rules:
      - { severity: page, burn: 10, long: 1m, short: 10s }
      - { severity: page, burn: 5,  long: 2m, short: 10s }
      - { severity: ticket, burn: 2, long: 5m, short: 10s }
    min_bad: 5
destinations:
  chat:   { slack: { url: { file: slack.url }, allow_private: true } }
  oncall: { pagerduty: { routing_key: { file: pd.key }, api_url: "http://127.0.0.1:%d/pd", allow_private: true } }
  am:     { alertmanager: { urls: ["http://127.0.0.1:%d"] } }
routes:
  - { match: { severity: page }, to: [chat, oncall, am] }
  - { match: { severity: ticket }, to: [am] }
"""

ALERTMANAGER = """
route: { receiver: none, group_by: [alertname] }
receivers: [ { name: none } ]
"""

PROMETHEUS = """
global: { scrape_interval: 1s }
scrape_configs: [ { job_name: slod, static_configs: [ { targets: ["127.0.0.1:%d"] } ] } ]
"""


class Traffic:
    """A steady stream of rides; the share of failures can be changed."""

    def __init__(self, slod):
        self.slod, self.bad, self.sums, self._stop, self.failed = slod, 0, [0, 0], threading.Event(), []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        while not self._stop.is_set():
            bad = self.bad
            try:
                answer = self.slod.post("gateway", [ride(200, area="osaka")] * (20 - bad) + [ride(503, area="kyoto")] * bad)
                if answer.status != 200:
                    self.failed.append(answer)
            except OSError as error:
                self.failed.append(error)
            self.sums[0] += 20 - bad
            self.sums[1] += bad
            time.sleep(0.25)

    def stop(self):
        self._stop.set()
        self._thread.join()


class AlertsTest(IntegrationTest):
    def setUp(self):
        super().setUp()
        self.receiver = FakeReceiver(self)
        self.write("slack.url", f"http://127.0.0.1:{self.receiver.port}/slack\n")
        self.write("pd.key", "R0UT1NGKEY\n")
        self.am_port = free_port()
        Process(self, "alertmanager", [
            program("prometheus-alertmanager"), f"--config.file={self.write('am.yml', ALERTMANAGER)}",
            f"--storage.path={self.dir}/am", f"--web.listen-address=127.0.0.1:{self.am_port}", "--cluster.listen-address="])
        wait_for("alertmanager", lambda: http_request(self.am_port, "GET", "/-/ready").status == 200)

    def start_prometheus(self, web):
        port = free_port()
        Process(self, "prometheus", [
            program("prometheus"), f"--config.file={self.write('prometheus.yml', PROMETHEUS % web)}",
            f"--storage.tsdb.path={self.dir}/tsdb", f"--web.listen-address=127.0.0.1:{port}"])
        wait_for("prometheus", lambda: http_request(port, "GET", "/-/ready").status == 200)
        self.prometheus = port

    def query(self, expression):
        answer = http_request(self.prometheus, "GET", "/api/v1/query?query=" + urllib.parse.quote(expression))
        data = json.loads(answer.body)
        self.assertEqual(data["status"], "success", data)
        return {json.dumps(one["metric"], sort_keys=True): float(one["value"][1]) for one in data["data"]["result"]}

    def alerts_in_alertmanager(self):
        out = run(program("amtool"), f"--alertmanager.url=http://127.0.0.1:{self.am_port}", "alert", "query", "-o",
                  "json", "alertname=SLOBurnRate").stdout
        return {(alert["labels"]["slo"], alert["labels"]["severity"]): alert for alert in json.loads(out)}

    def firing(self, slod):
        return {(a["slo"], a["severity"], a["long"]) for a in slod.api("/api/v1/alerts")["alerts"]}

    def test_an_incident_is_told_once_everywhere_and_taken_back_once(self):
        slod = Slod(self, CONFIG % (GATEWAY, self.receiver.port, self.am_port)).start()
        self.start_prometheus(slod.web)
        self.receiver.plan = {"/slack": [(500, {}), (429, {"Retry-After": "3"})], "/pd": [(429, {"Retry-After": "2"})]}
        traffic = Traffic(slod)
        self.addCleanup(traffic.stop)
        slod.tick()
        lint = run(program("promtool"), "check", "metrics", stdin=slod.get("/metrics").body.decode(), check=False)
        self.assertEqual((lint.returncode, lint.stdout, lint.stderr), (0, "", ""))
        self.assertEqual(self.firing(slod), set())

        traffic.bad = 10
        everything = {("rides", severity, long) for severity, long in (("page", "1m"), ("page", "2m"), ("ticket", "5m"))}
        wait_for("the alert", lambda: self.firing(slod) == everything, 4 * TICK)
        self.assertEqual(slod.metrics().sum("slod_alert_firing", slo="rides"), 3)
        self.assertEqual(slod.metrics().sum("slod_alert_firing", slo="fast"), 0)
        wait_for("alertmanager to hear of it", lambda: set(self.alerts_in_alertmanager()) ==
                 {("rides", "page"), ("rides", "ticket")})
        alert = self.alerts_in_alertmanager()["rides", "page"]
        self.assertEqual(alert["status"]["state"], "active")
        self.assertEqual(alert["labels"]["owner"], "server-team")
        self.assertEqual(alert["annotations"]["runbook_url"], "https://example.org/rides")
        wait_for("slack", lambda: self.receiver.taken("/slack", 200), 30)
        wait_for("pagerduty", lambda: self.receiver.taken("/pd", 200), 30)
        self.check_retries()
        self.check_prometheus_sees_it()

        # A restart in the middle of the incident tells nobody again.
        traffic.stop()
        slod.stop()
        slod.start()
        traffic = Traffic(slod)
        self.addCleanup(traffic.stop)
        traffic.bad = 10
        slod.tick()
        self.assertEqual(self.firing(slod), everything)
        traffic.bad = 0
        wait_for("the alert to end", lambda: self.firing(slod) == set(), 8 * TICK)
        wait_for("alertmanager to hear of the end", lambda: self.alerts_in_alertmanager() == {})
        wait_for("slack to hear of the end", lambda: len(self.receiver.taken("/slack", 200)) >= 2)
        wait_for("pagerduty to hear of the end", lambda: len(self.receiver.taken("/pd", 200)) >= 2)
        traffic.stop()
        self.assertEqual(traffic.failed, [])
        # Another restart: nothing is sent again. One trigger and one resolve each, in that order.
        slod.restart()
        slod.tick()
        self.check_what_was_told()
        transitions = [(t["severity"], t["long"], t["to"]) for t in slod.api("/api/v1/transitions")]
        self.assertEqual(len(transitions), 6, transitions)
        self.assertEqual(slod.metrics().unbalanced_sources(), [])
        slod.stop()

    def check_retries(self):
        """500: again soon; 429: not before it was asked for, and not much later."""
        slack = self.receiver.taken("/slack")
        self.assertEqual([status for _, status, _ in slack], [500, 429, 200])
        self.assertLess(slack[1][0] - slack[0][0], 4)
        self.assertGreaterEqual(slack[2][0] - slack[1][0], 3)
        self.assertLess(slack[2][0] - slack[1][0], 6)
        self.assertEqual(len({body for _, _, body in slack}), 1)
        pager = self.receiver.taken("/pd")
        self.assertEqual([status for _, status, _ in pager], [429, 200])
        self.assertGreaterEqual(pager[1][0] - pager[0][0], 2)

    def check_prometheus_sees_it(self):
        def good_and_bad():
            results = self.query('sum by (result) (slod_events_total{slo="rides"})')
            return results if results.get('{"result": "bad"}', 0) > 0 else None

        events = wait_for("prometheus to count", good_and_bad, 15)
        self.assertGreater(events['{"result": "good"}'], 0)
        self.assertEqual(events['{"result": "excluded"}'], 0)
        burn = self.query('slod_burn_rate{slo="rides",slo_window="10s"}')
        self.assertEqual(len(burn), 1)
        self.assertGreater(list(burn.values())[0], 5)
        self.assertEqual(self.query('slod_burn_rate{slo="quiet"}'), {})  # no events: absent, not 0
        self.assertEqual(set(self.query('slod_events_total{slo="quiet"}').values()), {0})  # but counted from 0
        self.assertEqual(set(self.query("slod_has_data").values()), {0, 1})
        self.assertEqual(self.query("up"), {next(iter(self.query("up"))): 1})
        books = "sum by (source) (slod_source_records_total) != on (source) slod_source_received_total"
        self.assertEqual(self.query(f"count_over_time(({books})[2m:1s])"), {})

    def check_what_was_told(self):
        slack = [json.loads(body)["text"] for _, _, body in self.receiver.taken("/slack", 200)]
        self.assertEqual(len(slack), 2, slack)
        self.assertTrue(slack[0].startswith("[page] rides burns its error budget"), slack[0])
        self.assertIn("1. Look at &lt;the&gt; release &amp; roll back", slack[0])
        self.assertIn("Most in: area=kyoto", slack[0])
        self.assertTrue(slack[1].startswith("[resolved] rides"), slack[1])
        events = [json.loads(body) for _, _, body in self.receiver.taken("/pd", 200)]
        self.assertEqual([event["event_action"] for event in events], ["trigger", "resolve"])
        self.assertEqual(len({event["dedup_key"] for event in events}), 1)
        self.assertEqual({event["routing_key"] for event in events}, {"R0UT1NGKEY"})
        self.assertEqual(events[0]["payload"]["severity"], "critical")


if __name__ == "__main__":
    main()
