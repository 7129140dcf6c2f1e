"""What the suites in this folder share: starting, waiting for and stopping real programs, and talking to slod.

Every program is started by the test that needs it, on a loopback port that the system chose, in a directory that goes
away afterwards, and is ended by its own process id. A program that is not installed fails the test and names its package.
The daemon under test is $SLOD (default: the dev preset's).
"""

import gzip
import http.client
import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse
from collections import namedtuple

ROOT = pathlib.Path(__file__).resolve().parents[2]
SLOD = os.environ.get("SLOD") or str(ROOT / "build/dev/src/slod")
TICK = 10  # seconds between evaluations: the shortest that a config may ask for

PACKAGES = {
    "amtool": "prometheus-alertmanager", "caddy": "caddy", "curl": "curl", "faketime": "faketime", "goaccess": "goaccess",
    "haproxy": "haproxy", "mosquitto": "mosquitto", "mosquitto_pub": "mosquitto-clients", "mount": "mount",
    "nginx": "nginx-light", "node": "nodejs", "npm": "npm", "prometheus": "prometheus", "prometheus-alertmanager": "prometheus-alertmanager",
    "promtool": "prometheus", "setpriv": "util-linux", "strace": "strace",
    "syslog-ng": "syslog-ng-core syslog-ng-mod-http", "umount": "mount", "zstd": "zstd",
}

Answer = namedtuple("Answer", "status headers body")


