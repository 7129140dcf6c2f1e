"""The command line: exit codes, what goes to stdout and what to stderr, `check`, and the form of the JSON."""

import gzip
import json
import os
import pty
import re
import subprocess

import support
from support import FLEET, S, T0, ContractTest, ack, command, log, message, rides, slo, unlock, unlock_log

COMMANDS = ["run", "check", "explain", "replay", "status", "why", "simulate", "version", "schema"]
FIVE_MISTAKES = """sources:
  gateway:
    http: {}
    format: json
    fields: { time: /ts, path: /path, status: /status, method: /method }
journeys:
  Unlock: { api: { source: gatewey, method: POST, route: /v1/unlock } }
slos:
  - name: unlock
    journey: Unlok
    sli: availabilty
    objectiv: 99
    objective: 99
    window: 30
"""


class CommandLine(ContractTest):
    def setUp(self):
        super().setUp()
        self.config = self.write("slod.yaml", json.dumps(rides()))
        self.input = self.write("in.jsonl", support.ndjson([log(T0), log(T0 + 20 * S, 500)]))

    def replay_with(self, *options, **more):
        return self.slod("replay", f"--config.file={self.config}", "--input", f"gateway={self.input}", *options, **more)

    def test_every_command_has_two_examples_in_its_help(self):
        for name in COMMANDS:
            done = self.slod(name, "--help")
            self.assertEqual((done.returncode, done.stderr), (0, ""), name)
            examples = done.stdout[done.stdout.index("Examples"):]
            self.assertGreaterEqual(examples.count(f"slod {name}"), 1, name)
            self.assertGreaterEqual(len(re.findall(r"^ +(?:[^#]*\| )?slod ", examples, re.M)), 2, name)

    def test_replay_ends_with_0_and_talks_on_stderr_only(self):
        for form in ("json", "text"):
            done = self.replay_with("--format", form)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertNotIn("\x1b", done.stdout)
        self.assertEqual(json.loads(self.replay_with("--format", "json").stdout)["slos"][0]["bad"], 1)

    def test_replay_says_what_it_did_not_count(self):
        self.write("in.jsonl", support.ndjson([log(T0), "junk", log(T0, path="/v2/rides")]))
        done = self.replay_with()
        self.assertIn("source gateway: of 3 records 1 rejected (malformed 1)", done.stdout)
        self.assertIn("POST /v2/rides", done.stdout)

    def test_an_unknown_command_is_named(self):
        done = self.slod("repay")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn('unknown command "repay"; did you mean "replay"?', done.stderr)

    def test_usage_unreadable_files_and_configs_that_cannot_be_loaded_are_2(self):
        broken = self.write("broken.yaml", "slos: [")
        for arguments in (["replay"], ["replay", "--nonsense"], ["no-such-command"], [], ["check"],
                          ["replay", f"--config.file={self.config}", "--input", "gateway=/does/not/exist"],
                          ["replay", f"--config.file={self.config}", "--input", f"nobody={self.input}"],
                          ["replay", f"--config.file={self.config}", "--input", "gateway"],
                          ["replay", "--config.file=/does/not/exist", "--input", f"gateway={self.input}"],
                          ["replay", f"--config.file={broken}", "--input", f"gateway={self.input}"],
                          ["run", f"--config.file={broken}"], ["run", "--config.file=/does/not/exist"],
                          ["check", "/does/not/exist"], ["check", str(self.dir)]):
            done = self.slod(*arguments)
            self.assertEqual(done.returncode, 2, (arguments, done.stdout, done.stderr))
            self.assertTrue(done.stderr or "check" in arguments, arguments)
        for option in (["--until", "soon"], ["--format", "xml"]):
            self.assertEqual(self.replay_with(*option).returncode, 2, option)

    def on_a_terminal(self, **more):
        """What `check` shows of a broken config where stdout is a terminal."""
        broken = self.write("broken.yaml", FIVE_MISTAKES)
        ours, theirs = pty.openpty()
        environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
        environment["TERM"] = "xterm"
        with subprocess.Popen([support.SLOD, "check", str(broken)], stdout=theirs, stderr=subprocess.DEVNULL,
                              env={**environment, **more}):
            os.close(theirs)
            shown = b""
            try:
                while chunk := os.read(ours, 65536):
                    shown += chunk
            except OSError:  # the other end is closed
                pass
        os.close(ours)
        return shown

    def test_colour_is_for_terminals_and_no_color_is_respected(self):
        self.assertIn(b"\x1b[", self.on_a_terminal())
        shown = self.on_a_terminal(NO_COLOR="1")
        self.assertIn(b"error", shown)
        self.assertNotIn(b"\x1b", shown)

    def test_reads_standard_input_gzip_and_zstd(self):
        plain = self.replay_with("--format", "json").stdout
        self.write("in.jsonl.gz", gzip.compress(self.input.read_bytes()))
        arguments = ["replay", f"--config.file={self.config}", "--format", "json", "--input"]
        self.assertEqual(self.slod(*arguments, "gateway=in.jsonl.gz").stdout, plain)
        self.assertEqual(self.slod(*arguments, "gateway=-", stdin=self.input.read_text()).stdout, plain)

    def test_an_empty_input_has_no_ticks_and_no_numbers(self):
        result = self.replay(rides(), {"gateway": []})
        self.assertIsNone(result["as_of"])
        self.assertIsNone(slo(result)["sli"])

    def test_messages_are_read_in_both_forms_of_mosquitto_sub(self):
        lines = [unlock_log(T0, ms=0, id="r")]
        printed = [command(T0, id="r"), ack(T0 + S, id="r")]
        wanted = self.replay_text(unlock(), {"gateway": lines, "fleet": printed})
        capital = [{**line, "payload": json.loads(line["payload"]), "tst": support.rfc3339(T0 + n * S, 540, False)}
                   for n, line in enumerate(printed)]
        self.assertTrue(capital[0]["tst"].endswith("Z+0900"))
        self.assertEqual(self.replay_text(unlock(), {"gateway": lines, "fleet": capital}), wanted)


