"""The same SLOs evaluated by a real Prometheus, with the SRE Workbook's rules as vectors: one recording rule a
window for all SLOs, four alerts over them.

slod's figure is the tick of the engine: rotating, windows, budgets and rules; and the same with all that a
snapshot reads. In a smoke run it has more SLOs than Prometheus. Three days of history are put in as blocks, coarser
than scrapes would be, so that Prometheus has less to do than in earnest; the last minutes come by scraping. What
scraping costs is measured before the rules are there and taken off. This takes about two minutes.
"""

import contextlib
import http.server
import json
import pathlib
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from common import await_true, free_port, program, ratio_at_most, say
from google import medians

WINDOWS = ["5m", "30m", "1h", "2h", "6h", "1d", "3d"]
ALERTS = [("page", 14.4, "1h", "5m"), ("page", 6, "6h", "30m"), ("ticket", 3, "1d", "2h"), ("ticket", 1, "3d", "6h")]
HISTORY, STEP, CYCLE = 3 * 86_400, 300, 10  # seconds; an evaluation as often as slod's
PER_SECOND = {"good": 99, "bad": 1}


def series(slos, more=""):
    return [(f'slod_events_total{{slo="slo-{n}",slo_service="bench",result="{result}"{more}}}', rate)
            for n in range(slos) for result, rate in PER_SECOND.items()]


def rules():
    def ratio(window):
        return {"record": f"slo:errors:ratio_{window}", "expr":
                f'sum by (slo, slo_service) (rate(slod_events_total{{result="bad"}}[{window}]))'
                f" / sum by (slo, slo_service) (rate(slod_events_total[{window}]))"}

    def alert(severity, burn, long, short):
        over = " and ".join(f"slo:errors:ratio_{window} > {burn} * 0.01" for window in (long, short))
        return {"alert": f"burn_{long}", "expr": over, "labels": {"severity": severity}}

    return {"groups": [{"name": "slo", "interval": f"{CYCLE}s",
                        "rules": [ratio(w) for w in WINDOWS] + [alert(*a) for a in ALERTS]}]}


def history(path, slos, begin, end, target):
    """With the labels that a scrape of `target` adds, so that scraped samples continue these series."""
    with open(path, "w", encoding="ascii") as out:
        out.write("# TYPE slod_events counter\n")
        for name, rate in series(slos, f',job="slod",instance="127.0.0.1:{target}"'):
            out.writelines(f"{name} {(at - begin) * rate} {at}\n" for at in range(begin, end, STEP))
        out.write("# EOF\n")


@contextlib.contextmanager
def exporter(slos, begin):
    """Counters that go on where the history ends."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            passed = int(time.time()) - begin
            self.send_response(200)
            self.end_headers()
            self.wfile.write("".join(f"{name} {passed * rate}\n" for name, rate in series(slos)).encode())

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


class Prometheus:
    def __init__(self, folder, blocks, target):
        self.rules, self.port = folder / "rules.json", free_port()
        self.rules.write_text("{}")
        config = folder / "prometheus.json"
        config.write_text(json.dumps({
            "global": {"scrape_interval": f"{CYCLE}s", "evaluation_interval": f"{CYCLE}s"}, "rule_files": [str(self.rules)],
            "scrape_configs": [{"job_name": "slod", "static_configs": [{"targets": [f"127.0.0.1:{target}"]}]}]}))
        self.log = open(folder / "prometheus.log", "wb")
        self.process = subprocess.Popen(
            [program("prometheus"), f"--config.file={config}", f"--storage.tsdb.path={blocks}", "--web.enable-lifecycle",
             f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=warn"], stdout=self.log, stderr=self.log)

    def __enter__(self):
        await_true("prometheus", lambda: self.get("/-/ready"))
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(60)
        self.log.close()

    def get(self, path, body=None):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", data=body, timeout=60) as answer:
            return answer.read().decode()

    def own(self, name):
        """The sum of what it says of itself under this name; None before it has one."""
        values = [line.rsplit(" ", 1)[1] for line in self.get("/metrics").splitlines()
                  if line.startswith((name + " ", name + "{"))]
        return sum(map(float, values)) if values else None

    def count(self, expression):
        answer = json.loads(self.get("/api/v1/query?" + urllib.parse.urlencode({"query": f"count({expression})"})))
        return int(answer["data"]["result"][0]["value"][1]) if answer["data"]["result"] else 0

    def evaluate(self):
        self.rules.write_text(json.dumps(rules()))
        self.get("/-/reload", b"")

    def cpu_a_second(self, seconds):
        cpu, begin = self.own("process_cpu_seconds_total"), time.monotonic()
        time.sleep(seconds)
        return (self.own("process_cpu_seconds_total") - cpu) / (time.monotonic() - begin)


def prometheus(bench):
    slos = bench.size(1_000, 10)
    end = int(time.time()) // STEP * STEP
    begin, blocks = end - HISTORY, bench.dir / "tsdb"
    with contextlib.ExitStack() as stack:
        target = stack.enter_context(exporter(slos, begin))
        text = bench.dir / "history.txt"
        history(text, slos, begin, end, target)
        subprocess.run([program("promtool"), "tsdb", "create-blocks-from", "openmetrics", "--quiet",
                        "--max-block-duration=1458h", str(text), str(blocks)], stdout=subprocess.DEVNULL, check=True)
        server = stack.enter_context(Prometheus(pathlib.Path(bench.dir), blocks, target))
        await_true("scraped counters", lambda: server.count(f"rate(slod_events_total[{3 * CYCLE}s])") == 2 * slos, every=0.5)
        scraping = server.cpu_a_second(bench.size(2, 1) * CYCLE)
        server.evaluate()
        for window in WINDOWS:
            await_true(f"one error in a hundred of each SLO over {window}",
                       lambda w=window: server.count(f"abs(slo:errors:ratio_{w} - 0.01) < 0.0001") == slos)
        rounds = bench.size(bench.rounds, 1)
        cycle = (server.cpu_a_second(rounds * CYCLE) - scraping) * CYCLE * 1e3
        duration = server.own("prometheus_rule_group_last_duration_seconds") * 1e3
        resident = server.own("process_resident_memory_bytes") / 1e6
    times, _ = medians(bench, "engine_bench", f"Engine_Tick/.*/{max(slos, 1_000)}/")
    for name, words, goal in (("Rules/", "rules", ratio_at_most(0.001)), ("RulesAndReading/", "rules and reading", None)):
        tick = next(time for key, time in times.items() if name in key) / 1e6
        say(f"prometheus: tick of slod, {words}", tick, "ms", cycle, "ms of CPU, Prometheus's rules", goal)
        say(f"prometheus: Prometheus / slod, {words}", cycle / tick, "x")
    say(f"prometheus: its own last duration, {slos} SLOs", duration, "ms")
    say("prometheus: its resident memory", resident, "MB")
