"""Many new label sets at once, from several senders: what the sources intern and what the fold interns must not meet."""

import json
import threading
import time

from harness import IntegrationTest, Slod, main, ride

CONFIG = """
sources:
  gateway:
    http: {}
    format: json
    fields: { time: /ts, method: /method, path: /path, status: /status, labels: { area: /area, app: /app } }
journeys:
  RideStart: { api: { source: gateway, method: POST, route: /v1/rides }, labels: [area] }
slos:
  - { name: rides, service: rides, journey: RideStart, sli: availability, objective: 99 }
"""
SENDERS, BATCHES, LINES = 3, 15, 1000


class LabelsTest(IntegrationTest):
    def test_every_record_with_a_label_set_of_its_own_is_counted(self):
        slod = Slod(self, CONFIG).start()
        refused = []

        def send(sender):
            for batch in range(BATCHES):
                lines = [json.dumps({**ride(at=time.time()), "area": f"a{sender}-{batch}-{i}", "app": f"b{i}"})
                         for i in range(LINES)]
                answer = slod.post("gateway", "\n".join(lines).encode())
                if answer.status != 200:
                    refused.append(answer.status)

        threads = [threading.Thread(target=send, args=(n,)) for n in range(SENDERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(refused, [])
        slod.tick()
        slod.tick()
        self.assertEqual(slod.counts("rides"), (SENDERS * BATCHES * LINES, 0))


if __name__ == "__main__":
    main()
