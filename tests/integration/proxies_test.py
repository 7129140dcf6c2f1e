"""HAProxy and Caddy write the log: what slod counts of it is what the client saw, garbage and aborts included."""

import collections
import http.client
import http.server
import json
import re
import socket
import struct
import threading
import time

from harness import ROOT, SLOD, IntegrationTest, Process, Slod, free_port, main, program, run, wait_for

CONFIG = """
sources:
  edge: { %s }
journeys:
  Ride: { api: { source: edge, method: POST, route: /v1/rides } }
  Slow: { api: { source: edge, method: POST, route: /slow%s } }
slos:
  - { name: ride, service: s, journey: Ride, sli: availability, objective: 99, group_by: [app] }
  - { name: slow, service: s, journey: Slow, sli: availability, objective: 99 }
"""

HAPROXY = """
global
  maxconn 200
defaults
  mode http
  timeout connect 2s
  timeout client 5s
  timeout server 5s
frontend api
  bind 127.0.0.1:%(port)d
  log 127.0.0.1:%(udp)d format raw local0
  log 127.0.0.1:%(raw)d len 8192 format raw local0
%(snippet)s
  default_backend app
backend app
  server one 127.0.0.1:%(backend)d
"""

CADDY = """
{
	admin off
	auto_https off
	storage file_system %(dir)s/caddy
}
http://127.0.0.1:%(port)d {
%(snippet)s
	reverse_proxy 127.0.0.1:%(backend)d
}
"""


class Backend:
    """Answers as the path asks: /v1/rides?status=503, /slow."""

    def __init__(self, test):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                if self.path.startswith("/slow"):
                    time.sleep(1)
                found = re.search(r"status=(\d+)", self.path)
                try:
                    self.send_response(int(found.group(1)) if found else 200)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                except OSError:
                    pass

            do_GET = do_POST

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        test.addCleanup(server.server_close)
        test.addCleanup(server.shutdown)


def request(port, path, app):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST", path, headers={"X-App-Name": app, "X-Device-Id": "d7"})
    status = connection.getresponse().status
    connection.close()
    return status


def drive(port):
    """Sends what a day brings; the statuses that the client saw, by app. Two clients leave /slow before its answer."""
    seen = collections.Counter()
    for i in range(80):
        app = ("ios", "web")[i % 2]
        query = ("", "?status=503", "?status=404", "?status=429", "?q=%22%5C", "?status=302")[i % 6]
        seen[app, request(port, "/v1/rides" + query, app)] += 1
    for odd in (b"POST /caf\xe9?\xff HTTP/1.1", b"GET /nobody's\"path\\ HTTP/1.1", b"GARBAGE", b"\x16\x03\x01\x02"):
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(odd + b"\r\nHost: x\r\nConnection: close\r\n\r\n")
            client.settimeout(5)
            try:
                client.recv(1000)
            except OSError:
                pass
    for _ in range(2):
        client = socket.create_connection(("127.0.0.1", port))
        client.sendall(b"POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        time.sleep(0.3)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
    assert request(port, "/slow", "ios") == 200
    return seen


class ProxiesTest(IntegrationTest):
    def expect(self, result, seen, lines):
        ride, slow = result["slos"]
        verdicts = collections.Counter()
        for (app, status), count in seen.items():
            verdict = "bad" if status >= 500 or status == 429 else "excluded" if status >= 400 else "good"
            verdicts[verdict] += count
            if verdict != "excluded":
                verdicts[app, verdict] += count
        self.assertEqual({key: ride[key] for key in ("good", "bad", "excluded")},
                         {key: verdicts[key] for key in ("good", "bad", "excluded")})
        for group in ride["groups"]:
            app = group["labels"]["app"]
            self.assertEqual((group["good"], group["bad"]), (verdicts[app, "good"], verdicts[app, "bad"]), app)
        self.assertEqual({group["labels"]["app"] for group in ride["groups"]}, {"ios", "web"})
        # A client that leaves is nobody's fault.
        self.assertEqual((slow["good"], slow["bad"]), (1, 0), slow)
        source = result["sources"][0]
        self.assertEqual(source["received"], lines, source)
        return source

    def replay(self, config, log):
        path = self.write("replay.yaml", config)
        return json.loads(run(SLOD, "replay", f"--config.file={path}", "--input", f"edge={log}", "--format", "json").stdout)

    def test_haproxy(self):
        backend, port = Backend(self), free_port()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            udp = probe.getsockname()[1]
        raw = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(raw.close)
        raw.bind(("127.0.0.1", 0))
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        rest = "format: haproxy-json, fields: { device: /device, labels: { app: /app, termination: /termination } }"
        left = ", ignore: { termination: [CC, CD, CH, CR] }"
        slod = Slod(self, CONFIG % ('syslog: { listen: "udp://127.0.0.1:%d" }, %s' % (udp, rest), left)).start()
        snippet = (ROOT / "deploy/haproxy/slod-log-format.cfg").read_text()
        config = self.write("haproxy.cfg", HAPROXY % {"raw": raw.getsockname()[1], "port": port, "udp": udp, "backend": backend.port,
                                                      "snippet": snippet})
        Process(self, "haproxy", [program("haproxy"), "-db", "-f", str(config)])
        wait_for("haproxy", lambda: socket.create_connection(("127.0.0.1", port), 1).close() is None)
        seen = drive(port)
        time.sleep(1.5)
        lines = []
        raw.setblocking(False)
        while True:
            try:
                lines.append(raw.recv(65536).rstrip(b"\n"))
            except BlockingIOError:
                break
        log = self.dir / "haproxy-raw.log"
        log.write_bytes(b"".join(line + b"\n" for line in lines))
        print(b"\n".join(line for line in lines if b"rides" not in line).decode(errors="replace"), flush=True)
        source = self.expect(self.replay(CONFIG % (f"file: {{ path: x }}, {rest}", left), log), seen, len(lines))
        slod.tick()
        live = slod.source("edge")
        self.assertEqual({key: live[key] for key in ("received", "accepted", "ignored", "rejected", "shed")},
                         {key: source[key] for key in ("received", "accepted", "ignored", "rejected", "shed")})
        slod.stop()

    def test_caddy(self):
        backend, port = Backend(self), free_port()
        log = self.dir / "access.log"
        snippet = (ROOT / "deploy/caddy/Caddyfile.snippet").read_text().replace("/var/log/caddy/access.log", str(log))
        config = self.write("Caddyfile", CADDY % {"dir": self.dir, "port": port, "backend": backend.port, "snippet": snippet})
        Process(self, "caddy", [program("caddy"), "run", "--adapter", "caddyfile", "--config", str(config)],
                env={"HOME": str(self.dir), "PATH": "/usr/bin:/bin"})
        wait_for("caddy", lambda: socket.create_connection(("127.0.0.1", port), 1).close() is None)
        seen = drive(port)
        time.sleep(1.5)
        lines = log.read_bytes().splitlines()
        print(b"\n".join(line for line in lines if b"rides" not in line).decode(errors="replace"), flush=True)
        rest = ("format: caddy, fields: { device: /request/headers/X-Device-Id/0, "
                "labels: { app: /request/headers/X-App-Name/0 } }")
        self.expect(self.replay(CONFIG % (f"file: {{ path: x }}, {rest}", ""), log), seen, len(lines))


if __name__ == "__main__":
    main()
