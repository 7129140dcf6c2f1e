"""Logs that come as syslog datagrams: nginx's own `access_log syslog:` over UDP and over a unix socket, what the kernel
drops, and what is no record."""

import collections
import json
import os
import signal
import socket
import time

from harness import ROOT, SLOD, IntegrationTest, Process, Slod, free_port, http_request, main, program, run, wait_for

NGINX = """
%(user)s
daemon off;
worker_processes 1;
pid %(dir)s/nginx.pid;
error_log %(dir)s/error.log;
events { worker_connections 256; }
http {
  include %(root)s/deploy/nginx/slod-log-format.conf;
  client_body_temp_path %(dir)s/body; proxy_temp_path %(dir)s/proxy; fastcgi_temp_path %(dir)s/fastcgi;
  uwsgi_temp_path %(dir)s/uwsgi; scgi_temp_path %(dir)s/scgi;
  access_log %(dir)s/access.log slod;
  access_log syslog:server=127.0.0.1:%(udp)d,tag=nginx slod;
  access_log syslog:server=unix:%(dir)s/slod.sock,tag=nginx,nohostname slod;
  access_log syslog:server=127.0.0.1:%(text)d combined;
  server {
    listen 127.0.0.1:%(port)d;
    location = /v1/rides { if ($arg_fail) { return 503; } if ($arg_full) { return 409; } return 201; }
    location / { return 404; }
  }
}
"""

CONFIG = """
sources:
  udp:  { syslog: { listen: "udp://127.0.0.1:%(udp)d" }, format: nginx-syslog, fields: { labels: { app: /app } } }
  unix: { syslog: { listen: "unix://%(dir)s/slod.sock" }, format: nginx-syslog, fields: { labels: { app: /app } } }
  text: { syslog: { listen: "udp://127.0.0.1:%(text)d" }, format: nginx-combined }
journeys:
  ByUdp:  { api: { source: udp, method: POST, route: /v1/rides } }
  ByUnix: { api: { source: unix, method: POST, route: /v1/rides } }
  ByText: { api: { source: text, method: POST, route: /v1/rides } }
slos:
  - { name: udp, service: rides, journey: ByUdp, sli: availability, objective: 99, group_by: [app] }
  - { name: unix, service: rides, journey: ByUnix, sli: availability, objective: 99, group_by: [app] }
  - { name: text, service: rides, journey: ByText, sli: availability, objective: 99 }
"""


def free_udp_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def datagram(status=200, path="/v1/rides"):
    record = {"time": f"{time.time():.3f}", "method": "POST", "path": path, "status": str(status), "request_time": "0.010"}
    return f"<190>Nov 22 12:33:05 edge nginx: {json.dumps(record)}".encode()


