"""A real Prometheus on counters of the past: written as OpenMetrics, made into blocks by promtool, asked over HTTP."""

import http.client
import json
import urllib.parse

from harness import Process, free_port, program, run, wait_for

MAX_POINTS = 10_000  # Prometheus refuses more than 11,000 points a series


def write_open_metrics(path, series):
    """`series`: (labels as text, [(time, value)]) of one counter."""
    with open(path, "w") as out:
        out.write("# TYPE events counter\n")
        for labels, samples in series:
            out.writelines(f"events_total{{{labels}}} {value} {time}\n" for time, value in samples)
        out.write("# EOF\n")


class Prometheus:
    def __init__(self, test, metrics):
        self.test, self.port, self.questions = test, free_port(), 0
        self._idle = []  # connections; taken and given back by whichever thread asks
        test.addCleanup(lambda: [connection.close() for connection in self._idle])
        blocks = test.dir / "tsdb"
        # One block: promtool reads the whole input once for each block, and its default is one for every 2 h.
        run(program("promtool"), "tsdb", "create-blocks-from", "openmetrics", "--quiet", "--max-block-duration=1458h",
            str(metrics), str(blocks), timeout=240)
        config = test.write("prometheus.yml", "global: { scrape_interval: 1h }\n")
        self.process = Process(test, "prometheus", [
            program("prometheus"), f"--config.file={config}", f"--storage.tsdb.path={blocks}",
            "--storage.tsdb.retention.time=100y", f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=warn"])
        wait_for("prometheus", lambda: self._get("GET", "/-/ready")[0] == 200, 60)

    def _get(self, method, path, body=None):
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.request(method, path, body, {"Content-Type": "application/x-www-form-urlencoded"} if body else {})
            answer = connection.getresponse()
            status, said = answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            raise
        self._idle.append(connection)
        return status, said

    def _ask(self, endpoint, **form):
        self.questions += 1
        answer = json.loads(self._get("POST", f"/api/v1/{endpoint}", urllib.parse.urlencode(form))[1])
        if answer["status"] != "success":
            raise AssertionError(f"{form}: {answer}")
        return answer["data"]["result"]

    def value(self, expression, at):
        """The number at one moment, None where there is none."""
        result = self._ask("query", query=expression, time=at)
        assert len(result) <= 1, result
        return float(result[0]["value"][1]) if result and result[0]["value"][1] != "NaN" else None

    def values(self, expression, begin, end, step):
        """{time: value} at begin, begin + step, ... up to end, where there is one."""
        found = {}
        for first in range(begin, end + 1, MAX_POINTS * step):
            last = min(end, first + (MAX_POINTS - 1) * step)
            for series in self._ask("query_range", query=expression, start=first, end=last, step=step):
                found.update((int(time), float(value)) for time, value in series["values"])
        return found