class Check(ContractTest):
    def check(self, text, *more):
        return self.slod("check", self.write("c.yaml", text), *more)

    def test_five_mistakes_are_five_errors_with_place_line_caret_and_a_hint(self):
        done = self.check(FIVE_MISTAKES)
        self.assertEqual(done.returncode, 1)
        errors = re.findall(r"^\S*c\.yaml:(\d+):(\d+): error: (.*)$", done.stdout, re.M)
        self.assertEqual([(int(line), int(column)) for line, column, _ in errors],
                         [(7, 28), (10, 14), (11, 10), (12, 5), (14, 13)], done.stdout)
        for (_, _, text), hint in zip(errors, ("gateway", "Unlock", "availability", "objective")):
            self.assertIn(f'did you mean "{hint}"', text.replace("`", '"'))
        lines = done.stdout.splitlines()
        for number, line in enumerate(lines):
            if match := re.match(r"\S*c\.yaml:(\d+):(\d+): error: ", line):
                said = FIVE_MISTAKES.splitlines()[int(match[1]) - 1]
                self.assertTrue(lines[number + 1].endswith(said), lines[number + 1])
                indent = len(lines[number + 1]) - len(said)
                self.assertEqual(lines[number + 2].index("^"), indent + int(match[2]) - 1)

    def test_a_good_config_is_0_and_prints_the_projected_size_of_the_journal(self):
        done = self.check(json.dumps(rides()))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("journal", done.stdout)

    def test_warnings_alone_are_0(self):
        policy = {"default": {"rules": [{"severity": "page", "burn": 100, "long": "1h", "short": "5m"}]}}
        done = self.check(json.dumps(rides(alert_policies=policy)))
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("warning", done.stdout)

    def test_what_is_refused(self):
        for text, word in (("slos: []\nslos: []\n", "duplicate"), ("nonsense: 1\n", "unknown key"),
                           ("slos: \xff\n".encode("latin-1"), "UTF-8")):
            done = self.check(text)
            self.assertEqual(done.returncode, 1, done.stdout)
            self.assertIn(word.lower(), done.stdout.lower())
        for change in ({"window": "401d"}, {"objective": 99.99999}, {"window": "1x"}, {"actor": "nobody"}):
            self.assertEqual(self.check(json.dumps(rides(slo=change))).returncode, 1, change)
        self.assertEqual(self.check(json.dumps(rides(slo={"window": "31d"}, state={
            "journal_retention": {"journeys": "30d"}}))).returncode, 1)

    def test_a_faulty_registry_is_refused_with_its_file_and_line(self):
        config = {"sources": {"fleet": FLEET}, "fleet": {"sources": ["fleet"], "registry": "devices.csv"},
                  "slos": [{"name": "f", "fleet": "connectivity", "objective": 99}]}
        self.assertEqual(self.check(json.dumps(config)).returncode, 0)  # not there yet: a warning
        self.write("devices.csv", "device,commissioned_at\nd1,yesterday\n")
        done = self.check(json.dumps(config))
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertRegex(done.stdout, r"devices\.csv: line 2: commissioned_at 'yesterday'")
        path = self.write("m.jsonl", support.ndjson([support.report(T0)]))
        done = self.slod("replay", "--config.file=c.yaml", "--input", f"fleet={path}")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertRegex(done.stderr, r"devices\.csv: line 2: ")

    def test_labels_of_devices_without_a_fleet_are_told_what_they_need(self):
        done = self.check(json.dumps(unlock(journey={"labels": ["device.model"]})))
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("labels of devices need a `fleet` section", done.stdout)
        with_fleet = unlock(journey={"labels": ["device.model"]}, fleet={"sources": ["fleet"]})
        self.assertEqual(self.check(json.dumps(with_fleet)).returncode, 0)

    def test_empty_lists_that_would_mean_nothing_are_refused(self):
        for change in ({"journey": {"retry": {"by": []}}}, {"destinations": {"am": {"alertmanager": {"urls": []}}}}):
            self.assertEqual(self.check(json.dumps(rides(**change))).returncode, 1, change)

    def test_device_share_is_read_and_said_to_have_no_numbers_yet(self):
        config = {"sources": {"fleet": FLEET}, "fleet": {"sources": ["fleet"], "report_every": {"default": "60s"}},
                  "slos": [{"name": "f", "fleet": "any", "sli": "device-share", "at_least": 98, "objective": 99}]}
        done = self.check(json.dumps(config))
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("device-share: f has no numbers", done.stdout)