class SyslogTest(IntegrationTest):
    def setUp(self):
        super().setUp()
        self.ports = {"dir": self.dir, "root": ROOT, "port": free_port(), "udp": free_udp_port(), "text": free_udp_port(),
                      "user": "user root;" if os.getuid() == 0 else ""}
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(self.udp.close)

    def send(self, *datagrams):
        for each in datagrams:
            self.udp.sendto(each, ("127.0.0.1", self.ports["udp"]))

    def received(self, slod, source, count):
        slod.tick()
        return wait_for(f"{count} records of {source}", lambda: slod.source(source)["received"] >= count and
                        slod.source(source), 25)

    def test_nginx_over_udp_and_unix_counts_as_its_own_file_does(self):
        slod = Slod(self, CONFIG % self.ports).start()
        config = self.write("nginx.conf", NGINX % self.ports)
        Process(self, "nginx", [program("nginx"), "-c", str(config), "-p", str(self.dir)])
        port = self.ports["port"]
        wait_for("nginx", lambda: http_request(port, "GET", "/").status == 404)
        for i in range(60):
            http_request(port, "POST", "/v1/rides" + ("", "?fail=1", "?full=1", "?x=1")[i % 4],
                         headers={"X-App-Name": ("ios", "web")[i % 2], "User-Agent": 'odd "agent" \\ \x01'})
        with socket.create_connection(("127.0.0.1", port)) as client:  # a path that is not UTF-8, and no request at all
            client.sendall(b"GET /caf\xe9 HTTP/1.0\r\n\r\n")
            client.recv(1000)
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"\x16\x03\x01garbage\r\n\r\n")
            client.recv(1000)
        lines = wait_for("nginx's log", lambda: (read := (self.dir / "access.log").read_bytes().splitlines()) and
                         len(read) == 63 and read)
        statuses = collections.Counter(json.loads(line.decode(errors="replace"))["status"] for line in lines)
        # A unix socket's queue holds as many datagrams as net.unix.max_dgram_qlen says (10), and nginx drops the rest unheard.
        slod.tick()
        self.assertIn(slod.source("unix")["received"], range(1, len(lines) + 1))
        for name in ("udp", "text"):
            with self.subTest(name):
                source = self.received(slod, name, len(lines))
                self.assertEqual(source["received"], len(lines))
                self.assertEqual((source["accepted"], source["rejected"], source["shed"]), (60, 1, 0), source)
                slo = slod.slo(name)
                self.assertEqual((slo["good"], slo["bad"], slo["excluded"]),
                                 (statuses["201"], statuses["503"], statuses["409"]))
        replayed = json.loads(run(SLOD, "replay", f"--config.file={slod.config_path}", "--input",
                                  f"udp={self.dir}/access.log", "--format", "json").stdout)
        self.assertEqual(replayed["slos"][0]["groups"], slod.slo("udp")["groups"])
        slod.stop()
        self.assertFalse((self.dir / "slod.sock").exists())

    def test_a_sender_that_waits_for_room_in_the_unix_socket_loses_nothing(self):
        slod = Slod(self, CONFIG % self.ports).start()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.connect(str(self.dir / "slod.sock"))
            for i in range(2000):
                sender.send(datagram(503 if i % 4 == 0 else 200))
        source = self.received(slod, "unix", 2000)
        self.assertEqual((source["accepted"], source["received"]), (2000, 2000), source)
        self.assertEqual(slod.counts("unix"), (1500, 500))
        slod.stop()

    def test_what_the_kernel_dropped_is_counted_as_shed(self):
        slod = Slod(self, CONFIG % self.ports).start()
        self.send(datagram())
        self.received(slod, "udp", 1)
        slod.process.signal(signal.SIGSTOP)
        time.sleep(0.2)
        flood = datagram(path="/v1/rides?" + "x" * 8000)
        sent = 12000  # more than any receive buffer that slod may get
        self.send(*[flood] * sent)
        slod.process.signal(signal.SIGCONT)
        wait_for("the flood to be read", lambda: slod.metrics().sum("slod_source_received_total", source="udp") > 1, 25)
        time.sleep(1)
        self.send(datagram(503))  # the next one brings the kernel's count
        source = self.received(slod, "udp", sent + 2)
        self.assertEqual(source["received"], sent + 2)
        self.assertGreater(source["shed"], 0)
        self.assertEqual(source["accepted"], sent + 2 - source["shed"])
        self.assertEqual(slod.metrics().unbalanced_sources(), [])
        slod.stop()

    def test_what_is_no_record_is_rejected_and_costs_no_other(self):
        slod = Slod(self, CONFIG % self.ports).start()
        good = datagram()
        bad = [b"<190>Nov 22 12:33:05 edge nginx: no JSON", b"\xff\xfe\x00", b"{", good[:-5], b"<190>"]
        odd = [good + b"\n", good.split(b": ", 1)[1], good.replace(b"nginx", b"ng\xe9inx")]
        self.send(good, *bad, *odd, b"", good)
        source = self.received(slod, "udp", 10)
        self.assertEqual((source["accepted"], source["rejected"]), (5, 6), source)
        slod.stop()

    def test_a_socket_that_is_left_over_is_replaced_and_one_in_use_is_not(self):
        slod = Slod(self, CONFIG % self.ports).start()
        slod.kill()
        self.assertTrue((self.dir / "slod.sock").exists())
        slod.start()
        other = Slod(self, CONFIG % {**self.ports, "udp": free_udp_port(), "text": free_udp_port()}, name="other").spawn()
        self.assertEqual(other.process.wait(), 1)
        self.assertIn("another program listens", other.process.log())
        slod.stop()

    def test_check_names_what_is_wrong_with_an_address(self):
        for listen, wrong in (("tcp://127.0.0.1:5514", "udp://HOST:PORT"), ("udp://127.0.0.1", "udp://HOST:PORT"),
                              ("unix://slod.sock", "absolute"), ("unix:///" + "x" * 200, "107 bytes")):
            text = (CONFIG % self.ports).replace(f"udp://127.0.0.1:{self.ports['udp']}", listen)
            done = run(SLOD, "check", str(self.write("bad.yaml", text)), check=False)
            self.assertEqual(done.returncode, 1, done.stdout)
            self.assertIn(wrong, done.stdout)


if __name__ == "__main__":
    main()
