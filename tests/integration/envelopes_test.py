"""Bodies as cloud relays send them: Pub/Sub push, Loki push, CloudEvents, OTLP JSON, AWS IoT's confirmation."""

import base64
import json
import time

from harness import IntegrationTest, Slod, main

CONFIG = """
sources:
  pubsub: { http: {}, envelope: pubsub, format: json, fields: &f { time: /ts, method: /method, path: /path, status: /status } }
  loki:   { http: {}, envelope: loki, format: json, fields: { time: /ts, method: /method, path: /path, status: /status } }
  events: { http: {}, envelope: cloudevents, format: json, fields: { time: /ts, method: /method, path: /path, status: /status } }
  otlp:   { http: {}, envelope: otlp, format: json, fields: { time: /timeUnixNano, time_unit: ns,
              method: /http.request.method, path: /url.path, status: /http.response.status_code, device: /device.id } }
  iot:    { http: {}, confirm: aws-iot, messages: [ { topic: "v/{device}/acks", is: reply, fields: { result: /s, id: /id }, good: [ok] } ] }
journeys:
  Pubsub: { api: { source: pubsub, method: POST, route: /v1/rides } }
  Loki:   { api: { source: loki, method: POST, route: /v1/rides } }
  Events: { api: { source: events, method: POST, route: /v1/rides } }
  Otlp:   { api: { source: otlp, method: POST, route: /v1/rides } }
  Unlock: { api: { source: loki, method: POST, route: "/v1/{device}/unlock" }, device: { source: iot, command: unlock } }
slos:
  - { name: pubsub, service: s, journey: Pubsub, sli: availability, objective: 99 }
  - { name: loki, service: s, journey: Loki, sli: availability, objective: 99 }
  - { name: events, service: s, journey: Events, sli: availability, objective: 99 }
  - { name: otlp, service: s, journey: Otlp, sli: availability, objective: 99 }
""".replace("&f ", "")


def ride(status=200, **more):
    return {"ts": round(time.time(), 3), "method": "POST", "path": "/v1/rides", "status": status, **more}


def pushed(data, message_id, attempt=1):
    data = data if isinstance(data, bytes) else json.dumps(data).encode()
    return json.dumps({"message": {"data": base64.b64encode(data).decode(), "messageId": message_id,
                                   "message_id": message_id, "publishTime": "2026-11-22T12:00:00Z", "attributes": {"a": "b"}},
                       "subscription": "projects/p/subscriptions/slod", "deliveryAttempt": attempt})