def program(name):
    """The path of an installed program; servers live in /usr/sbin, which is not on everybody's PATH."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/local/sbin")
    if not found:
        raise AssertionError(f"{name} is not installed: apt-get install {PACKAGES.get(name, name)}")
    return found


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what, condition, timeout=20.0, every=0.05):
    """The first true value of `condition`; it may raise OSError or KeyError while things are starting."""
    end = time.monotonic() + timeout
    last = None
    while time.monotonic() < end:
        try:
            last = condition()
            if last:
                return last
        except (OSError, KeyError, http.client.HTTPException, json.JSONDecodeError) as error:
            last = error
        time.sleep(every)
    raise AssertionError(f"waited {timeout} s in vain for {what}; last seen: {last!r}")


def http_request(port, method, path, body=None, headers=None, timeout=30):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def run(*command, check=True, timeout=60, env=None, stdin=None):
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, env=env, input=stdin)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def seconds_of(rfc3339):
    whole = rfc3339.split(".")[0].rstrip("Z")
    return time.mktime(time.strptime(whole + " UTC", "%Y-%m-%dT%H:%M:%S %Z")) - time.timezone


class Process:
    """A program with its log in a file. stop() is SIGTERM, kill() SIGKILL; both wait for the end."""

    def __init__(self, test, name, command, log=None, env=None):
        self.name = name
        self.log_path = pathlib.Path(log or test.dir / f"{name}.log")
        log_file = open(self.log_path, "ab")
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log_file, stderr=log_file,
                                         env=env, cwd=test.dir)
        log_file.close()
        test.addCleanup(self._end, test)

    @property
    def pid(self):
        return self._process.pid

    def running(self):
        return self._process.poll() is None

    def log(self):
        return self.log_path.read_text(errors="replace")

    def signal(self, number):
        if self.running():
            self._process.send_signal(number)

    def wait(self, timeout=20):
        return self._process.wait(timeout)

    def stop(self, timeout=20):
        self.signal(signal.SIGTERM)
        return self.wait(timeout)

    def kill(self):
        self.signal(signal.SIGKILL)
        return self.wait()

    def _end(self, test):
        if self.running():
            try:
                self.stop(10)
            except subprocess.TimeoutExpired:
                self.kill()
        # What libfaketime leaves of a killed process; the next one of this number could not start under it.
        for leftover in pathlib.Path("/dev/shm").glob(f"*faketime_s*_{self.pid}"):
            leftover.unlink(missing_ok=True)
        if self.log_path.exists():
            test.logs[self.log_path] = self.log()


class IntegrationTest(unittest.TestCase):
    """Gives each test a directory of its own; after a failure shows what the programs said."""

    maxDiff = None

    def setUp(self):
        self.logs = {}
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="slod_it_"))
        os.chmod(self.dir, 0o755)  # daemons that drop root must get through
        self.addCleanup(shutil.rmtree, self.dir, True)

    def run(self, result=None):
        result = result or self.defaultTestResult()
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            for path, text in self.logs.items():
                print(f"---- {self.id()}: {path.name}\n{text[-6000:]}", flush=True)
        return result

    def write(self, name, text):
        path = self.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path


class Slod:
    """A daemon and its state directory. Ports are the system's choice, read from its log at each start."""

    def __init__(self, test, config, name="slod", wrapper=(), state=None):
        self.test, self.name, self.wrapper = test, name, list(wrapper)
        self.state = pathlib.Path(state or test.dir / f"{name}-state")
        self.starts, self.process, self.ingest, self.web = 0, None, None, None
        self.flags = []
        self.config_path = test.write(f"{name}.yaml", self._preamble(config) + config)

    def _preamble(self, config):
        text = ""
        if "\nserver:" not in "\n" + config:
            text += 'server: { ingest: { listen: "127.0.0.1:0" }, web: { listen: "127.0.0.1:0" } }\n'
        if "\nstate:" not in "\n" + config:
            text += f"state: {{ dir: {self.state} }}\n"
        return text

    # -- life ----------------------------------------------------------------------------------------------------
    def spawn(self):
        if not os.access(SLOD, os.X_OK):
            raise AssertionError(f"no slod binary at {SLOD}: build it, or set SLOD")
        self.starts += 1
        command = [*self.wrapper, SLOD, "run", f"--config.file={self.config_path}", *self.flags]
        self.process = Process(self.test, self.name, command, self.test.dir / f"{self.name}-{self.starts}.log")
        return self

    def start(self, timeout=30):
        self.spawn()
        self.wait_ready(timeout)
        return self

    def wait_ready(self, timeout=30):
        def ready():
            if not self.process.running():
                raise AssertionError(f"slod ended with {self.process.wait()} at its start:\n{self.process.log()}")
            return "ready: " in self.process.log()

        wait_for("slod to be ready", ready, timeout, 0.02)
        log = self.process.log()
        ports = dict(re.findall(r"(web|ingest) listens on http://127\.0\.0\.1:(\d+)/", log))
        self.web = int(ports["web"])
        self.ingest = int(ports["ingest"]) if "ingest" in ports else None

    def stop(self):
        code = self.process.stop()
        if code != 0:
            raise AssertionError(f"slod ended with {code} after SIGTERM:\n{self.process.log()}")

    def kill(self):
        self.process.kill()

    def restart(self):
        self.stop()
        return self.start()

    # -- talk ----------------------------------------------------------------------------------------------------
    def post(self, source, body, key=None, timeout=30, **headers):
        if isinstance(body, (list, tuple)):
            body = "".join(json.dumps(record) + "\n" for record in body)
        if isinstance(body, str):
            body = body.encode()
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if key is not None:
            headers["Idempotency-Key"] = key
        return http_request(self.ingest, "POST", f"/ingest/{source}", body, headers, timeout)

    def get(self, path):
        return http_request(self.web, "GET", path)

    def api(self, path):
        answer = self.get(path)
        if answer.status != 200:
            raise KeyError(f"{path} answered {answer.status}: {answer.body[:200]!r}")
        return json.loads(answer.body)["data"]

    def slo(self, name):
        return next(slo for slo in self.api("/api/v1/slos")["slos"] if slo["slo"] == name)

    def counts(self, name):
        slo = self.slo(name)
        return slo["good"], slo["bad"]

    def source(self, name):
        return next(source for source in self.api("/api/v1/sources")["sources"] if source["source"] == name)

    def metrics(self):
        return Metrics(self.get("/metrics").body.decode())

    def tick(self, after=None, timeout=3 * TICK):
        """Waits for the numbers of a tick that has seen everything answered before now (or before `after`)."""
        after = time.time() if after is None else after
        return wait_for("the next tick", lambda: seconds_of(self.api("/api/v1/slos")["as_of"]) >= after, timeout)


