"""Random histories against the naive model of the rules of meaning.

SLOD_SEED=n replays history n alone (and keeps nothing else fixed: the seed decides config, lines and options);
SLOD_HISTORIES sets how many are run.
"""

import gzip
import json
import math
import os
import random
import shutil
import subprocess
import time

import support
from histories import random_history
from model import Model
from support import ContractTest, parse_ms

HISTORIES = int(os.environ.get("SLOD_HISTORIES", "250"))
CLOSE = ("budget", "burn", "sli", "sli_raw")


def same(wanted, got):
    if isinstance(wanted, dict):
        return isinstance(got, dict) and wanted.keys() == got.keys() and all(same(wanted[k], got[k]) for k in wanted)
    if isinstance(wanted, float) or isinstance(got, float):
        return wanted is not None and got is not None and math.isclose(wanted, got, rel_tol=1e-12, abs_tol=1e-12)
    return wanted == got


def within_one_percent(wanted, got):
    if wanted is None or got is None:
        return wanted is None and got is None
    return abs(wanted - got) <= 0.01 * wanted + 1e-9


def slo_differences(wanted, got):
    for key in ("good", "bad", "valid", "excluded", "attempts", "booked_late", "sli", "sli_raw", "budget", "burn",
                "counts", "has_data", "completeness", "outcomes"):
        if not same(wanted[key], got[key]):
            yield key, wanted[key], got[key]
    for quantile, value in wanted["latency"].items():
        if not within_one_percent(value, got["latency"][quantile]):
            yield quantile, value, got["latency"][quantile]
    groups = {tuple(group["labels"].values()): (group["good"], group["bad"]) for group in got["groups"] if group["valid"]}
    if wanted["groups"] != groups:
        yield "groups", wanted["groups"], groups
    also = [{key: row[key] for key in ("good", "bad", "valid", "budget", "sli")} for row in got.get("also", [])]
    if len(also) != len(wanted["also"]) or not all(map(same, wanted["also"], also)):
        yield "also", wanted["also"], also
    firing = sum(alert["state"] == "firing" for alert in got["alerts"])
    if wanted["firing"] != firing:
        yield "firing", wanted["firing"], firing


def transition_key(transition):
    return json.dumps(transition, sort_keys=True)


def differences(wanted, got):
    as_of = got["as_of"] and parse_ms(got["as_of"])
    if wanted["as_of"] != as_of:
        yield "as_of", wanted["as_of"], as_of
        return
    for source in got["sources"]:
        counts = {key: source[key] for key in wanted["sources"][source["source"]]}
        if wanted["sources"][source["source"]] != counts:
            yield source["source"], wanted["sources"][source["source"]], counts
    transitions = [{**t, "at": parse_ms(t["at"])} for t in got["transitions"]]
    if [t["at"] for t in transitions] != sorted(t["at"] for t in transitions):
        yield "order of transitions", None, transitions
    if sorted(map(transition_key, wanted["transitions"])) != sorted(map(transition_key, transitions)):
        yield "transitions", wanted["transitions"], transitions
    for mine, theirs in zip(wanted["slos"], got["slos"]):
        if mine is not None:
            for key, a, b in slo_differences(mine, theirs):
                yield f"{mine['slo']}: {key}", a, b


class RandomHistories(ContractTest):
    def check(self, seed):
        rng = random.Random(seed)
        config, inputs, until = random_history(rng)
        options = ["--until", support.rfc3339(until)] if until else []
        files = []
        for number, (source, lines, _) in enumerate(inputs):
            path = self.write(f"{number}.jsonl", support.ndjson(lines))
            kind = rng.choice(["plain", "plain", "plain", "gz", "zst"])
            if kind == "gz":
                path = self.write(f"{number}.jsonl.gz", gzip.compress(path.read_bytes()))
            elif kind == "zst" and shutil.which("zstd"):
                subprocess.run(["zstd", "-q", "-f", str(path)], check=True)
                path = f"{path}.zst"
            files.append((source, path))
        got = self.replay(config, files, *options)
        wanted = Model(config, [records for _, _, records in inputs], until).result()
        found = list(differences(wanted, got))
        if found:
            keep = os.environ.get("SLOD_KEEP")
            if keep:
                shutil.copytree(self.dir, keep, dirs_exist_ok=True)
            text = "\n".join(f"  {key}: wanted {a!r}\n{' ' * len(key)}       got {b!r}" for key, a, b in found[:6])
            self.fail(f"SLOD_SEED={seed}: the program and the model differ\n{text}")

    def test_the_program_prints_what_the_naive_model_computes(self):
        if "SLOD_SEED" in os.environ:
            self.check(int(os.environ["SLOD_SEED"]))
            return
        first = int(time.time()) % 1_000_000 * 1000
        print(f"seeds {first} to {first + HISTORIES - 1}; SLOD_SEED=n replays one", flush=True)
        for seed in range(first, first + HISTORIES):
            with self.subTest(seed=seed):
                self.check(seed)


if __name__ == "__main__":
    support.main()