class EnvelopesTest(IntegrationTest):
    def setUp(self):
        super().setUp()
        self.slod = Slod(self, CONFIG).start()
        self.addCleanup(self.slod.stop)

    def post(self, source, body, **headers):
        body = body if isinstance(body, (str, bytes)) else json.dumps(body)
        return self.slod.post(source, body, **headers)

    def expect(self, name, good, bad, **counts):
        self.slod.tick()
        self.assertEqual(self.slod.counts(name), (good, bad), name)
        source = self.slod.source(name)
        self.assertEqual({key: source[key] for key in counts}, counts, source)
        self.assertEqual(self.slod.metrics().unbalanced_sources(), [])

    def test_pubsub_deduplicates_by_message_id_and_acknowledges_what_is_bad(self):
        first = self.post("pubsub", pushed(ride(), "1001"))
        self.assertEqual((first.status, first.body), (204, b""))
        for attempt in (2, 3):  # the wrapper of a repeated delivery differs
            self.assertEqual(self.post("pubsub", pushed(ride(), "1001", attempt)).status, 204)
        self.assertEqual(self.post("pubsub", pushed(ride(503), "1002")).status, 204)
        bad = ["{", "[]", json.dumps({"message": {"messageId": "1"}}), pushed(b"\xff\xfe", "1003"),
               json.dumps({"message": {"data": "!!!", "messageId": "2"}})]
        for body in bad:
            self.assertEqual(self.post("pubsub", body).status, 204, body)
        self.assertEqual(self.post("pubsub", pushed(b"\xff\xfe", "1003")).status, 204)  # bad, and repeated
        self.slod.kill()
        self.slod.start()
        self.assertEqual(self.post("pubsub", pushed(ride(), "1001", 4)).status, 204)  # also after a crash
        self.expect("pubsub", 1, 1, received=11, accepted=2, duplicate=4, rejected=5, shed=0)

    def test_loki_push(self):
        now = str(time.time_ns())
        body = {"streams": [{"stream": {"app": "ios"}, "values": [[now, json.dumps(ride())], [now, json.dumps(ride(500)), {"t": "1"}]]},
                            {"stream": {}, "values": [[now, "not JSON"], [now], [now, json.dumps(ride())]]}]}
        answer = self.post("loki", body)
        self.assertEqual(answer.status, 200)
        self.assertEqual({k: v for k, v in json.loads(answer.body).items() if k != "errors"},
                         {"accepted": 3, "duplicate": 0, "ignored": 0, "rejected": 2, "late": 0})
        self.assertEqual([e["index"] for e in json.loads(answer.body)["errors"]], [2, 3])
        self.assertEqual(self.post("loki", {"other": 1}).status, 400)
        self.assertEqual(self.post("loki", {"streams": []}).status, 400)  # no record in it
        self.expect("loki", 2, 1, received=6, accepted=3, rejected=3)

    def test_cloudevents_structured_batched_and_binary(self):
        event = {"specversion": "1.0", "id": "1", "source": "/gw", "type": "request", "datacontenttype": "application/json"}
        structured = {**event, "data": ride()}
        in_base64 = {**event, "data_base64": base64.b64encode(json.dumps(ride(500)).encode()).decode()}
        as_text = {**event, "data": json.dumps(ride())}
        self.assertEqual(self.post("events", structured, Content_Type="application/cloudevents+json").status, 200)
        batch = self.post("events", [structured, in_base64, as_text, event], Content_Type="application/cloudevents-batch+json")
        self.assertEqual(batch.status, 200)
        self.assertEqual((json.loads(batch.body)["accepted"], json.loads(batch.body)["rejected"]), (3, 1))
        binary = self.post("events", ride(500), Ce_specversion="1.0", Ce_id="2", Ce_source="/gw", Ce_type="request",
                           Content_Type="application/json")
        self.assertEqual((binary.status, json.loads(binary.body)["accepted"]), (200, 1))
        self.assertEqual(self.post("events", event).status, 400)  # no data
        self.expect("events", 3, 2, received=7, accepted=5, rejected=2)

    def test_otlp_json(self):
        def attribute(key, **value):
            return {"key": key, "value": value}

        def record(status, **more):
            return {"timeUnixNano": str(time.time_ns()), "attributes": [
                attribute("http.request.method", stringValue="POST"), attribute("url.path", stringValue="/v1/rides"),
                attribute("http.response.status_code", intValue=str(status))], **more}

        body = {"resourceLogs": [{"resource": {"attributes": [attribute("device.id", stringValue="d1")]}, "scopeLogs": [
            {"scope": {}, "logRecords": [record(200), record(500, body={"stringValue": 'a "quoted" line\n'})]}]},
            {"scopeLogs": [{"logRecords": [{"body": {"stringValue": "no request"}}, record(201)]}]}]}
        answer = self.post("otlp", body)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual((json.loads(answer.body)["accepted"], json.loads(answer.body)["rejected"]), (3, 1))
        self.expect("otlp", 2, 1, received=4, accepted=3, rejected=1)

    def test_aws_iot_is_confirmed_only_at_aws(self):
        headers = {"X_Amz_Rules_Engine_Message_Type": "DestinationConfirmation"}
        foreign = {"arn": "arn:aws:iot:x", "confirmationToken": "t", "enableUrl": "https://example.org/confirm?token=t"}
        self.assertEqual(self.post("iot", foreign, **headers).status, 200)
        self.assertIn("left unanswered", self.slod.process.log())
        fake = {**foreign, "enableUrl": "https://127.0.0.1:9/#.amazonaws.com"}
        self.assertEqual(self.post("iot", fake, **headers).status, 200)
        self.assertEqual(self.slod.process.log().count("left unanswered"), 2)
        answer = self.post("iot", {"topic": "v/d1/acks", "payload": {"s": "ok", "id": "1"}})
        self.assertEqual((answer.status, json.loads(answer.body)["accepted"]), (200, 1))
        self.slod.tick()
        self.assertEqual(self.slod.source("iot")["received"], 1)


if __name__ == "__main__":
    main()