class Metrics:
    """A page of /metrics."""

    LINE = re.compile(r"^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$")
    LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')

    def __init__(self, text):
        self.text = text
        self.samples = []
        for line in text.splitlines():
            if line and not line.startswith("#"):
                name, labels, value = self.LINE.match(line).groups()
                self.samples.append((name, dict(self.LABEL.findall(labels or "")), float(value)))

    def values(self, name, **labels):
        return [value for sample, has, value in self.samples
                if sample == name and all(has.get(key) == wanted for key, wanted in labels.items())]

    def sum(self, name, **labels):
        return sum(self.values(name, **labels))

    def unbalanced_sources(self):
        """Sources whose received is not the sum of what became of the records."""
        wrong = []
        for name, labels, received in self.samples:
            if name == "slod_source_received_total":
                parts = self.sum("slod_source_records_total", source=labels["source"])
                if parts != received:
                    wrong.append((labels["source"], received, parts))
        return wrong


class Mosquitto:
    """A broker whose sessions and queues survive its restarts."""

    def __init__(self, test, name="mosquitto", extra=""):
        self.test, self.name, self.port, self.process = test, name, free_port(), None
        self.dir = test.dir / name
        self.dir.mkdir()
        test.write(f"{name}/mosquitto.conf",
                   f"listener {self.port} 127.0.0.1\n{extra}allow_anonymous true\npersistence true\n"
                   f"persistence_location {self.dir}/\nmax_queued_messages 100000\n"
                   + ("user root\n" if os.getuid() == 0 else ""))

    def start(self):
        self.process = Process(self.test, self.name, [program("mosquitto"), "-c", str(self.dir / "mosquitto.conf")])
        wait_for("mosquitto", lambda: socket.create_connection(("127.0.0.1", self.port), 1).close() is None)
        return self

    def stop(self):
        self.process.stop()

    def kill(self):
        """As a crash: what it had not saved is lost."""
        self.process.kill()

    def hang(self):
        """Stays there and answers nothing, until go_on()."""
        self.process.signal(signal.SIGSTOP)

    def go_on(self):
        self.process.signal(signal.SIGCONT)

    def publish(self, topic, payload, *options):
        """At QoS 1: returns when the broker has it."""
        payload = payload if isinstance(payload, str) else json.dumps(payload)
        run(program("mosquitto_pub"), "-p", str(self.port), "-q", "1", "-t", topic, "-m", payload, *options)

    def publish_lines(self, topic, payloads):
        """One message a line, over one connection."""
        lines = "".join(json.dumps(payload) + "\n" for payload in payloads)
        run(program("mosquitto_pub"), "-p", str(self.port), "-q", "1", "-t", topic, "-l", stdin=lines)


class FakeReceiver:
    """Takes what slod sends to chat and paging services. `plan`: (status, headers) for the first requests of a path;
    then 200 with the body that Slack gives."""

    def __init__(self, test):
        self.requests, self.plan, self._lock = [], {}, threading.Lock()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, headers = receiver._take(self.path, body)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                text = b"ok" if status == 200 else b"no"
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        test.addCleanup(self._server.server_close)
        test.addCleanup(self._server.shutdown)

    def _take(self, path, body):
        with self._lock:
            plan = self.plan.get(path, [])
            status, headers = plan.pop(0) if plan else (200, {})
            self.requests.append((time.time(), path, status, body.decode()))
            return status, headers

    def taken(self, path, status=None):
        with self._lock:
            return [(at, code, body) for at, where, code, body in self.requests
                    if where == path and status in (None, code)]


# ---- records -----------------------------------------------------------------------------------------------------

GATEWAY = """
  gateway:
    http: {}
    format: json
    fields: { time: /ts, method: /method, path: /path, status: /status, latency: { at: /duration_ms, unit: ms },
              id: /request_id, labels: { app: /app, area: /area } }
"""

RIDES = """
sources:%s
journeys:
  RideStart: { api: { source: gateway, method: POST, route: /v1/rides } }
slos:
  - { name: rides, service: rides, journey: RideStart, sli: availability, objective: 99 }
""" % GATEWAY


def ride(status=200, at=None, **more):
    return {"ts": round(time.time() if at is None else at, 3), "method": "POST", "path": "/v1/rides",
            "status": status, "duration_ms": 12.5, **more}


def gzipped(text):
    return gzip.compress(text.encode() if isinstance(text, str) else text)


def main():
    unittest.main(verbosity=2)
