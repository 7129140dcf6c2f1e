"""Real senders: what curl and syslog-ng's http() do with slod's answers, through refusals and a kill -9. The answer codes
are the contract's; nothing may be lost that a sender kept, and nothing counted twice."""

import gzip
import json
import threading
import time

from harness import RIDES, IntegrationTest, Process, Slod, free_port, main, program, ride, run, wait_for

SYSLOG_NG = """
@version: 3.38
options { stats-freq(0); log-fifo-size(100000); time-reopen(1); };
source s { file("%(dir)s/app.log" flags(no-parse) follow-freq(0.1) log-fetch-limit(1000) log-iw-size(100000)); };
destination d {
  http(url("http://127.0.0.1:%(port)d/ingest/gateway") method("POST") body("${MSG}") delimiter("\\n")
       batch-lines(20) batch-timeout(200) retries(1000) workers(1) time-reopen(1)
       disk-buffer(reliable(yes) disk-buf-size(10000000) mem-buf-size(1000000) dir("%(dir)s")));
};
log { source(s); destination(d); flags(flow-control); };
"""


class SendersTest(IntegrationTest):
    def slod(self, name="slod", ingest=None, more=""):
        ingest = ingest or free_port()
        server = f'server: {{ ingest: {{ listen: "127.0.0.1:{ingest}" }}, web: {{ listen: "127.0.0.1:0" }} }}\n'
        return Slod(self, server + RIDES + more, name=name)

    def curl(self, slod, *options, data=None):
        done = run(program("curl"), "-sS", "-o", str(self.dir / "answer"), "-w", "%{http_code}", *options,
                   f"http://127.0.0.1:{slod.ingest}/ingest/gateway", stdin=data)
        return int(done.stdout), (self.dir / "answer").read_text()

    def test_curl_with_every_way_of_sending_a_body(self):
        slod = self.slod().start()
        lines = self.write("lines.ndjson", "".join(json.dumps(ride(request_id=f"a{i}")) + "\n" for i in range(50)))
        packed = self.dir / "lines.gz"
        packed.write_bytes(gzip.compress(lines.read_bytes().replace(b'"a', b'"b')))
        self.write("cut.gz", "").write_bytes(packed.read_bytes()[:-20])
        array = self.write("array.json", json.dumps([ride(503), ride()], indent=1))
        steps = [
            (200, ("--data-binary", f"@{lines}", "-H", "Idempotency-Key: one"), 50),
            (200, ("--data-binary", f"@{lines}", "-H", "Idempotency-Key: one"), 50),  # the first answer again
            (422, ("--data-binary", "@-", "-H", "Idempotency-Key: one"), None),
            (200, ("--data-binary", f"@{packed}", "-H", "Content-Encoding: gzip"), 50),
            (200, ("--data-binary", f"@{array}", "-H", "Transfer-Encoding: chunked"), 2),
            (200, ("-T", str(array), "-X", "POST", "-H", "Expect: 100-continue"), 2),
            (400, ("--data-binary", f"@{self.dir}/cut.gz", "-H", "Content-Encoding: gzip"), None),
            (400, ("--data-binary", "no json"), None),
            (400, ("-X", "POST"), None),
            (405, ("-X", "PUT", "--data-binary", "x"), None),
            (415, ("--data-binary", "x", "-H", "Content-Encoding: br"), None),
        ]
        for status, options, accepted in steps:
            code, answer = self.curl(slod, *options, data=json.dumps(ride()))
            self.assertEqual(code, status, (options, answer))
            if accepted is not None:
                self.assertEqual(json.loads(answer)["accepted"], accepted, options)
        slod.tick()
        source = slod.source("gateway")
        self.assertEqual((source["accepted"], source["duplicate"], source["rejected"]), (104, 50, 2), source)
        self.assertEqual(slod.counts("rides"), (102, 2))
        slod.stop()

    def test_syslog_ng_sends_again_what_was_refused_and_what_a_crash_cut_off(self):
        port = free_port()
        config = self.write("syslog-ng.conf", SYSLOG_NG % {"dir": self.dir, "port": port})
        log = self.write("app.log", "")
        # Nobody listens yet: a refused connection is the first thing that the sender meets.
        Process(self, "syslog-ng", [program("syslog-ng"), "-F", "-f", str(config), "--no-caps",
                                    "--persist-file", str(self.dir / "syslog-ng.persist"),
                                    "--pidfile", str(self.dir / "syslog-ng.pid"), "--control", str(self.dir / "syslog-ng.ctl")])
        total, stop = 1500, threading.Event()

        def write():
            with open(log, "a") as file:
                for i in range(total):
                    file.write(json.dumps(ride(503 if i % 10 == 0 else 200, request_id=f"r{i}")) + "\n")
                    if i % 20 == 0:
                        file.flush()
                        stop.wait(0.05)

        writer = threading.Thread(target=write)
        writer.start()
        time.sleep(0.5)
        slod = self.slod(ingest=port).start()
        for _ in range(3):  # kill -9 in the middle of batches; what was answered is counted, the rest comes again
            time.sleep(0.7)
            slod.kill()
            slod.start()
        writer.join()
        wait_for("every line", lambda: sum(slod.metrics().values("slod_source_records_total", source="gateway",
                                                                 result="accepted")) >= total, 40)
        slod.tick()
        self.assertEqual(slod.counts("rides"), (total - total // 10, total // 10))
        source = slod.source("gateway")
        self.assertEqual(source["accepted"], total)
        self.assertEqual(source["received"], source["accepted"] + source["duplicate"] + source["rejected"], source)
        slod.stop()


if __name__ == "__main__":
    main()