class Json(ContractTest):
    def test_names_types_and_order(self):
        config = unlock(slo={"group_by": ["area"], "also": [{"calendar": "month", "time_zone": "Asia/Tokyo"}]})
        text = self.replay_text(config, {"gateway": [unlock_log(T0, ms=0, id="r", area="x")],
                                         "fleet": [command(T0, id="r"), ack(T0 + S, id="r")]})
        result = json.loads(text)
        self.assertEqual(list(result), ["as_of", "slos", "sources", "transitions"])
        one = slo(result)
        wanted = ["slo", "service", "objective", "window", "good", "bad", "valid", "excluded", "attempts", "booked_late",
                  "sli", "sli_raw", "budget", "burn", "counts", "latency", "outcomes", "completeness", "has_data",
                  "alerts", "groups"]
        self.assertEqual([key for key in one if key in wanted], wanted)
        self.assertEqual((one["objective"], one["window"], one["completeness"], one["has_data"]), (0.99, "30d", 1.0, True))
        for key in ("good", "bad", "valid", "excluded", "attempts", "booked_late"):
            self.assertIs(type(one[key]), int, key)
        for key in ("objective", "sli", "sli_raw", "completeness"):
            self.assertIs(type(one[key]), float, key)
        self.assertEqual([(k, type(v)) for k, v in one["budget"].items()],
                         [("allowed", float), ("spent", int), ("remaining_ratio", float)])
        self.assertEqual(list(one["burn"]), ["5m", "30m", "1h", "2h", "6h", "1d", "3d"])
        self.assertEqual(list(one["counts"]), list(one["burn"]))
        self.assertEqual(one["alerts"][0], {"severity": "page", "long": "1h", "short": "5m", "burn": 14.4,
                                            "state": "inactive"})
        self.assertEqual({k: one["groups"][0][k] for k in ("labels", "good", "bad", "valid")},
                         {"labels": {"area": "x"}, "good": 1, "bad": 0, "valid": 1})
        self.assertEqual(list(one["also"][0]), ["window", "since", "good", "bad", "valid", "sli", "budget"])
        self.assertEqual(one["also"][0]["since"], "2025-10-31T15:00:00Z")
        names = ["source", "received", "accepted", "duplicate", "ignored", "rejected", "late", "shed", "accepted_late"]
        self.assertEqual(list(result["sources"][0])[:9], names)


if __name__ == "__main__":
    support.main()
